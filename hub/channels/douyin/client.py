"""Signed calls to Douyin shop's API: what an order is, which orders changed, and tokens.

Base and rules: https://op.jinritemai.com/docs/guide-docs/ ; error codes: guide-docs/212/1427 (as public SDKs quote it).
The token and the signature travel in the query string, so no error here carries a URL.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import requests

from hub.channels.base import Settings
from hub.channels.client import TokenSource, exchange
from hub.channels.douyin.signing import canonical_json, sign_call
from hub.kernel.errors import Refuse, Retry

BASE_URL = "https://openapi-fxg.jinritemai.com"
TIMEOUT_SECONDS = (3.05, 10.0)
PAGE_SIZE = 100

SUCCESS = 10000
STALE_TOKEN = frozenset({"isv.access-token-expired", "isv.access-token-no-existed"})
RETRY_AFTER_SECONDS = {20000: 2, 20001: 2, 60000: 60}
MISCONFIGURED = frozenset({30001, 30002, 40001, 40003, 50001})


class DouyinRefused(Refuse):
    """Douyin answered with an error that trying again would not change."""

    code = "douyin-refused"


class DouyinMisconfigured(DouyinRefused):
    """The app or its authorisation is wrong: signature, permission, an untrusted IP, a shop that withdrew."""

    code = "douyin-misconfigured"


@dataclass(frozen=True)
class Token:
    """An access token (7 days) and what renews it (14 days)."""

    value: str
    expires_in_seconds: int
    refresh_value: str
    shop_id: str


@dataclass(frozen=True)
class OrderPage:
    """One page of orders by update time, oldest change first. has_more: ask for the next page, counted from 0."""

    orders: tuple[dict[str, Any], ...]
    total: int
    has_more: bool


class DouyinClient:
    """One app for one shop. settings: app_key, app_secret, shop_id. wall_now: real time, which is signed."""

    def __init__(
        self,
        settings: Settings,
        tokens: TokenSource | None = None,
        *,
        wall_now: Callable[[], datetime],
        base_url: str = BASE_URL,
        session: requests.Session | None = None,
        timeout: tuple[float, float] = TIMEOUT_SECONDS,
    ) -> None:
        self._settings = settings
        self._tokens = tokens
        self._wall_now = wall_now
        self._base_url = base_url.rstrip("/")
        self._session = session or requests.Session()
        self._timeout = timeout

    def fetch_token(self) -> tuple[str, int]:
        """A token and its life in seconds, as a token cache takes them."""
        token = self.create_token()
        return token.value, token.expires_in_seconds

    def create_token(self) -> Token:
        """A token for the own shop (grant_type authorization_self); it may be asked for again at any time."""
        params = {"code": "", "grant_type": "authorization_self", "shop_id": str(self._settings["shop_id"])}
        return _token(self._raise_or_data(self._exchange("/token/create", params, "")))

    def refresh_token(self, refresh_value: str) -> Token:
        """A new pair from the refresh token."""
        params = {"grant_type": "refresh_token", "refresh_token": refresh_value}
        return _token(self._raise_or_data(self._exchange("/token/refresh", params, "")))

    def order_detail(self, order_no: str) -> dict[str, Any]:
        """The `shop_order_detail` of one order."""
        detail = self._call("/order/orderDetail", {"shop_order_id": order_no}).get("shop_order_detail")
        if not isinstance(detail, dict):
            raise Retry("douyin-unreadable", path="/order/orderDetail")
        return detail

    def search_orders(self, updated_from: datetime, updated_to: datetime, page: int = 0) -> OrderPage:
        """Orders that changed in the window, both ends whole seconds. Without order_by rows would be missed."""
        params = {
            "update_time_start": int(updated_from.timestamp()),
            "update_time_end": int(updated_to.timestamp()),
            "order_by": "update_time",
            "order_asc": True,
            "page": page,
            "size": PAGE_SIZE,
        }
        data = self._call("/order/searchList", params)
        orders, told = tuple(data.get("shop_order_list") or ()), str(data.get("total") or 0)
        if not told.isdecimal() or not all(isinstance(order, dict) for order in orders):
            raise Retry("douyin-unreadable", path="/order/searchList")
        total = int(told)
        return OrderPage(orders, total, bool(orders) and (page + 1) * PAGE_SIZE < total)

    def _call(self, path: str, params: Mapping[str, Any]) -> dict[str, Any]:
        """A call with the token; one that died early is renewed once."""
        if self._tokens is None:
            raise DouyinMisconfigured("no source of tokens")
        answer = self._exchange(path, params, self._tokens.get(False))
        if answer.get("sub_code") in STALE_TOKEN:
            answer = self._exchange(path, params, self._tokens.get(True))
        return self._raise_or_data(answer)

    def _exchange(self, path: str, params: Mapping[str, Any], token: str) -> dict[str, Any]:
        body = canonical_json(params)
        answer = exchange(
            self._session,
            "douyin",
            "POST",
            self._base_url,
            path,
            code_field="code",
            timeout=self._timeout,
            params=self._query(path, body, token),
            data=body.encode(),
            headers={"content-type": "application/json; charset=utf-8"},
        )
        if "code" not in answer:
            raise Retry("douyin-unreadable", path=path)
        return answer

    def _query(self, path: str, body: str, token: str) -> dict[str, str]:
        key, secret = self._settings["app_key"], self._settings["app_secret"]
        method, timestamp = path.strip("/").replace("/", "."), str(int(self._wall_now().timestamp()))
        signature = sign_call(key, secret, method=method, param_json=body, timestamp=timestamp)
        query = {"app_key": key, "method": method, "timestamp": timestamp, "v": "2"}
        query |= {"sign": signature, "sign_method": "hmac-sha256"}
        return query | ({"access_token": token} if token else {})

    @staticmethod
    def _raise_or_data(answer: Mapping[str, Any]) -> dict[str, Any]:
        code, sub_code = answer.get("code"), str(answer.get("sub_code", ""))[:80]
        if code == SUCCESS:
            data = answer.get("data")
            return data if isinstance(data, dict) else {}
        if code in RETRY_AFTER_SECONDS or sub_code in STALE_TOKEN:
            raise Retry("douyin", after_seconds=RETRY_AFTER_SECONDS.get(int(code or 0), 30), errcode=code)
        kind = DouyinMisconfigured if code in MISCONFIGURED else DouyinRefused
        raise kind("douyin", errcode=code, sub_code=sub_code)


def _token(data: Mapping[str, Any]) -> Token:
    try:
        return Token(
            str(data["access_token"]),
            int(data["expires_in"]),
            str(data.get("refresh_token", "")),
            str(data.get("shop_id", "")),
        )
    except (KeyError, TypeError, ValueError):
        raise Retry("douyin-unreadable", path="/token") from None
