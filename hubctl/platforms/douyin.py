"""A double of the Douyin shop (抖店) open API: tokens, orders and after-sales.

It checks each call's signature by an implementation of its own: base = secret + "app_key" + key + "method" + method +
"param_json" + body + "timestamp" + t + "v2" + secret, hex of HMAC-SHA256 keyed with the secret, over the body written
with sorted keys and no spaces. HTTP 200 always; `code` 10000 is success.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import secrets
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from hubctl.platforms.recorder import PlatformCall, Reply

TOKEN_SECONDS = 7 * 86_400
PAGE_SIZE_MAX = 100
DEPTH_MAX = 50_000
TOKEN_PATHS = ("/token/create", "/token/refresh")


class Double:
    """apps: settings with app_key and app_secret. Orders and after-sales are kept as their detail APIs tell them."""

    def __init__(self, apps: Sequence[Mapping[str, Any]]) -> None:
        self.secrets = {str(app["app_key"]): str(app["app_secret"]) for app in apps}
        self.tokens: set[str] = set()
        self.refresh_tokens: set[str] = set()
        self.orders: dict[str, dict[str, Any]] = {}
        self.after_sales: dict[str, dict[str, Any]] = {}

    def answer(self, call: PlatformCall) -> Reply:
        """Douyin's answer to a call."""
        known = {
            "/token/create": self._create,
            "/token/refresh": self._refresh,
            "/order/orderDetail": self._order,
            "/order/searchList": self._orders,
            "/afterSale/Detail": self._after_sale,
            "/afterSale/List": self._after_sales,
        }
        handler = known.get(call.path)
        if handler is None:
            return _refusal(40004, "isv.api-not-exist", "unknown method")
        if not self._signed(call):
            return _refusal(30001, "isv.sign-invalid", "签名校验失败")
        if call.path not in TOKEN_PATHS and call.query.get("access_token") not in self.tokens:
            return _refusal(30002, "isv.access-token-expired", "access_token 已过期")
        return handler(call)

    def control(self, what: str, body: Any) -> Reply:
        """orders: `shop_order_detail`s; after_sales: data of /afterSale/Detail. A later one replaces the earlier."""
        items = body if isinstance(body, list) else [body]
        if what == "orders":
            by_number = {str(order["order_id"]): order for order in items}
            self.orders |= by_number
        elif what == "after_sales":
            by_number = {str(_info(item)["after_sale_id"]): item for item in items}
            self.after_sales |= by_number
        else:
            return Reply({"error": f"no control {what}"}, 404)
        return Reply({what: list(by_number)})

    def expire_tokens(self) -> None:
        """Every access token given out so far is invalid from now on; the refresh tokens live."""
        self.tokens.clear()

    def _signed(self, call: PlatformCall) -> bool:
        secret = self.secrets.get(call.query.get("app_key", ""))
        if secret is None or call.query.get("method") != call.path.strip("/").replace("/", "."):
            return False
        expected = signature(secret, call.query, call.body)
        return hmac.compare_digest(expected, call.query.get("sign", ""))

    def _create(self, call: PlatformCall) -> Reply:
        if call.body.get("grant_type") != "authorization_self" or not call.body.get("shop_id"):
            return _refusal(40003, "isv.parameter-invalid", "授权类型或店铺错误")
        return self._new_tokens()

    def _refresh(self, call: PlatformCall) -> Reply:
        old = str(call.body.get("refresh_token"))
        if old not in self.refresh_tokens:
            return _refusal(40003, "isv.refresh-token-invalid", "refresh_token 无效")
        self.refresh_tokens.discard(old)
        return self._new_tokens()

    def _new_tokens(self) -> Reply:
        token, refresh = secrets.token_hex(24), secrets.token_hex(24)
        self.tokens.add(token)
        self.refresh_tokens.add(refresh)
        return _ok({"access_token": token, "refresh_token": refresh, "expires_in": TOKEN_SECONDS})

    def _order(self, call: PlatformCall) -> Reply:
        order = self.orders.get(str(call.body.get("shop_order_id")))
        if order is None:
            return _refusal(50002, "isv.business-failed:order-not-found", "订单不存在")
        return _ok({"shop_order_detail": order})

    def _after_sale(self, call: PlatformCall) -> Reply:
        after_sale = self.after_sales.get(str(call.body.get("after_sale_id")))
        if after_sale is None:
            return _refusal(50002, "isv.business-failed:aftersale-not-found", "售后单不存在")
        return _ok(after_sale)

    def _orders(self, call: PlatformCall) -> Reply:
        """Orders updated within [update_time_start, update_time_end]; without `order_by` by time of creation."""
        body = call.body
        key = "update_time" if body.get("order_by") == "update_time" else "create_time"
        rows = _within(self.orders.values(), body.get("update_time_start"), body.get("update_time_end"))
        rows.sort(key=lambda order: int(order.get(key, 0)), reverse=not body.get("order_asc", False))
        page, size, shown = _shown(rows, body)
        return _ok({"shop_order_list": shown, "total": len(rows), "page": page, "size": size})

    def _after_sales(self, call: PlatformCall) -> Reply:
        """After-sales by update time; without `order_by` a polling reader misses rows, so here it gets none."""
        body = call.body
        if "update_time asc" not in (body.get("order_by") or ()):
            return _ok({"items": [], "total": 0, "has_more": False, "page": 0, "size": 0})
        if int(body.get("page", 0)) * int(body.get("size", 20)) > DEPTH_MAX:
            return _refusal(50002, "isv.business-failed:too-deep", "page*size 不能超过 50000")
        listed = [_listed(after_sale) for after_sale in self.after_sales.values()]
        rows = _within(listed, body.get("update_start_time"), body.get("update_end_time"))
        rows.sort(key=lambda row: int(row["update_time"]))
        page, size, shown = _shown(rows, body)
        items = [{"aftersale_info": row, "order_info": row.pop("order_info")} for row in shown]
        more = (page + 1) * size < len(rows)
        return _ok({"items": items, "total": len(rows), "has_more": more, "page": page, "size": len(items)})


