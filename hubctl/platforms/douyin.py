"""A double of the Douyin shop (抖店) open API: tokens, order detail and order list.

It checks each call's signature by an implementation of its own: base = secret + "app_key" + key + "method" + method +
"param_json" + body + "timestamp" + t + "v2" + secret, hex of HMAC-SHA256 keyed with the secret, over the body written
with sorted keys and no spaces. HTTP 200 always; `code` 10000 is success.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from hubctl.platforms.recorder import PlatformCall, Reply

CHANNEL = "douyin"
TOKEN_SECONDS = 7 * 86_400
PAGE_SIZE_MAX = 100


@dataclass
class Douyin:
    """apps: app key → app secret. orders: order id → the order as `shop_order_detail` has it."""

    apps: Mapping[str, str]
    tokens: set[str] = field(default_factory=set)
    orders: dict[str, dict[str, Any]] = field(default_factory=dict)

    def answer(self, call: PlatformCall) -> Reply:
        """Douyin's answer to a call."""
        known = {
            "/token/create": self._token,
            "/order/orderDetail": self._detail,
            "/order/searchList": self._list,
        }
        handler = known.get(call.path)
        if handler is None:
            return _refusal(40004, "isv.api-not-exist", "unknown method")
        if not self._signed(call):
            return _refusal(30001, "isv.sign-invalid", "签名校验失败")
        if call.path != "/token/create" and call.query.get("access_token") not in self.tokens:
            return _refusal(30002, "isv.access-token-expired", "access_token 已过期")
        return handler(call)

    def put_order(self, order: dict[str, Any]) -> None:
        """The order as it stands now; a later one under the same id replaces it."""
        self.orders[str(order["order_id"])] = order

    def expire_tokens(self) -> None:
        self.tokens.clear()

    def _signed(self, call: PlatformCall) -> bool:
        secret = self.apps.get(call.query.get("app_key", ""))
        if secret is None or call.query.get("method") != call.path.strip("/").replace("/", "."):
            return False
        expected = signature(secret, call.query, call.body)
        return hmac.compare_digest(expected, call.query.get("sign", ""))

    def _token(self, _call: PlatformCall) -> Reply:
        token = secrets.token_hex(24)
        self.tokens.add(token)
        refresh = secrets.token_hex(24)
        return _ok({"access_token": token, "refresh_token": refresh, "expires_in": TOKEN_SECONDS})

    def _detail(self, call: PlatformCall) -> Reply:
        order = self.orders.get(str(call.body.get("shop_order_id")))
        if order is None:
            return _refusal(50002, "isv.business-failed:order-not-found", "订单不存在")
        return _ok({"shop_order_detail": order})

    def _list(self, call: PlatformCall) -> Reply:
        """Orders updated within [update_time_start, update_time_end], the earliest first; pages from 0."""
        body = call.body
        first, last = int(body.get("update_time_start", 0)), int(body.get("update_time_end", 2**53))
        found = [order for order in self.orders.values() if first <= int(order.get("update_time", 0)) <= last]
        found.sort(key=lambda order: int(order.get("update_time", 0)), reverse=not body.get("order_asc", False))
        page, size = int(body.get("page", 0)), min(int(body.get("size", 20)), PAGE_SIZE_MAX)
        shown = found[page * size : (page + 1) * size]
        return _ok({"shop_order_list": shown, "total": len(found), "page": page, "size": size})


def signature(secret: str, query: Mapping[str, str], body: Mapping[str, Any]) -> str:
    """The signature that a call with this query and body must carry (sign_method hmac-sha256, v 2)."""
    canonical = json.dumps(body, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    named = {"app_key": query.get("app_key", ""), "method": query.get("method", ""), "param_json": canonical}
    named |= {"timestamp": query.get("timestamp", ""), "v": "2"}
    base = secret + "".join(f"{name}{named[name]}" for name in sorted(named)) + secret
    return hmac.new(secret.encode(), base.encode(), hashlib.sha256).hexdigest()


def _ok(data: dict[str, Any]) -> Reply:
    return Reply({"code": 10000, "msg": "success", "sub_code": "", "sub_msg": "", "data": data})


def _refusal(code: int, sub_code: str, message: str) -> Reply:
    return Reply({"code": code, "msg": message, "sub_code": sub_code, "sub_msg": message, "data": None})
