"""Policies: which money a closed ticket makes, and why."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from functions.settlement.ledger.ledger import Entry
from functions.settlement.policies import PRESETS, entries_for, load_policies, policies_in_force
from hub.contracts.events import TicketClosed
from hub.kernel.errors import Invalid
from hub.kernel.money import Money

AT = datetime(2026, 11, 20, 21, 0, tzinfo=UTC)
POLICIES = load_policies()


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
    raw = json.loads(PRESETS.read_text(encoding="utf-8"))
    raw["policies"][0]["parts"][0]["rate"] = "0.05"
    entries = entries_for(closed(labour_minor=labour_minor, travel_minor=0), load_policies(json.dumps(raw)))
    assert earned(entries) == {"commission": commission}


@pytest.mark.parametrize("changes", [{"ticket_type": "complaint"}, {"labour_minor": 0, "travel_minor": 0}])
def test_nothing_to_pay_makes_no_entry(changes: dict[str, object]) -> None:
    """Another type of ticket, or one without labour and travel, posts nothing."""
    assert entries_for(closed(**changes), POLICIES) == []


def test_old_facts_keep_old_rules() -> None:
    """The version in force when the ticket closed counts: to the second, not when the event arrives."""
    raw = json.loads(PRESETS.read_text(encoding="utf-8"))
    newer = {**raw["policies"][0], "version": 2, "valid_from": "2026-11-21T05:00:00+08:00"}
    policies = load_policies(json.dumps({"policies": [newer, raw["policies"][0]]}))
    moments = (AT - timedelta(seconds=1), AT)
    assert [policies_in_force(policies, "repair", at)[0].version for at in moments] == [1, 2]


@pytest.mark.parametrize("change", [{"base": "tips"}, {"rounding": "NEAR"}, {"rate": "a third"}])
def test_a_policy_that_cannot_be_computed_is_refused(change: dict[str, str]) -> None:
    """Unknown bases, roundings and rates are refused when policies are read, not when money is due."""
    raw = json.loads(PRESETS.read_text(encoding="utf-8"))
    raw["policies"][0]["parts"][0] |= change
    with pytest.raises(Invalid):
        load_policies(json.dumps(raw))


@given(labour=st.integers(-(10**8), 10**8), travel=st.integers(0, 10**6))
def test_commission_is_never_off_by_more_than_half_a_fen(labour: int, travel: int) -> None:
    """For any labour the commission is the nearest fen to 30 %, ties away from zero, and travel is exact."""
    entries = entries_for(closed(labour_minor=labour, travel_minor=travel), POLICIES)
    total = sum(entry.earned_by_party()["person:wang.wei"].amount_minor for entry in entries)
    sign = -1 if labour < 0 else 1
    assert Money(total) == Money(sign * ((abs(labour) * 30 + 50) // 100) + travel)
