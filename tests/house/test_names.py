"""Names: locals are called by the field's terms, and no two contracts by one name."""

from __future__ import annotations

import ast
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from hub.kernel.ids import SYSTEM

ROOT = Path(__file__).parents[2]
MOODS = frozenset({"told", "asked", "one", "found", "said", "got", "wanted", "heard", "given", "taken"})
"""What a value felt like to whoever wrote it: `payload, params, row, item, response` say what it is."""
CODE = ("functions", "hub", "hubctl", "infra")
CONTRACTS = sorted((ROOT / "hub" / "contracts").rglob("*.py"))
FILES = sorted(path for folder in CODE for path in (ROOT / folder).rglob("*.py"))


def bound(tree: ast.AST) -> Iterator[tuple[str, int]]:
    """Each name that a value is bound to, and its line: by assignment, loop, `with`, `case`, `except`, or as a
    parameter."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            yield node.id, node.lineno
        elif isinstance(node, ast.arg):
            yield node.arg, node.lineno
        elif isinstance(node, ast.MatchAs | ast.MatchStar | ast.ExceptHandler) and node.name:
            yield node.name, node.lineno


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_no_local_is_named_by_mood(path: Path) -> None:
    """Locals and parameters have the field's standard names."""
    names = bound(ast.parse(path.read_text(encoding="utf-8")))
    assert [f"{name}, line {line}" for name, line in names if name in MOODS] == []


def test_no_two_contracts_have_one_name() -> None:
    """A class name stands once in all of hub.contracts: whoever reads an API's schemas knows which is meant."""
    names = Counter(
        name
        for path in CONTRACTS
        for name in re.findall(r"^class (\w+)", path.read_text(encoding="utf-8"), re.MULTILINE)
    )
    assert [name for name, count in names.items() if count > 1] == []


def test_what_nobody_did_has_one_actor() -> None:
    """`hub.kernel.ids.SYSTEM`, wherever a trail or a record names who did it: written out in one place alone."""
    writers = {
        path.relative_to(ROOT).as_posix()
        for path in FILES
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Constant) and node.value == SYSTEM and not path.is_relative_to(ROOT / "hubctl")
    }
    assert writers == {"hub/kernel/ids.py"}