def signature(secret: str, query: Mapping[str, str], body: Mapping[str, Any]) -> str:
    """The signature that a call with this query and body must carry (sign_method hmac-sha256, v 2)."""
    canonical = json.dumps(body, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    named = {"app_key": query.get("app_key", ""), "method": query.get("method", ""), "param_json": canonical}
    named |= {"timestamp": query.get("timestamp", ""), "v": "2"}
    base = secret + "".join(f"{name}{named[name]}" for name in sorted(named)) + secret
    return hmac.new(secret.encode(), base.encode(), hashlib.sha256).hexdigest()


def _info(data: Mapping[str, Any]) -> Mapping[str, Any]:
    info: Mapping[str, Any] = data["process_info"]["after_sale_info"]
    return info


def _listed(data: Mapping[str, Any]) -> dict[str, Any]:
    """An after-sale as the list tells it: other names, numbers as texts, and not what was paid back."""
    info = _info(data)
    row = {name: info.get(name) for name in ("update_time", "apply_time", "status_deadline", "refund_status")}
    row |= {"aftersale_id": str(info["after_sale_id"]), "aftersale_status": info.get("after_sale_status")}
    row |= {"aftersale_type": info.get("after_sale_type"), "refund_amount": info.get("refund_total_amount")}
    order = str(data.get("order_info", {}).get("shop_order_id", ""))
    return row | {"order_info": {"shop_order_id": order}}


def _within(rows: Iterable[dict[str, Any]], first: Any, last: Any) -> list[dict[str, Any]]:
    return [row for row in rows if int(first or 0) <= int(row.get("update_time") or 0) <= int(last or 2**53)]


def _shown(rows: list[dict[str, Any]], body: Mapping[str, Any]) -> tuple[int, int, list[dict[str, Any]]]:
    page, size = int(body.get("page", 0)), min(int(body.get("size", 20)), PAGE_SIZE_MAX)
    return page, size, rows[page * size : (page + 1) * size]


def _ok(data: Mapping[str, Any]) -> Reply:
    return Reply({"code": 10000, "msg": "success", "sub_code": "", "sub_msg": "", "data": dict(data)})


def _refusal(code: int, sub_code: str, message: str) -> Reply:
    return Reply({"code": code, "msg": message, "sub_code": sub_code, "sub_msg": message, "data": None})
