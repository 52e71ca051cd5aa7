"""C133: `hubctl new channel` and three functions to fill: the contract tests pass, and no line of the core changes."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from hubctl.new_channel import make_channel
from hubctl.state import ROOT

COPIED = ("hub", "tests/channels", "tests/payloads", "tests/conftest.py", "pyproject.toml")
REGISTRY, FOLDER = "hub/channels/registry.py", "hub/channels/acme/"
CALL = """
from datetime import UTC, datetime
from hub.channels.registry import client
from tests.channels.fakes import FakeSession
session = FakeSession({"code": 0, "message_id": "m-1"})
settings = {"app_id": "app-1", "app_secret": "synthetic-app-secret-02"}
acme = client("acme").Client(settings, session=session, wall_now=lambda: datetime.now(UTC))
print(acme.send_text(["u-1001"], "您好", send_id="s-1").message_id, session.asked[0][:2])
"""


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """What the suite of promises needs of this project, to write into."""
    for name in COPIED:
        copy = shutil.copytree if (ROOT / name).is_dir() else shutil.copy
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        copy(ROOT / name, tmp_path / name)
    return tmp_path


def run(root: Path, *command: str) -> str:
    """The output of a command of this environment in a tree; the test fails where the command does."""
    done = subprocess.run([sys.executable, *command], cwd=root, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def listing(root: Path) -> dict[str, bytes]:
    """Every file of a tree, bytecode apart."""
    files = (path for path in root.rglob("*") if path.is_file() and path.suffix != ".pyc")
    return {path.relative_to(root).as_posix(): path.read_bytes() for path in files}


def test_a_new_channel_passes_the_contract_tests(tree: Path) -> None:
    """Three functions, marked and numbered, are an integrator's; the common suite passes on what is made, and its
    client calls and understands."""
    texts = [path.read_text(encoding="utf-8") for path in make_channel("acme", "极星", "Acme", tree)]
    assert sorted(re.findall(r"# yours: (\d of \d)", "".join(texts))) == ["1 of 3", "2 of 3", "3 of 3"]
    assert not [text for text in texts if re.search(r"@[A-Z_]+@", text)]
    command = ("-m", "pytest", "tests/channels/test_promises.py", "-k", "acme", "-p", "no:cacheprovider", "-rN")
    passed = re.search(r"^(\d+) passed", run(tree, *command), re.MULTILINE)
    assert passed
    assert int(passed[1]) > 30
    assert run(tree, "-c", CALL) == "m-1 ('POST', 'https://api.example.com/messages')\n"


def test_no_line_of_what_was_there_changes(tree: Path) -> None:
    """Its folder and its examples are new; the list of channels has its name more, before those that only send, and
    nothing else is touched."""
    before = listing(tree)
    made = {path.relative_to(tree).as_posix() for path in make_channel("acme", root=tree)}
    after = listing(tree)
    assert made == {name for name in after if after[name] != before.get(name)}
    assert {name for name in made if not name.startswith(FOLDER)} == {REGISTRY, "tests/payloads/acme_examples.json"}
    assert made & set(before) == {REGISTRY}
    lines, known = (files[REGISTRY].decode().splitlines() for files in (after, before))
    at = lines.index('            Channel("acme"),')
    assert lines[:at] + lines[at + 1 :] == known
    assert ("inbound=False" in lines[at - 1], "inbound=False" in lines[at + 1]) == (False, True)
