"""JD's client against the double of JOS."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from hub.channels.base import NotUnderstood
from hub.channels.client import PlatformMisconfigured, PlatformRefused
from hub.channels.jd.client import Client
from hub.channels.jd.orders import canonical_after_sale, canonical_order
from hub.channels.mapping import packaged_table
from hubctl.platforms.jd import Double
from tests.channels.support import payload
from tests.support.doubles import BASE_URL, DoubleSession, session_of

KNOWN: dict[str, Any] = payload("jd_examples")["settings"]
START = datetime(2026, 1, 1, 4, 0, tzinfo=UTC)
END = START + timedelta(hours=6)
TABLE = packaged_table("jd")


class Fetched:
    """A source of tokens that fetches as the hub's cache does: the last renewal renews."""

    def __init__(self, client: Client) -> None:
        self.client, self.value, self.renewal = client, "", ""

    def get(self, force: bool) -> str:
        if force or not self.value:
            self.value, _, self.renewal = self.client.fetch_token(self.renewal)
        return self.value


def connect(**changes: Any) -> tuple[Double, Client]:
    double = Double([KNOWN])
    options: dict[str, Any] = {"wall_now": lambda: END, "base_url": BASE_URL, "session": session_of(double, "jd")}
    settings = {**KNOWN, **changes}
    return double, Client(settings, Fetched(Client(settings, **options)), **options)


def order(number: int, minute: int) -> dict[str, Any]:
    at = f"2026-01-01 {12 + minute // 60}:{minute % 60:02}:00"
    return {
        "orderId": str(number),
        "orderState": "WAIT_SELLER_STOCK_OUT",
        "actualPay": "9.90",
        "paymentConfirmTime": at,
        "modified": at,
    }


def pages(client: Client, numbers: list[int]) -> set[str]:
    return {row.number for page in numbers for row in client.page("order", START, END, str(page)).rows}


def after_sales(client: Client) -> list[tuple[str, str]]:
    """Every row of the after-sales' feed, by following its positions to the end."""
    position, told = "", []
    for _ in range(20):
        rows = client.page("after_sale", START, END, position)
        told += [(row.number, row.order_no) for row in rows.rows]
        position = rows.next_position
        if not position:
            break
    return told


def bill(number: int, status: int | None = None, **changes: Any) -> dict[str, Any]:
    own = {"serviceId": number, "orderId": 1, "afsApplyTime": "2026-01-01 12:10:00"}
    return {"sameOrderServiceBill": own, "status": status, "applyTime": "2026-01-01 12:10:00", **changes}


def test_an_order_becomes_facts() -> None:
    """Token, signature, detail, and the state that its payment decides."""
    double, client = connect()
    double.control("orders", order(1, 0))
    facts = canonical_order(client.read("order", "1").detail, TABLE)
    assert (facts.state, facts.amount_minor, facts.shop_id) == ("paid", 990, KNOWN["shop_id"])


@pytest.mark.parametrize(("numbers", "lost"), [([3, 2, 1], set()), ([1, 2, 3], {"100"})])
def test_backward_reading_loses_no_row_that_leaves(numbers: list[int], lost: set[str]) -> None:
    """Oldest first too: an order that changes leaves the window, and forward reading skips the row at the edge."""
    double, client = connect()
    double.control("orders", [order(number, number) for number in range(250)])
    double.control("moves", {"number": "0", "at": "2026-01-02 12:00:00"})
    assert {str(number) for number in range(1, 250)} - pages(client, numbers) == lost


def test_a_window_is_a_month() -> None:
    """28 days are answered; more than a month is refused inside a 200."""
    _, client = connect()
    assert client.page("order", END - timedelta(days=28), END, "").total == 0
    with pytest.raises(PlatformRefused):
        client.page("order", END - timedelta(days=32), END, "")


