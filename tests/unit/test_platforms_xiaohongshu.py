"""Xiaohongshu's double: the channel's own client talks to it, and it refuses what Xiaohongshu would."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from hub.channels.client import PlatformGone, PlatformMisconfigured, PlatformRefused
from hub.channels.mapping import packaged_table
from hub.channels.xiaohongshu.client import FEEDS, Client
from hub.channels.xiaohongshu.orders import canonical_after_sale, canonical_order
from hubctl.platforms.xiaohongshu import Double
from tests.channels.support import payload
from tests.support.doubles import BASE_URL, session_of

KNOWN: dict[str, Any] = payload("xiaohongshu_examples")["settings"]
SHOP = KNOWN["shop_id"]
TABLE = packaged_table("xiaohongshu")
NOW = datetime(2026, 1, 1, 4, 45, tzinfo=UTC)
MS = 1_767_242_700_000


class Tokens:
    """A cache of one: it asks the client when it has none, or was refused."""

    def __init__(self) -> None:
        self.value, self.renewal, self.client = "", "", None

    def get(self, force: bool) -> str:
        if force or not self.value:
            token = self.client.fetch_token(self.renewal)  # type: ignore[attr-defined]
            self.value, self.renewal = token.value, token.renewal
        return self.value


def connected(double: Double, **changes: Any) -> Client:
    tokens = Tokens()
    made = Client(
        {**KNOWN, **changes},
        tokens,
        wall_now=lambda: NOW,
        base_url=BASE_URL,
        session=session_of(double, "xiaohongshu"),
    )
    tokens.client = made  # type: ignore[assignment]
    return made


def order(number: int) -> dict[str, Any]:
    told = {"orderId": f"P{number}", "sellerId": SHOP, "orderStatus": 4, "totalPayAmount": 100, "paidTime": MS - 9000}
    return {**told, "updateTime": MS - number * 1000}


def after_sale(number: int) -> dict[str, Any]:
    info = {"returnsId": f"R{number}", "orderId": "P1", "returnType": 4, "status": 4, "refundStatus": 2}
    info |= {"expectedRefundAmountYuan": 19.9, "refundAmountYuan": 19.9, "updatedAt": MS - number * 1000}
    return {"afterSaleInfo": info, "logisticsInfo": {"after_sale": {"expressNo": "YT1"}}}


def backwards(made: Client, entity: Any) -> list[str]:
    """The numbers of all rows of one window, read from the last page to the first, as the hub's pull does."""
    start, size = NOW - FEEDS[0].window, FEEDS[0].page_size
    total = made.page(entity, start, NOW, "").total or 0
    pages = [made.page(entity, start, NOW, str(page)) for page in range(-(-total // size), 0, -1)]
    return [row.number for page in pages for row in page.rows]


@pytest.mark.parametrize("unit", ["seconds", "milliseconds"])
def test_every_order_is_pulled_once_and_read(unit: str) -> None:
    """230 orders on three pages; amount and shop come with the read."""
    changes = {"order_time_unit": unit}
    double = Double([{**KNOWN, **changes}])
    double.control("orders", [order(number) for number in range(230)])
    made = connected(double, **changes)
    numbers = backwards(made, "order")
    assert len(set(numbers)) == len(numbers) == 230
    assert "totalPayAmount" not in made.page("order", NOW - FEEDS[0].window, NOW, "").rows[0].detail
    facts = canonical_order(made.read("order", numbers[0]).detail, TABLE)
    assert (facts.state, facts.amount_minor, facts.shop_id) == ("paid", 100, SHOP)


@pytest.mark.parametrize(("pages", "lost"), [((3, 2, 1), set()), ((1, 2, 3), {"P101"})])
def test_a_row_that_leaves_the_window_meanwhile_hides_no_other(pages: tuple[int, ...], lost: set[str]) -> None:
    """An order of page 1 changes after the first page was read, and is the next window's: backward paging misses
    nothing else, forward paging does."""
    double = Double([KNOWN])
    double.control("orders", [order(number) for number in range(1, 231)])
    made, start, seen = connected(double), NOW - FEEDS[0].window, set()
    for page in pages:
        seen |= {row.number for row in made.page("order", start, NOW, str(page)).rows}
        double.control("orders", {**order(5), "updateTime": MS + 1000})
    assert {f"P{number}" for number in range(1, 231)} - seen - {"P5"} == lost


def test_after_sales_are_pulled_and_read_whole() -> None:
    """130 of them on two pages; money and parcel come with the read."""
    double = Double([KNOWN])
    double.control("after_sales", [after_sale(number) for number in range(130)])
    made = connected(double)
    numbers = backwards(made, "after_sale")
    assert len(set(numbers)) == len(numbers) == 130
    facts = canonical_after_sale(made.read("after_sale", numbers[0], "P1").detail, TABLE)
    assert (facts.state, facts.refunded_minor, facts.tracking_no, facts.shop_id) == ("refunded", 1990, "YT1", SHOP)


def test_expired_tokens_are_renewed_by_the_rotated_refresh_token() -> None:
    """A read goes on after every token died."""
    double = Double([KNOWN])
    double.control("orders", order(1))
    made = connected(double)
    made.read("order", "P1")
    double.expire_tokens()
    assert made.read("order", "P1").number == "P1"


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"app_secret": "another-secret"}, PlatformRefused),
        ({"app_key": "nobody"}, PlatformRefused),
        ({"refresh_token": "unknown-token"}, PlatformRefused),
        ({"shop_id": "another-shop"}, PlatformMisconfigured),
        ({"refresh_token": "", "code": "any-code-of-a-shop"}, PlatformGone),
    ],
)
def test_wrong_credentials_are_refused_as_the_platform_does(changes: Any, error: type[Exception]) -> None:
    """With a good authorisation an unknown order is just gone."""
    with pytest.raises(error) as refused:
        connected(Double([KNOWN]), **changes).read("order", "P1")
    assert type(refused.value) is error


def test_an_unknown_after_sale_is_refused_in_the_inner_envelope() -> None:
    """The gateway says success, the business does not."""
    with pytest.raises(PlatformRefused):
        connected(Double([KNOWN])).read("after_sale", "R9")


@pytest.mark.parametrize(
    ("entity", "position", "minutes"),
    [("order", "", 31), ("order", "101", 30), ("after_sale", "", 31), ("after_sale", "501", 30)],
)
def test_a_window_or_page_beyond_the_limits_is_refused(entity: Any, position: str, minutes: int) -> None:
    """30 minutes; 100 pages of orders; 50,000 after-sales."""
    with pytest.raises(PlatformRefused):
        connected(Double([KNOWN])).page(entity, NOW - timedelta(minutes=minutes), NOW, position)


def test_it_cannot_be_told_what_it_does_not_know() -> None:
    """An unknown control is a 404."""
    assert Double([]).control("reviews", []).status == 404
