"""Signed calls to Douyin shop's API: orders, after-sales, and tokens.

Base and rules: https://op.jinritemai.com/docs/guide-docs/ ; error codes: guide-docs/212/1427 (as public SDKs quote it);
order list and detail: api-docs/15/1342, 15/1343; after-sale list and detail: api-docs/17/1295, 17/1095.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from hub.channels.client import (
    ApiClient,
    ErrorTable,
    PlatformMisconfigured,
    Token,
    count_of,
    expect,
    expect_object,
)
from hub.channels.douyin.signing import canonical_json, sign_call
from hub.channels.market import Entity, Feed, Row, Rows, rows_of
from hub.channels.reading import object_of
from hub.kernel.errors import Retry

CHANNEL = "douyin"
PAGE_SIZE = 100
FEEDS = (
    Feed("order", "backward", PAGE_SIZE, first_page=0),
    # the list lacks the money that was paid back; `page * size` may be 50 000 at most, so a window is short
    Feed("after_sale", "backward", PAGE_SIZE, first_page=0, complete=False),
)
ERRORS = ErrorTable(
    CHANNEL,
    success=frozenset({"10000"}),
    stale_token=frozenset({"isv.access-token-expired", "isv.access-token-no-existed"}),
    retry_after_seconds={"20000": 2, "20001": 2, "60000": 60},
    misconfigured=frozenset({"30001", "30002", "40001", "40003", "50001"}),
)
HEADERS = {"content-type": "application/json; charset=utf-8"}


class Client(ApiClient):
    """One app for one shop. settings: app_key, app_secret, shop_id."""

    CHANNEL = CHANNEL
    BASE_URL = "https://openapi-fxg.jinritemai.com"
    ERRORS = ERRORS

    def fetch_token(self, renewal: str = "") -> Token:
        """A token (7 days) by the refresh token (14 days), or made for the own shop, which may be done at any time."""
        if renewal:
            return self._token("/token/refresh", {"grant_type": "refresh_token", "refresh_token": renewal})
        shop_id = str(self.settings.get("shop_id") or "")
        if not shop_id:
            raise PlatformMisconfigured(CHANNEL, reason="no shop_id")
        return self._token("/token/create", {"code": "", "grant_type": "authorization_self", "shop_id": shop_id})

    def read(self, entity: Entity, number: str, order_no: str = "") -> Row:
        """An order (`shop_order_detail`) or an after-sale (`process_info` and `order_info`, and our `shop_id`)."""
        if entity == "order":
            path = "/order/orderDetail"
            detail = expect_object(CHANNEL, self._call(path, {"shop_order_id": number}), path, "shop_order_detail")
            return Row(number, detail, number)
        path = "/afterSale/Detail"
        data = self._call(path, {"after_sale_id": number})
        expect_object(CHANNEL, data, path, "process_info", "after_sale_info")
        return Row(number, {"shop_id": self.settings.get("shop_id", ""), **data}, order_no)

    def page(self, entity: Entity, start: datetime, end: datetime, position: str) -> Rows:
        """Up to 100 that changed in the window, the oldest change first. position: a page number from 0, "" the first.

        Without `order_by` the platform leaves rows out of both lists.
        """
        page = int(position or 0)
        first, last, paging = int(start.timestamp()), int(end.timestamp()), {"page": page, "size": PAGE_SIZE}
        if entity == "order":
            params: dict[str, Any] = {"update_time_start": first, "update_time_end": last, **paging}
            params |= {"order_by": "update_time", "order_asc": True}
            return self._page("/order/searchList", params, "shop_order_list", _order_row)
        params = {"update_start_time": first, "update_end_time": last, "order_by": ["update_time asc"], **paging}
        return self._page("/afterSale/List", params, "items", _after_sale_row)

    def _page(self, path: str, params: Mapping[str, Any], name: str, row: Any) -> Rows:
        data = self._call(path, params)
        items = data.get(name) or ()
        if not isinstance(items, list | tuple):
            raise Retry("douyin-unreadable", path=path)
        total = count_of(CHANNEL, data, path, "total") if items or data.get("total") else 0
        after = params["page"] + 1
        more = bool(items) and after * PAGE_SIZE < total
        return Rows(rows_of(items, row), total, str(after) if more else "")

    def _call(self, path: str, params: Mapping[str, Any]) -> Mapping[str, Any]:
        """The `data` of a call with the token; one that died early is renewed once."""
        answer = self.with_token(lambda token: self._post(path, params, token), _code)
        return expect_object(CHANNEL, answer, path, "data")

    def _token(self, path: str, params: Mapping[str, Any]) -> Token:
        answer = self._post(path, params, "")
        self.ERRORS.raise_for(_code(answer))
        data = expect_object(CHANNEL, answer, path, "data")
        value, seconds = data.get("access_token"), data.get("expires_in")
        if not isinstance(value, str) or not str(seconds).isdecimal():
            raise Retry("douyin-unreadable", path=path)
        return Token(value, int(str(seconds)), str(data.get("refresh_token") or ""))

    def _post(self, path: str, params: Mapping[str, Any], token: str) -> dict[str, Any]:
        body = canonical_json(params)
        query = self._query(path, body, token)
        answer = self.exchange("POST", path, params=query, data=body.encode(), headers=HEADERS)
        expect(CHANNEL, answer, path, "code")
        return dict(answer)

    def _query(self, path: str, body: str, token: str) -> dict[str, str]:
        key, secret = str(self.settings["app_key"]), str(self.settings["app_secret"])
        method, timestamp = path.strip("/").replace("/", "."), str(int(self.wall_now().timestamp()))
        signature = sign_call(key, secret, method=method, param_json=body, timestamp=timestamp)
        query = {"app_key": key, "method": method, "timestamp": timestamp, "v": "2"}
        query |= {"sign": signature, "sign_method": "hmac-sha256"}
        return query | ({"access_token": token} if token else {})


def _code(answer: Mapping[str, Any]) -> object:
    """A token that died says so in `sub_code` alone; the `code` beside it stands for other refusals too."""
    sub_code = answer.get("sub_code")
    return sub_code if sub_code in ERRORS.stale_token else answer.get("code")


def _order_row(order: Mapping[str, Any]) -> Row:
    number = str(order.get("order_id") or "")
    return Row(number, order, number)


def _after_sale_row(item: Mapping[str, Any]) -> Row:
    info, order = object_of(item, "aftersale_info"), object_of(item, "order_info")
    return Row(str(info.get("aftersale_id") or ""), item, str(order.get("shop_order_id") or ""))
