"""Taobao's client against the double of TOP."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from hub.channels.client import PlatformGone, PlatformMisconfigured, PlatformRefused
from hub.channels.mapping import packaged_table
from hub.channels.taobao.client import FEEDS, PAGE_SIZES, Client
from hub.channels.taobao.orders import canonical_after_sale, canonical_order
from hubctl.platforms.taobao import Double
from tests.channels.support import payload
from tests.support.doubles import BASE_URL, session_of

KNOWN: dict[str, Any] = payload("taobao_examples")["settings"]
START = datetime(2026, 1, 1, 4, 0, tzinfo=UTC)
END = START + timedelta(hours=6)


def trade(number: int, minute: int) -> dict[str, Any]:
    at = f"2026-01-01 {12 + minute // 60}:{minute % 60:02}:00"
    return {"tid": number, "status": "WAIT_SELLER_SEND_GOODS", "payment": "9.90", "pay_time": at, "modified": at}


def connect(**changes: Any) -> tuple[Double, Client]:
    double = Double([KNOWN])
    settings = {**KNOWN, **changes}
    return double, Client(settings, wall_now=lambda: END, base_url=BASE_URL, session=session_of(double, "taobao"))


def pages(client: Client, numbers: list[int]) -> set[str]:
    return {row.number for page in numbers for row in client.page("order", START, END, str(page)).rows}


@pytest.mark.parametrize("method", ["md5", "hmac"])
def test_an_order_and_a_refund_are_read(method: str) -> None:
    """Either signature passes a check that is not ours; both become facts."""
    double, client = connect(sign_method=method)
    double.control("orders", trade(5, 0))
    refund = {"refund_id": 6, "tid": 5, "status": "SUCCESS", "dispute_type": "REFUND", "refund_fee": "1.5"}
    double.control("after_sales", {**refund, "modified": "2026-01-01 12:00:00"})
    table = packaged_table("taobao")
    assert canonical_order(client.read("order", "5").detail, table).amount_minor == 990
    (row,) = client.page("after_sale", START, END, "").rows
    assert (row.number, row.order_no, canonical_after_sale(row.detail, table).refunded_minor) == ("6", "5", 150)


@pytest.mark.parametrize(("numbers", "lost"), [([3, 2, 1], set()), ([1, 2, 3], {"50"})])
def test_backward_reading_loses_no_row_that_moves_another(numbers: list[int], lost: set[str]) -> None:
    """While pages are read the newest order changes and leaves the window: forward, the row at the edge is skipped."""
    double, client = connect()
    double.control("orders", [trade(number, 119 - number) for number in range(120)])
    double.control("moves", {"number": "0", "at": "2026-01-02 12:00:00"})
    assert {str(number) for number in range(1, 120)} - pages(client, numbers) == lost


def test_pages_end_and_say_how_many() -> None:
    """The first page tells the total, the last one no next."""
    double, client = connect()
    double.control("orders", [trade(number, number) for number in range(51)])
    first = client.page("order", START, END, "")
    assert (len(first.rows), first.total, first.next_position) == (PAGE_SIZES["order"], 51, "2")
    assert client.page("order", START, END, "2").next_position == ""


def test_no_feed_asks_for_more_than_top_allows() -> None:
    """A window of the feed's length is answered, a longer one refused."""
    _, client = connect()
    (feed,) = (one for one in FEEDS if one.entity == "order")
    assert client.page("order", END - feed.window, END, "").total == 0
    with pytest.raises(PlatformRefused):
        client.page("order", END - feed.window - timedelta(seconds=1), END, "")


def test_reviews_are_pulled_whole() -> None:
    """A row has what the reader needs, and our shop."""
    double, client = connect()
    row = {"tid": 1, "oid": 2, "num_iid": 3, "result": "good", "created": "2026-01-01 12:30:00", "content": "好"}
    double.control("reviews", row)
    (told,) = client.page("review", START, END, "").rows
    assert (told.number, told.detail) == ("2", {**row, "seller_id": KNOWN["shop_id"]})


def test_refusals_come_in_tops_words() -> None:
    """A wrong secret, a dead session, an unknown trade."""
    double, client = connect()
    with pytest.raises(PlatformMisconfigured):
        connect(app_secret="0scrmhub0000000000000000000wrong0")[1].read("order", "1")
    with pytest.raises(PlatformGone):
        client.read("order", "1")
    double.expire_tokens()
    with pytest.raises(PlatformMisconfigured):
        client.read("order", "1")


def test_an_unknown_control_is_refused() -> None:
    """Rather than quietly doing nothing."""
    assert connect()[0].control("tea", {}).status == 404
