"""Calls to WeChat Store's API (微信小店): orders and after-sales, one by its number or a page of what changed.

https://developers.weixin.qq.com/doc/store/shop/API/ (as a public study of its contract read it, 2026-09). Lists answer
numbers only, so each one is read again. Nothing is signed: the token in the query is all.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from hub.channels.client import ErrorTable, PlatformRefused, expect
from hub.channels.market import Entity, Feed, Row, Rows
from hub.channels.wechat.api import STALE_TOKEN, WechatApi
from hub.kernel.errors import Invalid, Problem, Retry

PAGE_SIZE = 100
FEEDS = (
    Feed("order", "cursor", PAGE_SIZE, window=timedelta(days=1), first=timedelta(days=7), complete=False),
    Feed("after_sale", "cursor", PAGE_SIZE, window=timedelta(hours=24), first=timedelta(days=7), complete=False),
)
"""Orders may be asked for by 7 days; by one, large shops are refused less often. The page size of after-sales is the
platform's."""
TOO_MANY_ORDERS = 31042
ERRORS = ErrorTable(
    "wechat_store",
    stale_token=STALE_TOKEN,
    retry_after_seconds={"-1": 2, "45009": 3600, "45011": 60, "100003": 5},
    misconfigured=frozenset({"40013", "40125", "40164", "48001", "48004"}),
)
"""Refused, among others: 606006 the filters of a next_key changed; 31042 too many orders, even in one second."""
ORDER_LIST, ORDER = "/channels/ec/order/list/get", "/channels/ec/order/get"
AFTER_SALE_LIST, AFTER_SALE = "/channels/ec/aftersale/getaftersalelist", "/channels/ec/aftersale/getaftersaleorder"
LISTS = {ORDER_LIST: "order_id_list", AFTER_SALE_LIST: "after_sale_order_id_list"}


class Span(NamedTuple):
    """Update times in epoch seconds, both included, and the key of the next page of them ("" the first)."""

    first: int
    last: int
    key: str = ""

    def __str__(self) -> str:
        return f"{self.first}:{self.last}:{self.key}"

    @classmethod
    def of(cls, start: datetime, end: datetime, position: str) -> Span:
        """What a position says, else all from `start` to `end`."""
        if not position:
            return cls(int(start.timestamp()), int(end.timestamp()))
        first, last, key = position.split(":", 2)
        return cls(int(first), int(last), key)

    def halved(self) -> Span:
        return Span(self.first, (self.first + self.last) // 2)

    def rest(self, end: int) -> Span:
        """From here to `end`; the last second is read twice, but where it is all that was read."""
        return Span(max(self.last, self.first + 1), end)


class Client(WechatApi):
    """One store. settings: app_id, app_secret (小店后台 → 服务市场 → 经营工具 → 自研)."""

    CHANNEL = "wechat_store"
    ERRORS = ERRORS

    def read(self, entity: Entity, number: str, order_no: str = "") -> Row:
        """One order or after-sale, whole. What the detail lacks is added: `shop_id`, the AppID whose token read it, and
        `read_at`, from which the seconds of a deadline count."""
        if entity == "order":
            answer, path, name = self.call("POST", ORDER, {"order_id": number}), ORDER, "order"
        elif entity == "after_sale":
            answer = self.call("POST", AFTER_SALE, {"after_sale_order_id": number})
            path, name = AFTER_SALE, "after_sale_order"
        else:
            raise Invalid("entity", problems=[Problem("/entity", "must be order or after_sale")])
        detail = expect(self.CHANNEL, answer, path, name)
        if not isinstance(detail, Mapping):
            raise Retry(f"{self.CHANNEL}-unreadable", path=path)
        read_at = int(self.wall_now().timestamp())
        row = {**detail, "shop_id": str(self.settings["app_id"]), "read_at": read_at}
        return Row(number, row, order_no or str(detail.get("order_id", "")))

    def page(self, entity: Entity, start: datetime, end: datetime, position: str) -> Rows:
        """One page of numbers; all but `next_key` must stay as it was from page to page (606006)."""
        span = Span.of(start, end, position)
        if entity == "order":
            return self._orders(span, int(end.timestamp()))
        if entity == "after_sale":
            body = {"begin_update_time": span.first, "end_update_time": span.last}
            return self._rows(AFTER_SALE_LIST, body | ({"next_key": span.key} if span.key else {}), span, span.last)
        raise Invalid("entity", problems=[Problem("/entity", "must be order or after_sale")])

    def _orders(self, span: Span, end: int) -> Rows:
        """A page of the span, or of as much of its beginning as the platform takes: a second is never halved."""
        times = {"start_time": span.first, "end_time": span.last}
        body = {"update_time_range": times, "page_size": PAGE_SIZE, "next_key": span.key}
        try:
            return self._rows(ORDER_LIST, body, span, end)
        except PlatformRefused as refused:
            too_many = refused.facts.get("errcode") == TOO_MANY_ORDERS
            if not too_many or span.key or span.first >= span.last:
                raise
        return self._orders(span.halved(), end)

    def _rows(self, path: str, body: Mapping[str, Any], span: Span, end: int) -> Rows:
        """An empty page may lack its list, but not its verdict: an answer without one is a gateway's. One that has more
        without saying where is unreadable, not the last."""
        answer = self.call("POST", path, body)
        expect(self.CHANNEL, answer, path, "errcode")
        numbers, key = answer.get(LISTS[path]) or [], str(answer.get("next_key") or "")
        if not isinstance(numbers, list) or (answer.get("has_more") and not key):
            raise Retry(f"{self.CHANNEL}-unreadable", path=path)
        rows = tuple(_row(number) for number in numbers)
        if answer.get("has_more"):
            return Rows(rows, next_position=str(span._replace(key=key)))
        return Rows(rows, next_position=str(span.rest(end)) if span.last < end else "")


def _row(number: object) -> Row:
    """A listed number; without one where it is none, so that it alone is quarantined."""
    is_number = isinstance(number, int | str) and not isinstance(number, bool) and number != ""
    return Row(str(number), {}) if is_number else Row("", {"item": number})
