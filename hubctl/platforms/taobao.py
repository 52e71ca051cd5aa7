"""A double of TOP (淘宝开放平台): trades, refunds and reviews of the sellers whose sessions it knows.

It signs by an implementation of its own, refuses in TOP's words (`error_response`, HTTP 200), sorts by change with the
latest first, and holds to TOP's limits: a day a window of trades, 100 rows a page, 1500 reviews a window.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta, timezone
from typing import Any

from hubctl.platforms.recorder import PlatformCall, Reply

CHINA = timezone(timedelta(hours=8))
DAY_SECONDS = 86_400
PAGE_SIZE_MAX = 100
REVIEWS_MAX = 1500
KINDS = {"orders": "tid", "after_sales": "refund_id", "reviews": "oid"}


class Double:
    """apps: settings with app_key, app_secret, session_key. Rows are kept as the detail APIs tell them.

    moves: number → when it changes next; one is applied after each page of a list, as if the seller were at work.
    """

    def __init__(self, apps: Sequence[Mapping[str, Any]]) -> None:
        self.apps = {str(app["app_key"]): app for app in apps}
        self.expired = False
        self.rows: dict[str, dict[str, dict[str, Any]]] = {kind: {} for kind in KINDS}
        self.moves: list[tuple[str, str]] = []

    def answer(self, call: PlatformCall) -> Reply:
        """TOP's answer to a call of its router."""
        form = {name: str(value) for name, value in call.body.items()}
        app = self.apps.get(form.get("app_key", ""))
        if call.path != "/router/rest" or app is None:
            return _refusal(29, "Invalid app Key")
        if not hmac.compare_digest(_signature(str(app["app_secret"]), form), form.get("sign", "")):
            return _refusal(25, "Invalid signature")
        if self.expired or form.get("session") != str(app["session_key"]):
            return _refusal(27, "Invalid session", "invalid-sessionkey")
        known = {
            "taobao.trade.fullinfo.get": lambda: self._one("orders", form, "trade"),
            "taobao.refund.get": lambda: self._one("after_sales", form, "refund"),
            "taobao.trades.sold.increment.get": lambda: self._list("orders", form, ("trades", "trade")),
            "taobao.refunds.receive.get": lambda: self._list("after_sales", form, ("refunds", "refund")),
            "taobao.traderates.get": lambda: self._list("reviews", form, ("trade_rates", "trade_rate")),
        }
        handler = known.get(form.get("method", ""))
        if handler is None:
            return _refusal(22, "Invalid method")
        return handler() if form.get("fields") else _refusal(40, "Missing required arguments:fields")

    def control(self, what: str, body: Any) -> Reply:
        """orders, after_sales, reviews: rows that replace those of their number. moves: {"number", "at"}."""
        items = body if isinstance(body, list) else [body]
        if what == "moves":
            self.moves += [(str(item["number"]), str(item["at"])) for item in items]
            return Reply({what: len(self.moves)})
        if what not in KINDS:
            return Reply({"error": f"no control {what}"}, 404)
        answer = {str(item[KINDS[what]]): dict(item) for item in items}
        self.rows[what] |= answer
        return Reply({what: list(answer)})

    def expire_tokens(self) -> None:
        """The seller took the authorisation back: no session is valid any more."""
        self.expired = True

    def _one(self, kind: str, form: Mapping[str, str], place: str) -> Reply:
        row = self.rows[kind].get(form.get(KINDS[kind], ""))
        if row is None:
            return _refusal(15, "Remote service error", f"isv.{place}-not-exist")
        return _ok(form, {place: row})

    def _list(self, kind: str, form: Mapping[str, str], places: tuple[str, str]) -> Reply:
        names = ("start_date", "end_date", "created") if kind == "reviews" else None
        start, end, by = names or ("start_modified", "end_modified", "modified")
        first, last = form.get(start, ""), form.get(end, "")
        page, size = int(form.get("page_no", "1")), int(form.get("page_size", "40"))
        if kind == "orders" and not 0 < _seconds(last) - _seconds(first) <= DAY_SECONDS:
            return _refusal(41, "Invalid arguments:end_modified", "isv.invalid-parameter")
        if size > PAGE_SIZE_MAX or page < 1:
            return _refusal(41, "Invalid arguments:page_size", "isv.invalid-parameter")
        rows = [row for row in self.rows[kind].values() if first <= str(row[by]) <= last]
        rows.sort(key=lambda row: str(row[by]), reverse=True)
        rows = rows[:REVIEWS_MAX] if kind == "reviews" else rows
        shown = rows[(page - 1) * size : page * size]
        reply = _ok(form, {"total_results": len(rows)} | ({places[0]: {places[1]: shown}} if shown else {}))
        self._move(kind, by)
        return reply

    def _move(self, kind: str, by: str) -> None:
        if self.moves and self.moves[0][0] in self.rows[kind]:
            number, at = self.moves.pop(0)
            self.rows[kind][number] = {**self.rows[kind][number], by: at}


def _signature(secret: str, form: Mapping[str, str]) -> str:
    """TOP's document 101617, read anew: md5 has the secret on both sides, hmac has it as its key."""
    base = "".join(name + form[name] for name in sorted(form) if name != "sign")
    if form.get("sign_method") == "hmac":
        return hmac.digest(secret.encode(), base.encode(), "md5").hex().upper()
    return hashlib.md5((secret + base + secret).encode(), usedforsecurity=False).hexdigest().upper()


def _seconds(written: str) -> float:
    try:
        return datetime.strptime(written, "%Y-%m-%d %H:%M:%S").replace(tzinfo=CHINA).timestamp()
    except ValueError:
        return float("nan")


def _ok(form: Mapping[str, str], answer: dict[str, Any]) -> Reply:
    name = form["method"].removeprefix("taobao.").replace(".", "_")
    return Reply({f"{name}_response": {**answer, "request_id": "local"}})


def _refusal(code: int, message: str, sub_code: str = "") -> Reply:
    answer: dict[str, Any] = {"code": code, "msg": message, "request_id": "local"}
    return Reply({"error_response": answer | ({"sub_code": sub_code, "sub_msg": message} if sub_code else {})})
