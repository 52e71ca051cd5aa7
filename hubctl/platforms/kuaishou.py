"""A double of Kuaishou shop's (快手小店) open API: tokens, orders, after-sales, reviews.

It checks each call's signature by an implementation of its own: all parameters but `sign` as `k=v`, sorted, joined
with `&`, then `&signSecret=…`; hex of MD5, or base64 of HMAC-SHA256, by `signMethod`. HTTP 200 always; `result` 1 is
success. Lists know its quirks: windows of 7 days and 1 day, cursors that end in `nomore`, after-sales that want a page
number beside the cursor and lack what only their detail tells. Codes for wrong parameters are made up.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import secrets
from collections.abc import Mapping, Sequence
from typing import Any

from hubctl.platforms.recorder import PlatformCall, Reply

TOKEN_SECONDS = 172_800
REFRESH_SECONDS = 15_552_000
DAY_MS = 86_400_000
DETAIL_ONLY = ("buyerOpenId", "logisticsInfo")


class Double:
    """apps: the settings of its connections. It knows any code, and refresh tokens of the settings or its own."""

    def __init__(self, apps: Sequence[Mapping[str, Any]]) -> None:
        self.apps = {str(app["app_key"]): app for app in apps}
        self.tokens: set[str] = set()
        self.refresh_tokens = {str(app.get("refresh_token") or "") for app in apps} - {""}
        self.orders: dict[str, dict[str, Any]] = {}
        self.after_sales: dict[str, dict[str, Any]] = {}
        self.reviews: dict[str, dict[str, Any]] = {}

    def answer(self, call: PlatformCall) -> Reply:
        """Kuaishou's answer to a call."""
        if call.path.startswith("/oauth2/"):
            return self._token(call)
        refusal = self._refusal(call)
        if refusal is not None:
            return refusal
        param = json.loads(call.query.get("param", "{}"))
        known = {
            "open.order.detail": self._order,
            "open.order.cursor.list": self._order_list,
            "open.seller.order.refund.detail": self._refund,
            "open.seller.order.refund.pcursor.list": self._refund_list,
            "open.comment.list.get": self._review_list,
        }
        return known[call.query["method"]](param) if call.query["method"] in known else _refusal(11, "no such method")

    def control(self, what: str, body: Any) -> Reply:
        """`orders` (data of open.order.detail), `after_sales` (data of …refund.detail), `reviews` (rows): one or a
        list, as they are now."""
        rows = body if isinstance(body, list) else [body]
        if what == "orders":
            self.orders |= {str(row["orderBaseInfo"]["oid"]): row for row in rows}
        elif what == "after_sales":
            self.after_sales |= {str(row["refundId"]): row for row in rows}
        elif what == "reviews":
            self.reviews |= {str(row["commentId"]): row for row in rows}
        else:
            return Reply({"error": f"kuaishou knows no {what}"}, 404)
        return Reply({"put": len(rows)})

    def expire_tokens(self) -> None:
        """Every access token is dead from now on."""
        self.tokens.clear()

    def _refusal(self, call: PlatformCall) -> Reply | None:
        app = self.apps.get(call.query.get("appkey", ""))
        if app is None or call.query.get("method", "").replace(".", "/") != call.path.strip("/"):
            return _refusal(22, "应用无权限")
        if not hmac.compare_digest(signature(str(app["sign_secret"]), call.query), call.query.get("sign", "")):
            return _refusal(28, "签名错误")
        return None if call.query.get("access_token") in self.tokens else _refusal(24, "access_token 已过期")

    def _token(self, call: PlatformCall) -> Reply:
        """The refresh token changes each time; the one before stays good, as Kuaishou keeps it for five minutes."""
        app = self.apps.get(str(call.body.get("app_id")))
        if app is None or call.body.get("app_secret") != app["app_secret"]:
            return _refusal(100200101, "invalid_client")
        grant = call.body.get("grant_type"), call.path
        refreshed = grant == ("refresh_token", "/oauth2/refresh_token")
        if refreshed and call.body.get("refresh_token") not in self.refresh_tokens:
            return _refusal(100200100, "invalid_grant")
        if not refreshed and (grant != ("code", "/oauth2/access_token") or not call.body.get("code")):
            return _refusal(100200100, "invalid_grant")
        token, renewal = secrets.token_hex(24), secrets.token_hex(24)
        self.tokens.add(token)
        self.refresh_tokens.add(renewal)
        lives = {"expires_in": TOKEN_SECONDS, "refresh_token_expires_in": REFRESH_SECONDS}
        answer = {"result": 1, "access_token": token, "refresh_token": renewal, **lives}
        return Reply({**answer, "open_id": app.get("shop_id", ""), "token_type": "bearer", "scopes": []})

    def _order(self, param: Mapping[str, Any]) -> Reply:
        return _found(self.orders.get(str(param.get("oid"))))

    def _refund(self, param: Mapping[str, Any]) -> Reply:
        return _found(self.after_sales.get(str(param.get("refundId"))))

    def _order_list(self, param: Mapping[str, Any]) -> Reply:
        if "orderViewStatus" not in param or "cursor" not in param or not 1 <= param.get("pageSize", 50) <= 50:
            return _refusal(109, "参数错误")
        if _span(param) > 7 * DAY_MS:
            return _refusal(109, "时间范围不能超过7天")
        within = _within(self.orders, param, lambda order: order["orderBaseInfo"]["updateTime"])
        within.sort(key=lambda order: order["orderBaseInfo"]["updateTime"], reverse=param.get("sort") != 1)
        shown, cursor = _cut(within, param["cursor"], param.get("pageSize", 50))
        return _ok({"orderList": shown, "cursor": cursor, "pageSize": len(shown)})

    def _refund_list(self, param: Mapping[str, Any]) -> Reply:
        if param.get("type") not in (8, 9) or "pcursor" not in param or not 1 <= param.get("pageSize", 100) <= 100:
            return _refusal(109, "参数错误")
        if not isinstance(param.get("currentPage"), int) or _span(param) > DAY_MS:
            return _refusal(109, "时间范围不能超过1天")
        within = _within(self.after_sales, param, lambda refund: refund["updateTime"])
        within.sort(key=lambda refund: refund["updateTime"], reverse=param.get("sort") != 2)
        shown, cursor = _cut(within, param["pcursor"], param.get("pageSize", 100))
        rows = [{name: row[name] for name in row if name not in DETAIL_ONLY} for row in shown]
        return _ok({"refundOrderInfoList": rows, "pcursor": cursor, "totalSize": len(within)})

    def _review_list(self, param: Mapping[str, Any]) -> Reply:
        if not 1 <= param.get("limit", 20) <= 20:
            return _refusal(109, "limit 不能超过20")
        first, last = param.get("createTimeFrom", 0), param.get("createTimeTo", 2**53)
        within = [row for row in self.reviews.values() if first <= row["createTime"] <= last]
        within.sort(key=lambda row: row["createTime"], reverse=True)
        at = param.get("offset", 0)
        return _ok({"rootComment": within[at : at + param.get("limit", 20)], "total": len(within)})


