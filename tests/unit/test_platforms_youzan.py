"""The Youzan double, asked by the channel's own client."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from hub.channels.client import PlatformRefused
from hub.channels.mapping import packaged_table
from hub.channels.youzan.client import Client
from hub.channels.youzan.orders import canonical_after_sale, canonical_order
from hub.kernel.errors import Retry
from hubctl.platforms.youzan import Double
from tests.support.doubles import BASE_URL, session_of

APP = {"client_id": "7000000000000001", "client_secret": "scrmhub0youzan0secret0current001", "kdt_id": "110"}
NOW = datetime(2026, 1, 1, 4, 45, tzinfo=UTC)
TABLE = packaged_table("youzan")


class Tokens:
    """A token of the double itself, got anew when it is refused."""

    def __init__(self, double: Double, app: dict[str, Any]) -> None:
        now = datetime.now(UTC)
        self.client = Client(app, wall_now=lambda: now, base_url=BASE_URL, session=session_of(double, "youzan"))
        self.token = self.client.fetch_token()

    def get(self, force: bool) -> str:
        if force:
            self.token = self.client.fetch_token()
        return self.token.value


def made(double: Double) -> Client:
    session = session_of(double, "youzan")
    return Client(APP, Tokens(double, APP), wall_now=lambda: NOW, base_url=BASE_URL, session=session)


def order(number: int, at: str = "2026-01-01 12:45:00") -> dict[str, Any]:
    info = {"tid": f"E{number}", "status": "TRADE_SUCCESS", "node_kdt_id": 110, "update_time": at}
    return {"full_order_info": {"order_info": info, "pay_info": {"real_payment": "1.00"}}}


def refund(number: int) -> dict[str, Any]:
    told = {"refund_id": f"R{number}", "tid": "E1", "kdt_id": 110, "status": "SUCCESS", "refund_fee": "1.00"}
    return told | {"modified": "2026-01-01 12:45:00", "refund_fund_list": [{"refund_fee": 100, "status": 2}]}


def test_orders_are_paged_from_the_latest_change_on() -> None:
    """All changes of a window, once, in pages of a hundred counted from 1."""
    double = Double((APP,))
    double.control("orders", [order(n) for n in range(101)] + [order(500, "2026-01-03 00:00:00")])
    first = made(double).page("order", NOW - timedelta(days=1), NOW, "")
    last = made(double).page("order", NOW - timedelta(days=1), NOW, first.next_position)
    assert (first.total, len(first.rows), first.next_position, len(last.rows), last.next_position) == (
        101,
        100,
        "2",
        1,
        "",
    )
    assert canonical_order(made(double).read("order", "E7").detail, TABLE).amount_minor == 100


def test_a_refund_is_listed_without_its_funds_and_read_with_them() -> None:
    """The list tells numbers; the detail tells what was paid back."""
    double = Double((APP,))
    double.control("after_sales", [refund(1)])
    (row,) = made(double).page("after_sale", NOW, NOW, "").rows
    assert (row.number, row.order_no, "refund_fund_list" in row.detail) == ("R1", "E1", False)
    facts = canonical_after_sale(made(double).read("after_sale", "R1").detail, TABLE)
    assert (facts.state, facts.refunded_minor) == ("refunded", 100)


def test_an_expired_token_is_got_anew() -> None:
    """The next call goes through."""
    double = Double((APP,))
    double.control("orders", order(1))
    client = made(double)
    double.expire_tokens()
    assert client.read("order", "E1").number == "E1"


def test_the_double_refuses_as_the_platform_does() -> None:
    """No such order, a refund that the index has not yet, a page too deep, an unknown API, a wrong secret."""
    double = Double((APP,))
    with pytest.raises(PlatformRefused):
        made(double).read("order", "E404")
    with pytest.raises(Retry):
        made(double).read("after_sale", "R404")
    for entity, position in (("order", "101"), ("after_sale", "61")):
        with pytest.raises(PlatformRefused):
            made(double).page(entity, NOW, NOW, position)  # type: ignore[arg-type]
    with pytest.raises(PlatformRefused):
        made(double)._call("youzan.trade.teleport/1.0.0", {})
    with pytest.raises(PlatformRefused):
        Tokens(double, {**APP, "client_secret": "another-secret-of-nobody"})


def test_the_double_says_what_it_cannot_do() -> None:
    """A control that there is none of is answered 404."""
    assert Double((APP,)).control("reviews", []).status == 404
