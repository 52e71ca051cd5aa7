"""A double of JOS (京东宙斯): orders, cancel refunds, service bills, and tokens of the venders whose apps it knows.

It signs by an implementation of its own and answers as JD does: `…_responce`, success said once more inside, totals as
texts, orders by change with the oldest first. Its limits are JD's: a month a window of orders, 7 days of after-sales
(10 by approval), 100 orders or 50 after-sales a page, pages as decimal texts.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import secrets
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from hubctl.platforms.recorder import PlatformCall, Reply

MONTH = timedelta(days=31)
TOKEN_SECONDS = 30 * 86_400
ORDERS_MAX, AFTER_SALES_MAX = 100, 50
SEARCH, DETAIL = "jingdong.pop.order.search", "jingdong.pop.order.get"
CANCELS = "jingdong.pop.afs.soa.refundapply.queryPageList"
SERVICES = "jingdong.asc.serviceAndRefund.view"
PAID_BACK = "jingdong.b2c.shop.aftersales.refund.get"
LISTS = {
    # what it lists, its result and rows, its page, then its windows: names, field, longest
    CANCELS: (
        "cancels",
        ("queryResult", "result"),
        "pageIndex",
        (
            ("applyTimeStart", "applyTimeEnd", "applyTime", timedelta(days=7)),
            ("checkTimeStart", "checkTimeEnd", "checkTime", timedelta(days=7)),
        ),
    ),
    SERVICES: (
        "services",
        ("pageResult", "data"),
        "pageNumber",
        (
            ("applyTimeBegin", "applyTimeEnd", "applyTime", timedelta(days=7)),
            ("approveTimeBegin", "approveTimeEnd", "approveTime", timedelta(days=10)),
        ),
    ),
}


class Double:
    """apps: settings with app_key, app_secret, refresh_token.

    orders as `orderInfo`; cancels as `refundapply` rows (id, fen); services as `serviceAndRefund` rows, with their
    `actualRefundAmount` (yuan) beside. moves: order → when it changes next; one is applied after each page.
    """

    def __init__(self, apps: Sequence[Mapping[str, Any]]) -> None:
        self.apps = {str(app["app_key"]): app for app in apps}
        self.renewals = {str(app["refresh_token"]) for app in apps}
        self.tokens: set[str] = set()
        self.orders: dict[str, dict[str, Any]] = {}
        self.cancels: dict[str, dict[str, Any]] = {}
        self.services: dict[str, dict[str, Any]] = {}
        self.moves: list[tuple[str, str]] = []

    def answer(self, call: PlatformCall) -> Reply:
        """JOS's answer to a call of its router, or of its OAuth."""
        form = {name: str(value) for name, value in call.body.items()}
        app = self.apps.get(form.get("app_key", ""))
        if app is None:
            return _refusal(21, "无效app_key", "Invalid app_key")
        if call.path == "/oauth2/refresh_token":
            return self._token(form, str(app["app_secret"]))
        if call.path != "/routerjson" or form.get("v") != "2.0":
            return _refusal(5, "不支持的版本号", "Unsupported Version")
        if not hmac.compare_digest(_signature(str(app["app_secret"]), form), form.get("sign", "")):
            return _refusal(12, "无效签名", "Invalid Signature")
        if form.get("access_token") not in self.tokens:
            return _refusal(19, "无效access_token", "Invalid access_token")
        api, params = form.get("method", ""), json.loads(form.get("360buy_param_json") or "{}")
        if api in LISTS:
            return self._list(api, params)
        known = {SEARCH: self._search, DETAIL: self._order, PAID_BACK: self._paid_back}
        handler = known.get(api)
        return handler(params) if handler else _refusal(15, "不存在的方法名", "Invalid Method")

    def control(self, what: str, body: Any) -> Reply:
        """orders; after_sales: cancel refunds (with `id`) or service bills. moves: {"number", "at"}."""
        items = body if isinstance(body, list) else [body]
        if what == "moves":
            self.moves += [(str(item["number"]), str(item["at"])) for item in items]
        elif what == "orders":
            self.orders |= {str(item["orderId"]): dict(item) for item in items}
        elif what == "after_sales":
            self.cancels |= {str(item["id"]): dict(item) for item in items if "id" in item}
            bills = [item for item in items if "sameOrderServiceBill" in item]
            self.services |= {str(item["sameOrderServiceBill"]["serviceId"]): dict(item) for item in bills}
        else:
            return Reply({"error": f"no control {what}"}, 404)
        return Reply({what: len(items)})

    def expire_tokens(self) -> None:
        """Every access token given out so far is invalid; what renews them is not."""
        self.tokens.clear()

    def _token(self, form: Mapping[str, str], secret: str) -> Reply:
        refresh_token = form.get("refresh_token", "")
        if form.get("app_secret") != secret or refresh_token not in self.renewals:
            return Reply({"code": 401, "msg": "invalid refresh_token"})
        self.renewals.discard(refresh_token)
        token, renewal = secrets.token_hex(16), secrets.token_hex(16)
        self.tokens.add(token)
        self.renewals.add(renewal)
        return Reply({"access_token": token, "expires_in": TOKEN_SECONDS, "refresh_token": renewal, "code": 0})

    def _search(self, params: Mapping[str, Any]) -> Reply:
        first, last = str(params.get("start_date", "")), str(params.get("end_date", ""))
        page, size = params.get("page"), params.get("page_size")
        if not isinstance(page, str) or not isinstance(size, str) or int(size) > ORDERS_MAX:
            return _inner(SEARCH, "searchorderinfo_result", "page")
        if _span(first, last) > MONTH or params.get("dateType") != "0" or not params.get("optional_fields"):
            return _inner(SEARCH, "searchorderinfo_result", "start_date,end_date")
        states = str(params.get("order_state", "")).split(",")
        rows = [item for item in self.orders.values() if first <= str(item["modified"]) <= last]
        rows = [item for item in rows if str(item["orderState"]) in states]
        rows.sort(key=lambda item: str(item["modified"]), reverse=params.get("sortType") != "0")
        shown = rows[(int(page) - 1) * int(size) : int(page) * int(size)]
        if self.moves:
            number, at = self.moves.pop(0)
            self.orders[number] = {**self.orders[number], "modified": at}
        answer = {"apiResult": _fine(), "orderTotal": str(len(rows)), "orderInfoList": shown}
        return _ok(SEARCH, {"searchorderinfo_result": answer})

    def _order(self, params: Mapping[str, Any]) -> Reply:
        order = self.orders.get(str(params.get("order_id")))
        if order is None or not params.get("optional_fields"):
            return _inner(DETAIL, "orderDetailInfo", "order not found")
        return _ok(DETAIL, {"orderDetailInfo": {"apiResult": _fine(), "orderInfo": order}})

    def _list(self, api: str, params: Mapping[str, Any]) -> Reply:
        kind, (result, rows_name), page_name, windows = LISTS[api]
        known: dict[str, dict[str, Any]] = getattr(self, kind)
        rows = list(known.values())
        if params.get("ids"):
            rows = [item for number, item in known.items() if number in str(params["ids"]).split(",")]
        if params.get("orderId"):
            rows = [item for item in rows if _order_no(item) == str(params["orderId"])]
        for start, end, name, longest in windows:
            first, last = str(params.get(start, "")), str(params.get(end, ""))
            if first and _span(first, last) > longest:
                return _inner(api, result, start)
            rows = [item for item in rows if not first or first <= str(item.get(name, "")) <= last]
        page, size = int(params.get(page_name, "1")), int(params.get("pageSize", "10"))
        if size > AFTER_SALES_MAX:
            return _inner(api, result, "pageSize")
        shown = rows[(page - 1) * size : page * size]
        listed = [{name: value for name, value in item.items() if name != "actualRefundAmount"} for item in shown]
        return _ok(api, {result: {"success": True, "totalCount": len(rows), rows_name: listed}})

    def _paid_back(self, params: Mapping[str, Any]) -> Reply:
        row = self.services.get(str(params.get("afsServiceId")))
        if row is None or "actualRefundAmount" not in row:
            return _inner(PAID_BACK, "result", "service not found")
        amount = {"actualRefundAmount": row["actualRefundAmount"]}
        return _ok(
            PAID_BACK, {"result": {"success": True, "errorCode": "200", "data": {"afsActualRefundDetail": amount}}}
        )


