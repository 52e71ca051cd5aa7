"""C025: a coupon that the official account issues is in the customer's card pack of every channel, is redeemed once,
and the store's list shows it."""

from __future__ import annotations

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from tests.support.carts import campaign, strategy
from tests.support.http import token
from tests.support.pricing import Room, pricing_room

COUPON = strategy("coupon", {"amount": "5.00", "base": "after_items", "valid_days": 30})


def issue(room: Room, customer: str) -> Any:
    body = {"campaign": "spring", "strategy": "coupon", "customers": [customer], "channel": "official_account"}
    account = token("integrator", sub="official_account")
    return room.made("POST", "/pricing/coupons", body, as_=account, key=f"oa-{customer}")["data"][0]


def test_it_is_in_the_card_pack_and_redeemed_once() -> None:
    """Seen at once by whoever serves the customer in WeCom; of two tills at the same moment one redeems it and one
    hears 409 with the reason; the store's manager finds one redemption today."""
    with pricing_room() as room:
        room.store("s1")
        room.publish("/pricing/campaigns/spring", campaign(COUPON))
        coupon, again = issue(room, "c1"), issue(room, "c1")
        in_wecom = token("agent", sub="li.na", region="310000")
        wallet = room.made("GET", "/pricing/coupons", query={"customer": "c1"}, as_=in_wecom)["data"]

        def till(order_id: str) -> Any:
            body = {"store": "s1", "order_id": order_id}
            return room.call("POST", f"/pricing/coupons/{coupon['code']}/redeem", body)

        with ThreadPoolExecutor(2) as pool:
            answers = list(pool.map(till, ("o1", "o2")))
        manager = token("store_manager", sub="wang", region="310101", stores=("s1",))
        today = room.made("GET", "/pricing/stores/s1/redemptions", as_=manager)["data"]
        refused = next(answer for answer in answers if answer.status == 409)
        assert ([row["code"] for row in wallet], wallet[0]["channel"]) == ([coupon["code"]], "official_account")
        assert again["code"] == coupon["code"]
        assert Counter(answer.status for answer in answers) == {200: 1, 409: 1}
        assert (refused.json["facts"]["reason"], [row["code"] for row in today]) == ("coupon_used", [coupon["code"]])
