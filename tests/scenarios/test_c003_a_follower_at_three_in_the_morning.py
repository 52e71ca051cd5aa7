"""C003: at 03:00 a follower writes that something is broken; the platform hears success, the shop has a repair."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from functions.customers import app as customers
from tests.support.http import call
from tests.support.rooms import Rooms, rooms
from tests.support.tickets import T0

PHONE = "+8613800138000"
BROKEN: dict[str, Any] = {
    "key": "intake",
    "version": 1,
    "schema": {"text": "text", "channel": "text"},
    "rules": [
        {
            "id": "oa-broken",
            "when": {"channel": {"eq": "official_account"}, "text": {"contains_any": ["坏了", "故障"]}},
            "then": {"type": "repair", "priority": "high"},
        }
    ],
    "default": {"type": "consult", "priority": "normal"},
}


@pytest.fixture
def shop() -> Iterator[Rooms]:
    """03:00 in Shanghai; the rule is published. A follower has asked something an hour ago and left their number, by
    which the app knows them too."""
    with rooms() as made:
        assert made.hub.call("POST", "/tickets/rules/publish", {"document": BROKEN}).status == 200
        made.follower_says("几点开门")
        path = f"/customers/{made.hub.ticket()['customer_id']}/facts/phone"
        assert call(customers.room, "PUT", path, {"value": PHONE}).status == 200
        made.other_says("app", "你好", PHONE)
        made.hub.clock.now = T0 + timedelta(hours=1)
        yield made


@pytest.mark.parametrize("text", ["洗碗机坏了", "机器故障"])
def test_a_broken_machine_at_night(shop: Rooms, text: str) -> None:
    """200 and `success`; at once a repair of high priority is there, of the customer whom the number had merged. The
    same words by another way are no business of this rule."""
    (customer_id,) = {ticket["customer_id"] for ticket in shop.hub.tickets()}
    answer = shop.follower_says(text)
    assert (answer["statusCode"], answer["body"]) == (200, "success")

    ticket = shop.hub.ticket()
    assert (ticket["type"], ticket["priority"], ticket["customer_id"]) == ("repair", "high", customer_id)
    assert (ticket["subject"], ticket["opened_at"]) == (text, "2026-11-20T19:00:00Z")
    assert shop.hub.call("GET", f"/tickets/{ticket['id']}/explain").json["rule_id"] == "oa-broken"

    shop.hub.clock.advance(minutes=1)
    shop.other_says("website", text, "+8613900139000")
    assert (shop.hub.ticket()["type"], shop.hub.ticket()["priority"]) == ("consult", "normal")
