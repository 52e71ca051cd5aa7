"""Promotions of marketplaces as they were known then: what a quote of the past would have come to."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest

from hub.contracts.events import PromotionChanged, ShopperMoved
from tests.support.aws import TENANT
from tests.support.carts import NAME
from tests.support.pricing import NOW, Room, pricing_room

HERE = {"tenant": TENANT, "connection_id": "con_1", "channel": "open", "shop_id": "shop-1"}
DAY = timedelta(days=1)


@pytest.fixture
def room() -> Iterator[Room]:
    """Tea at 210.00."""
    with pricing_room() as room:
        tea = {"name": NAME, "prices": {"base": "210.00"}}
        room.publish("/pricing/books/standard", {"services": {"fruit_tea": tea}})
        room.clock.advance(minutes=1)
        yield room


def promote(room: Room, off: int, days: int = 30, late_days: int = 0, **more: Any) -> datetime:
    """The marketplace says from when and how much; heard now. An hour passes after it."""
    at = room.clock.now
    said = {"source_at": at - late_days * DAY, "starts_at": NOW - DAY, "ends_at": NOW + days * DAY,
            "threshold_minor": 19900, "reduction_minor": off}  # fmt: skip
    facts = {"id": f"evt_{at.timestamp()}", "at": at, "platform": "jd", "promotion_id": "JD1", **HERE, **said, **more}
    room.hear(PromotionChanged.model_validate(facts))
    room.clock.advance(hours=1)
    return at


def coupon(room: Room, change: str) -> None:
    at = room.clock.now
    facts = {"id": f"evt_c{at.timestamp()}", "at": at, "kind": "coupon", "coupon_id": "C1", "change": change, **HERE}
    room.hear(ShopperMoved.model_validate({**facts, "customer_id": "c1", "identity_id": "c1"}))
    room.clock.advance(hours=1)


def total(room: Room, **more: Any) -> str:
    """At JD."""
    body = {"service": "fruit_tea", "region": "310101", "channel": "jd", **more}
    answer: str = room.made("POST", "/pricing/quotes", body)["total"]
    return answer


def test_a_promotion_of_the_past_takes_off_what_it_took_off_then(room: Room) -> None:
    """50 off, an hour later 30 off, then ended at once: asked half an hour after each, 160, 180 and 210; and before
    there was any 210. By `known_at` alone the same is believed."""
    moments = [room.clock.now - timedelta(seconds=1)]
    for off, days in ((5000, 30), (3000, 30), (3000, 0)):
        moments.append(promote(room, off, days=days) + timedelta(minutes=30))
    then = [total(room, at=moment.isoformat()) for moment in moments]
    believed = [total(room, known_at=moment.isoformat()) for moment in moments]
    assert then == ["210.00", "160.00", "180.00", "210.00"]
    assert (believed, total(room)) == (then, "210.00")


def test_what_was_heard_late_is_believed_now_and_was_not_then(room: Room) -> None:
    """50 off since yesterday, heard today: of this morning it is believed now, and nobody knew it then."""
    morning = room.clock.now
    room.clock.advance(hours=2)
    promote(room, 5000, late_days=1)
    assert total(room, at=morning.isoformat()) == "210.00"
    assert total(room, at=morning.isoformat(), known_at=room.clock.now.isoformat()) == "160.00"


def test_a_coupon_of_the_past_was_held_only_while_it_was(room: Room) -> None:
    """Claimed, then used: half an hour after each the promotion that takes it counts, and counts no more."""
    promote(room, 5000, coupon_id="C1")
    halves = []
    for change in ("claimed", "used"):
        coupon(room, change)
        halves.append((room.clock.now - timedelta(minutes=30)).isoformat())
    before = (room.clock.now - timedelta(hours=2, minutes=30)).isoformat()
    assert [total(room, customer_id="c1", at=at) for at in (before, *halves)] == ["210.00", "160.00", "210.00"]
    assert total(room, customer_id="c1") == "210.00"