def _order_no(row: Mapping[str, Any]) -> str:
    return str(row.get("orderId") or row.get("sameOrderServiceBill", {}).get("orderId"))


def _signature(secret: str, form: Mapping[str, str]) -> str:
    signed = ("360buy_param_json", "access_token", "app_key", "method", "timestamp", "v")
    base = secret + "".join(f"{name}{form[name]}" for name in signed if name in form) + secret
    return hashlib.md5(base.encode("utf-8"), usedforsecurity=False).hexdigest().upper()


def _span(first: str, last: str) -> timedelta:
    return datetime.fromisoformat(last) - datetime.fromisoformat(first)


def _fine() -> dict[str, Any]:
    return {"success": True, "englishErrCode": "success", "chineseErrCode": "操作成功"}


def _ok(api: str, answer: dict[str, Any]) -> Reply:
    return Reply({f"{api.replace('.', '_')}_responce": {"code": "0", **answer}})


def _inner(api: str, place: str, what: str) -> Reply:
    """HTTP 200 and code 0, and still a refusal."""
    refused = {"success": False, "englishErrCode": f"invalid {what}", "chineseErrCode": "参数错误"}
    return _ok(api, {place: {"apiResult": refused, **refused}})


def _refusal(code: int, chinese: str, english: str) -> Reply:
    return Reply({"error_response": {"code": str(code), "zh_desc": chinese, "en_desc": english}})
