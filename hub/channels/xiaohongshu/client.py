"""Signed calls to Xiaohongshu's API: orders, after-sales, and tokens. It has no API for reviews.

https://open.xiaohongshu.com/document/developer/file/40 (read 2026-08 and 2026-09). One URL; the method, the system
parameters and the business parameters lie side by side in one JSON object.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, TypeGuard

from hub.channels.client import (
    ApiClient,
    ErrorTable,
    PlatformMisconfigured,
    PlatformRefused,
    Token,
    count_of,
    expect,
    expect_rows,
)
from hub.channels.market import Entity, Feed, Row, Rows, rows_of
from hub.channels.xiaohongshu.signing import VERSION, sign_call

STALE_TOKEN, TOO_MANY = "stale-token", "too-many"
ERRORS = ErrorTable(
    "xiaohongshu",
    stale_token=frozenset({STALE_TOKEN}),
    retry_after_seconds={TOO_MANY: 5},
    gone=frozenset({"-2000101"}),  # "no such parcel"; reported, not in any document
)
FEEDS = (
    Feed("order", "backward", 100, window=timedelta(minutes=30), complete=False),
    Feed("after_sale", "backward", 100, window=timedelta(minutes=30), complete=False),
)
PATH = "/ark/open_api/v3/common_controller"
BY_UPDATE_TIME = 2
_TOKEN_WORDS = re.compile(r"access.?token|令牌", re.IGNORECASE)
_LIMIT_WORDS = re.compile(r"限流|频繁|too many|rate.?limit|flow.?limit", re.IGNORECASE)


class Client(ApiClient):
    """One app for one shop. settings: app_key, app_secret, shop_id, refresh_token or code, order_time_unit."""

    CHANNEL = "xiaohongshu"
    BASE_URL = "https://ark.xiaohongshu.com"
    ERRORS = ERRORS

    def read(self, entity: Entity, number: str, order_no: str = "") -> Row:
        """An order or after-sale by its number, whole."""
        if entity == "order":
            return self._row(number, self._call("order.getOrderDetail", {"orderId": number}), number)
        if entity != "after_sale":
            raise PlatformRefused(self.CHANNEL, reason="has no API", entity=entity)
        data = self._call("afterSale.getAfterSaleInfo", {"returnsId": number})
        expect(self.CHANNEL, data, PATH, "afterSaleInfo", "returnsId")
        return self._row(number, data, order_no)

    def page(self, entity: Entity, start: datetime, end: datetime, position: str) -> Rows:
        """One numbered page, from 1, of what changed between two moments, the latest change first."""
        page = {"timeType": BY_UPDATE_TIME, "pageNo": int(position or 1), "pageSize": 100}
        if entity == "order":
            unit = 1000 if self.settings.get("order_time_unit") == "milliseconds" else 1
            data = self._call("order.getOrderList", {**page, **_window(start, end, unit)})
            return self._rows(data, "orderList", "orderId", "total")
        if entity == "after_sale":
            data = self._call("afterSale.listAfterSaleInfos", {**page, **_window(start, end, 1000)})
            return self._rows(data, "afterSaleBasicInfos", "returnsId", "totalCount")
        raise PlatformRefused(self.CHANNEL, reason="has no API", entity=entity)

    def fetch_token(self, renewal: str = "") -> Token:
        """A pair by the last refresh token, else by what the settings hold. Raises PlatformMisconfigured.

        Before its last 30 minutes a token is answered again unchanged. A code lives ten minutes.
        """
        refresh_token = renewal or str(self.settings.get("refresh_token") or "")
        code = str(self.settings.get("code") or "")
        if refresh_token:
            return self._token("oauth.refreshToken", {"refreshToken": refresh_token})
        if not code:
            raise PlatformMisconfigured(self.CHANNEL, reason="no refresh_token and no code")
        return self._token("oauth.getAccessToken", {"code": code})

    def _rows(self, data: Mapping[str, Any], listed: str, number: str, total: str) -> Rows:
        items = expect_rows(self.CHANNEL, data, PATH, listed)

        def row(item: Mapping[str, Any]) -> Row:
            return self._row(str(expect(self.CHANNEL, item, PATH, number)), item, str(item.get("orderId", "")))

        return Rows(rows_of(items, row), total=count_of(self.CHANNEL, data, PATH, total))

    def _row(self, number: str, detail: Mapping[str, Any], order_no: str) -> Row:
        """After-sales name no shop: our own setting joins them to their orders."""
        return Row(number, {**detail, "shopId": self.settings["shop_id"]}, order_no)

    def _call(self, method: str, business: Mapping[str, Any]) -> Mapping[str, Any]:
        """The `data` of a call with the token; one that died early is renewed once."""
        answer = self.with_token(lambda token: self._exchange(method, {**business, "accessToken": token}), _verdict)
        return _opened(answer)

    def _exchange(self, method: str, fields: Mapping[str, Any]) -> Mapping[str, Any]:
        key, timestamp = str(self.settings["app_key"]), str(int(self.wall_now().timestamp()))
        sign = sign_call(key, str(self.settings["app_secret"]), method=method, timestamp=timestamp)
        system = {"appId": key, "timestamp": timestamp, "version": VERSION, "method": method, "sign": sign}
        answer: Mapping[str, Any] = self.exchange("POST", PATH, api=method, json={**fields, **system})
        expect(self.CHANNEL, answer, PATH, "success")
        return answer

    def _token(self, method: str, grant: Mapping[str, str]) -> Token:
        answer = self._exchange(method, grant)
        verdict = _verdict(answer)
        if verdict == STALE_TOKEN:
            raise PlatformMisconfigured(self.CHANNEL, reason="the authorisation ended")
        self.ERRORS.raise_for(verdict, method=method)
        data = _opened(answer)
        if data.get("sellerId") not in (None, "", self.settings["shop_id"]):
            raise PlatformMisconfigured(self.CHANNEL, reason="the authorisation is another shop's")
        ends_at = count_of(self.CHANNEL, data, PATH, "accessTokenExpiresAt") // 1000
        life_seconds = max(ends_at - int(self.wall_now().timestamp()), 0)
        return Token(
            str(expect(self.CHANNEL, data, PATH, "accessToken")),
            life_seconds,
            str(expect(self.CHANNEL, data, PATH, "refreshToken")),
        )


def _verdict(answer: Mapping[str, Any]) -> str:
    """What the outer or the inner envelope complains of, "0" when neither does.

    No table of error codes is public, so a dead token and a limit are known by the words of the message.
    """
    for envelope in (answer, answer.get("data")):
        if not _is_envelope(envelope) or _succeeded(envelope):
            continue
        words = str(envelope.get("error_msg") or envelope.get("msg") or "")
        if _TOKEN_WORDS.search(words):
            return STALE_TOKEN
        return TOO_MANY if _LIMIT_WORDS.search(words) else str(_code(envelope) or "no-success")
    return "0"


def _opened(answer: Mapping[str, Any]) -> Mapping[str, Any]:
    """The business data: newer methods (after-sales) wrap it once more."""
    data = answer.get("data")
    inner = data.get("data") if _is_envelope(data) else data
    return inner if isinstance(inner, Mapping) else {}


def _is_envelope(value: Any) -> TypeGuard[Mapping[str, Any]]:
    return isinstance(value, Mapping) and "success" in value


def _succeeded(envelope: Mapping[str, Any]) -> bool:
    return envelope.get("success") is True and not _code(envelope)


def _code(envelope: Mapping[str, Any]) -> Any:
    return envelope.get("error_code") or envelope.get("code") or 0


def _window(start: datetime, end: datetime, unit: int) -> dict[str, int]:
    return {"startTime": int(start.timestamp() * unit), "endTime": int(end.timestamp() * unit)}
