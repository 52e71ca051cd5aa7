"""Policies: which money a closed ticket makes, and why."""

from __future__ import annotations

import copy
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from functions.settlement.ledger.ledger import Entry
from functions.settlement.policies import Policy, entries_for
from functions.settlement.policy_kind import POLICIES as KIND
from functions.settlement.policy_kind import rule_of
from hub.contracts.events import TicketClosed
from hub.contracts.settlement import PolicyDocument
from hub.documents.linting import check
from hub.kernel.money import Money

AT = datetime(2026, 11, 20, 21, 0, tzinfo=UTC)


def preset(**changes: object) -> dict[str, Any]:
    """The preset as a document, its first part changed."""
    document: dict[str, Any] = copy.deepcopy(dict(KIND.presets()["repair_commission"]))
    document["parts"][0] |= changes
    return document


def policy(document: dict[str, Any]) -> Policy:
    return Policy("repair_commission", 1, rule_of(PolicyDocument.model_validate(document)))


POLICIES = (policy(preset()),)


def closed(**changes: object) -> TicketClosed:
    facts = {
        "id": "evt_1",
        "tenant": "demo",
        "at": AT,
        "ticket_id": "tkt_1",
        "run": 1,
        "customer_id": "cus_1",
        "ticket_type": "repair",
        "region": "310101",
        "assignee": "wang.wei",
        "outcome": "done",
        "labour_minor": 12000,
        "parts_minor": 8000,
        "travel_minor": 2000,
    }
    return TicketClosed.model_validate({**facts, **changes})


def earned(entries: list[Entry]) -> dict[str, str]:
    return {entry.purpose: str(entry.earned_by_party()["person:wang.wei"]) for entry in entries}


def test_a_closed_repair_pays_commission_on_labour_and_travel_in_full() -> None:
    """Labour 120.00 at 30 % is 36.00; travel 20.00 comes back whole; parts pay nobody."""
    assert earned(entries_for(closed(), POLICIES)) == {"commission": "36.00", "travel": "20.00"}


def test_an_entry_says_why_in_both_languages_and_pins_the_rule() -> None:
    """The line's reason holds the words, the rule's version, and the facts that it was computed from."""
    why = entries_for(closed(), POLICIES)[0].why
    assert (why.zh, why.en) == (
        "维修提成：工时费 120.00 元 × 30%",
        "Repair commission: labour 120.00 CNY × 30%",
    )
    assert (why.rule, why.version, why.facts["ticket_id"], why.facts["rate"]) == (
        "repair_commission",
        1,
        "tkt_1",
        "0.30",
    )


@pytest.mark.parametrize(
    ("labour_minor", "commission"), [(24700, "12.35"), (1235, "0.62"), (1229, "0.61"), (10, "0.01")]
)
def test_a_rate_of_five_percent_rounds_half_up(labour_minor: int, commission: str) -> None:
    """247.00 × 5 % = 12.35; 12.35 × 5 % = 0.6175, and half a fen is rounded up."""
    entries = entries_for(closed(labour_minor=labour_minor, travel_minor=0), [policy(preset(rate="0.05"))])
    assert earned(entries) == {"commission": commission}


@pytest.mark.parametrize("changes", [{"ticket_type": "complaint"}, {"labour_minor": 0, "travel_minor": 0}])
def test_nothing_to_pay_makes_no_entry(changes: dict[str, object]) -> None:
    """Another type of ticket, or one without labour and travel, posts nothing."""
    assert entries_for(closed(**changes), POLICIES) == []


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"base": "tips"}, "/parts/0/base"),
        ({"rounding": "NEAR"}, "/parts/0/rounding"),
        ({"rate": "a third"}, "/parts/0/rate"),
        ({"credit": "payable:person:{boss}"}, "/parts/0/credit"),
        ({"zh": "提成 {0}"}, "/parts/0/zh"),
        ({"en": "Commission {"}, "/parts/0/en"),
        ({"purpose": "travel"}, "/parts/1/purpose"),
    ],
)
def test_a_policy_that_cannot_be_computed_is_refused(change: dict[str, str], pointer: str) -> None:
    """What could not be filled in or posted is found with its place at the draft, not when money is due."""
    checked = check(KIND, "repair_commission", preset(**change), None)
    assert pointer in [finding.pointer for finding in checked.errors]


@given(labour=st.integers(-(10**8), 10**8), travel=st.integers(0, 10**6))
def test_commission_is_never_off_by_more_than_half_a_fen(labour: int, travel: int) -> None:
    """For any labour the commission is the nearest fen to 30 %, ties away from zero, and travel is exact."""
    entries = entries_for(closed(labour_minor=labour, travel_minor=travel), POLICIES)
    total = sum(entry.earned_by_party()["person:wang.wei"].amount_minor for entry in entries)
    sign = -1 if labour < 0 else 1
    assert Money(total) == Money(sign * ((abs(labour) * 30 + 50) // 100) + travel)
