"""What is wrong with a table as a whole: gaps, overlaps and rules that can never decide.

The search through the space of facts is bounded. Where a bound is reached the report says `complete: False`
and claims only what it has proved.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from hub.kernel.dataclass import dataclass
from hub.rules.cells import shown
from hub.rules.conditions import Check
from hub.rules.space import Example, Space, Walk, bits
from hub.rules.table import DecisionTable

MAX_FINDINGS = 50
MAX_PAIRS = 200_000


@dataclass(frozen=True)
class Finding:
    """One thing to look at.

    kind: "gap" (facts that no rule takes, in a table without default), "overlap" (only the order of two rules
        decides, neither being the special case of the other, and their outcomes differ), "shadowed" (the
        first rule can never decide: the others take all of its facts), "impossible" (it never holds).
    rule_ids: the rules concerned; of a gap, up to three that miss it by least.
    example: facts that show it, as JSON; empty for shadowed and impossible. Fields left out may be anything.
    """

    kind: Literal["gap", "overlap", "shadowed", "impossible"]
    rule_ids: tuple[str, ...]
    example: Example


@dataclass(frozen=True)
class LintReport:
    """Findings by kind, and whether the search saw every combination (if not, there may be more)."""

    gaps: tuple[Finding, ...]
    overlaps: tuple[Finding, ...]
    shadowed: tuple[Finding, ...]
    complete: bool

    @property
    def findings(self) -> tuple[Finding, ...]:
        """All of them."""
        return (*self.gaps, *self.overlaps, *self.shadowed)


def lint(table: DecisionTable) -> LintReport:
    """Gaps (where no fact is missing), overlaps (of `first` tables), shadowed and impossible rules."""
    space = Space(table)
    walk = Walk(space, missing=True)
    shadowed = _shadowed(table, space, walk)
    overlaps = _overlaps(table, space, walk, {finding.rule_ids[0] for finding in shadowed})
    holes = None if table.has_default or space.skipped else Walk(space, missing=False)
    gaps = [_gap(table, space, example) for example in holes.gaps] if holes else []
    complete = space.complete and walk.complete and not space.exhausted and (holes is None or holes.complete)
    complete = complete and max(len(gaps), len(overlaps)) <= MAX_FINDINGS
    return LintReport(tuple(gaps[:MAX_FINDINGS]), tuple(overlaps[:MAX_FINDINGS]), tuple(shadowed), complete)


def _shadowed(table: DecisionTable, space: Space, walk: Walk) -> list[Finding]:
    """Rules that never decide. With a complete walk that is exact; else only what one earlier rule covers."""
    alive, deciding = 0, 0
    for mask in walk.examples:
        rules = space.rules_of(mask)
        alive |= rules
        deciding |= rules & -rules if table.hit == "first" else rules
    never = [position for position in range(len(table.rules)) if not deciding >> position & 1]
    if not (walk.complete and space.complete):
        return _proved(table, space, never) if table.hit == "first" else []
    findings = []
    for position in never:
        if alive >> position & 1:
            findings.append(_covered(table, position, _covering(space, walk, position)))
        else:
            findings.append(Finding("impossible", (table.rules[position].id,), {}))
    return findings


def _proved(table: DecisionTable, space: Space, suspects: list[int]) -> list[Finding]:
    """Of these rules, the ones that lie within one earlier rule, as far as MAX_PAIRS goes."""
    findings, pairs = [], 0
    for position in suspects:
        pairs += position
        if pairs > MAX_PAIRS:
            break
        by = next((earlier for earlier in range(position) if space.within(position, earlier)), None)
        findings += [] if by is None else [_covered(table, position, [by])]
    return findings


def _covering(space: Space, walk: Walk, position: int) -> list[int]:
    """The rules that decide where this one holds."""
    covering = 0
    for mask in walk.examples:
        rules = space.rules_of(mask)
        covering |= rules & -rules if rules >> position & 1 else 0
    return list(bits(covering))


def _covered(table: DecisionTable, position: int, by: Sequence[int]) -> Finding:
    return Finding("shadowed", tuple(table.rules[i].id for i in (position, *by)), {})


def _overlaps(table: DecisionTable, space: Space, walk: Walk, known: set[str]) -> list[Finding]:
    """Pairs that hold together with different outcomes, unless the earlier is a special case of the later."""
    findings, seen = list[Finding](), dict[int, int]()
    for mask, example in walk.examples.items() if table.hit == "first" else ():
        rules = space.rules_of(mask)
        first = (rules & -rules).bit_length() - 1
        new = rules & ~seen.get(first, 1 << first)
        seen[first] = seen.get(first, 1 << first) | new
        for later in bits(new):
            pair = table.rules[first], table.rules[later]
            if pair[0].then == pair[1].then or pair[1].id in known or space.within(first, later):
                continue
            if not space.exhausted:
                findings.append(Finding("overlap", (pair[0].id, pair[1].id), _show(example)))
    return findings


def _gap(table: DecisionTable, space: Space, example: Example) -> Finding:
    """The gap, and the rules that miss it by the fewest fields."""
    misses: dict[int, int] = {}
    for term, owner in zip(space.terms, space.owner, strict=True):
        fields = {c.field.name for c, positive in term if c.field.name in example and _fails(c, positive, example)}
        misses[owner] = min(len(fields), misses.get(owner, len(fields)))
    nearest = sorted(misses, key=lambda position: (misses[position], position))[:3]
    return Finding("gap", tuple(table.rules[position].id for position in nearest), _show(example))


def _fails(check: Check, positive: bool, example: Example) -> bool:
    return check.accepts(example[check.field.name]) != positive


def _show(example: Example) -> Example:
    return {name: shown(value) for name, value in example.items() if value is not None}
