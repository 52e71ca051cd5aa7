"""C066: h5 does neither many things at once nor prices, pc does a hundred in one call, and two terminals that edit one
ticket hear of each other field by field."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import boto3
import pytest

from functions.directory import app as directory
from functions.pricing import app as pricing
from functions.tickets import app as tickets
from hub.kernel.clock import rfc3339
from tests.support.aws import REGION, make_table
from tests.support.hosts import host_of
from tests.support.http import Answer, call
from tests.support.tickets import World, as_, world

TICKET = {"type": "repair", "customer_id": "cus_1", "region": "310101", "subject": "冷柜结霜"}
PRICES = {"services": {"tea": {"name": {"zh": "果茶", "en": "Tea"}, "prices": {"base": "18.00"}}}}
PUBLISH = "/pricing/books/standard/publish"
LEADER = as_("supervisor", sub="chen")


@pytest.fixture
def hub() -> Iterator[World]:
    with world() as made:
        made.clock.now = datetime.now(UTC).replace(microsecond=0)  # by which tokens are good
        made.hire("li")
        made.hire("zhao", skills=())
        make_pricing_table()
        for app, table in ((directory, "hub-demo-directory"), (pricing, "hub-demo-pricing")):
            app.room.install(host_of(app.room, made.session, made.clock, table=table))
        yield made


def make_pricing_table() -> None:
    """The room's table, once in the account that these tests share."""
    if "hub-demo-pricing" not in boto3.client("dynamodb", region_name=REGION).list_tables()["TableNames"]:
        make_table("hub-demo-pricing")


def promoter(hub: World, terminal: str | None) -> str:
    """The token of somebody who helps out for three days, came in by a link for this terminal and stayed; they were
    given more than an h5 page is for."""
    person = {"name": "小王", "roles": ["viewer"], "region": "base"}
    assert call(directory.room, "PUT", "/directory/people/wang", person).status == 200
    for role in ("agent", "finance"):
        now = hub.clock.now
        grant = {"role": role, "starts_at": rfc3339(now), "ends_at": rfc3339(now + timedelta(days=3))}
        assert call(directory.room, "POST", "/directory/people/wang/grant", grant).status == 200
    link = call(directory.room, "POST", "/auth/links", {"person_id": "wang", "terminal": terminal}).json["link"]
    session = call(directory.room, "POST", "/auth/login/link", {"link": link}, as_="").json
    renewed = call(directory.room, "POST", "/auth/refresh", {"refresh_token": session["refresh_token"]}, as_="")
    return str(renewed.json["access_token"])


def batch(items: list[Any], as_: str, **options: Any) -> Answer:
    """Many operations in one call; what follows from them is left for later."""
    return call(tickets.room, "POST", "/tickets/batch", {"items": items}, as_=as_, **options)


def test_a_temporary_promoter_on_h5(hub: World) -> None:
    """Create a ticket 201, batch 403, price adjust 403, whatever the page says that it is; who came in by a link for no
    terminal in particular may, on pc."""
    opened = {"method": "POST", "path": "/tickets", "body": TICKET}
    h5 = promoter(hub, "h5")
    assert hub.call("POST", "/tickets", TICKET, as_=h5).status == 201
    assert batch([opened], h5).status == 403
    assert call(pricing.room, "POST", PUBLISH, {"document": PRICES}, as_=h5).status == 403
    assert batch([opened], h5, headers={"x-client": "pc"}).status == 403
    assert call(directory.room, "GET", "/auth/me", as_=h5).json["terminal"] == "h5"
    may = call(directory.room, "GET", "/auth/may", as_=h5).json["operations"]
    assert "tickets_open_by_hand" in may
    assert not {"tickets_batch", "pricing_publish_price_book"} & set(may)

    pc = promoter(hub, None)
    assert batch([opened], pc).json["results"][0]["status"] == 201
    assert batch([opened], pc, headers={"x-client": "mobile"}).status == 403
    as_h5, as_pc = (
        call(pricing.room, "POST", PUBLISH, {"document": PRICES}, as_=pc, headers={"x-client": terminal})
        for terminal in ("h5", "pc")
    )
    assert (as_h5.status, as_h5.json["facts"], as_pc.status) == (403, {"terminal": "h5", "needs": "adjust"}, 200)


def test_a_hundred_in_one_call_from_pc(hub: World) -> None:
    """100 results with their own statuses, in order; sent again with its key, each is told what it did; 101 are 422,
    and there is no batch in a batch."""
    first = hub.ticket(hub.call("POST", "/tickets", TICKET, as_=LEADER).json["id"])
    items: list[Any] = [{"path": "/tickets", "body": TICKET} for _ in range(96)]
    items += [
        {"path": "/tickets", "body": TICKET | {"region": "shanghai"}},
        {"path": "/tickets/tkt_01ARZ3NDEKTSV4RRFFQ69G5FAV/acknowledge"},
        {"path": f"/tickets/{first['id']}/assign", "body": {"person_id": "zhao"}, "if_match": "99"},
        {"path": f"/tickets/{first['id']}/acknowledge"},
    ]
    done = batch(items, LEADER, key="k1")
    statuses = [result["status"] for result in done.json["results"]]
    assert (done.status, statuses) == (200, [201] * 96 + [422, 404, 409, 200])
    assert (done.json["succeeded"], done.json["failed"]) == (97, 3)
    assert done.json["results"][96]["body"]["errors"][0]["pointer"] == "/region"

    again = batch(items, LEADER, key="k1")
    ids = [[result["body"]["id"] for result in answer.json["results"][:96]] for answer in (done, again)]
    assert ids[0] == ids[1]
    assert len(hub.ids()) == 97
    assert all(result["replayed"] for result in again.json["results"][:96])
    assert batch([{"path": "/tickets", "body": TICKET}] * 101, LEADER).status == 422
    inner = {"path": "/tickets/batch/", "body": {"items": [{"path": "/tickets", "body": TICKET}]}}
    assert batch([inner], LEADER).json["results"][0]["status"] == 404


def test_two_terminals_that_edit_one_ticket(hub: World) -> None:
    """Both hold the same version; the second gets 409 and is told each field as they saw it and as it is."""
    ticket = hub.ticket(hub.call("POST", "/tickets", TICKET, as_=LEADER).json["id"])
    path, seen = f"/tickets/{ticket['id']}/assign", {"if-match": f'"{ticket["version"]}"'}
    on_pc = hub.call("POST", path, {"person_id": "zhao"}, as_=LEADER, headers={**seen, "x-client": "pc"})
    on_mobile = hub.call("POST", path, {"person_id": "li"}, as_=LEADER, headers={**seen, "x-client": "mobile"})
    assert (on_pc.status, on_mobile.status) == (200, 409)
    assert on_mobile.json["differences"] == [{"pointer": "/assignee", "seen": "li", "yours": None, "now": "zhao"}]


def test_two_terminals_that_edit_one_person(hub: World) -> None:
    """The second hears what the first has changed since, and nothing of what only they wanted otherwise."""
    person = {"name": "小李", "roles": ["engineer"], "region": "310000"}
    path = "/directory/people/li"
    version = call(directory.room, "PUT", path, person).json["version"]
    assert call(directory.room, "PUT", path, person | {"region": "440000", "version": version}).status == 200
    late = call(directory.room, "PUT", path, person | {"name": "老李", "version": version})
    assert late.status == 409
    assert late.json["differences"] == [
        {"pointer": "/region", "seen": "310000", "yours": "310000", "now": "440000"},
    ]
