"""The Shopify double, asked by the channel's own client."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from hub.channels.client import PlatformGone, PlatformMisconfigured, PlatformRefused
from hub.channels.mapping import packaged_table
from hub.channels.shopify.client import Client
from hub.channels.shopify.orders import canonical_after_sale, canonical_order
from hubctl.platforms.shopify import Double
from tests.support.doubles import BASE_URL, session_of

APP = {
    "shop": "scrm-hub-demo.myshopify.com",
    "client_id": "0123456789abcdef0123456789abcdef",
    "client_secret": "scrmhub0shopify0secret0current01",
}
NOW = datetime(2026, 1, 1, 4, 45, tzinfo=UTC)
TABLE = packaged_table("shopify")
ORDER_OF = {"id": "gid://shopify/Order/1", "updatedAt": "2026-01-01T04:45:00Z"}
MONEY = {"shopMoney": {"amount": "10.00", "currencyCode": "USD"}}


class Tokens:
    """A token of the double itself, got anew when it is refused."""

    def __init__(self, double: Double, app: dict[str, Any]) -> None:
        self.client = Client(app, wall_now=lambda: NOW, base_url=BASE_URL, session=session_of(double, "shopify"))
        self.token = self.client.fetch_token()

    def get(self, force: bool) -> str:
        if force:
            self.token = self.client.fetch_token()
        return self.token.value


def made(double: Double, **changes: str) -> Client:
    app = {**APP, **changes}
    session = session_of(double, "shopify")
    return Client(app, Tokens(double, app), wall_now=lambda: NOW, base_url=BASE_URL, session=session)


def order(number: int) -> dict[str, Any]:
    told = {"id": f"gid://shopify/Order/{number}", "displayFinancialStatus": "PAID", "totalPriceSet": MONEY}
    moment = (NOW - timedelta(minutes=number)).isoformat()
    return told | {"displayFulfillmentStatus": "UNFULFILLED", "updatedAt": moment, "processedAt": moment}


def after_sales() -> list[dict[str, Any]]:
    moves = {"nodes": [{"kind": "REFUND", "status": "SUCCESS"}]}
    money = {"totalRefundedSet": MONEY, "transactions": moves}
    owned = {"id": "gid://shopify/Refund/7", "return": {"id": "gid://shopify/Return/9"}, "order": ORDER_OF, **money}
    alone = {
        "id": "gid://shopify/Refund/8",
        "return": None,
        "order": ORDER_OF,
        "updatedAt": ORDER_OF["updatedAt"],
        **money,
    }
    back = {"id": "gid://shopify/Return/9", "status": "CLOSED", "order": ORDER_OF, "refunds": {"nodes": [owned]}}
    return [owned, alone, back]


def test_orders_are_paged_from_the_oldest_change_on() -> None:
    """All changes of a window, once, by cursor."""
    double = Double((APP,))
    double.control("orders", [order(n) for n in range(20)])
    first = made(double).page("order", NOW - timedelta(minutes=14), NOW, "")
    last = made(double).page("order", NOW - timedelta(minutes=14), NOW, first.next_position)
    numbers = [row.number for row in (*first.rows, *last.rows)]
    assert (numbers, last.next_position) == ([str(n) for n in range(14, -1, -1)], "")
    assert canonical_order(made(double).read("order", "7").detail, TABLE).amount_minor == 1000


def test_after_sales_are_found_and_read() -> None:
    """A return with its refund's money, and a refund alone: nothing counts twice."""
    double = Double((APP,))
    double.control("after_sales", after_sales())
    rows = made(double).page("after_sale", NOW, NOW, "").rows
    facts = [canonical_after_sale(made(double).read("after_sale", row.number).detail, TABLE) for row in rows]
    assert [(one.after_sale_no, one.state, one.refunded_minor) for one in facts] == [
        ("Return/9", "refunded", 1000),
        ("Refund/8", "refunded", 1000),
    ]
    assert made(double).read("after_sale", "Refund/7").number == "Return/9"


def test_an_expired_token_is_got_anew() -> None:
    """The next call goes through."""
    double = Double((APP,))
    double.control("orders", order(1))
    client = made(double)
    double.expire_tokens()
    assert client.read("order", "1").number == "1"


def test_a_stores_own_token_does_not_expire() -> None:
    """And a foreign one is refused."""
    double = Double(({**APP, "access_token": "shpat_0000000000000001"},))
    double.control("orders", order(1))
    double.expire_tokens()
    assert made(double, access_token="shpat_0000000000000001").read("order", "1").number == "1"
    with pytest.raises(PlatformMisconfigured):
        made(double, access_token="shpat_0000000000000002").read("order", "1")


def test_the_double_refuses_as_the_platform_does() -> None:
    """An order that is not there, a query it does not know, arguments that are none, a wrong secret, a wrong path."""
    double = Double((APP,))
    client = made(double)
    with pytest.raises(PlatformGone):
        client.read("order", "404")
    with pytest.raises(PlatformRefused):
        client._call("query Teleport($id: ID!) { x }", {})
    with pytest.raises(PlatformRefused):
        client._call("query Orders($first: Int!) { x }", {"first": 0})
    with pytest.raises(PlatformMisconfigured):
        Tokens(double, {**APP, "client_secret": "another-secret-of-nobody"})
    assert session_of(double, "shopify").request("POST", f"{BASE_URL}/admin/products.json").status_code == 404


def test_the_double_says_what_it_cannot_do() -> None:
    """A control that there is none of is answered 404."""
    assert Double((APP,)).control("reviews", []).status == 404
