"""A new channel is made clean and once, under a name that can be one, or nothing is written."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from hubctl.failures import OperatorError
from hubctl.new_channel import make_channel
from hubctl.state import ROOT

REGISTRY = Path("hub/channels/registry.py")
FOLDER = Path("hub/channels/acme")


def run(root: Path, *command: str) -> str:
    """The output of a command of this environment in a tree; the test fails where the command does."""
    done = subprocess.run([sys.executable, *command], cwd=root, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def listing(root: Path) -> dict[str, bytes]:
    """Every file of a tree, bytecode apart."""
    files = (path for path in root.rglob("*") if path.is_file() and path.suffix != ".pyc")
    return {path.relative_to(root).as_posix(): path.read_bytes() for path in files}


@pytest.fixture
def bare(tmp_path: Path) -> Path:
    """The least that a channel can be made in."""
    (tmp_path / REGISTRY).parent.mkdir(parents=True)
    (tmp_path / "tests" / "payloads").mkdir(parents=True)
    shutil.copy(ROOT / REGISTRY, tmp_path / REGISTRY)
    return tmp_path


@pytest.mark.parametrize("name", ["q2", "acme", "zz_" + "9" * 28])
def test_what_is_made_is_clean(bare: Path, name: str) -> None:
    """Ruff finds nothing to say or to format, however short or long the name."""
    make_channel(name, "极星", 'The "Acme" shop', bare)
    options = ("--config", str(ROOT / "pyproject.toml"), "--no-cache", str(bare / "hub"))
    run(bare, "-m", "ruff", "check", *options)
    run(bare, "-m", "ruff", "format", "--check", *options)
    document = json.loads((bare / "hub" / "channels" / name / "channel.json").read_text(encoding="utf-8"))
    assert (document["name"], document["title"]["en"]) == (name, 'The "Acme" shop')


@pytest.mark.parametrize("name", ["", "a", "Acme", "1st", "a-b", "../up", "é2", "class", "a" * 32, "acme\n"])
def test_a_name_that_cannot_be_a_folder_is_refused(bare: Path, name: str) -> None:
    """The rule is said, and nothing is written."""
    before = listing(bare)
    with pytest.raises(OperatorError, match="no channel's name"):
        make_channel(name, root=bare)
    assert listing(bare) == before


@pytest.mark.parametrize("taken", ["hub/channels/acme", "hub/channels/acme.py", "tests/payloads/acme_examples.json"])
def test_a_name_that_is_taken_is_refused(bare: Path, taken: str) -> None:
    """By a channel, by a file that channels share, or by its examples; nothing is written."""
    (bare / taken).mkdir() if taken.endswith("acme") else (bare / taken).touch()
    before = listing(bare)
    with pytest.raises(OperatorError, match=re.escape(taken)):
        make_channel("acme", root=bare)
    assert listing(bare) == before


def test_a_channel_is_made_once(bare: Path) -> None:
    """A second time changes nothing, not even where the folder was removed and the registry was not."""
    make_channel("acme", root=bare)
    before = listing(bare)
    with pytest.raises(OperatorError, match="taken"):
        make_channel("acme", root=bare)
    assert listing(bare) == before
    shutil.rmtree(bare / FOLDER)
    (bare / "tests" / "payloads" / "acme_examples.json").unlink()
    with pytest.raises(OperatorError, match="names 'acme' already"):
        make_channel("acme", root=bare)
    assert not (bare / FOLDER).exists()


@pytest.mark.parametrize("title", ["two\nlines", "@NAME@", "<b>", "x" * 61])
def test_a_title_that_would_break_a_page_is_refused(bare: Path, title: str) -> None:
    """In either language, and nothing is written."""
    before = listing(bare)
    with pytest.raises(OperatorError, match="no title"):
        make_channel("acme", title, "Acme", bare)
    with pytest.raises(OperatorError, match="no title"):
        make_channel("acme", "极星", title, bare)
    assert listing(bare) == before


def test_outside_a_checkout_nothing_is_made(tmp_path: Path) -> None:
    """An installed hubctl has no sources to write beside, and says so."""
    with pytest.raises(OperatorError, match="no checkout"):
        make_channel("acme", root=tmp_path)
    assert list(tmp_path.iterdir()) == []
