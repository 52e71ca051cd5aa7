"""A new channel keeps every promise from its first minute, and touches one line of what was there."""

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

COPIED = ("hub", "tests/channels", "tests/payloads", "tests/conftest.py", "pyproject.toml")
REGISTRY = Path("hub/channels/registry.py")
FOLDER = Path("hub/channels/acme")
CALL = """
from datetime import UTC, datetime
from hub.channels.registry import client
from tests.channels.fakes import FakeSession
session = FakeSession({"code": 0, "message_id": "m-1"})
settings = {"app_id": "app-1", "app_secret": "synthetic-app-secret-02"}
acme = client("acme").Client(settings, session=session, wall_now=lambda: datetime.now(UTC))
print(acme.send_text(["u-1001"], "您好", send_id="s-1").message_id, session.asked[0][:2])
"""


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
def tree(tmp_path: Path) -> Path:
    """What the suite of promises needs of this project, to write into."""
    for name in COPIED:
        copy = shutil.copytree if (ROOT / name).is_dir() else shutil.copy
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        copy(ROOT / name, tmp_path / name)
    return tmp_path


@pytest.fixture
def bare(tmp_path: Path) -> Path:
    """The least that a channel can be made in."""
    (tmp_path / REGISTRY).parent.mkdir(parents=True)
    (tmp_path / "tests" / "payloads").mkdir(parents=True)
    shutil.copy(ROOT / REGISTRY, tmp_path / REGISTRY)
    return tmp_path


def test_a_new_channel_keeps_every_promise_and_can_be_called(tree: Path) -> None:
    """The common suite passes on it at once, and so do the house's linters; its client calls and understands."""
    made = make_channel("acme", "极星", "Acme", tree)
    assert all(path.is_file() for path in made)
    command = ("-m", "pytest", "tests/channels/test_promises.py", "-k", "acme", "-p", "no:cacheprovider", "-rN")
    passed = re.search(r"^(\d+) passed", run(tree, *command), re.MULTILINE)
    assert passed
    assert int(passed[1]) > 30
    assert run(tree, "-c", CALL) == "m-1 ('POST', 'https://api.example.com/messages')\n"


def test_only_one_line_elsewhere_changes(bare: Path) -> None:
    """Seven files in its folder, its examples, and the registry with one line more, before those that only send."""
    before = listing(bare)
    made = {path.relative_to(bare).as_posix() for path in make_channel("acme", root=bare)}
    after = listing(bare)
    assert made == {name for name in after if after[name] != before.get(name)}
    assert made - set(before) == {
        *(path for path in made if FOLDER.as_posix() in path),
        "tests/payloads/acme_examples.json",
    }
    lines, known = ((tree[REGISTRY.as_posix()].decode().splitlines()) for tree in (after, before))
    at = lines.index('            Channel("acme"),')
    assert lines[:at] + lines[at + 1 :] == known
    assert "inbound=False" in lines[at + 1]
    assert "inbound=False" not in lines[at - 1]


@pytest.mark.parametrize("name", ["q2", "acme", "zz_" + "9" * 28])
def test_what_is_made_is_clean(bare: Path, name: str) -> None:
    """Ruff finds nothing to say or to format, however short or long the name."""
    make_channel(name, "极星", 'The "Acme" shop', bare)
    options = ("--config", str(ROOT / "pyproject.toml"), "--no-cache", str(bare / "hub"))
    run(bare, "-m", "ruff", "check", *options)
    run(bare, "-m", "ruff", "format", "--check", *options)
    document = json.loads((bare / "hub" / "channels" / name / "channel.json").read_text(encoding="utf-8"))
    assert (document["name"], document["title"]["en"]) == (name, 'The "Acme" shop')


def test_three_functions_are_marked(bare: Path) -> None:
    """An integrator finds three places to fill, numbered, each once; no mark of the template is left."""
    texts = [path.read_text(encoding="utf-8") for path in make_channel("acme", root=bare)]
    assert sorted(re.findall(r"# yours: (\d of \d)", "".join(texts))) == ["1 of 3", "2 of 3", "3 of 3"]
    assert not [text for text in texts if re.search(r"@[A-Z_]+@", text)]


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
