"""C017: who wrote on WeChat and calls ten minutes later need not say it again: the ticket holds what they wrote."""

from __future__ import annotations

from datetime import timedelta

from functions.customers import app as customers
from tests.support.http import call
from tests.support.rooms import rooms

PHONE = "+8613800138000"


def test_a_call_ten_minutes_after_a_message() -> None:
    """From the same number: one ticket, whose trail is what was written and what was said, each with how it came in."""
    with rooms() as shop:
        shop.follower_says("冰柜不制冷，型号BX-3")
        path = f"/customers/{shop.hub.ticket()['customer_id']}/facts/phone"
        assert call(customers.room, "PUT", path, {"value": PHONE}).status == 200
        shop.hub.clock.now += timedelta(minutes=10)
        shop.other_says("phone", "客户来电：师傅什么时候到？", PHONE, kind="call")

        (ticket,) = shop.hub.tickets()
        assert ticket["entries"] == ["official_account", "phone"]
        trail = shop.hub.timeline(ticket["id"])["entries"]
        assert [(e["detail"]["entry"], e["text"]) for e in trail if e["what"] in ("opened", "message")] == [
            ("official_account", "冰柜不制冷，型号BX-3"),
            ("phone", "客户来电：师傅什么时候到？"),
        ]
