"""The Douyin double, asked by the channel's own client."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from hub.channels.client import PlatformMisconfigured, PlatformRefused
from hub.channels.douyin.client import Client
from hub.channels.douyin.orders import canonical_after_sale
from hub.channels.mapping import packaged_table
from hub.kernel.errors import Retry
from hubctl.platforms.douyin import Double
from tests.support.doubles import BASE_URL, session_of

APP = {"app_key": "7000000000000000001", "app_secret": "scrmhub0-0000-4000-8000-00000000test", "shop_id": "10001"}
NOW = datetime(2026, 1, 1, 4, 45, tzinfo=UTC)
AT = int(NOW.timestamp())


class Tokens:
    """A token of the double itself, renewed when it is refused."""

    def __init__(self, double: Double) -> None:
        self.client = Client(APP, wall_now=lambda: NOW, base_url=BASE_URL, session=session_of(double, "douyin"))
        self.token = self.client.fetch_token()

    def get(self, force: bool) -> str:
        if force:
            self.token = self.client.fetch_token(self.token.renewal)
        return self.token.value


def made(double: Double, **changes: Any) -> Client:
    session = session_of(double, "douyin")
    return Client({**APP, **changes}, Tokens(double), wall_now=lambda: NOW, base_url=BASE_URL, session=session)


def after_sale(number: int, at: int = AT) -> dict[str, Any]:
    info = {"after_sale_id": number, "after_sale_status": 12, "after_sale_type": 1, "update_time": at}
    info |= {"refund_status": 3, "refund_total_amount": 500, "real_refund_amount": 400}
    return {"process_info": {"after_sale_info": info}, "order_info": {"shop_order_id": 49}}


def test_orders_are_paged_from_the_oldest_change_on() -> None:
    """All changes of a window, once, in pages of a hundred counted from 0."""
    double = Double((APP,))
    double.control("orders", [{"order_id": str(n), "update_time": AT - n} for n in range(101)])
    first = made(double).page("order", datetime.fromtimestamp(0, UTC), NOW, "")
    last = made(double).page("order", datetime.fromtimestamp(0, UTC), NOW, first.next_position)
    assert (first.total, first.rows[0].number, first.next_position) == (101, "100", "1")
    assert ([row.number for row in last.rows], last.next_position) == (["0"], "")


def test_an_after_sale_is_listed_without_its_money_and_read_with_it() -> None:
    """The list tells numbers; the detail tells what was paid back."""
    double = Double((APP,))
    double.control("after_sales", after_sale(72))
    (row,) = made(double).page("after_sale", NOW, NOW, "").rows
    assert (row.number, row.order_no, "real_refund_amount" in str(row.detail)) == ("72", "49", False)
    facts = canonical_after_sale(made(double).read("after_sale", row.number).detail, packaged_table("douyin"))
    assert (facts.state, facts.refunded_minor, facts.shop_id) == ("refunded", 400, "10001")


def test_an_expired_token_is_renewed_by_its_refresh_token() -> None:
    """The next call gets a new pair and goes through."""
    double = Double((APP,))
    double.control("orders", {"order_id": "1", "update_time": AT})
    client = made(double)
    double.expire_tokens()
    assert client.read("order", "1").number == "1"


@pytest.mark.parametrize(
    ("changes", "kind"), [({}, PlatformRefused), ({"app_secret": "another-secret-of-nobody"}, PlatformMisconfigured)]
)
def test_the_double_refuses_as_the_platform_does(changes: dict[str, Any], kind: type[Exception]) -> None:
    """An order that is not there, and a call that another secret signed."""
    with pytest.raises(kind):
        made(Double((APP,)), **changes).read("order", "404")


class Stale:
    """A source of tokens that the platform never gave."""

    def get(self, force: bool) -> str:
        return "stale"


def test_a_token_that_nobody_gave_is_refused_for_now() -> None:
    """Renewed once, still refused: the caller tries again later."""
    client = Client(APP, Stale(), wall_now=lambda: NOW, base_url=BASE_URL, session=session_of(Double((APP,)), "douyin"))
    with pytest.raises(Retry):
        client.read("order", "1")


def test_a_refresh_token_lives_once() -> None:
    """A used one is refused; without one the client makes a new pair."""
    double = Double((APP,))
    tokens = Tokens(double)
    used = tokens.token.renewal
    tokens.get(force=True)
    with pytest.raises(PlatformRefused):
        tokens.client.fetch_token(used)
    assert tokens.client.fetch_token().value in double.tokens


def test_the_double_says_what_it_cannot_do() -> None:
    """A control that there is none of is answered 404."""
    assert Double((APP,)).control("reviews", []).status == 404
