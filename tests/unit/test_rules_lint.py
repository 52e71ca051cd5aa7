"""Linting: each kind of finding on a small table, and honesty at the bounds."""

from __future__ import annotations

from typing import Any

from hub.rules import DecisionTable, Finding, LintReport, lint
from hub.rules.space import MAX_WORK, Space, Walk

SCHEMA = {
    "type": {"enum": ["repair", "install"]},
    "amount": "number",
    "text": "text",
    "skills": "set",
    "region": "region",
    "opened": "time",
}


def linted(*conditions: Any, hit: str = "first", **more: Any) -> LintReport:
    """The report on a table whose rules r0, r1 … have these conditions and outcomes of their own."""
    rules = [{"id": f"r{i}", "when": when, "then": i} for i, when in enumerate(conditions)]
    doc = {"key": "k", "version": 1, "schema": SCHEMA, "hit": hit, "rules": rules, **more}
    return lint(DecisionTable.parse(doc))


def test_gap_is_shown_by_example() -> None:
    """Facts that no rule takes are a gap, shown by example with the rules that miss it by least."""
    report = linted(
        {"type": {"eq": "repair"}, "amount": {"lt": 100}},
        {"type": {"eq": "repair"}, "amount": {"gt": 100}},
        {"type": {"eq": "install"}},
    )

    assert report == LintReport((Finding("gap", ("r0", "r1", "r2"), {"type": "repair", "amount": 100}),), (), (), True)


def test_a_default_leaves_no_gap() -> None:
    """A table with a default has no gaps."""
    assert linted({"type": {"eq": "repair"}}, default=None).findings == ()


def test_overlap_names_both_rules() -> None:
    """Two rules that hold together with different outcomes, neither a special case of the other, overlap."""
    report = linted({"type": {"eq": "repair"}}, {"amount": {"gte": 100}}, default=0)

    assert [(finding.kind, finding.rule_ids) for finding in report.findings] == [("overlap", ("r0", "r1"))]


def test_special_before_general_is_no_overlap() -> None:
    """The special case before the general rule is how tables are written, not a finding."""
    assert linted({"type": {"eq": "repair"}, "amount": {"gt": 9}}, {"type": {"eq": "repair"}}, {}).findings == ()


def test_shadowed_rule_names_what_covers_it() -> None:
    """A rule that others together leave nothing to is shadowed, and they are named."""
    report = linted({"amount": {"lt": 100}}, {"amount": {"gte": 100}}, {"amount": {"present": True}}, {})

    assert report.shadowed == (Finding("shadowed", ("r2", "r0", "r1"), {}),)


def test_impossible_rule_is_named() -> None:
    """A condition that contradicts itself never holds, and is named in collecting tables as well."""
    report = linted({"amount": {"lt": 1, "gt": 2}}, {}, hit="collect")

    assert report.shadowed == (Finding("impossible", ("r0",), {}),)


def test_phrases_combine() -> None:
    """Phrases are cells in every combination: both together reach a rule that asks for both."""
    both = {"text": {"contains_all": ["不制冷", "漏水"]}}

    assert linted(both, {"text": {"contains_any": ["漏水"]}}, {}).shadowed == ()
    assert linted({"text": {"contains_any": ["漏水"]}}, both, {}).shadowed[0].rule_ids == ("r1", "r0")


def test_values_between_and_places_beside_are_seen() -> None:
    """A gap between two numbers is found, and a province has more places than those that rules name."""
    between = linted({"amount": {"lte": 1}}, {"amount": {"gte": 3}})
    beside = linted({"region": {"in": ["310000", "310100"]}}, {"region": {"within": "310000"}}, default=0)

    assert [gap.example for gap in between.gaps] == [{"amount": 2}]
    assert beside.findings == ()


def test_many_phrases_are_admitted_incomplete() -> None:
    """With more phrases than can be combined the report says so, and still claims what one rule proves."""
    phrases = [f"词{i}" for i in range(12)]
    first = {"text": {"contains_any": phrases}, "type": {"eq": "repair"}}

    report = linted(first, {**first, "amount": {"gt": 5}}, {"text": {"contains_all": phrases}}, default=0)

    assert not report.complete
    assert report.shadowed == (Finding("shadowed", ("r1", "r0"), {}),)


def test_wide_alternatives_are_admitted_incomplete() -> None:
    """A rule that multiplies out beyond 64 alternatives is left out, and no gap is claimed for its sake."""
    wide = {"all": [{"any": [{"amount": {"eq": 3 * i + j}} for j in range(3)]} for i in range(4)]}

    report = linted(wide, {"type": {"eq": "repair"}})

    assert (report.complete, report.gaps) == (False, ())


def test_search_is_bounded() -> None:
    """Two hundred crossing rules end at the bound, in an incomplete report with its findings cut to fifty."""
    crossing = [
        {"amount": {"gte": i}, "region": {"within": f"{11 + i % 50}0000"}, "skills": {"has": f"s{i % 40}"}}
        for i in range(200)
    ]

    report = linted(*crossing, {"opened": {"gte": "2026-01-01T00:00:00Z"}})

    assert not report.complete
    assert max(len(report.gaps), len(report.overlaps)) <= 50


def test_a_table_as_large_as_a_request_is_linted_within_bounds() -> None:
    """80 KB of rules, each with four alternatives: the work that is done of it is bounded, and the report says so."""
    rules = [
        {"any": [{"text": {"contains_all": [f"词{i}", f"语{i}"]}}, {"amount": {"gt": i}}, {"skills": {"has": f"s{i}"}},
                 {"type": {"ne": "repair"}}], "not": {"region": {"within": f"{11 + i % 50}0000"}}}
        for i in range(400)
    ]  # fmt: skip
    doc = {"key": "k", "version": 1, "schema": SCHEMA, "default": None}
    table = DecisionTable.parse({**doc, "rules": [{"id": f"r{i}", "when": w, "then": i} for i, w in enumerate(rules)]})
    space = Space(table)
    walk = Walk(space, missing=True)
    assert len(space.terms) == 1600
    assert len(walk.examples) * len(space.terms) <= MAX_WORK
    assert lint(table).complete is False
