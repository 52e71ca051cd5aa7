"""Properties of rules: the compiled table agrees with a plain loop, and lint agrees with brute force."""

from __future__ import annotations

from decimal import Decimal
from itertools import product
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from hub.rules import DecisionTable, decide, explain, holds, lint

REGIONS = ["base", "310000", "310100", "310101", "310104", "440000", "440300"]
TIMES = ["2026-01-01T00:00:00Z", "2026-06-01T00:00:00Z", "2026-12-01T00:00:00+08:00"]
PHRASES = ["坏", "坏了", "Leak", "冷"]
SCHEMA = {
    "type": {"enum": ["repair", "install", "clean"]},
    "amount": "number",
    "vip": "boolean",
    "region": "region",
    "skills": "set",
    "text": "text",
    "at": "time",
}

numbers = st.integers(1, 3) | st.sampled_from([Decimal("1.5"), "2.5"])


def some(values: list[str]) -> st.SearchStrategy[list[str]]:
    return st.lists(st.sampled_from(values), min_size=1, max_size=3)


def operators(**ops: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    """One or two of these operators."""
    chosen = st.lists(st.sampled_from(sorted(ops)), min_size=1, max_size=2, unique=True)
    return chosen.flatmap(lambda names: st.fixed_dictionaries({name: ops[name] for name in names}))


def equality(values: list[Any]) -> dict[str, st.SearchStrategy[Any]]:
    one = st.sampled_from(values)
    many = st.lists(one, min_size=1, max_size=3)
    return {"eq": one, "ne": one, "in": many, "not_in": many, "present": st.booleans()}


TYPES = ["repair", "install", "clean"]
FIELDS = {
    "type": operators(**equality(TYPES)),
    "amount": operators(**dict.fromkeys(["gt", "gte", "lt", "lte", "eq", "ne"], numbers)),
    "vip": operators(eq=st.booleans(), ne=st.booleans()),
    "region": operators(**equality(REGIONS), within=st.sampled_from(REGIONS) | some(REGIONS)),
    "skills": operators(
        has=st.sampled_from("xyz"), **{op: some(list("xyz")) for op in ("has_any", "has_all", "has_none")}
    ),
    "text": operators(contains_any=some(PHRASES), contains_all=some(PHRASES), ne=st.just("坏了")),
    "at": operators(**dict.fromkeys(["gt", "gte", "lt", "lte", "eq"], st.sampled_from(TIMES))),
}


def conditions(*names: str) -> st.SearchStrategy[dict[str, Any]]:
    """Flat conditions on some of these fields, with now and then a combinator."""
    flat = st.fixed_dictionaries({}, optional={name: FIELDS[name] for name in names})
    branches = st.lists(flat, min_size=1, max_size=2)
    nested = st.fixed_dictionaries({}, optional={"any": branches, "all": branches, "not": flat})
    return flat | st.builds(lambda left, right: {**left, **right}, flat, nested)


def tables(*names: str, size: int) -> st.SearchStrategy[DecisionTable]:
    def build(docs: list[dict[str, Any]], hit: str) -> DecisionTable:
        rules = [{"id": f"r{i}", "when": when, "then": i} for i, when in enumerate(docs)]
        return DecisionTable.parse({"key": "k", "version": 1, "schema": SCHEMA, "hit": hit, "rules": rules})

    return st.builds(build, st.lists(conditions(*names), max_size=size), st.sampled_from(["first", "collect"]))


FACTS = st.fixed_dictionaries(
    {},
    optional={
        "type": st.sampled_from(TYPES),
        "amount": st.integers(0, 4) | st.sampled_from([Decimal("1.50"), "2.5", None]),
        "vip": st.booleans(),
        "region": st.sampled_from([*REGIONS, "110000"]),
        "skills": st.sets(st.sampled_from("xyzw")),
        "text": st.sampled_from(["", "坏了", "不冷，坏", "LEAK 冷", "ok"]),
        "at": st.sampled_from([*TIMES, "2026-03-01T00:00:00Z"]),
    },
)


@settings(max_examples=300, deadline=None)
@given(tables(*FIELDS, size=12), st.lists(FACTS, min_size=1, max_size=8))
def test_compiled_tables_agree_with_a_plain_loop(table: DecisionTable, many_facts: list[dict[str, Any]]) -> None:
    """Whatever the table and the facts, bit sets and a loop over `holds` find the same rules."""
    for facts in many_facts:
        plain = tuple(rule.id for rule in table.rules if holds(rule.when, facts))
        assert decide(table, facts).rule_ids == (plain[:1] if table.hit == "first" else plain)
        assert tuple(trace.rule_id for trace in explain(table, facts).rules if trace.holds) == plain


SMALL: dict[str, list[Any]] = {
    "type": [*TYPES, None],
    "amount": [0, 1, "1.25", "1.5", "1.75", 2, "2.25", "2.5", "2.75", 3, 4, None],
    "region": [*REGIONS, "310200", "310199", "440400", "440399", "110000", None],
    "skills": [set(), *map(set, ("x", "y", "z", "xy", "xz", "yz", "xyz")), None],
}
"""Every value that rules can tell apart, so brute force over them is the truth."""


def everything(*names: str) -> list[dict[str, Any]]:
    return [dict(zip(names, values, strict=True)) for values in product(*(SMALL[name] for name in names))]


def check_lint(table: DecisionTable, space: list[dict[str, Any]]) -> None:
    report, hits = lint(table), [decide(table, facts).rule_ids for facts in space]
    deciding = {rule_id for ids in hits for rule_id in ids}
    never = {rule.id for rule in table.rules if not any(holds(rule.when, facts) for facts in space)}
    unreached = {rule.id for rule in table.rules} - deciding

    assert report.complete or len(report.gaps) == 50
    assert {finding.rule_ids[0] for finding in report.shadowed} == unreached
    assert {finding.rule_ids[0] for finding in report.shadowed if finding.kind == "impossible"} == never
    present = [(facts, ids) for facts, ids in zip(space, hits, strict=True) if None not in facts.values()]
    assert bool(report.gaps) == any(not ids for _, ids in present)
    for gap in report.gaps:
        assert all(not decide(table, {**facts, **gap.example}).rule_ids for facts, _ in present)
    by_id = {rule.id: rule for rule in table.rules}
    for overlap in report.overlaps:
        assert all(holds(by_id[rule_id].when, overlap.example) for rule_id in overlap.rule_ids)
        assert decide(table, overlap.example).rule_ids == overlap.rule_ids[:1]


@settings(max_examples=80, deadline=None)
@given(tables("type", "amount", "skills", size=5))
def test_lint_agrees_with_brute_force(table: DecisionTable) -> None:
    """Shadowed, impossible and uncovered are exactly what trying every combination finds."""
    check_lint(table, everything("type", "amount", "skills"))


@settings(max_examples=80, deadline=None)
@given(tables("region", "type", size=5))
def test_lint_agrees_with_brute_force_on_regions(table: DecisionTable) -> None:
    """Regions, where one place lies within another, are no exception."""
    check_lint(table, everything("region", "type"))