def test_after_sales_are_four_lists_read_to_the_end() -> None:
    """Cancel refunds by application and audit, service bills by application and approval, each page after page."""
    double, client = connect()
    cancel = {"orderId": "1", "status": 0, "applyRefundSum": 990, "applyTime": "2026-01-01 12:05:00"}
    double.control("after_sales", [{**cancel, "id": number} for number in range(60)])
    audited = {"status": 1, "applyTime": "2025-12-20 12:00:00", "checkTime": "2026-01-01 12:30:00"}
    double.control("after_sales", {**cancel, "id": 900, **audited})
    approved = {"applyTime": "2025-12-20 12:00:00", "approveTime": "2026-01-01 12:40:00"}
    double.control("after_sales", [bill(5), bill(6, 13, **approved), {"sameOrderServiceBill": {"serviceId": ""}}])
    told = after_sales(client)
    assert len(told) == 63
    assert {("cancel-0", "1"), ("cancel-59", "1"), ("cancel-900", "1"), ("service-5", "1"), ("service-6", "1")} <= set(
        told
    )


@pytest.mark.parametrize(
    ("listed", "calls"),
    [({}, 1), ({"refoundAmount": 2050}, 1), ({"refoundAmount": "20"}, 1), ({"refoundAmount": 20.5}, 0)],
)
def test_a_bill_paid_back_comes_with_its_amount(listed: dict[str, Any], calls: int) -> None:
    """The list names no unit: decimals make it yuan, else another call says it. Listed or read, it is the same."""
    double, client = connect()
    paid_back = {"completeTime": "2026-01-01 12:45:00", "actualRefundAmount": "20.50", **listed}
    double.control("after_sales", bill(6, 13, **paid_back))
    whole = client.read("after_sale", "service-6", "1")
    facts = canonical_after_sale(whole.detail, TABLE)
    assert (facts.state, facts.refunded_minor, facts.order_no) == ("refunded", 2050, "1")
    assert client.page("after_sale", START, END, "2:1").rows == (whole,)
    session = client._session
    assert isinstance(session, DoubleSession)
    assert sum("refund.get" in str(call.body.get("method")) for call in session.calls) == 2 * calls


def test_a_bill_whose_amount_nobody_tells_holds_up_no_list() -> None:
    """The page comes, and that bill is refused when it is read: money is never zero for want of an amount."""
    double, client = connect()
    double.control("after_sales", bill(6, 13, completeTime="2026-01-01 12:45:00"))
    (row,) = client.page("after_sale", START, END, "2:1").rows
    with pytest.raises(NotUnderstood, match="actualRefundAmount"):
        canonical_after_sale(row.detail, TABLE)


def test_a_cancel_refund_is_read_by_its_own_number() -> None:
    """Fen, and an open audit; one that is not there is refused."""
    double, client = connect()
    double.control(
        "after_sales", {"id": 7, "orderId": "1", "status": 0, "applyRefundSum": 990, "applyTime": "2026-01-01 12:00:00"}
    )
    facts = canonical_after_sale(client.read("after_sale", "cancel-7", "1").detail, TABLE)
    assert (facts.after_sale_no, facts.state, facts.requested_minor) == ("cancel-7", "requested", 990)
    with pytest.raises(PlatformRefused, match="not-listed"):
        client.read("after_sale", "cancel-8", "1")


def test_a_token_that_died_is_renewed() -> None:
    """Once; a refresh token that was used up, and a wrong secret, need an operator."""
    double, client = connect()
    double.control("orders", order(1, 0))
    client.read("order", "1")
    double.expire_tokens()
    assert client.read("order", "1").number == "1"
    double.expire_tokens()
    double.renewals.clear()
    with pytest.raises(PlatformMisconfigured):
        client.read("order", "1")
    with pytest.raises(PlatformMisconfigured):
        connect(app_secret="scrmhub000000000000000000wrong")[1].read("order", "1")
    assert double.control("tea", {}).status == 404
