"""Decision tables: parsing, deciding, explaining."""

from __future__ import annotations

from enum import StrEnum
from typing import Any

import pytest

from hub.kernel.errors import Invalid
from hub.rules import Decision, DecisionTable, Failure, RuleTrace, Schema, decide, explain
from hub.rules.index import MAX_REMEMBERED


class Kind(StrEnum):
    REPAIR = "repair"


def table_doc(**changes: Any) -> dict[str, Any]:
    doc: dict[str, Any] = {
        "key": "dispatch",
        "version": 3,
        "schema": {"type": {"enum": ["repair", "install"]}, "region": "region", "amount": "number", "text": "text"},
        "hit": "first",
        "rules": [
            {
                "id": "sh-repair",
                "when": {"type": {"eq": "repair"}, "region": {"within": "310000"}},
                "then": {"queue": "repair-sh"},
                "note": "上海维修",
            },
            {"id": "large", "when": {"amount": {"gte": 1000}}, "then": {"queue": "key-accounts"}},
            {"id": "urgent", "when": {"any": [{"text": {"contains_any": ["漏水"]}}]}, "then": {"queue": "urgent"}},
        ],
        "default": {"queue": "front-desk"},
    }
    return {**doc, **changes}


def test_first_hit_decides() -> None:
    """Of several rules that hold the first one decides, and is named."""
    table = DecisionTable.parse(table_doc())
    facts = {"type": "repair", "region": "310101", "amount": 2000, "unknown": object()}

    assert decide(table, facts) == Decision("dispatch", 3, ("sh-repair",), {"queue": "repair-sh"})


def test_nested_conditions_decide_too() -> None:
    """A rule with a nested condition decides like any other."""
    assert decide(DecisionTable.parse(table_doc()), {"text": "厨房漏水"}).rule_id == "urgent"


def test_two_checks_of_one_way_both_have_to_hold() -> None:
    """Two memberships asked of one field both have to hold, however they are looked up."""
    rules = [{"id": "a", "when": {"skills": {"has": "gas", "has_any": ["wood", "tiles"]}}, "then": 1}]
    table = DecisionTable.parse(table_doc(schema={"skills": "set"}, rules=rules))

    assert decide(table, {"skills": ["gas"]}).rule_id is None
    assert decide(table, {"skills": ["gas", "wood"]}).rule_id == "a"


def test_collect_answers_all() -> None:
    """A collecting table answers every rule that holds, in table order."""
    table = DecisionTable.parse(table_doc(hit="collect"))
    facts = {"type": "repair", "region": "310101", "amount": 2000}

    decision = decide(table, facts)

    assert decision.rule_ids == ("sh-repair", "large")
    assert decision.outcome == [{"queue": "repair-sh"}, {"queue": "key-accounts"}]


def test_default_answers_when_no_rule_holds() -> None:
    """Without a hit the default answers, and no rule is named."""
    decision = decide(DecisionTable.parse(table_doc()), {"type": "install"})

    assert (decision.rule_id, decision.outcome) == (None, {"queue": "front-desk"})


@pytest.mark.parametrize(("hit", "expected"), [("first", None), ("collect", [])])
def test_no_default_is_an_empty_answer(hit: str, expected: Any) -> None:
    """A table without a default answers nothing: None, or an empty list."""
    doc = table_doc(hit=hit)
    del doc["default"]

    assert decide(DecisionTable.parse(doc), {}).outcome == expected


def test_wrong_facts_are_all_named() -> None:
    """Facts of a wrong kind are refused together, each by its pointer."""
    with pytest.raises(Invalid) as caught:
        decide(DecisionTable.parse(table_doc()), {"type": "clean", "region": "Shanghai", "amount": 1.5})
    assert [problem.pointer for problem in caught.value.problems] == ["/type", "/region", "/amount"]


@pytest.mark.parametrize("type_", [[], {}, ["repair"], 5, True])
def test_facts_of_any_shape_are_refused_not_crashed_on(type_: Any) -> None:
    """A list or an object where a text belongs is refused like any wrong fact."""
    with pytest.raises(Invalid) as caught:
        decide(DecisionTable.parse(table_doc()), {"type": type_})
    assert [problem.pointer for problem in caught.value.problems] == ["/type"]


