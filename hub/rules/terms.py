"""Conditions as alternatives of plain conjunctions (disjunctive normal form), by De Morgan and
distribution."""

from __future__ import annotations

from itertools import product

from hub.rules.conditions import All, AnyOf, Check, Condition, Not

MAX_TERMS_A_RULE = 64

Atom = tuple[Check, bool]
"""A check, and whether it has to hold or has to fail."""

Term = tuple[Atom, ...]
"""Atoms that are all so."""


def terms_of(condition: Condition, positive: bool) -> list[Term] | None:
    """The condition (or its negation) as alternatives of conjunctions; None beyond MAX_TERMS_A_RULE."""
    match condition:
        case Check():
            return [((condition, positive),)]
        case Not(part=part):
            return terms_of(part, not positive)
        case All(parts=parts) | AnyOf(parts=parts):
            branches = [terms_of(part, positive) for part in parts]
            return _joined(branches) if isinstance(condition, All) == positive else _either(branches)


def _joined(branches: list[list[Term] | None]) -> list[Term] | None:
    terms: list[Term] = [()]
    for branch in branches:
        if branch is None or len(terms) * len(branch) > MAX_TERMS_A_RULE:
            return None
        terms = [(*left, *right) for left, right in product(terms, branch)]
    return terms


def _either(branches: list[list[Term] | None]) -> list[Term] | None:
    terms: list[Term] = []
    for branch in branches:
        if branch is None or len(terms) + len(branch) > MAX_TERMS_A_RULE:
            return None
        terms += branch
    return terms
