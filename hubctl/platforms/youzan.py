"""A double of Youzan's (有赞) open API: tokens by silent grant, orders and refunds.

HTTP 200 always: the gateway refuses with `gw_err_resp`, an API with `success` false and a `code`. Lists are by update
time, the latest change first, in pages from 1; beyond page 100, or 3000 refunds deep, they refuse.
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta, timezone
from typing import Any

from hubctl.platforms.recorder import PlatformCall, Reply

TOKEN_SECONDS = 7 * 86_400
PAGE_NO_MAX = 100
REFUNDS_DEPTH_MAX = 3000
CHINA = timezone(timedelta(hours=8))


class Double:
    """apps: settings with client_id, client_secret, kdt_id. Orders and refunds are as the detail APIs have them."""

    def __init__(self, apps: Sequence[Mapping[str, Any]]) -> None:
        self.apps = {(str(app["client_id"]), str(app["client_secret"])): str(app["kdt_id"]) for app in apps}
        self.tokens: dict[str, str] = {}
        self.orders: dict[str, dict[str, Any]] = {}
        self.refunds: dict[str, dict[str, Any]] = {}

    def answer(self, call: PlatformCall) -> Reply:
        """Youzan's answer to a call."""
        if call.path == "/auth/token":
            return self._token(call)
        known = {
            "/api/youzan.trade.get/4.0.2": self._order,
            "/api/youzan.trades.sold.get/4.0.4": self._orders,
            "/api/youzan.trade.refund.get/3.0.1": self._refund,
            "/api/youzan.trade.refund.search/3.0.1": self._refunds,
        }
        handler = known.get(call.path)
        if handler is None:
            return _gateway(4005, "无效的API")
        if call.query.get("access_token", "") not in self.tokens:
            return _gateway(4203, "令牌无效或已过期")
        return handler(call.body)

    def control(self, what: str, body: Any) -> Reply:
        """orders: data of youzan.trade.get; after_sales: data of youzan.trade.refund.get. A later one replaces it."""
        items = body if isinstance(body, list) else [body]
        if what == "orders":
            listed = {str(_order_info(order)["tid"]): order for order in items}
            self.orders |= listed
        elif what == "after_sales":
            listed = {str(refund["refund_id"]): refund for refund in items}
            self.refunds |= listed
        else:
            return Reply({"error": f"no control {what}"}, 404)
        return Reply({what: list(listed)})

    def expire_tokens(self) -> None:
        """Every token given out so far is invalid from now on."""
        self.tokens.clear()

    def _token(self, call: PlatformCall) -> Reply:
        body = call.body
        shop = self.apps.get((str(body.get("client_id")), str(body.get("client_secret"))))
        if shop is None or body.get("authorize_type") != "silent" or str(body.get("grant_id")) != shop:
            return Reply({"success": False, "code": 40013, "message": "client_id 或 client_secret 错误", "data": None})
        token = secrets.token_hex(16)
        self.tokens[token] = shop
        expires = int((time.time() + TOKEN_SECONDS) * 1000)
        return _ok({"access_token": token, "expires": expires, "scope": "multi_store", "authority_id": shop})

    def _order(self, body: Mapping[str, Any]) -> Reply:
        order = self.orders.get(str(body.get("tid")))
        return _ok(order) if order else _refusal(101305002, "订单不存在")

    def _refund(self, body: Mapping[str, Any]) -> Reply:
        refund = self.refunds.get(str(body.get("refund_id")))
        return _ok(refund, "200") if refund else _refusal(103011024, "退款记录不存在")

    def _orders(self, body: Mapping[str, Any]) -> Reply:
        first, last = _moment(body.get("start_update")), _moment(body.get("end_update"))
        rows = [row for row in self.orders.values() if first <= _moment(_order_info(row).get("update_time")) <= last]
        rows.sort(key=lambda row: _moment(_order_info(row).get("update_time")), reverse=True)
        page_no, page_size = int(body.get("page_no", 1)), int(body.get("page_size", 20))
        if page_no > PAGE_NO_MAX or not 1 <= page_size <= 100:
            return _refusal(101305003, "分页参数错误")
        shown = [{"full_order_info": row["full_order_info"]} for row in _shown(rows, page_no, page_size)]
        return _ok({"full_order_info_list": shown, "total_results": len(rows)})

    def _refunds(self, body: Mapping[str, Any]) -> Reply:
        """What a list tells of a refund: not its funds."""
        first, last = int(body.get("update_time_start", 0)), int(body.get("update_time_end", 2**53))
        rows = [row for row in self.refunds.values() if first <= _moment(row.get("modified")).timestamp() <= last]
        rows.sort(key=lambda row: _moment(row.get("modified")), reverse=True)
        page_no, page_size = int(body.get("page_no", 1)), int(body.get("page_size", 20))
        if page_no > PAGE_NO_MAX or page_no * page_size > REFUNDS_DEPTH_MAX:
            return _refusal(103010001, "超过ES搜索最大深度", "103010001")
        shown = _shown(rows, page_no, page_size)
        listed = [{name: value for name, value in row.items() if name != "refund_fund_list"} for row in shown]
        return _ok({"refunds": listed, "total": len(rows)}, "200")


def _order_info(order: Mapping[str, Any]) -> Mapping[str, Any]:
    info: Mapping[str, Any] = order["full_order_info"]["order_info"]
    return info


def _moment(written: object) -> datetime:
    return datetime.strptime(str(written), "%Y-%m-%d %H:%M:%S").replace(tzinfo=CHINA)


def _shown(rows: list[dict[str, Any]], page_no: int, page_size: int) -> list[dict[str, Any]]:
    return rows[(page_no - 1) * page_size : page_no * page_size]


def _ok(data: Mapping[str, Any], code: int | str = 200) -> Reply:
    """`code` is a text in some APIs."""
    return Reply({"success": True, "code": code, "message": "successful", "data": dict(data)})


def _refusal(code: int, message: str, written: str = "") -> Reply:
    return Reply({"success": False, "code": written or code, "message": message, "data": None})


def _gateway(code: int, message: str) -> Reply:
    return Reply({"gw_err_resp": {"trace_id": "double", "err_code": code, "err_msg": message}})
