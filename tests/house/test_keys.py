"""No partition key holds a whole tenant: what grows with one is keyed by what it is asked by, or by one of N shards."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
CODE = sorted(p for folder in ("functions", "hub") for p in (ROOT / folder).rglob("*.py"))
WHOLE = re.compile(r"f\"\{(?:\w+\.)*_?tenant\}#([a-z_-]+)\"|\bkey\(\"([a-z_-]+)\"\)")
"""`<tenant>#<noun>` alone, as a key is written in the code."""
ONE_ITEM = {
    "docs": "which move of any document of a room was the last",
    "folded": "the first day whose cubes are not folded",
    "folds": "the number of folds of the counters",
    "journal": "when the first entry was posted",
    "lists": "the month of the oldest ticket",
    "swept": "up to which moment every message was tried",
    "key": "the data key by which phones are searchable",
}
"""Keys that hold one item for ever."""


@pytest.mark.parametrize("path", CODE, ids=lambda p: p.relative_to(ROOT).as_posix())
def test_no_key_is_a_tenant_and_a_noun(path: Path) -> None:
    """A key names more than its tenant and a noun, unless it holds one item for ever, and says which."""
    found = [first or second for first, second in WHOLE.findall(path.read_text(encoding="utf-8"))]
    assert [noun for noun in found if noun not in ONE_ITEM] == []


def test_the_rule_finds_what_it_forbids() -> None:
    """It knows the ways in which such a key was written, and those that are fine."""
    wrong = ('f"{self._tenant}#people"', 'f"{self.items.tenant}#lanes"', 'f"{tenant}#pending"', 'self.key("people")')
    right = ('f"{tenant}#people#{shard}"', 'f"{self._tenant}#entry#{fact}"', 'self.key(f"people#{shard}")')
    assert [bool(WHOLE.search(text)) for text in (*wrong, *right)] == [True] * 4 + [False] * 3
