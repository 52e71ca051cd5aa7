"""The condition language: what it accepts, what it refuses, and what each operator means."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from hub.kernel.errors import Invalid
from hub.rules import Schema, holds, parse_condition

SCHEMA = Schema.parse(
    {
        "type": {"enum": ["repair", "install"]},
        "region": "region",
        "text": "text",
        "amount": "number",
        "skills": "set",
        "vip": "boolean",
        "opened": "time",
    }
)


def accepts(condition: dict[str, Any], **facts: Any) -> bool:
    return holds(parse_condition(condition, SCHEMA), facts)


def pointers(condition: Any) -> list[str]:
    with pytest.raises(Invalid) as caught:
        parse_condition(condition, SCHEMA, "/when")
    return [problem.pointer for problem in caught.value.problems]


@pytest.mark.parametrize(
    ("condition", "facts", "expected"),
    [
        ({"type": {"eq": "repair"}}, {"type": "repair"}, True),
        ({"type": {"ne": "repair"}}, {"type": "repair"}, False),
        ({"type": {"in": ["repair", "install"]}}, {"type": "install"}, True),
        ({"type": {"not_in": ["repair"]}}, {"type": "install"}, True),
        ({"region": {"within": "310000"}}, {"region": "310101"}, True),
        ({"region": {"within": ["440000", "310100"]}}, {"region": "310101"}, True),
        ({"region": {"within": "310101"}}, {"region": "310000"}, False),
        ({"region": {"within": "base"}}, {"region": "440300"}, True),
        ({"text": {"contains_any": ["不制冷", "坏了"]}}, {"text": "空调坏了，急"}, True),
        ({"text": {"contains_any": ["WiFi"]}}, {"text": "the WIFI is down"}, True),
        ({"text": {"contains_all": ["不制冷", "漏水"]}}, {"text": "不制冷"}, False),
        ({"amount": {"gte": 100, "lt": 500}}, {"amount": 100}, True),
        ({"amount": {"gte": 100, "lt": 500}}, {"amount": Decimal("500.00")}, False),
        ({"amount": {"gt": "99.99"}}, {"amount": "100"}, True),
        ({"amount": {"eq": "12.50"}}, {"amount": Decimal("12.5")}, True),
        ({"skills": {"has": "refrigeration"}}, {"skills": ["refrigeration", "gas"]}, True),
        ({"skills": {"has_any": ["gas", "wood"]}}, {"skills": {"wood"}}, True),
        ({"skills": {"has_all": ["gas", "wood"]}}, {"skills": {"wood"}}, False),
        ({"skills": {"has_none": ["gas"]}}, {"skills": ["wood"]}, True),
        ({"vip": {"eq": True}}, {"vip": True}, True),
        ({"opened": {"lt": "2026-12-01T00:00:00+08:00"}}, {"opened": datetime(2026, 11, 30, 15, tzinfo=UTC)}, True),
        ({"opened": {"lt": "2026-12-01T00:00:00+08:00"}}, {"opened": "2026-11-30T16:00:00Z"}, False),
        ({"any": [{"vip": {"eq": True}}, {"amount": {"gt": 9}}]}, {"vip": False, "amount": 10}, True),
        ({"all": [{"vip": {"eq": True}}, {"amount": {"gt": 9}}]}, {"vip": False, "amount": 10}, False),
        ({"not": {"type": {"eq": "repair"}, "vip": {"eq": True}}}, {"type": "repair", "vip": False}, True),
        ({}, {}, True),
    ],
)
def test_operators(condition: dict[str, Any], facts: dict[str, Any], expected: bool) -> None:
    """Each operator means what its name says."""
    assert accepts(condition, **facts) is expected


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        ({"type": {"eq": "repair"}}, False),
        ({"amount": {"lt": 5}}, False),
        ({"type": {"ne": "repair"}}, True),
        ({"type": {"not_in": ["repair"]}}, True),
        ({"skills": {"has_none": ["gas"]}}, True),
        ({"type": {"present": False}}, True),
        ({"type": {"present": True}}, False),
    ],
)
def test_missing_facts_satisfy_only_what_says_no(condition: dict[str, Any], expected: bool) -> None:
    """A missing fact, absent or None, satisfies ne, not_in, has_none and present: false, and nothing else."""
    assert accepts(condition) is expected
    assert accepts(condition, type=None, amount=None, skills=None) is expected


def test_every_wrong_place_is_named() -> None:
    """A refusal names every wrong place at once: unknown fields and operators, wrong types, empty lists."""
    condition = {
        "colour": {"eq": "red"},
        "type": {"eq": "clean", "gt": "repair", "in": ["repair", "x/y"]},
        "amount": {"gte": 1.5, "lt": True},
        "region": {"within": ["310000", "Shanghai"]},
        "any": [{"vip": {"eq": "yes"}}, {"skills": {"has_all": []}}],
        "not": {"opened": {"lt": "2026-12-01T00:00:00"}},
        "text": "坏了",
    }

    assert pointers(condition) == [
        "/when/colour",
        "/when/type/eq",
        "/when/type/gt",
        "/when/type/in/1",
        "/when/amount/gte",
        "/when/amount/lt",
        "/when/region/within/1",
        "/when/any/0/vip/eq",
        "/when/any/1/skills/has_all",
        "/when/not/opened/lt",
        "/when/text",
    ]


def test_pointers_escape_names() -> None:
    """A field whose name has a slash or a tilde is pointed at as RFC 6901 says."""
    assert pointers({"a/b~c": {"eq": 1}}) == ["/when/a~1b~0c"]


def test_nesting_is_bounded() -> None:
    """A condition nests eight deep and no deeper."""
    deep: dict[str, Any] = {}
    for _ in range(7):
        deep = {"not": deep}
    parse_condition(deep, SCHEMA)
    assert pointers({"not": deep}) == ["/when" + "/not" * 8]


def test_checks_are_bounded() -> None:
    """A condition has 500 checks and no more."""
    parse_condition({"any": [{"vip": {"eq": True}}] * 500}, SCHEMA)
    assert pointers({"any": [{"vip": {"eq": True}}] * 501}) == ["/when"]


def test_lists_are_bounded() -> None:
    """A list has 1000 values, or branches, and no more."""
    parse_condition({"amount": {"in": list(range(1000))}}, SCHEMA)
    assert pointers({"amount": {"in": list(range(1001))}}) == ["/when/amount/in"]
    assert pointers({"any": [{}] * 1001}) == ["/when/any"]


@pytest.mark.parametrize("facts", [{"amount": 1.5}, {"amount": Decimal("NaN")}, {"amount": "1e9"}, {"amount": []}])
def test_facts_of_a_wrong_kind_are_refused(facts: dict[str, Any]) -> None:
    """A fact that is not of its field's kind is refused by name: floats never enter."""
    with pytest.raises(Invalid) as caught:
        accepts({"amount": {"gt": 1}}, **facts)
    assert [problem.pointer for problem in caught.value.problems] == ["/amount"]


@pytest.mark.parametrize(
    ("doc", "pointer"),
    [
        ({}, "/schema"),
        ({"not": "text"}, "/schema/not"),
        ({f"f{i}": "text" for i in range(65)}, "/schema"),
        ({"a": "float"}, "/schema/a"),
        ({"a": {"enum": []}}, "/schema/a"),
        ({"a": {"enum": ["x", "x"]}}, "/schema/a"),
    ],
)
def test_schemas_are_typed_too(doc: dict[str, Any], pointer: str) -> None:
    """A schema with an unknown kind, a reserved name or a poor enum is refused by pointer."""
    with pytest.raises(Invalid) as caught:
        Schema.parse(doc, "/schema")
    assert [problem.pointer for problem in caught.value.problems] == [pointer]
