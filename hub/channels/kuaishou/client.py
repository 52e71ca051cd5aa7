"""Signed calls to Kuaishou shop's API: orders, after-sales, reviews, and tokens.

https://open.kwaixiaodian.com/zone/new/docs (as public SDKs and a reading of 2026-09 quote it). A method's path is its
name with slashes; business parameters are one JSON text, `param`. `result` 1 is success, HTTP says nothing.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from hub.channels.client import (
    ApiClient,
    ErrorTable,
    PlatformGone,
    PlatformMisconfigured,
    PlatformRefused,
    Token,
    count_of,
    expect,
    expect_rows,
)
from hub.channels.kuaishou.signing import MD5, sign_call
from hub.channels.market import Entity, Feed, Row, Rows, rows_of

ERRORS = ErrorTable(
    "kuaishou",
    success=frozenset({"1"}),
    stale_token=frozenset({"21", "24"}),
    retry_after_seconds={"15": 5, "16": 5, "17": 5, "1016": 5, "1017": 5, "802000": 30},
    misconfigured=frozenset({"22", "25", "26", "27", "28"}),
)
FEEDS = (
    Feed("order", "cursor", 50, window=timedelta(days=7), complete=True),
    Feed("after_sale", "cursor", 100, window=timedelta(days=1), complete=False),
    Feed("review", "cursor", 20, window=timedelta(days=1)),
)
ORDER_DETAIL, ORDER_LIST = "open.order.detail", "open.order.cursor.list"
REFUND_DETAIL, REFUND_LIST = "open.seller.order.refund.detail", "open.seller.order.refund.pcursor.list"
REVIEW_LIST = "open.comment.list.get"
LAST_CURSOR = "nomore"
TOKEN_SECONDS = 172_800
BY_UPDATE_TIME, ASCENDING, REFUND_ASCENDING = 2, 1, 2
ALL_ORDERS, ALL_REFUNDS = 1, 9


class Client(ApiClient):
    """One app for one shop. settings: app_key, app_secret, sign_secret, shop_id, refresh_token or code."""

    CHANNEL = "kuaishou"
    BASE_URL = "https://openapi.kwaixiaodian.com"
    ERRORS = ERRORS

    def read(self, entity: Entity, number: str, order_no: str = "") -> Row:
        """An order or after-sale by its number, whole. Raises PlatformGone for what can be no number of theirs."""
        if not (number.isascii() and number.isdecimal() and len(number) <= 19):
            raise PlatformGone(self.CHANNEL, reason="no such number", entity=entity)
        if entity == "order":
            return self._row(number, self._call(ORDER_DETAIL, {"oid": int(number)}), number)
        if entity == "after_sale":
            data = self._call(REFUND_DETAIL, {"refundId": int(number)})
            return self._row(number, data, str(data.get("oid") or order_no))
        raise PlatformRefused(self.CHANNEL, reason="cannot be read alone", entity=entity)

    def page(self, entity: Entity, start: datetime, end: datetime, position: str) -> Rows:
        """One page of what changed (reviews: was written) between two moments; cursors only go forward."""
        if entity == "order":
            return self._orders(start, end, position)
        if entity == "after_sale":
            return self._refunds(start, end, position)
        if entity == "review":
            return self._reviews(start, end, position)
        raise PlatformRefused(self.CHANNEL, reason="is not pulled", entity=entity)

    def fetch_token(self, renewal: str = "") -> Token:
        """A new pair: by the last refresh token, else by what the settings hold. Raises PlatformMisconfigured.

        The refresh token changes each time and keeps its first deadline (180 days); a code lives two minutes.
        """
        refresh_token = renewal or str(self.settings.get("refresh_token") or "")
        code = str(self.settings.get("code") or "")
        if refresh_token:
            return self._token("/oauth2/refresh_token", {"grant_type": "refresh_token", "refresh_token": refresh_token})
        if not code:
            raise PlatformMisconfigured(self.CHANNEL, reason="no refresh_token and no code")
        return self._token("/oauth2/access_token", {"grant_type": "code", "code": code})

    def _orders(self, start: datetime, end: datetime, position: str) -> Rows:
        param = {"orderViewStatus": ALL_ORDERS, "pageSize": 50, "sort": ASCENDING, "queryType": BY_UPDATE_TIME}
        data = self._call(ORDER_LIST, {**param, "cpsType": 0, **_window(start, end), "cursor": position})
        items = self._list(data, ORDER_LIST, "orderList")
        cursor = str(expect(self.CHANNEL, data, ORDER_LIST, "cursor") or LAST_CURSOR)

        def row(item: Mapping[str, Any]) -> Row:
            number = str(expect(self.CHANNEL, item, ORDER_LIST, "orderBaseInfo", "oid"))
            return self._row(number, item, number)

        rows = rows_of(items, row)
        return Rows(rows, next_position="" if cursor == LAST_CURSOR else cursor)

    def _refunds(self, start: datetime, end: datetime, position: str) -> Rows:
        """The list wants both its cursor and a page number; our position is `<page>:<cursor>`."""
        page, _, cursor = (position or "1:").partition(":")
        param = {"type": ALL_REFUNDS, "pageSize": 100, "currentPage": int(page), "sort": REFUND_ASCENDING}
        param |= {"queryType": BY_UPDATE_TIME, **_window(start, end)}
        data = self._call(REFUND_LIST, {**param, "pcursor": cursor})
        items = self._list(data, REFUND_LIST, "refundOrderInfoList")
        rows = self._rows(items, REFUND_LIST, "refundId", "oid")
        cursor = str(expect(self.CHANNEL, data, REFUND_LIST, "pcursor") or LAST_CURSOR)
        return Rows(rows, next_position="" if cursor == LAST_CURSOR else f"{int(page) + 1}:{cursor}")

    def _reviews(self, start: datetime, end: datetime, position: str) -> Rows:
        """Root comments by the time they were written; our position is the offset, which is no page number: the total
        stays here. Times taken for milliseconds."""
        offset, times = int(position or 0), _window(start, end)
        param = {"offset": offset, "limit": 20, "createTimeFrom": times["beginTime"], "createTimeTo": times["endTime"]}
        data = self._call(REVIEW_LIST, param)
        items = self._list(data, REVIEW_LIST, "rootComment")
        rows = self._rows(items, REVIEW_LIST, "commentId", "orderId")
        total, next_offset = count_of(self.CHANNEL, data, REVIEW_LIST, "total"), offset + len(items)
        return Rows(rows, next_position=str(next_offset) if items and next_offset < total else "")

    def _list(self, data: Mapping[str, Any], api: str, name: str) -> list[Any]:
        return expect_rows(self.CHANNEL, data, api, name)

    def _rows(self, items: list[Any], api: str, number: str, order_no: str) -> tuple[Row, ...]:
        def row(item: Mapping[str, Any]) -> Row:
            return self._row(str(expect(self.CHANNEL, item, api, number)), item, str(item.get(order_no, "")))

        return rows_of(items, row)

    def _row(self, number: str, detail: Mapping[str, Any], order_no: str) -> Row:
        """Orders name their seller by openId, after-sales by number, reviews not at all: our own setting joins them."""
        return Row(number, {**detail, "shopId": self.settings["shop_id"]}, order_no)

    def _call(self, method: str, param: Mapping[str, Any]) -> Mapping[str, Any]:
        """The `data` of a call with the token; one that died early is renewed once."""
        answer = self.with_token(
            lambda token: self._exchange(method, param, token), lambda answer: answer.get("result")
        )
        data = answer.get("data")
        return data if isinstance(data, Mapping) else {}

    def _exchange(self, method: str, param: Mapping[str, Any], token: str) -> Mapping[str, Any]:
        params = {
            "appkey": str(self.settings["app_key"]),
            "method": method,
            "version": "1",
            "param": json.dumps(param, sort_keys=True, separators=(",", ":"), ensure_ascii=False),
            "access_token": token,
            "timestamp": str(int(self.wall_now().timestamp() * 1000)),
            "signMethod": str(self.settings.get("sign_method") or MD5),
        }
        params["sign"] = sign_call(str(self.settings["sign_secret"]), params)
        path = "/" + method.replace(".", "/")
        answer: Mapping[str, Any] = self.exchange("GET", path, api=method, params=params)
        expect(self.CHANNEL, answer, path, "result")
        return answer

    def _token(self, path: str, grant: Mapping[str, str]) -> Token:
        form = {"app_id": str(self.settings["app_key"]), "app_secret": str(self.settings["app_secret"]), **grant}
        answer = self.exchange("POST", path, data=form)
        code = str(expect(self.CHANNEL, answer, path, "result"))
        if code in self.ERRORS.retry_after_seconds:
            self.ERRORS.raise_for(code, path=path)
        if code not in self.ERRORS.success:
            raise PlatformMisconfigured(self.CHANNEL, errcode=code, path=path)
        if answer.get("open_id") not in (None, "", self.settings["shop_id"]):
            raise PlatformMisconfigured(self.CHANNEL, reason="the authorisation is another shop's")
        return Token(
            str(expect(self.CHANNEL, answer, path, "access_token")),
            int(answer.get("expires_in") or TOKEN_SECONDS),
            str(answer.get("refresh_token") or ""),
        )


def _window(start: datetime, end: datetime) -> dict[str, int]:
    return {"beginTime": int(start.timestamp() * 1000), "endTime": int(end.timestamp() * 1000)}
