"""A double of Xiaohongshu's (小红书) open API: tokens, orders, after-sales, all behind one URL.

It checks each call's signature by an implementation of its own: hex of MD5 over `method?appId=…&timestamp=…&version=…`
and the app secret. Its quirks: lists sort the latest change first and page by number, order times are seconds (unless
the app's settings say otherwise), after-sale times milliseconds, windows are 30 minutes, list rows lack what only the
detail tells, and after-sales come in an envelope of their own. Error codes are made up: none are public.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
import time
from collections.abc import Mapping, Sequence
from typing import Any

from hubctl.platforms.recorder import PlatformCall, Reply

PATH = "/ark/open_api/v3/common_controller"
TOKEN_SECONDS = 7 * 86_400
REFRESH_SECONDS = 14 * 86_400
WINDOW_SECONDS = 1800
PAGES_MAX = 100
ROWS_MAX = 50_000
ORDER_DETAIL_ONLY = ("totalPayAmount", "totalShippingFree", "sellerId", "skuList", "expressTrackingNo")
AFTER_SALE_ROW = (
    "returnsId",
    "returnType",
    "status",
    "userId",
    "orderId",
    "applyTime",
    "updatedAt",
    "expireTime",
    "expectedRefundAmountYuan",
)


class Double:
    """apps: the settings of its connections. It knows any code, and refresh tokens of the settings or its own."""

    def __init__(self, apps: Sequence[Mapping[str, Any]]) -> None:
        self.apps = {str(app["app_key"]): app for app in apps}
        self.tokens: dict[str, int] = {}
        self.refresh_tokens = {str(app.get("refresh_token") or "") for app in apps} - {""}
        self.orders: dict[str, dict[str, Any]] = {}
        self.after_sales: dict[str, dict[str, Any]] = {}

    def answer(self, call: PlatformCall) -> Reply:
        """Xiaohongshu's answer to a call."""
        app = self.apps.get(str(call.body.get("appId")))
        if call.path != PATH or call.method != "POST" or app is None:
            return _refusal(-1000, "应用不存在")
        if not hmac.compare_digest(signature(str(app["app_secret"]), call.body), str(call.body.get("sign"))):
            return _refusal(-1001, "签名校验失败")
        method = str(call.body.get("method"))
        if method.startswith("oauth."):
            return self._token(app, method, call.body)
        if str(call.body.get("accessToken")) not in self.tokens:
            return _refusal(-1002, "accessToken已过期")
        known = {
            "order.getOrderDetail": self._order,
            "order.getOrderList": lambda body: self._order_list(app, body),
            "afterSale.getAfterSaleInfo": self._after_sale,
            "afterSale.listAfterSaleInfos": self._after_sale_list,
        }
        return known[method](call.body) if method in known else _refusal(-1003, "方法不存在")

    def control(self, what: str, body: Any) -> Reply:
        """`orders` (data of order.getOrderDetail), `after_sales` (data of afterSale.getAfterSaleInfo): one or a list,
        as they are now."""
        rows = body if isinstance(body, list) else [body]
        if what == "orders":
            self.orders |= {str(row["orderId"]): row for row in rows}
        elif what == "after_sales":
            self.after_sales |= {str(row["afterSaleInfo"]["returnsId"]): row for row in rows}
        else:
            return Reply({"error": f"xiaohongshu knows no {what}"}, 404)
        return Reply({"put": len(rows)})

    def expire_tokens(self) -> None:
        """Every access token is dead from now on."""
        self.tokens.clear()

    def _token(self, app: Mapping[str, Any], method: str, body: Mapping[str, Any]) -> Reply:
        """Lives end at an absolute time in milliseconds."""
        if method == "oauth.refreshToken" and body.get("refreshToken") not in self.refresh_tokens:
            return _refusal(-1004, "refreshToken无效")
        if method == "oauth.getAccessToken" and not body.get("code"):
            return _refusal(-1004, "code无效")
        token, renewal, now = secrets.token_hex(16), secrets.token_hex(16), int(time.time())
        self.tokens[token] = now + TOKEN_SECONDS
        self.refresh_tokens.add(renewal)
        ends = {
            "accessTokenExpiresAt": self.tokens[token] * 1000,
            "refreshTokenExpiresAt": (now + REFRESH_SECONDS) * 1000,
        }
        pair = {"accessToken": token, "refreshToken": renewal, **ends}
        return _ok({**pair, "sellerId": app.get("shop_id", ""), "sellerName": "双子店"})

    def _order(self, body: Mapping[str, Any]) -> Reply:
        order = self.orders.get(str(body.get("orderId")))
        return _refusal(-2000101, "包裹不存在") if order is None else _ok(order)

    def _after_sale(self, body: Mapping[str, Any]) -> Reply:
        known = self.after_sales.get(str(body.get("returnsId")))
        return _wrapped(None, -2000102, "售后单不存在") if known is None else _wrapped(known)

    def _order_list(self, app: Mapping[str, Any], body: Mapping[str, Any]) -> Reply:
        unit = 1000 if app.get("order_time_unit") == "milliseconds" else 1
        wrong = _wrong_page(body, unit) or ("页码超限" if body.get("pageNo", 1) > PAGES_MAX else "")
        if wrong:
            return _refusal(-2000400, wrong)
        orders = _changed(list(self.orders.values()), "updateTime", body, unit)
        rows = [{name: order[name] for name in order if name not in ORDER_DETAIL_ONLY} for order in orders]
        return _ok(
            {
                "orderList": _numbered(rows, body),
                "total": len(rows),
                "maxPageNo": -(-len(rows) // body.get("pageSize", 50)),
            }
        )

    def _after_sale_list(self, body: Mapping[str, Any]) -> Reply:
        wrong = _wrong_page(body, 1000)
        if wrong or body.get("pageNo", 1) * body.get("pageSize", 50) > ROWS_MAX:
            return _wrapped(None, -2000400, wrong or "页码超限")
        known = [after_sale["afterSaleInfo"] for after_sale in self.after_sales.values()]
        changed = _changed(known, "updatedAt", body, 1000)
        rows = [{name: info[name] for name in AFTER_SALE_ROW if name in info} for info in changed]
        return _wrapped({"afterSaleBasicInfos": _numbered(rows, body), "totalCount": len(rows)})


def signature(app_secret: str, body: Mapping[str, Any]) -> str:
    """The signature that a call with this body must carry."""
    parts = sorted(f"{name}={body.get(name, '')}" for name in ("appId", "timestamp", "version"))
    return hashlib.md5(
        f"{body.get('method')}?{'&'.join(parts)}{app_secret}".encode(), usedforsecurity=False
    ).hexdigest()


def _wrong_page(body: Mapping[str, Any], unit: int) -> str:
    """What is wrong with a list's window and page, "" when nothing is."""
    span = int(body.get("endTime", 0)) - int(body.get("startTime", 0))
    if body.get("timeType") != 2 or not 0 < span <= WINDOW_SECONDS * unit:
        return "更新时间范围不能超过30分钟"
    return "" if 0 < body.get("pageSize", 50) <= 100 else "pageSize 不能超过100"


def _changed(rows: list[dict[str, Any]], name: str, body: Mapping[str, Any], unit: int) -> list[dict[str, Any]]:
    """The rows of a window, the latest change first. Rows have milliseconds, the window its own unit."""
    first, last = (int(body[side]) * 1000 // unit for side in ("startTime", "endTime"))
    return sorted((row for row in rows if first <= row[name] <= last), key=lambda row: -int(row[name]))


def _numbered(rows: list[dict[str, Any]], body: Mapping[str, Any]) -> list[dict[str, Any]]:
    page, size = body.get("pageNo", 1), body.get("pageSize", 50)
    return rows[(page - 1) * size : page * size]


def _ok(data: dict[str, Any]) -> Reply:
    return Reply({"success": True, "error_code": 0, "error_msg": "", "data": data})


def _wrapped(data: dict[str, Any] | None, code: int = 0, message: str = "") -> Reply:
    """The newer methods' answers: the business envelope inside the gateway's."""
    return _ok({"success": code == 0, "code": code, "msg": message, "data": data})


def _refusal(code: int, message: str) -> Reply:
    return Reply({"success": False, "error_code": code, "error_msg": message})
