"""C013: JD's 满199减50 is known to quotes; who reached it with the coupon unused is reminded once, by SMS, and never
again once they used it; its redemption is counted."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest

from functions.customers import app as customers
from functions.notifications import app as notifications
from functions.pricing import app as pricing
from hub.contracts.events import Event, ShopperMoved, parse_event
from tests.support.http import Context, bus_batch, bus_events, call
from tests.support.notices import NoticeHub, beside
from tests.support.rooms import Rooms, connect_pricing, rooms

RULE = {
    "title": {"zh": "优惠券未使用提醒", "en": "A coupon that lies unused"},
    "event": "promotion.reached",
    "audience": {"who": "customer"},
    "words": {
        "title": {"zh": "{title}", "en": "{title}"},
        "text": {"zh": "您的购物车已满 {amount} 元，优惠券还未使用。", "en": "Your cart is at {amount} CNY."},
    },
    "channels": [["sms"]],
    "sms": {"template": "SMS_199", "params": {"promotion": "{title}", "amount": "{amount}"}},
}
COUPON = "C199-50"
PEOPLE = {"a": "+8613800000001", "b": "+8613800000002", "c": "+8613800000003"}
HEARERS = (customers, pricing, notifications)


@dataclass
class Market:
    """What systems of the tenant's own say, and how it spreads from room to room."""

    shop: Rooms
    notices: NoticeHub
    moved: str = ""
    """The customer who moved last."""
    customers: dict[str, str] = field(default_factory=dict)

    def says(self, kind: str, data: dict[str, Any]) -> None:
        """By the open webhook, signed; every room hears what it listens to until nobody says anything new."""
        assert self.shop.system_says(kind, data)["statusCode"] == 200
        self.spread()

    def spread(self) -> None:
        """The bus, from room to room. Messages of people are told to customers by `Rooms` itself."""
        events, self.shop.said[:] = list(self.shop.said), []
        while events := [event for event in events if event.type != "message.received"]:  # type: ignore[attr-defined]
            for app in HEARERS:
                self._tell(app, events)
            events = [parse_event(event) for event in bus_events(self.shop.hub.session)]

    def _tell(self, app: Any, events: list[Event]) -> None:
        self.moved = next((event.customer_id for event in events if isinstance(event, ShopperMoved)), self.moved)
        heard = next(entry["subscriptions"] for entry in app.room.manifest()["entries"] if entry["name"] == "events")
        own = [event for event in events if event.type in heard]  # type: ignore[attr-defined]
        assert not own or app.on_event(bus_batch(*own), Context()) == {"batchItemFailures": []}

    def coupon(self, person: str, change: str) -> None:
        self.says("coupon.updated", {"person_id": f"crm-{person}", "coupon_id": COUPON, "change": change})

    def promotion(self) -> Any:
        return call(pricing.room, "GET", "/pricing/promotions", query={"platform": "jd"}).json["data"][0]

    def run_segment(self) -> Any:
        """The job that reminds whoever is in the segment; what it led to has arrived."""
        answer = call(pricing.room, "POST", f"/pricing/promotions/{self.promotion()['id']}/nudge")
        self.spread_from_bus()
        return answer.json["nudged"]

    def spread_from_bus(self) -> None:
        self.shop.said += [parse_event(event) for event in bus_events(self.shop.hub.session)]
        self.spread()


@pytest.fixture
def market() -> Iterator[Market]:
    """10:00 in Shanghai; A, B and C have written once, so their phones are known; all hold the coupon, B used it."""
    with rooms() as shop, beside(shop.hub, "sms_aliyun") as notices:
        connect_pricing(shop.hub)
        shop.hub.clock.advance(hours=8)
        market = Market(shop, notices)
        notices.publish("rules/coupon_unused", RULE)
        now = shop.hub.clock.now
        period = {"starts_at": f"{now.year}-01-01T00:00:00+08:00", "ends_at": f"{now.year + 1}-01-01T00:00:00+08:00"}
        promotion = {"promotion_id": "JD1", "platform": "jd", "shop_id": "shop-1", "title": "满199减50",
                     "coupon_id": COUPON, "threshold": "199.00", "reduction": "50.00"}  # fmt: skip
        market.says("promotion.updated", {**promotion, **period})
        for person, phone in PEOPLE.items():
            who = {"id": f"crm-{person}", "phone": phone}
            market.says("message.created", {"person": who, "entry": "app", "text": "你好"})
            market.coupon(person, "claimed")
        for person, amount in (("a", "210.00"), ("b", "210.00"), ("c", "150.00")):
            market.says("cart.updated", {"person_id": f"crm-{person}", "shop_id": "shop-1", "amount": amount})
            market.customers[person] = market.moved
        market.coupon("b", "used")
        yield market


def phones(market: Market) -> list[str]:
    return [message["PhoneNumbers"][-11:] for message in market.notices.double("sms_aliyun").sent]


def test_exactly_one_is_reminded_and_once(market: Market) -> None:
    """A's cart of 210 has reached it with the coupon unused: one SMS. B has used theirs, C's 150 are not enough. Run
    again, it reminds nobody; A redeems, and 24 hours later still nobody. Of the two who were eligible two redeemed."""
    before = market.promotion()
    assert (before["eligible"], before["redeemed"], before["in_segment"]) == (2, 1, 1)
    assert [market.run_segment() for _ in range(2)] == [1, 0]
    assert phones(market) == ["13800000001"]
    assert "满199减50" in market.notices.double("sms_aliyun").sent[0]["TemplateParam"]
    market.coupon("a", "used")
    market.notices.later(hours=24)
    assert (market.run_segment(), phones(market)) == (0, ["13800000001"])
    after = market.promotion()
    assert (after["redeemed"], after["eligible"], after["redemption_percent"]) == (2, 2, "100.0")


def test_quotes_in_that_channel_know_it(market: Market) -> None:
    """210 at JD cost 160 for whoever holds the coupon; for who has used it, and in other channels, 210, and the quote
    says why."""
    tea = {"services": {"tea": {"name": {"zh": "茶", "en": "Tea"}, "prices": {"base": "210.00"}}}}
    call(pricing.room, "POST", "/pricing/books/standard/publish", {"document": tea})
    row = {"service": "tea", "region": "310101"}
    holders = market.customers
    totals = [
        call(pricing.room, "POST", "/pricing/quotes", {**row, "channel": channel, "customer_id": customer}).json
        for channel, customer in (("jd", holders["a"]), ("jd", holders["b"]), ("douyin", holders["a"]))
    ]
    assert [quote["total"] for quote in totals] == ["160.00", "210.00", "210.00"]
    assert [rule["why"]["en"] for rule in totals[1]["rules"]] == ["no coupon of it was brought"]
