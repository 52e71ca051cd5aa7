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
        api, asked = form.get("method", ""), json.loads(form.get("360buy_param_json") or "{}")
        if api in LISTS:
            return self._list(api, asked)
        known = {SEARCH: self._search, DETAIL: self._order, PAID_BACK: self._paid_back}
        handler = known.get(api)
        return handler(asked) if handler else _refusal(15, "不存在的方法名", "Invalid Method")

    def control(self, what: str, body: Any) -> Reply:
        """orders; after_sales: cancel refunds (with `id`) or service bills. moves: {"number", "at"}."""
        given = body if isinstance(body, list) else [body]
        if what == "moves":
            self.moves += [(str(one["number"]), str(one["at"])) for one in given]
        elif what == "orders":
            self.orders |= {str(one["orderId"]): dict(one) for one in given}
        elif what == "after_sales":
            self.cancels |= {str(one["id"]): dict(one) for one in given if "id" in one}
            bills = [one for one in given if "sameOrderServiceBill" in one]
            self.services |= {str(one["sameOrderServiceBill"]["serviceId"]): dict(one) for one in bills}
        else:
            return Reply({"error": f"no control {what}"}, 404)
        return Reply({what: len(given)})

    def expire_tokens(self) -> None:
        """Every access token given out so far is invalid; what renews them is not."""
        self.tokens.clear()

    def _token(self, form: Mapping[str, str], secret: str) -> Reply:
        given = form.get("refresh_token", "")
        if form.get("app_secret") != secret or given not in self.renewals:
            return Reply({"code": 401, "msg": "invalid refresh_token"})
        self.renewals.discard(given)
        token, renewal = secrets.token_hex(16), secrets.token_hex(16)
        self.tokens.add(token)
        self.renewals.add(renewal)
        return Reply({"access_token": token, "expires_in": TOKEN_SECONDS, "refresh_token": renewal, "code": 0})

    def _search(self, asked: Mapping[str, Any]) -> Reply:
        first, last = str(asked.get("start_date", "")), str(asked.get("end_date", ""))
        page, size = asked.get("page"), asked.get("page_size")
        if not isinstance(page, str) or not isinstance(size, str) or int(size) > ORDERS_MAX:
            return _inner(SEARCH, "searchorderinfo_result", "page")
        if _span(first, last) > MONTH or asked.get("dateType") != "0" or not asked.get("optional_fields"):
            return _inner(SEARCH, "searchorderinfo_result", "start_date,end_date")
        states = str(asked.get("order_state", "")).split(",")
        found = [one for one in self.orders.values() if first <= str(one["modified"]) <= last]
        found = [one for one in found if str(one["orderState"]) in states]
        found.sort(key=lambda one: str(one["modified"]), reverse=asked.get("sortType") != "0")
        shown = found[(int(page) - 1) * int(size) : int(page) * int(size)]
        if self.moves:
            number, at = self.moves.pop(0)
            self.orders[number] = {**self.orders[number], "modified": at}
        told = {"apiResult": _fine(), "orderTotal": str(len(found)), "orderInfoList": shown}
        return _ok(SEARCH, {"searchorderinfo_result": told})

    def _order(self, asked: Mapping[str, Any]) -> Reply:
        order = self.orders.get(str(asked.get("order_id")))
        if order is None or not asked.get("optional_fields"):
            return _inner(DETAIL, "orderDetailInfo", "order not found")
        return _ok(DETAIL, {"orderDetailInfo": {"apiResult": _fine(), "orderInfo": order}})

    def _list(self, api: str, asked: Mapping[str, Any]) -> Reply:
        kind, (result, rows), page_name, windows = LISTS[api]
        known: dict[str, dict[str, Any]] = getattr(self, kind)
        found = list(known.values())
        if asked.get("ids"):
            found = [one for number, one in known.items() if number in str(asked["ids"]).split(",")]
        if asked.get("orderId"):
            found = [one for one in found if _order_no(one) == str(asked["orderId"])]
        for start, end, name, longest in windows:
            first, last = str(asked.get(start, "")), str(asked.get(end, ""))
            if first and _span(first, last) > longest:
                return _inner(api, result, start)
            found = [one for one in found if not first or first <= str(one.get(name, "")) <= last]
        page, size = int(asked.get(page_name, "1")), int(asked.get("pageSize", "10"))
        if size > AFTER_SALES_MAX:
            return _inner(api, result, "pageSize")
        shown = found[(page - 1) * size : page * size]
        listed = [{name: value for name, value in one.items() if name != "actualRefundAmount"} for one in shown]
        return _ok(api, {result: {"success": True, "totalCount": len(found), rows: listed}})

    def _paid_back(self, asked: Mapping[str, Any]) -> Reply:
        row = self.services.get(str(asked.get("afsServiceId")))
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


def _ok(api: str, told: dict[str, Any]) -> Reply:
    return Reply({f"{api.replace('.', '_')}_responce": {"code": "0", **told}})


def _inner(api: str, place: str, what: str) -> Reply:
    """HTTP 200 and code 0, and still a refusal."""
    refused = {"success": False, "englishErrCode": f"invalid {what}", "chineseErrCode": "参数错误"}
    return _ok(api, {place: {"apiResult": refused, **refused}})


def _refusal(code: int, chinese: str, english: str) -> Reply:
    return Reply({"error_response": {"code": str(code), "zh_desc": chinese, "en_desc": english}})
