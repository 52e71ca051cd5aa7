"""The space of facts that a table divides, and a bounded walk through it.

Rules become terms, fields become cells; the walk goes through the combinations of cells with the set of terms
that are still alive. Combinations that leave the same terms are walked once.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from hub.rules.cells import cells_of
from hub.rules.table import DecisionTable
from hub.rules.terms import Atom, Term, terms_of

MAX_TERMS = 4000
MAX_STATES = 50_000
MAX_GAPS = 51

Example = Mapping[str, Any]


class Space:
    """A table's terms, and for each field its cells with the terms that each leaves alive (bit i: term i)."""

    def __init__(self, table: DecisionTable) -> None:
        self.terms: list[Term] = []
        self.owner: list[int] = []
        self.skipped: set[int] = set()
        for position, rule in enumerate(table.rules):
            self._add(position, terms_of(rule.when, wanted=True))
        self.whole = {name: self._cells(table, name) for name in self._names(table)}
        self.complete = not self.skipped and all(complete for _, complete in self.whole.values())
        self.cells = {name: cells for name, (cells, _) in self.whole.items()}

    def _add(self, position: int, terms: list[Term] | None) -> None:
        if terms is None or len(self.terms) + len(terms) > MAX_TERMS:
            self.skipped.add(position)
            return
        self.terms.extend(terms)
        self.owner.extend([position] * len(terms))

    def _names(self, table: DecisionTable) -> list[str]:
        used = {check.field.name for term in self.terms for check, _ in term}
        return [name for name in table.schema.fields if name in used]

    def _cells(self, table: DecisionTable, name: str) -> tuple[list[tuple[Any, int]], bool]:
        """(value or None for missing, mask of terms it leaves alive), each mask once; are these all?"""
        asked = [(1 << i, literal) for i, term in enumerate(self.terms) for literal in term]
        asked = [(bit, literal) for bit, literal in asked if literal[0].field.name == name]
        values, complete = cells_of(table.schema.fields[name], [check for _, (check, _) in asked])
        by_mask: dict[int, Any] = {}
        for value in values:
            by_mask.setdefault(self._alive(value, asked), value)
        cells = [(value, mask) for mask, value in by_mask.items()]
        return [*cells, (None, self._alive(None, asked))], complete

    def _alive(self, value: Any, asked: list[tuple[int, Atom]]) -> int:
        dead = 0
        for bit, (check, wanted) in asked:
            if check.accepts(value) != wanted:
                dead |= bit
        return (1 << len(self.terms)) - 1 & ~dead

    def rules_of(self, mask: int) -> int:
        """The rules (bit i: rule i) that own these terms."""
        found = 0
        for term in bits(mask):
            found |= 1 << self.owner[term]
        return found

    def within(self, inner: int, outer: int) -> bool:
        """Whether rule `inner` holds only where rule `outer` does, as far as single terms prove it."""
        if inner in self.skipped or outer in self.skipped:
            return False
        own = [i for i, owner in enumerate(self.owner) if owner == inner]
        others = [i for i, owner in enumerate(self.owner) if owner == outer]
        return all(any(self._inside(i, other) for other in others) for i in own)

    def _inside(self, inner: int, outer: int) -> bool:
        for name, (cells, complete) in self.whole.items():
            if complete:
                if any(mask >> inner & 1 and not mask >> outer & 1 for _, mask in cells):
                    return False
            elif not _asked(self.terms[outer], name) <= _asked(self.terms[inner], name):
                return False
        return True


class Walk:
    """Combinations of cells, up to MAX_STATES: which sets of terms hold together, and where none does."""

    def __init__(self, space: Space, missing: bool) -> None:
        fields = [(name, [c for c in cells if missing or c[0] is not None]) for name, cells in space.cells.items()]
        self.fields = sorted(fields, key=lambda field: len(field[1]))
        self.found: dict[int, Example] = {}
        self.gaps: list[Example] = []
        self.complete = not space.skipped
        self._seen: set[tuple[int, int]] = set()
        self._visit(0, (1 << len(space.terms)) - 1, {})

    def _visit(self, depth: int, mask: int, chosen: dict[str, Any]) -> None:
        if not mask:
            if len(self.gaps) < MAX_GAPS:
                self.gaps.append(dict(chosen))
            return
        if len(self._seen) >= MAX_STATES:
            self.complete = False
            return
        if (depth, mask) in self._seen:
            return
        self._seen.add((depth, mask))
        if depth == len(self.fields):
            self.found[mask] = dict(chosen)
            return
        name, cells = self.fields[depth]
        for value, alive in cells:
            self._visit(depth + 1, mask & alive, {**chosen, name: value})


def bits(mask: int) -> Iterator[int]:
    """Positions of the bits that are set, lowest first."""
    while mask:
        lowest = mask & -mask
        yield lowest.bit_length() - 1
        mask ^= lowest


def _asked(term: Term, name: str) -> set[tuple[str, Any, bool]]:
    return {(check.op, check.wanted, wanted) for check, wanted in term if check.field.name == name}
