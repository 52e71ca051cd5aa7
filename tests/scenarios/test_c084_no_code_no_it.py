"""C084: somebody of the business changes an approver, adds a node, changes a price and takes it all back, over HTTP."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from functions.pricing import app as pricing
from hub.edge.aws import Clients
from hub.edge.host import Host
from hub.edge.settings import Settings
from tests.support.aws import environment, make_table
from tests.support.http import call, token
from tests.support.presets import preset_flow
from tests.support.tickets import World, world

BUSINESS = token("administrator", sub="business")
FLOW, BOOK = "/flows/consult", "/pricing/books/standard"


@pytest.fixture
def hub() -> Iterator[World]:
    """The rooms of tickets and prices, and in them Amy, an agent, and Chen, who leads."""
    with world() as made:
        made.hire("amy", role="agent")
        made.hire("chen", role="supervisor", region="base")
        settings = Settings.load(environment("pricing"))
        if settings.table not in made.session.client("dynamodb").list_tables()["TableNames"]:
            make_table(settings.table)
        room = pricing.room
        room.install(Host(settings, made.clock, Clients(made.session.client), "pricing", room.idempotency))
        yield made


def change(hub: World, document: dict[str, Any]) -> int:
    """Publish the flow so; its version."""
    done = hub.call("POST", f"{FLOW}/publish", {"document": document}, as_=BUSINESS)
    assert done.status == 200, done.text
    return int(done.json["version"])


def way(hub: World, customer: str) -> list[tuple[str, str]]:
    """The nodes of a new ticket, each completed by whom it waits for, and whom that was."""
    body = {"type": "consult", "customer_id": customer, "region": "310000"}
    ticket_id = hub.call("POST", "/tickets", body).json["id"]
    while waiting := [visit for visit in hub.ticket(ticket_id)["visits"] if visit["left_at"] is None]:
        path = f"/tickets/{ticket_id}/nodes/{waiting[0]['node']}/complete"
        assert hub.call("POST", path, {"outcome": waiting[0]["outcomes"][0]}).status == 200
    return [(visit["node"], visit["assignee"]) for visit in hub.ticket(ticket_id)["visits"] if visit["assignee"]]


def price() -> str:
    body = {"service": "fruit_tea", "region": "310000"}
    quoted: str = call(pricing.room, "POST", "/pricing/quotes", body, as_=BUSINESS).json["price"]
    return quoted


def test_a_business_user_changes_what_they_like(hub: World) -> None:
    """Approver, node and price hold for what comes next; reverted, everything is as it was. Every step is a call of the
    API, and not one is a deployment."""
    before, price_before = way(hub, "cus_1"), price()
    assert before == [("answer", "chen")]

    flow = preset_flow("consult")
    answer = flow["nodes"][0]
    dispatch = {"id": "dispatch", "kind": "action", "action": "assign", "params": {"role": "agent"}, "next": "answer"}
    flow["nodes"].append({**dispatch, "title": {"zh": "派单", "en": "Dispatch"}})
    flow["start"], answer["assignee"] = "dispatch", "ticket.assignee"
    assert change(hub, flow) == 2
    assert way(hub, "cus_2") == [("answer", "amy")]

    title = {"zh": "复核", "en": "Check"}
    check = {"id": "check", "kind": "approval", "title": title, "assignee": "supervisor"}
    flow["nodes"].append({**check, "outcomes": {"approved": answer["outcomes"]["answered"]}})
    answer["outcomes"]["answered"] = "check"
    assert change(hub, flow) == 3
    assert way(hub, "cus_3") == [("answer", "amy"), ("check", "chen")]

    tea = {"services": {"fruit_tea": {"name": {"zh": "鲜果茶", "en": "Fruit tea"}, "prices": {"base": "21.00"}}}}
    body = {"document": tea, "valid_from": hub.clock.now.isoformat()}
    assert call(pricing.room, "POST", f"{BOOK}/publish", body, as_=BUSINESS).status == 200
    assert (price_before, price()) == ("25.00", "21.00")

    assert hub.call("POST", f"{FLOW}/revert", {"version": 1}, as_=BUSINESS).status == 200
    assert call(pricing.room, "POST", f"{BOOK}/withdraw", {"version": 1}, as_=BUSINESS).status == 200
    assert (way(hub, "cus_4"), price()) == (before, price_before)
