"""How the house is kept: sizes, words, and that the README speaks of what there is."""

from __future__ import annotations

import ast
import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
CODE = sorted(p for folder in ("functions", "hub", "infra", "hubctl") for p in (ROOT / folder).rglob("*.py"))
TESTS = sorted((ROOT / "tests").rglob("test_*.py"))
ALL_TESTS = sorted((ROOT / "tests").rglob("*.py"))
FILE_LINES, FUNCTION_LINES = 400, 60
BANNED = re.compile(r"\b(TODO|FIXME|XXX|HACK)\b|mock\.patch|monkeypatch\.setattr|except Exception")


def tracked() -> list[str]:
    listed = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True)
    return listed.stdout.splitlines()


@pytest.mark.parametrize("path", CODE, ids=lambda p: p.relative_to(ROOT).as_posix())
def test_a_file_tells_one_story(path: Path) -> None:
    """No file is over 400 lines, no function over 60, and every module says what it is."""
    text = path.read_text(encoding="utf-8")
    tree = ast.parse(text)
    assert text.count("\n") <= FILE_LINES
    assert not text.strip() or ast.get_docstring(tree)
    long = [
        n.name
        for n in ast.walk(tree)
        if isinstance(n, ast.FunctionDef) and (n.end_lineno or 0) - n.lineno > FUNCTION_LINES
    ]
    assert long == []


@pytest.mark.parametrize("path", CODE, ids=lambda p: p.relative_to(ROOT).as_posix())
def test_nothing_is_left_open_or_swallowed(path: Path) -> None:
    """No open ends in the code, no patching, and broad excepts only at the edge."""
    text = path.read_text(encoding="utf-8")
    if path.is_relative_to(ROOT / "hub" / "edge") or path.name == "worker_process.py":
        text = text.replace("except Exception", "")
    assert BANNED.findall(text) == []