def test_wrong_kinds_do_not_pass_for_equal_values() -> None:
    """After 1 was decided, True is still no number, though Python thinks them equal."""
    table = DecisionTable.parse(table_doc(rules=[{"id": "a", "when": {"amount": {"eq": 1}}, "then": 1}]))
    assert decide(table, {"amount": 1}).rule_id == "a"
    with pytest.raises(Invalid):
        decide(table, {"amount": True})


def test_enumerations_of_code_are_texts() -> None:
    """A member of a StrEnum counts as its text."""
    assert decide(DecisionTable.parse(table_doc()), {"type": Kind.REPAIR, "region": "310101"}).rule_id == "sh-repair"


def test_memory_of_facts_is_bounded() -> None:
    """However many texts a table sees, it remembers 4096, none of them long, and decides all the same."""
    table = DecisionTable.parse(table_doc(rules=[{"id": "a", "when": {"text": {"eq": "8"}}, "then": 1}]))

    hits = [number for number in range(5000) if decide(table, {"text": str(number)}).rule_id]
    decide(table, {"text": "x" * 65})

    assert hits == [8]
    (_, memo) = table.index.remembered[0]
    assert len(memo) == MAX_REMEMBERED == 4096


def test_a_schema_can_be_given() -> None:
    """A room that owns the schema of its facts gives it, and the document then carries none."""
    doc = table_doc()
    schema = Schema.parse(doc.pop("schema"))

    assert decide(DecisionTable.parse(doc, schema), {"amount": 1000}).rule_id == "large"


def test_every_wrong_place_of_a_table_is_named() -> None:
    """A refused table names every wrong place by JSON pointer."""
    rules = [
        {"id": "a", "when": {"amount": {"like": 1}}, "then": 1},
        {"id": "a", "when": {}, "then": 1, "salience": 9},
        {"id": "", "when": {"type": {"eq": "clean"}}, "note": 5},
        "rule",
    ]

    with pytest.raises(Invalid) as caught:
        DecisionTable.parse(table_doc(key="", version=0, hit="last", rules=rules, extra=1))

    assert [problem.pointer for problem in caught.value.problems] == [
        "/extra",
        "/key",
        "/version",
        "/hit",
        "/rules/0/when/amount/like",
        "/rules/1/salience",
        "/rules/1/id",
        "/rules/2/id",
        "/rules/2/then",
        "/rules/2/note",
        "/rules/2/when/type/eq",
        "/rules/3",
    ]


@pytest.mark.parametrize("doc", [None, [], table_doc(schema=None), table_doc(rules=None), table_doc(hit=["first"])])
def test_what_is_no_table_is_refused(doc: Any) -> None:
    """What is not a table at all is refused, not crashed on."""
    with pytest.raises(Invalid):
        DecisionTable.parse(doc)


def test_rules_are_bounded() -> None:
    """A table has 2000 rules and no more."""
    rules = [{"id": str(i), "when": {"amount": {"eq": i}}, "then": i} for i in range(2001)]

    assert decide(DecisionTable.parse(table_doc(rules=rules[:2000])), {"amount": 1999}).outcome == 1999
    with pytest.raises(Invalid):
        DecisionTable.parse(table_doc(rules=rules))


def test_explaining_says_what_failed() -> None:
    """An explanation tells of each rule whether it holds, was chosen, and which checks failed against what."""
    explanation = explain(DecisionTable.parse(table_doc()), {"type": "repair", "region": "440300", "amount": 5000})

    assert explanation.decision.rule_id == "large"
    within = Failure("/rules/0/when/region/within", "region", "within", "310000", "440300")
    leak = Failure("/rules/2/when/any/0/text/contains_any", "text", "contains_any", ["漏水"], None)
    assert explanation.rules == (
        RuleTrace("sh-repair", "上海维修", False, False, (within,)),
        RuleTrace("large", "", True, True, ()),
        RuleTrace("urgent", "", False, False, (leak,)),
    )


def test_explaining_a_negation() -> None:
    """A `not` whose part holds is named as such."""
    rules = [{"id": "a", "when": {"not": {"amount": {"gt": 5}}}, "then": 1}]

    explanation = explain(DecisionTable.parse(table_doc(rules=rules)), {"amount": 6})

    assert explanation.rules[0].failures == (Failure("/rules/0/when/not", "", "not", None, None),)
