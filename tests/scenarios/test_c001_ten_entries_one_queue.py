"""C001: the same words through ten entries: ten messages, one customer, tickets for all ten, each payload on record."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import get_args

from functions.customers import app as customers
from functions.webhooks import app as webhooks
from hub.channels.open.documents import Entry
from tests.support.http import call, token
from tests.support.rooms import rooms

PHONE = "+8613800138000"
TEXT = "冰柜坏了"
NINE = [entry for entry in get_args(Entry) if entry != "other"]


def test_ten_entries_with_one_phone() -> None:
    """Half an hour apart each is a ticket of its own; all are one customer's, and the payload of each can be read by
    the id of the message that opened it."""
    with rooms() as shop:
        shop.follower_says(TEXT)
        customer_id = shop.hub.ticket()["customer_id"]
        assert call(customers.room, "PUT", f"/customers/{customer_id}/facts/phone", {"value": PHONE}).status == 200
        for entry in NINE:
            shop.hub.clock.now += timedelta(minutes=31)
            shop.other_says(entry, TEXT, PHONE)

        received = [kind for kind in shop.heard if kind == "message.received"]
        assert len(received) == 10
        assert len(call(customers.room, "GET", "/customers").json["data"]) == 1
        tickets = shop.hub.call("GET", "/tickets", query={"customer": customer_id}).json["data"]
        assert {ticket["entry"] for ticket in tickets} == {"official_account", *NINE}
        assert len(tickets) == 10

        messages = call(webhooks.room, "GET", "/webhooks/messages").json["data"]
        assert [TEXT in _words(message["id"]) for message in messages] == [True] * 10
        found = [shop.hub.call("GET", "/tickets", query={"message": m["id"]}).json["data"] for m in messages]
        assert {ticket["id"] for (ticket,) in found} == {ticket["id"] for ticket in tickets}


def _words(message_id: str) -> str:
    """What the platform said, of which the open channel's is JSON."""
    path = f"/webhooks/messages/{message_id}/payload"
    body: str = call(webhooks.room, "GET", path, as_=token("supervisor")).json["body"]
    return body if body.startswith("<xml>") else str(json.loads(body)["data"]["text"])