def signature(sign_secret: str, query: Mapping[str, str]) -> str:
    """The signature that a call with this query must carry."""
    base = "&".join(sorted(f"{name}={value}" for name, value in query.items() if name != "sign"))
    signed = (base + "&signSecret=" + sign_secret).encode("utf-8")
    if query.get("signMethod") == "HMAC_SHA256":
        return base64.b64encode(hmac.digest(sign_secret.encode(), signed, "sha256")).decode()
    return hashlib.md5(signed, usedforsecurity=False).hexdigest()


def _span(param: Mapping[str, Any]) -> int:
    return int(param.get("endTime", 0)) - int(param.get("beginTime", 0))


def _within(rows: Mapping[str, dict[str, Any]], param: Mapping[str, Any], changed: Any) -> list[dict[str, Any]]:
    return [row for row in rows.values() if param["beginTime"] <= changed(row) <= param["endTime"]]


def _cut(rows: list[dict[str, Any]], cursor: str, size: int) -> tuple[list[dict[str, Any]], str]:
    """A page, and the cursor of the next: opaque to callers, an offset to us."""
    at = int(cursor.removeprefix("c") or 0)
    return rows[at : at + size], f"c{at + size}" if at + size < len(rows) else "nomore"


def _found(row: dict[str, Any] | None) -> Reply:
    return _refusal(4001, "不存在") if row is None else _ok(row)


def _ok(data: dict[str, Any]) -> Reply:
    return Reply({"result": 1, "error_msg": "SUCCESS", "data": data})


def _refusal(result: int, message: str) -> Reply:
    return Reply({"result": result, "error_msg": message, "sub_msg": message, "data": None})
