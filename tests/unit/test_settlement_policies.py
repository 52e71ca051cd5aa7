"""The preset policy, what was stored before there were pipelines, and what events say as facts."""

from __future__ import annotations

import copy
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from functions.settlement.facts.of_events import fact_of
from functions.settlement.facts.rates import RATES, Rates, RatesDocument, priced, rates_of
from functions.settlement.ledger.ledger import Entry
from functions.settlement.policies import Policy, entries_for
from functions.settlement.policy_kind import POLICIES as KIND
from functions.settlement.policy_kind import upcast_policy
from functions.settlement.rules.policy import PolicyDocument, rule_of
from hub.contracts.events import TicketClosed, WorkReported
from tests.support.settlement import AT

ZONE = ZoneInfo("Asia/Shanghai")
BEFORE = {
    "ticket_type": "repair",
    "parts": [
        {
            "purpose": "commission",
            "base": "labour",
            "rate": "0.30",
            "rounding": "HALF_UP",
            "debit": "expense:commission",
            "credit": "payable:person:{assignee}",
            "zh": "维修提成：工时费 {base_amount} 元 × {rate_percent}%",
            "en": "Repair commission: labour {base_amount} {currency} × {rate_percent}%",
        }
    ],
}


def preset(**changes: object) -> dict[str, Any]:
    """The preset as a document, its first posting changed."""
    document: dict[str, Any] = copy.deepcopy(dict(KIND.presets()["repair_commission"]))
    document["postings"][0] |= changes
    return document


def policy(document: dict[str, Any]) -> Policy:
    return Policy("repair_commission", 1, rule_of(PolicyDocument.model_validate(document)))


def reported(**changes: object) -> WorkReported:
    facts = {
        "id": "evt_1",
        "tenant": "demo",
        "at": AT,
        "ticket_id": "tkt_1",
        "visit_id": "vis_1",
        "run": 1,
        "node": "service",
        "kind": "human",
        "ticket_type": "repair",
        "region": "310101",
        "person_id": "wang.wei",
        "outcome": "done",
        "labour_minutes": 120,
        "travel_km": 10,
    }
    return WorkReported.model_validate({**facts, **changes})


def rates() -> Rates:
    return rates_of(RatesDocument.model_validate(RATES.presets()["rates"]))


def made(document: dict[str, Any], **changes: object) -> list[Entry]:
    fact = priced(fact_of(reported(**changes), ZONE), rates())
    return entries_for([fact], [policy(document)], ZONE)


def earned(entries: list[Entry]) -> dict[str, str]:
    return {entry.purpose: str(entry.earned_by_party()["person:wang.wei"]) for entry in entries}


def test_reported_work_pays_whoever_did_it() -> None:
    """Two hours at 60.00 are 120.00, of which 30 % is 36.00; ten kilometres at 2.00 come back whole."""
    assert earned(made(preset())) == {"commission": "36.00", "travel": "20.00"}


def test_an_entry_says_why_in_both_languages_and_pins_the_rule() -> None:
    """The line's reason holds the words, the rule's version, and the facts that it was computed from."""
    why = made(preset())[0].why
    assert (why.zh, why.en) == ("维修提成：工时费 120.00 元 × 30%", "Repair commission: labour 120.00 CNY × 30%")
    assert (why.rule, why.version) == ("repair_commission", 1)
    assert why.facts == {
        "region": "310101",
        "ticket_id": "tkt_1",
        "outcome": "done",
        "labour": "120.00",
        "rounding": "HALF_UP",
    }


def test_a_line_says_what_it_is_about() -> None:
    """Ticket, hour, person and region stand on each line, to be added up by."""
    line = made(preset())[0].lines[1]
    assert (line.account, dict(line.dims)) == (
        "payable:person:wang.wei",
        {"ticket": "tkt_1", "node": "service", "hour": "10", "person": "wang.wei", "region": "310101"},
    )


@pytest.mark.parametrize("changes", [{"ticket_type": "complaint"}, {"labour_minutes": 0, "travel_km": 0}])
def test_nothing_to_pay_makes_no_entry(changes: dict[str, object]) -> None:
    """Another type of ticket, or one without labour and travel, posts nothing."""
    assert made(preset(), **changes) == []


def test_a_policy_of_before_pipelines_pays_what_it_paid() -> None:
    """Stored as a rate of one cost, it reads as a pipeline of one step, with the same words on the line."""
    ticket = TicketClosed(
        id="evt_1", tenant="demo", at=AT, ticket_id="tkt_1", run=1, customer_id="cus_1", ticket_type="repair",
        region="310101", assignee="wang.wei", outcome="done", labour_minor=12000,
    )  # fmt: skip
    entries = entries_for([fact_of(ticket, ZONE)], [policy(upcast_policy(1, BEFORE))], ZONE)
    assert earned(entries) == {"commission": "36.00"}
    assert entries[0].why.zh == "维修提成：工时费 120.00 元 × 30%"
