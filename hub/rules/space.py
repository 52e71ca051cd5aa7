"""The space of facts that a table divides, and a bounded walk through it.

All bounds are of work, not of time: together they keep a table of any size that fits into a request within a second or
two on the smallest function.

Rules become terms, fields become cells; the walk goes through the combinations of cells with the set of terms
that are still alive. Combinations that leave the same terms are walked once.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from hub.kernel.dataclass import dataclass
from hub.rules.cells import cells_of
from hub.rules.conditions import Check
from hub.rules.table import DecisionTable
from hub.rules.terms import Term, terms_of

MAX_TERMS = 4000
MAX_STATES = 100_000
MAX_WORK = 4_000_000
"""States of a walk times the terms that each is asked about; and terms of two rules held against each other."""
MAX_VISITS = 500_000
MAX_TRIALS = 1_000_000
"""Values tried on the checks of all fields, each counted once for every phrase that it asks for."""
MAX_GAPS = 51

Example = Mapping[str, Any]


@dataclass(frozen=True)
class FieldCells:
    """A field's cells.

    cells: (value, or None for missing; mask of the terms it leaves alive, bit i: term i), each mask once.
    refused: for each term the values tried that it refuses, as bits.
    complete: whether these are all the cells there are.
    """

    cells: list[tuple[Any, int]]
    refused: list[int]
    complete: bool


class Space:
    """A table's terms, whose rule each is, and the cells of every field that they ask for."""

    def __init__(self, table: DecisionTable) -> None:
        self.terms: list[Term] = []
        self.owner: list[int] = []
        self.owned: dict[int, range] = {}
        self.skipped: set[int] = set()
        for position, rule in enumerate(table.rules):
            self._add(position, terms_of(rule.when, positive=True))
        self.one_term_each = self.owner == list(range(len(table.rules)))
        self.complete = not self.skipped
        self.work = 0
        self.fields: dict[str, FieldCells] = {}
        names = self._names(table)
        for name in names:
            self.fields[name] = self._cells(table, name, MAX_TRIALS // len(names))
            self.complete = self.complete and self.fields[name].complete

    def _add(self, position: int, terms: list[Term] | None) -> None:
        if terms is None or len(self.terms) + len(terms) > MAX_TERMS:
            self.skipped.add(position)
            return
        self.owned[position] = range(len(self.terms), len(self.terms) + len(terms))
        self.terms.extend(terms)
        self.owner.extend([position] * len(terms))

    def _names(self, table: DecisionTable) -> list[str]:
        used = {check.field.name for term in self.terms for check, _ in term}
        return [name for name in table.schema.fields if name in used]

    @property
    def exhausted(self) -> bool:
        """Whether `within` proves nothing any more: rules were held against each other for long enough."""
        return self.work >= MAX_WORK

    def _cells(self, table: DecisionTable, name: str, trials: int) -> FieldCells:
        atoms = [(i, atom) for i, term in enumerate(self.terms) for atom in term if atom[0].field.name == name]
        values, complete = cells_of(table.schema.fields[name], [check for _, (check, _) in atoms])
        affordable = max(1, trials // sum(_phrases(check) for _, (check, _) in atoms))
        everyone, refused, by_mask = (1 << len(self.terms)) - 1, [0] * len(self.terms), dict[int, Any]()
        alive = everyone
        for cell, value in enumerate([*values[:affordable], None]):
            alive = everyone
            for term, (check, positive) in atoms:
                if check.accepts(value) != positive:
                    alive &= ~(1 << term)
                    refused[term] |= 1 << cell
            if value is not None:
                by_mask.setdefault(alive, value)
        cells = [(value, mask) for mask, value in by_mask.items()]
        return FieldCells([*cells, (None, alive)], refused, complete and len(values) <= affordable)

    def rules_of(self, mask: int) -> int:
        """The rules (bit i: rule i) that own these terms."""
        if self.one_term_each:
            return mask
        owners = 0
        for term in bits(mask):
            owners |= 1 << self.owner[term]
        return owners

    def within(self, inner: int, outer: int) -> bool:
        """Whether rule `inner` holds only where rule `outer` does, as far as single terms prove it."""
        if inner in self.skipped or outer in self.skipped or self.exhausted:
            return False
        self.work += len(self.owned[inner]) * len(self.owned[outer]) * len(self.fields)
        return all(any(self._inside(i, j) for j in self.owned[outer]) for i in self.owned[inner])

    def _inside(self, inner: int, outer: int) -> bool:
        for name, field in self.fields.items():
            if field.complete:
                if field.refused[outer] & ~field.refused[inner]:
                    return False
            elif not _asked(self.terms[outer], name) <= _asked(self.terms[inner], name):
                return False
        return True


class Walk:
    """Combinations of cells, up to MAX_STATES, fewer of many terms: which sets of terms hold together, and where none
    does."""

    def __init__(self, space: Space, missing: bool) -> None:
        fields = [
            (name, [cell for cell in field.cells if missing or cell[0] is not None])
            for name, field in space.fields.items()
        ]
        self.fields = sorted(fields, key=lambda field: len(field[1]))
        self.examples: dict[int, Example] = {}
        self.gaps: list[Example] = []
        self.complete = not space.skipped
        self._seen: set[tuple[int, int]] = set()
        self._visits, self._limit = 0, min(MAX_STATES, MAX_WORK // max(1, len(space.terms)))
        self._visit(0, (1 << len(space.terms)) - 1, {})

    def _visit(self, depth: int, mask: int, chosen: dict[str, Any]) -> None:
        if not mask:
            if len(self.gaps) < MAX_GAPS:
                self.gaps.append(dict(chosen))
            return
        self._visits += 1
        if len(self._seen) >= self._limit or self._visits > MAX_VISITS:
            self.complete = False
            return
        if (depth, mask) in self._seen:
            return
        self._seen.add((depth, mask))
        if depth == len(self.fields):
            self.examples[mask] = dict(chosen)
            return
        name, cells = self.fields[depth]
        for value, alive in cells:
            self._visit(depth + 1, mask & alive, {**chosen, name: value})
            if self._visits > MAX_VISITS:
                return


def bits(mask: int) -> Iterator[int]:
    """Positions of the bits that are set, lowest first."""
    while mask:
        lowest = mask & -mask
        yield lowest.bit_length() - 1
        mask ^= lowest


def _phrases(check: Check) -> int:
    return max(1, len(check.operand)) if check.op.startswith("contains") else 1


def _asked(term: Term, name: str) -> set[tuple[str, Any, bool]]:
    return {(check.op, check.operand, positive) for check, positive in term if check.field.name == name}
