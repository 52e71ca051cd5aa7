"""C107: eight kinds of a gym's income, milestones of a contract, a teacher's tiers: in one system, each proven."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from functions.settlement.templates import TEMPLATES
from hub.contracts.events import TicketClosed
from tests.support.settlement_room import handed, moment, till

CONTRACT = "100000.00"


def milestone(number: int, share: str) -> TicketClosed:
    """The ticket of a milestone, which says its share of the contract."""
    facts: dict[str, Any] = {
        "id": f"evt_{number}",
        "tenant": "demo",
        "at": moment("2026-11-20T09:00:00+08:00") + timedelta(minutes=number),
        "ticket_id": f"tkt_{number}",
        "run": 1,
        "customer_id": "cus_1",
        "ticket_type": "milestone",
        "region": "310101",
        "assignee": "wang.wei",
        "outcome": "done",
        "fields": {"milestone_share": share},
    }
    return TicketClosed.model_validate(facts)


def test_a_gym_has_eight_kinds_of_income() -> None:
    """Each is a template of its own with golden cases (tests/unit/test_settlement_golden.py runs them)."""
    assert len([key for key in TEMPLATES.presets() if key.startswith("gym_")]) == 8


def test_a_contract_is_posted_as_its_milestones_close() -> None:
    """100,000.00 at 30/40/30: 30,000.00 when the first ticket closes, 70,000.00 with the second, all with the third."""
    with till() as room:
        document = room.fill_in("contract_milestone", contract=CONTRACT)["policy"]
        document["facts"], document["when"] = ["ticket"], {"ticket_type": {"eq": "milestone"}}
        document["postings"][0]["credit"] = "income:contract"
        assert room.publish("contract", document).status == 200
        posted = []
        for number, share in enumerate(("0.3", "0.4", "0.3")):
            room.hear(milestone(number, share))
            posted.append(room.accounts("income")["income:contract"])
        assert posted == ["-30000.00", "-70000.00", "-100000.00"]


def test_a_teachers_twenty_lessons() -> None:
    """Ten at 100 and ten at 120 are 2,200.00: provisional as they are taught, posted by the run."""
    with till("2026-11-20T09:00:00+08:00", "li.na") as room:
        room.adopt("per_lesson_tiered")
        teacher = {"teacher": "li.na", "store": "s1", "region": "310101"}
        room.hand_in(*(handed("lesson", n, lessons=1, parties=teacher) for n in range(20)))
        (line,) = room.call("GET", "/settlement/earnings/li.na/provisional").json["lines"]
        assert (line["amount"], line["count"], line["period"]) == ("2200.00", 20, "2026-11")
        assert room.accounts("payable") == {}
        room.run_windows()
        assert room.accounts("payable") == {"payable:person:li.na": "-2200.00"}
        assert room.call("GET", "/settlement/earnings/li.na/provisional").json["lines"] == []
