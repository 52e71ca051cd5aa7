"""A double of Pinduoduo's open API: orders, after-sales, coupons, and tokens of the malls whose apps it knows.

It signs by an implementation of its own, refuses in `error_response` with HTTP 200, sorts by change with the latest
first, and holds to the platform's limits: 30 minutes a window, 100 rows a page. It tells an after-sale twice, as the
platform does: in the list in yuan and with the list's type codes, in its own detail in fen and with others.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta, timezone
from typing import Any

from hubctl.platforms.recorder import PlatformCall, Reply

CHINA = timezone(timedelta(hours=8))
WINDOW_SECONDS = 1800
PAGE_SIZE_MAX = 100
TOKEN_SECONDS = 86_399
KINDS = {"orders": ("order_sn", "updated_at"), "after_sales": ("id", "updated_time")}
COUPONS = {
    "pdd.promotion.home.coupon.create": ("home_coupon_batch_create_response", "min_order_amount"),
    "pdd.promotion.goods.coupon.create": ("goods_coupon_batch_create_response", "goods_id"),
}


class Double:
    """apps: settings with client_id, client_secret, shop_id, refresh_token or authorization_code.

    orders as `order_info` has them, after-sales as their detail has them. coupons: the batches made, as they were asked
    for. moves: number → when it changes next; one is applied after each page of a list.
    """

    def __init__(self, apps: Sequence[Mapping[str, Any]]) -> None:
        self.apps = {str(app["client_id"]): app for app in apps}
        self.codes = {str(app["authorization_code"]) for app in apps if app.get("authorization_code")}
        self.renewals = {str(app["refresh_token"]) for app in apps if app.get("refresh_token")}
        self.tokens: set[str] = set()
        self.rows: dict[str, dict[str, dict[str, Any]]] = {kind: {} for kind in KINDS}
        self.coupons: list[dict[str, str]] = []
        self.moves: list[tuple[str, str]] = []

    def answer(self, call: PlatformCall) -> Reply:
        """The router's answer to a call."""
        form = {name: str(value) for name, value in call.body.items()}
        app, api = self.apps.get(form.get("client_id", "")), form.get("type", "")
        if call.path != "/api/router" or app is None:
            return _refusal(10016, "client下线或者clientId不正确")
        if not hmac.compare_digest(_signature(str(app["client_secret"]), form), form.get("sign", "")):
            return _refusal(20004, "签名sign校验失败")
        if api.startswith("pdd.pop.auth.token."):
            return self._token(api, form, str(app["shop_id"]))
        if form.get("access_token") not in self.tokens:
            return _refusal(10019, "access_token已过期")
        if api in COUPONS:
            return self._coupon(api, form)
        known = {
            "pdd.order.information.get": self._order,
            "pdd.refund.information.get": self._after_sale,
            "pdd.order.number.list.increment.get": self._orders,
            "pdd.refund.list.increment.get": self._after_sales,
        }
        handler = known.get(api)
        return handler(form) if handler else _refusal(10017, "type不正确")

    def control(self, what: str, body: Any) -> Reply:
        """orders, after_sales: rows that replace those of their number. moves: {"number", "at"}."""
        items = body if isinstance(body, list) else [body]
        if what == "moves":
            self.moves += [(str(item["number"]), str(item["at"])) for item in items]
            return Reply({what: len(self.moves)})
        if what not in KINDS:
            return Reply({"error": f"no control {what}"}, 404)
        answer = {str(item[KINDS[what][0]]): dict(item) for item in items}
        self.rows[what] |= answer
        return Reply({what: list(answer)})

    def expire_tokens(self) -> None:
        """Every access token given out so far has expired; what renews them has not."""
        self.tokens.clear()

    def _token(self, api: str, form: Mapping[str, str], mall_id: str) -> Reply:
        renewing = api.endswith(".refresh")
        known, items = (self.renewals, form.get("refresh_token")) if renewing else (self.codes, form.get("code"))
        if items not in known:
            return _refusal(10018, "授权已失效")
        known.discard(str(items))
        if not renewing:
            self.renewals.clear()
        self.tokens = {secrets.token_hex(20)}
        renewal = secrets.token_hex(20)
        self.renewals.add(renewal)
        answer = {"access_token": next(iter(self.tokens)), "expires_in": TOKEN_SECONDS, "owner_id": mall_id}
        return Reply({f"{api.removeprefix('pdd.').replace('.', '_')}_response": answer | {"refresh_token": renewal}})

    def _order(self, form: Mapping[str, str]) -> Reply:
        order = self.rows["orders"].get(form.get("order_sn", ""))
        return Reply({"order_info_get_response": {"order_info": order}}) if order else _refusal(50001, "订单不存在")

    def _after_sale(self, form: Mapping[str, str]) -> Reply:
        row = self.rows["after_sales"].get(form.get("after_sales_id", ""))
        if row is None or str(row["order_sn"]) != form.get("order_sn"):
            return _refusal(50001, "售后单不存在")
        return Reply({**row, "request_id": "local"})

    def _orders(self, form: Mapping[str, str]) -> Reply:
        rows = self._found("orders", form, ("is_lucky_flag", "order_status", "refund_status"))
        if isinstance(rows, Reply):
            return rows
        return Reply({"order_sn_increment_get_response": {"order_sn_list": rows[1], "total_count": rows[0]}})

    def _after_sales(self, form: Mapping[str, str]) -> Reply:
        rows = self._found("after_sales", form, ("after_sales_status", "after_sales_type"))
        if isinstance(rows, Reply):
            return rows
        listed = [_as_listed(row) for row in rows[1]]
        return Reply({"refund_increment_get_response": {"refund_list": listed, "total_count": rows[0]}})

    def _found(
        self, kind: str, form: Mapping[str, str], required: tuple[str, ...]
    ) -> Reply | tuple[int, list[dict[str, Any]]]:
        """How many there are in the window, and one page of them."""
        first, last = int(form.get("start_updated_at", "0")), int(form.get("end_updated_at", "0"))
        page, size, (_, by) = int(form.get("page", "1")), int(form.get("page_size", "100")), KINDS[kind]
        if (
            not 0 <= last - first <= WINDOW_SECONDS
            or size > PAGE_SIZE_MAX
            or any(not form.get(item) for item in required)
        ):
            return _refusal(50001, "参数错误：时间间隔、分页或必填参数")
        rows = [row for row in self.rows[kind].values() if first <= _seconds(row[by]) <= last]
        rows.sort(key=lambda row: _seconds(row[by]), reverse=True)
        if self.moves and self.moves[0][0] in self.rows[kind]:
            number, at = self.moves.pop(0)
            self.rows[kind][number] = {**self.rows[kind][number], by: at}
        return len(rows), rows[(page - 1) * size : page * size]

    def _coupon(self, api: str, form: Mapping[str, str]) -> Reply:
        place, needed = COUPONS[api]
        required_names = (
            "batch_desc",
            "batch_start_time",
            "batch_end_time",
            "discount",
            "init_quantity",
            "user_limit",
            needed,
        )
        if any(not form.get(item) for item in required_names):
            return _refusal(50001, "参数错误：优惠券")
        self.coupons.append({name: form[name] for name in ("type", *required_names)})
        return Reply({place: {"batch_id": 900_000_000 + len(self.coupons)}})


def _as_listed(row: Mapping[str, Any]) -> dict[str, Any]:
    """An after-sale as the list tells it: yuan, and type codes one higher."""
    fen = int(row["refund_amount"])
    listed = {"refund_amount": f"{fen // 100}.{fen % 100:02}", "after_sales_type": int(row["after_sales_type"]) + 1}
    return {name: row[name] for name in ("id", "order_sn", "after_sales_status", "updated_time")} | listed


def _signature(secret: str, form: Mapping[str, str]) -> str:
    pairs = sorted((name, value) for name, value in form.items() if name != "sign" and value != "")
    base = secret + "".join(name + value for name, value in pairs) + secret
    return hashlib.md5(base.encode(), usedforsecurity=False).hexdigest().upper()


def _seconds(written: object) -> float:
    return datetime.strptime(str(written), "%Y-%m-%d %H:%M:%S").replace(tzinfo=CHINA).timestamp()


def _refusal(code: int, message: str) -> Reply:
    answer = {
        "error_code": code,
        "error_msg": message,
        "sub_code": str(code),
        "sub_msg": message,
        "request_id": "local",
    }
    return Reply({"error_response": answer})
