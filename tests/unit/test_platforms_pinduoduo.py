"""Pinduoduo's client against the double of its open API."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from hub.channels.client import PlatformMisconfigured, PlatformRefused
from hub.channels.mapping import packaged_table
from hub.channels.pinduoduo.client import FEEDS, PAGE_SIZE, WINDOW, Client
from hub.channels.pinduoduo.orders import canonical_after_sale, canonical_order
from hubctl.platforms.pinduoduo import Double
from tests.channels.support import payload
from tests.support.doubles import BASE_URL, session_of

KNOWN: dict[str, Any] = payload("pinduoduo_examples")["settings"]
START = datetime(2026, 1, 1, 4, 0, tzinfo=UTC)
TABLE = packaged_table("pinduoduo")


class Fetched:
    """A source of tokens that fetches as the hub's cache does: the last renewal renews."""

    def __init__(self, client: Client) -> None:
        self.client, self.value, self.renewal = client, "", ""

    def get(self, force: bool) -> str:
        if force or not self.value:
            self.value, _, self.renewal = self.client.fetch_token(self.renewal)
        return self.value


def connect(**changes: Any) -> tuple[Double, Client]:
    """A double that knows the shop, and a client with these changes to its settings."""
    double = Double([{**KNOWN, "authorization_code": "scrmhubcode01"}])
    options: dict[str, Any] = {"wall_now": lambda: START, "base_url": BASE_URL}
    options["session"] = session_of(double, "pinduoduo")
    settings = {**KNOWN, **changes}
    return double, Client(settings, Fetched(Client(settings, **options)), **options)


def order(number: int, seconds: int) -> dict[str, Any]:
    at = f"2026-01-01 12:{seconds // 60:02}:{seconds % 60:02}"
    codes = {"confirm_status": 1, "group_status": 1, "risk_control_status": 0, "order_status": 1, "refund_status": 1}
    return {"order_sn": f"1-{number}", "pay_amount": "9.90", "pay_time": at, "updated_at": at, **codes}


def pages(client: Client, numbers: list[int]) -> set[str]:
    return {row.number for page in numbers for row in client.page("order", START, START + WINDOW, str(page)).rows}


def test_an_order_becomes_facts() -> None:
    """Token, signature, detail."""
    double, client = connect()
    double.control("orders", order(1, 0))
    facts = canonical_order(client.read("order", "1-1").detail, TABLE)
    assert (facts.state, facts.amount_minor, facts.shop_id) == ("paid", 990, KNOWN["shop_id"])


def test_an_after_sale_is_listed_in_yuan_and_read_in_fen() -> None:
    """The list's row is not enough, says the feed; the detail agrees with itself."""
    double, client = connect()
    row = {"id": 5, "order_sn": "1-1", "after_sales_status": 10, "after_sales_type": 1, "refund_amount": 990}
    double.control("after_sales", {**row, "updated_time": "2026-01-01 12:10:00"})
    (listed,) = client.page("after_sale", START, START + WINDOW, "").rows
    assert (listed.detail["refund_amount"], listed.detail["after_sales_type"], listed.order_no) == ("9.90", 2, "1-1")
    assert [feed.complete for feed in FEEDS] == [True, False]
    facts = canonical_after_sale(client.read("after_sale", listed.number, listed.order_no).detail, TABLE)
    assert (facts.type, facts.refunded_minor) == ("refund_only", 990)


@pytest.mark.parametrize(("numbers", "lost"), [([3, 2, 1], set()), ([1, 2, 3], {"1-100"})])
def test_backward_reading_loses_no_row_that_moves_another(numbers: list[int], lost: set[str]) -> None:
    """While pages are read the newest order changes and leaves the window: forward, the row at the edge is skipped."""
    double, client = connect()
    double.control("orders", [order(number, 1799 - number) for number in range(250)])
    double.control("moves", {"number": "1-0", "at": "2026-01-01 13:00:00"})
    assert {f"1-{number}" for number in range(1, 250)} - pages(client, numbers) == lost


def test_a_window_is_half_an_hour() -> None:
    """That long is answered, a second more refused; a page tells how many there are."""
    double, client = connect()
    double.control("orders", [order(number, number) for number in range(PAGE_SIZE + 1)])
    first = client.page("order", START, START + WINDOW, "")
    assert (len(first.rows), first.total, first.next_position) == (PAGE_SIZE, PAGE_SIZE + 1, "2")
    assert client.page("order", START, START + WINDOW, "2").next_position == ""
    with pytest.raises(PlatformRefused):
        client.page("order", START, START + WINDOW + timedelta(seconds=1), "")


def test_tokens_renew_and_a_new_authorisation_kills_them() -> None:
    """A token that expired is renewed; after a new code the old refresh token is dead, and the code serves."""
    double, client = connect()
    double.control("orders", order(1, 0))
    client.read("order", "1-1")
    double.expire_tokens()
    assert client.read("order", "1-1").number == "1-1"
    double.renewals.clear()
    double.expire_tokens()
    with pytest.raises(PlatformMisconfigured):
        client.read("order", "1-1")
    again, by_code = connect(authorization_code="scrmhubcode01", refresh_token="")
    again.control("orders", order(1, 0))
    assert by_code.read("order", "1-1").number == "1-1"


def test_a_promotion_is_a_batch_there() -> None:
    """The batch is made once a call, with what was asked for."""
    double, client = connect()
    promotion = {"id": "p", "title": "满100减20", "threshold_minor": 10000, "reduction_minor": 2000, "goods": []}
    assert client.push_promotion({**promotion, "starts_at": START, "ends_at": START + WINDOW}) == "900000001"
    assert [(one["discount"], one["min_order_amount"]) for one in double.coupons] == [("2000", "10000")]


def test_refusals_come_in_the_platforms_words() -> None:
    """A wrong secret, an unknown order, an unknown API of the hub's."""
    with pytest.raises(PlatformMisconfigured):
        connect(client_secret="0" * 32)[1].read("order", "1-1")
    with pytest.raises(PlatformRefused):
        connect()[1].read("order", "1-1")
    assert connect()[0].control("tea", {}).status == 404


def test_an_app_that_the_platform_does_not_know_is_misconfigured() -> None:
    """An operator has to act; nothing is tried again."""
    session = session_of(Double([]), "pinduoduo")
    with pytest.raises(PlatformMisconfigured):
        Client(KNOWN, wall_now=lambda: START, base_url=BASE_URL, session=session).fetch_token()
