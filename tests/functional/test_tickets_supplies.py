"""What an ERP says of an article, beside the tickets that wait for it; and decisions that stood on an old state."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from hub.contracts.events import DecisionCorrected, SupplyChanged
from hub.kernel.ids import hashed_id
from tests.support.tickets import TENANT, World, as_, world

BODY = {"type": "repair", "customer_id": "cus_1", "region": "310101", "priority": "high", "subject": "冷柜结霜"}
LEADER = as_("supervisor", sub="chen")


@pytest.fixture
def hub() -> Iterator[World]:
    with world() as made:
        made.hire("li")
        yield made


@pytest.fixture
def ticket(hub: World) -> str:
    return str(hub.call("POST", "/tickets", BODY, as_=LEADER).json["id"])


def supply(hub: World, number: int, **facts: Any) -> SupplyChanged:
    """Something that the ERP says now."""
    at = facts.pop("at", hub.clock.now)
    given = {"connection_id": "con_1", "channel": "open", "item_no": "P1", "source_at": at, **facts}
    return SupplyChanged(id=hashed_id("evt", str(number)), tenant=TENANT, at=hub.clock.now, **given)


def test_a_ticket_that_waits_for_a_part_shows_when_it_comes(hub: World, ticket: str) -> None:
    """The ERP's date stands on every open ticket that waits for the part, and on no other."""
    hub.call("POST", f"/tickets/{ticket}/pause", {"waits_for": ["P1"]}, as_=LEADER)
    other = hub.call("POST", "/tickets", BODY | {"customer_id": "cus_2"}, as_=LEADER).json["id"]
    eta = hub.clock.now + timedelta(days=4)
    hub.tell(supply(hub, 1, expected_at=eta, quantity=0), supply(hub, 2, item_no="P2", quantity=7))
    shown = hub.call("GET", f"/tickets/{ticket}", as_=LEADER).json
    (told,) = shown["supplies"]
    assert (shown["paused"], shown["waits_for"], told["item_no"], told["quantity"]) == (True, ["P1"], "P1", 0)
    assert told["expected_at"][:10] == f"{eta:%Y-%m-%d}"
    assert hub.call("GET", f"/tickets/{other}", as_=LEADER).json["supplies"] == []


def test_the_latest_word_of_the_erp_stays(hub: World, ticket: str) -> None:
    """What was said earlier and arrives later changes nothing; another site is another line."""
    hub.call("POST", f"/tickets/{ticket}/pause", {"waits_for": ["P1"]}, as_=LEADER)
    earlier = hub.clock.now - timedelta(hours=1)
    hub.tell(supply(hub, 1, quantity=5), supply(hub, 2, quantity=9, at=earlier), supply(hub, 3, site="SH", quantity=2))
    shown = hub.call("GET", f"/tickets/{ticket}", as_=LEADER).json["supplies"]
    assert [(line["site"], line["quantity"]) for line in shown] == [("", 5), ("SH", 2)]


def test_work_that_goes_on_waits_for_nothing(hub: World, ticket: str) -> None:
    """Resuming the clock ends the wait for parts."""
    hub.call("POST", f"/tickets/{ticket}/pause", {"waits_for": ["P1"]}, as_=LEADER)
    shown = hub.call("POST", f"/tickets/{ticket}/resume", {}, as_=LEADER).json
    assert (shown["paused"], shown["waits_for"]) == (False, [])


def test_an_article_number_must_be_one(hub: World, ticket: str) -> None:
    """A blank in it is refused with its pointer."""
    answer = hub.call("POST", f"/tickets/{ticket}/pause", {"waits_for": ["P 1"]}, as_=LEADER)
    assert (answer.status, answer.json["errors"][0]["pointer"]) == (422, "/waits_for/0")


def test_a_corrected_decision_stands_in_the_trail_once(hub: World, ticket: str) -> None:
    """Whoever works on the ticket sees on what it was decided and what was true, however often the event comes."""
    event = DecisionCorrected(
        id="evt_C",
        tenant=TENANT,
        at=hub.clock.now,
        decision=ticket,
        connection_id="con_1",
        channel="douyin",
        order_id="ord_1",
        assumed="paid",
        state="refunded",
    )
    hub.tell(event, event, event.model_copy(update={"id": "evt_D", "decision": "rule-run-7"}))
    entries = hub.call("GET", f"/tickets/{ticket}/timeline", as_=LEADER).json["entries"]
    told = [entry["detail"] for entry in entries if entry["what"] == "decision corrected"]
    assert told == [{"order": "ord_1", "assumed": "paid", "state": "refunded"}]