@pytest.mark.parametrize("path", TESTS, ids=lambda p: p.relative_to(ROOT).as_posix())
def test_every_test_says_its_promise(path: Path) -> None:
    """Each test has a docstring: one sentence, the promise."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    tests = [n for n in ast.walk(tree) if isinstance(n, ast.FunctionDef) and n.name.startswith("test_")]
    assert [test.name for test in tests if not ast.get_docstring(test)] == []


FOREIGN = {"response._content", "LambdaFunction._invoke_lambda"}
"""Of requests and of moto, which take neither by argument."""


@pytest.mark.parametrize("path", ALL_TESTS, ids=lambda p: p.relative_to(ROOT).as_posix())
def test_no_test_reaches_into_what_is_private(path: Path) -> None:
    """Fakes come by argument: nothing is assigned to a private field but by its own class."""
    stored = [
        ast.unparse(node)
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store) and re.match("_[^_]", node.attr)
    ]
    assert [name for name in stored if not name.startswith(("self.", "cls.")) and name not in FOREIGN] == []


@pytest.mark.parametrize("path", ALL_TESTS, ids=lambda p: p.relative_to(ROOT).as_posix())
def test_no_test_patches_anything(path: Path) -> None:
    """Functions, classes, objects and how much a page holds come by argument, fakes among them."""
    text = path.read_text(encoding="utf-8")
    calls = [ast.unparse(node.func) for node in ast.walk(ast.parse(text)) if isinstance(node, ast.Call)]
    assert [call for call in calls if re.search(r"\.(setattr|patch|patch\.\w+)$", call)] == []
    assert not re.search(r"^(import|from) unittest\.mock", text, re.MULTILINE)


def test_the_readme_names_only_commands_that_exist() -> None:
    """Every `make …` and `hubctl …` of the READMEs is one that there is."""
    targets = set(re.findall(r"^([a-z]+):.*## ", (ROOT / "Makefile").read_text(), re.MULTILINE))
    cli = (ROOT / "hubctl" / "cli.py").read_text()
    commands = set(re.findall(r"@app\.command\((?:name=\"(\w+)\")?\)\ndef (\w+)", cli))
    names = {given or function for given, function in commands} | set(re.findall(r'add_typer\(.*name="(\w+)"', cli))
    for readme in ("README.md", "README.zh-CN.md"):
        text = (ROOT / readme).read_text(encoding="utf-8")
        assert set(re.findall(r"\bmake ([a-z]+)\b", text)) <= targets
        assert set(re.findall(r"\bhubctl ([a-z]+)\b", text)) <= names


def test_links_in_the_docs_lead_somewhere() -> None:
    """Every relative link in a Markdown file points to a file that is there."""
    for name in (name for name in tracked() if name.endswith(".md")):
        path = ROOT / name
        for target in re.findall(r"\]\((?!https?:|#|mailto:)([^)#\s]+)", path.read_text(encoding="utf-8")):
            assert (path.parent / target).exists(), f"{name} → {target}"


def test_the_page_of_the_house_names_its_folders() -> None:
    """The tree of docs/architecture.md has every folder of the rooms, of hub and of the tests."""
    text = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
    tree = text.partition("```text")[2].partition("```")[0]
    in_every_room = ("api", "handlers", "presets")
    folders = {
        *(path.parent.name for path in (ROOT / "functions").glob("*/*/__init__.py")),
        *(path.parent.name for folder in ("functions", "hub") for path in (ROOT / folder).glob("*/__init__.py")),
        *(path.parent.name for path in (ROOT / "tests").glob("*/test_*.py")),
    }
    assert sorted(name for name in folders if name not in in_every_room and f"{name}/" not in tree) == []


def test_a_newcomers_questions_are_answered_in_few_files() -> None:
    """docs/architecture.md answers who publishes a stored message within three files, and each of its walks begins
    where the hub is called: a route, or a handler that a manifest names."""
    from importlib import import_module

    from hubctl.reference import ROOMS

    page = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| ([^|]*\?) \| (.*) \|$", page, re.MULTILINE)
    walks = {question: re.findall(r"\]\(\.\./([^)]+\.py)\)", row) for question, row in rows}
    rooms = [import_module(f"functions.{name}.app").room for name in ROOMS]
    called = {route.handler.__module__ for room in rooms for route in room.http_routes}
    called |= {handler for room in rooms for handler in map(_module_of, room.manifest()["entries"])}
    assert 1 <= len(walks["publishes a stored message?"]) <= 3
    assert {files[0].removesuffix(".py").replace("/", ".") for files in walks.values()} <= called
    last = (ROOT / walks["publishes a stored message?"][-1]).read_text(encoding="utf-8")
    assert "def publish(self, message_id: str)" in last


def _module_of(entry: dict[str, str]) -> str:
    return entry["handler"].rpartition(".")[0]


def test_the_project_names_no_path_of_a_machine() -> None:
    """No committed text holds an absolute path of somebody's machine."""
    homes = "|".join(("root", "work", "Users", "home"))
    places = re.compile(rf"(?<![\w.:/])/(?:{homes})/\w")
    texts = (n for n in tracked() if n.endswith((".py", ".md", ".toml", ".json", ".yml", ".txt")) and n != "uv.lock")
    own = Path(__file__).relative_to(ROOT).as_posix()
    assert [n for n in texts if n != own and places.search((ROOT / n).read_text(encoding="utf-8"))] == []


def test_no_test_patches_a_constant() -> None:
    """What a test makes small it passes as an argument: a patched constant says nothing of who else reads it."""
    patched = re.compile(r"""setattr\([^,()]+,\s*["'][A-Z][A-Z_0-9]+["']|setattr\(\s*["'][\w.]+\.[A-Z][A-Z_0-9]+["']""")
    found = [
        f"{path.relative_to(ROOT)}: {line.strip()}"
        for path in (ROOT / "tests").rglob("*.py")
        for line in path.read_text(encoding="utf-8").splitlines()
        if patched.search(line)
    ]
    assert found == []
