"""A double of WeChat Store's (微信小店) API: orders and after-sales, by number and by what changed.

Lists answer numbers alone, with `next_key` and `has_more` and no total; a key goes with the very filters that it was
given for (606006); a window with too many orders is refused (31042); a caller from elsewhere gets HTTP 403.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from typing import Any

from hubctl.platforms.recorder import PlatformCall, Reply
from hubctl.platforms.wechat import TOKEN_PATH, Apps, ok, refusal

PAGE_SIZE_MAX = 100
AFTER_SALES_PAGE = 50
ORDER_WINDOW_SECONDS, AFTER_SALE_WINDOW_SECONDS = 7 * 86_400, 86_400


class Double:
    """Orders and after-sales are kept as their detail APIs tell them. orders_max: more in one window are 31042."""

    def __init__(self, apps: Sequence[Mapping[str, Any]]) -> None:
        self.apps = Apps(apps)
        self.orders: dict[str, dict[str, Any]] = {}
        self.after_sales: dict[str, dict[str, Any]] = {}
        self.orders_max = 10_000
        self.whitelisted = True

    def answer(self, call: PlatformCall) -> Reply:
        """The platform's answer to a call."""
        if not self.whitelisted:
            return Reply("Forbidden", 403)
        if call.path == TOKEN_PATH:
            return self.apps.give_token(call)
        known = {
            "/channels/ec/order/get": self._order,
            "/channels/ec/order/list/get": self._order_list,
            "/channels/ec/aftersale/getaftersaleorder": self._after_sale,
            "/channels/ec/aftersale/getaftersalelist": self._after_sale_list,
        }
        handler = known.get(call.path)
        if handler is None:
            return refusal(40066, "invalid url")
        if call.method != "POST":
            return refusal(43002, "require POST method")
        return self.apps.refuse(call) or handler(call.body)

    def control(self, what: str, body: Any) -> Reply:
        """orders, after_sales: as the details tell them, a later one replaces the earlier. orders_max: {"orders": n}.
        whitelist: {"allowed": false}. refuse_tokens: see Apps."""
        items = body if isinstance(body, list) else [body]
        if what == "orders":
            by_number = {str(row["order_id"]): row for row in items}
            self.orders |= by_number
            return Reply({what: list(by_number)})
        if what == "after_sales":
            by_number = {str(row["after_sale_order_id"]): row for row in items}
            self.after_sales |= by_number
            return Reply({what: list(by_number)})
        if what == "orders_max":
            self.orders_max = int(body["orders"])
        elif what == "whitelist":
            self.whitelisted = bool(body["allowed"])
        elif what == "refuse_tokens":
            return self.apps.refuse_tokens()
        else:
            return Reply({"error": f"no control {what}"}, 404)
        return Reply({what: body})

    def expire_tokens(self) -> None:
        """Every token given out so far is invalid from now on."""
        self.apps.expire()

    def _order(self, body: Mapping[str, Any]) -> Reply:
        order = self.orders.get(str(body.get("order_id")))
        return ok(order=order) if order else refusal(100002, "order not found")

    def _after_sale(self, body: Mapping[str, Any]) -> Reply:
        rows = self.after_sales.get(str(body.get("after_sale_order_id")))
        return ok(after_sale_order=rows) if rows else refusal(100002, "after sale order not found")

    def _order_list(self, body: Mapping[str, Any]) -> Reply:
        window = body.get("update_time_range") or {}
        first, last, size = window.get("start_time"), window.get("end_time"), body.get("page_size", 10)
        if not _window(first, last, ORDER_WINDOW_SECONDS) or not 1 <= size <= PAGE_SIZE_MAX:
            return refusal(40097, "invalid args")
        rows = _changed(self.orders, first, last)
        if len(rows) > self.orders_max:
            return refusal(31042, "too many orders, please narrow the time range")
        return _page("order_id_list", rows, body, size)

    def _after_sale_list(self, body: Mapping[str, Any]) -> Reply:
        first, last = body.get("begin_update_time"), body.get("end_update_time")
        if not _window(first, last, AFTER_SALE_WINDOW_SECONDS):
            return refusal(40097, "invalid args")
        return _page("after_sale_order_id_list", _changed(self.after_sales, first, last), body, AFTER_SALES_PAGE)


def _window(first: Any, last: Any, longest: int) -> bool:
    return isinstance(first, int) and isinstance(last, int) and 0 <= last - first <= longest


def _changed(known: Mapping[str, Mapping[str, Any]], first: Any, last: Any) -> list[str]:
    rows = [(int(row.get("update_time", 0)), number) for number, row in known.items()]
    return [number for changed_at, number in sorted(rows) if first <= changed_at <= last]


def _page(name: str, rows: Sequence[str], body: Mapping[str, Any], size: int) -> Reply:
    """The page that next_key names: `<offset>-<hash of the filters>`."""
    filters = {key: value for key, value in body.items() if key != "next_key"}
    mark = hashlib.sha256(json.dumps(filters, sort_keys=True).encode()).hexdigest()[:12]
    offset_text, _, by_number = str(body.get("next_key") or f"0-{mark}").partition("-")
    if by_number != mark:
        return refusal(606006, "next_key does not match the filters")
    end = int(offset_text) + size
    more = end < len(rows)
    return ok(**{name: list(rows[int(offset_text) : end]), "has_more": more, "next_key": f"{end}-{mark}"})
