"""C049: delay 65 min and policy from 45 min on → a ¥10 coupon within 5 s, and the store's compensation is +10.00; the
third claim in 30 days is a review task, and no coupon."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest

from functions.pricing import app as pricing
from functions.settlement import app as settlement
from hub.contracts.events import StoreChanged, parse_event
from tests.support.aws import TENANT, make_table
from tests.support.carts import campaign, strategy
from tests.support.hosts import host_of
from tests.support.http import Context, bus_batch, bus_events, call
from tests.support.tickets import World, as_, world

T = {"zh": "节点", "en": "Node"}
SORRY = strategy("coupon", {"amount": "10.00", "base": "after_items", "valid_days": 30})
CLAIMS = {"amount": "10.00", "budget": "10.00", "claims": 2, "days": 30}
NODES: list[dict[str, Any]] = [
    {"id": "late", "kind": "decision", "edges": [{"id": "yes", "when": {"field_delay_minutes": {"gte": 45}},
     "next": "pay"}], "otherwise": "closed"},
    {"id": "pay", "kind": "action", "action": "compensate", "params": CLAIMS,
     "outcomes": {"too_often": "review", "over_budget": "review"}, "next": "coupon"},
    {"id": "coupon", "kind": "action", "action": "issue_coupon",
     "params": {"campaign": "sorry", "strategy": "coupon"}, "outcomes": {"refused": "review"}, "next": "closed"},
    {"id": "review", "kind": "human", "assignee": "role:store_manager@store", "outcomes": {"seen": "closed"}},
    {"id": "closed", "kind": "end", "outcome": "done"},
]  # fmt: skip
FLOW = {"key": "delay", "title": T, "ladder": "basic", "start": "late", "nodes": [{**n, "title": T} for n in NODES]}
TYPE = {
    "title": T,
    "urgent_title": T,
    "flow": "delay",
    "ladder": "basic",
    "fields": [{"id": "delay_minutes", "title": T, "type": "integer"}],
}


@dataclass
class Shop:
    """Three rooms on one account, on one clock; what each says the others hear."""

    tickets: World

    def complain(self, minutes: int) -> str:
        """The customer cus_1 complains of a delay in store s1; everything that follows follows."""
        body = {"type": "delay", "customer_id": "cus_1", "region": "310101", "store_id": "s1"}
        answer = self.tickets.call("POST", "/tickets", {**body, "fields": {"delay_minutes": str(minutes)}})
        assert answer.status == 201, answer.text
        self.exchange()
        return str(answer.json["id"])

    def exchange(self) -> None:
        for _ in range(10):
            said, self.tickets.emitted[:] = list({e.id: e for e in self.tickets.emitted}.values()), []
            for room in (pricing, settlement):
                events = next(entry for entry in room.room.manifest()["entries"] if entry["name"] == "events")
                heard = [event for event in said if event.type in events["subscriptions"]]  # type: ignore[attr-defined]
                for event in heard:
                    assert room.on_event(bus_batch(event, event), Context()) == {"batchItemFailures": []}
            answers = [parse_event(event) for event in bus_events(self.tickets.session)]
            if answers:
                self.tickets.tell(*answers, *answers)
            if not said and not answers:
                return
        raise AssertionError("they do not come to rest")

    def coupons(self) -> list[Any]:
        query = {"customer": "cus_1"}
        return list(call(pricing.room, "GET", "/pricing/coupons", query=query).json["data"])

    def compensation(self) -> str:
        """What the account of store s1 says."""
        month = f"{self.tickets.clock.now:%Y-%m}"
        book = call(settlement.room, "GET", "/settlement/books/s1", query={"month": month}).json
        return next((row["amount"] for row in book["accounts"] if row["account"] == "expense:compensation"), "0.00")

    def nodes(self, ticket_id: str) -> list[str]:
        return [visit["node"] for visit in self.tickets.ticket(ticket_id)["visits"]]


@pytest.fixture
def shop() -> Iterator[Shop]:
    with world(publish=()) as tickets:
        for room in (pricing.room, settlement.room):
            table = f"hub-{TENANT}-{room.app_name}"
            if table not in tickets.session.client("dynamodb").list_tables()["TableNames"]:
                make_table(table)
            host = host_of(room, tickets.session, tickets.clock, table=table)
            room.install(host)
        tickets.hire("wang", role="store_manager", region="310101", store_id="s1", teams=())
        store = {"store_id": "s1", "version": 1, "region": "310101", "manager": "wang", "position": None}
        moment = {"id": "evt_s1", "tenant": TENANT, "at": tickets.clock.now}
        pricing.on_event(bus_batch(StoreChanged.model_validate({**moment, **store})), Context())
        for room, path, document in (
            (pricing.room, "/pricing/campaigns/sorry", campaign(SORRY)),
            (None, "/flows/delay", FLOW),
            (None, "/tickets/types/delay", TYPE),
        ):
            body = {"document": document}
            answer = (
                call(room, "POST", f"{path}/publish", body) if room else tickets.call("POST", f"{path}/publish", body)
            )
            assert answer.status == 200, answer.text
        yield Shop(tickets)


def test_sixty_five_minutes_are_ten_yuan(shop: Shop) -> None:
    """The coupon is there at the very second, once however often everything is said, and the ledger has its cost."""
    ticket_id = shop.complain(65)
    (coupon,) = shop.coupons()
    opened = shop.tickets.ticket(ticket_id)
    issued = coupon["issued_at"]
    assert (coupon["rule"], coupon["customer_id"], opened["state"]) == ("sorry/coupon", "cus_1", "closed")
    assert issued == opened["opened_at"]
    assert opened["visits"][2]["fields"] == {"coupon": coupon["code"]}
    assert shop.compensation() == "10.00"


def test_forty_four_minutes_are_none(shop: Shop) -> None:
    """The policy begins at 45."""
    shop.complain(44)
    assert (shop.coupons(), shop.compensation()) == ([], "0.00")
    shop.complain(45)
    assert len(shop.coupons()) == 1


def test_the_third_claim_is_looked_at_by_a_person(shop: Shop) -> None:
    """On day 1, 10 and 30: the third waits for the store's manager, with no coupon and no cost; a month after the
    first two it is granted again."""
    for days in (0, 9):
        shop.tickets.clock.advance(days=days)
        shop.complain(65)
    shop.tickets.clock.advance(days=20)
    third = shop.complain(65)
    waiting = [visit for visit in shop.tickets.ticket(third)["visits"] if not visit["outcome"]]
    assert [(visit["node"], visit["assignee"]) for visit in waiting] == [("review", "wang")]
    assert len(shop.coupons()) == 2
    path = f"/tickets/{third}/nodes/review/complete"
    manager = as_("store_manager", sub="wang", region="310101")
    assert shop.tickets.call("POST", path, {"outcome": "seen"}, as_=manager).status == 200
    shop.tickets.clock.now += timedelta(days=30, seconds=1)
    shop.complain(65)
    assert len(shop.coupons()) == 3
