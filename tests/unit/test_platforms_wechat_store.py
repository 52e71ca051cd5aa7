"""The double of WeChat Store, met by the hub's own client: pages, keys, limits and a closed door."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from hub.channels.client import PlatformMisconfigured, PlatformRefused
from hub.channels.mapping import packaged_table
from hub.channels.wechat_store.client import Client
from hub.channels.wechat_store.orders import canonical_after_sale, canonical_order
from hubctl.platforms.wechat_store import Double
from tests.channels.support import payload
from tests.support.doubles import BASE_URL, session_of

KNOWN: dict[str, Any] = payload("wechat_store_examples")["settings"]
NOW = datetime(2026, 1, 1, 4, 45, tzinfo=UTC)
START = NOW - timedelta(hours=12)
TABLE = packaged_table("wechat_store")


class Tokens:
    """What the hub's cache does, in memory."""

    def __init__(self, client: Client) -> None:
        self.client, self.held, self.renewal = client, "", ""

    def get(self, force: bool) -> str:
        if force or not self.held:
            self.held, _, self.renewal = self.client.fetch_token(self.renewal)
        return self.held


def met(double: Double) -> Client:
    options: dict[str, Any] = {"wall_now": lambda: NOW, "base_url": BASE_URL}
    options["session"] = session_of(double, "wechat_store")
    return Client(KNOWN, Tokens(Client(KNOWN, **options)), **options)


def order(number: int, at: datetime = NOW) -> dict[str, Any]:
    detail = {"price_info": {"order_price": 100}, "pay_info": {"pay_time": 1767242700, "payment_method": 1}}
    return {"order_id": str(number), "status": 20, "update_time": int(at.timestamp()), "order_detail": detail}


def after_sale(number: int) -> dict[str, Any]:
    told = {"after_sale_order_id": str(number), "order_id": "1", "status": "MERCHANT_PROCESSING", "type": "REFUND"}
    return {**told, "refund_info": {"amount": 100}, "update_time": int(NOW.timestamp()), "deadline": 60}


def pull(client: Client, entity: Any) -> list[str]:
    numbers, position = [], ""
    for _ in range(200):
        rows = client.page(entity, START, NOW, position)
        numbers += [row.number for row in rows.rows]
        position = rows.next_position
        if not position:
            return numbers
    raise AssertionError("the pages never end")


@pytest.mark.parametrize("count", [0, 1, 100, 101, 250])
def test_every_order_of_a_window_is_listed_once(count: int) -> None:
    """Page by page, at the bounds of a page too, and what changed before the window is not in it."""
    double = Double([KNOWN])
    double.control("orders", [order(3705115058471208928 + n) for n in range(count)])
    double.control("orders", order(1, START - timedelta(seconds=1)))
    assert sorted(pull(met(double), "order")) == sorted(str(3705115058471208928 + n) for n in range(count))


def test_what_was_listed_is_read_and_understood() -> None:
    """Order and after-sale as the double tells them become facts, the deadline from the time of reading."""
    double = Double([KNOWN])
    double.control("orders", order(3705115058471208928))
    double.control("after_sales", [after_sale(n) for n in range(1, 61)])
    client = met(double)
    facts = canonical_order(client.read("order", "3705115058471208928").detail, TABLE)
    assert (facts.amount_minor, facts.state, facts.shop_id) == (100, "paid", KNOWN["app_id"])
    assert len(pull(client, "after_sale")) == 60
    open_one = canonical_after_sale(client.read("after_sale", "7").detail, TABLE)
    assert open_one.deadline_at == NOW + timedelta(seconds=60)


def test_a_key_goes_with_its_filters() -> None:
    """Another window under an old key is refused (606006); the client never asks so of itself."""
    double = Double([KNOWN])
    double.control("orders", [order(n) for n in range(1, 150)])
    client = met(double)
    first, last, key = client.page("order", START, NOW, "").next_position.split(":")
    assert client.page("order", START, NOW + timedelta(hours=1), f"{first}:{last}:{key}").rows
    with pytest.raises(PlatformRefused) as refused:
        client.page("order", START, NOW, f"{first}:{int(last) + 1}:{key}")
    assert refused.value.facts["errcode"] == 606006


def test_limits_are_the_platforms() -> None:
    """More than 7 days or 24 hours 40097, too many orders in one second 31042, an unknown order is refused."""
    double = Double([KNOWN])
    double.control("orders", [order(n) for n in range(1, 4)])
    double.control("orders_max", {"orders": 2})
    client = met(double)
    codes = []
    for entity, start in (
        ("order", NOW),
        ("order", NOW - timedelta(days=8)),
        ("after_sale", NOW - timedelta(days=2)),
    ):
        with pytest.raises(PlatformRefused) as refused:
            client.page(entity, start, NOW, "")  # type: ignore[arg-type]
        codes.append(refused.value.facts["errcode"])
    assert codes == [31042, 40097, 40097]
    for entity in ("order", "after_sale"):
        with pytest.raises(PlatformRefused):
            client.read(entity, "404")  # type: ignore[arg-type]


def test_two_orders_in_every_second_are_read_second_by_second() -> None:
    """Where no two seconds fit at once, each is asked for alone, and the pages still come to an end."""
    double = Double([KNOWN])
    double.control("orders", [order(n, NOW - timedelta(seconds=n // 2)) for n in range(40)])
    double.control("orders_max", {"orders": 2})
    assert set(pull(met(double), "order")) == {str(n) for n in range(40)}


@pytest.mark.parametrize("apart_seconds", [1, 60, 600])
def test_a_window_with_too_many_orders_is_read_in_pieces(apart_seconds: int) -> None:
    """Refused with 31042, the client asks for less at once: every order still comes, those on a seam twice."""
    double = Double([KNOWN])
    double.control("orders", [order(n, NOW - timedelta(seconds=n * apart_seconds)) for n in range(40)])
    double.control("orders_max", {"orders": 5})
    assert set(pull(met(double), "order")) == {str(n) for n in range(40)}


@pytest.mark.parametrize("what", ["expire", "refuse_tokens"])
def test_a_token_that_died_is_survived(what: str) -> None:
    """Expired, or refused while the token call still gives it out: the client gets through either way."""
    double = Double([KNOWN])
    double.control("orders", order(1))
    client = met(double)
    client.read("order", "1")
    double.expire_tokens() if what == "expire" else double.control("refuse_tokens", {})
    assert client.read("order", "1").number == "1"


def test_a_caller_from_elsewhere_is_told_apart() -> None:
    """Off the whitelist every call is HTTP 403 without a code, and the hub says which setting is wrong."""
    double = Double([KNOWN])
    double.control("whitelist", {"allowed": False})
    with pytest.raises(PlatformMisconfigured) as refused:
        met(double).read("order", "1")
    assert refused.value.facts["reason"] == "ip-not-whitelisted"
    assert double.control("nothing", {}).status == 404
