"""Calls to Youzan's API: orders, refunds, and tokens. No signature: the token in the query string is all.

https://doc.youzanyun.com : youzan.trades.sold.get 4.0.4, youzan.trade.get 4.0.2, youzan.trade.refund.search and
.refund.get 3.0.1 (as public integrations quote them, 2026-09). HTTP 200 always; `success` and `code` 200 are success.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from hub.channels.client import ApiClient, ErrorTable, Token, count_of, expect_object
from hub.channels.market import Entity, Feed, Row, Rows, rows_of
from hub.channels.reading import CHINA, object_of
from hub.kernel.errors import Retry

CHANNEL = "youzan"
INDEX_LAG = timedelta(seconds=60)
"""The lists and details are up to 30 seconds behind the pushes, says the manual."""
FEEDS = (
    # a list's `payment` is not what the detail calls `real_payment`
    Feed("order", "backward", 100, lag=INDEX_LAG, complete=False),
    # page × size may be 3000 at most
    Feed("after_sale", "backward", 50, window=timedelta(hours=6), lag=INDEX_LAG, complete=False),
)
ERRORS = ErrorTable(
    CHANNEL,
    success=frozenset({"200"}),
    stale_token=frozenset({"4201", "4202", "4203"}),  # (from memory)
    retry_after_seconds={"103011024": 30},  # no such refund (yet): the index is behind
    misconfigured=frozenset({"103010054"}),  # a refund of another shop
)
ORDERS, ORDER = "youzan.trades.sold.get/4.0.4", "youzan.trade.get/4.0.2"
REFUNDS, REFUND = "youzan.trade.refund.search/3.0.1", "youzan.trade.refund.get/3.0.1"
TOKEN_PATH = "/auth/token"  # noqa: S105 - a path
HEADERS = {"content-type": "application/json; charset=utf-8"}


class Client(ApiClient):
    """One own app (自用型) for one shop. settings: client_id, client_secret, kdt_id."""

    CHANNEL = CHANNEL
    BASE_URL = "https://open.youzanyun.com"
    ERRORS = ERRORS

    def fetch_token(self, renewal: str = "") -> Token:
        """A token for the own shop (silent grant): it may be asked for again at any time, and nothing renews it."""
        del renewal
        params = {"authorize_type": "silent", "grant_id": str(self.settings["kdt_id"]), "refresh": False}
        params |= {name: str(self.settings[name]) for name in ("client_id", "client_secret")}
        answer = self._post(TOKEN_PATH, params, {}, TOKEN_PATH)
        self.ERRORS.raise_for(_code(answer))
        data = expect_object(CHANNEL, answer, TOKEN_PATH, "data")
        value, seconds = data.get("access_token"), self._life_seconds(data)
        if not isinstance(value, str) or seconds <= 0:
            raise Retry("youzan-unreadable", path=TOKEN_PATH)
        return Token(value, seconds)

    def read(self, entity: Entity, number: str, order_no: str = "") -> Row:
        """An order (`full_order_info`, `delivery_order`) or a refund, whose shop is ours where it names none."""
        if entity == "order":
            return Row(number, self._call(ORDER, {"tid": number}), number)
        refund = {"kdt_id": str(self.settings["kdt_id"]), **self._call(REFUND, {"refund_id": number})}
        return Row(number, refund, str(refund.get("tid") or order_no))

    def page(self, entity: Entity, start: datetime, end: datetime, position: str) -> Rows:
        """What changed in the window. position: a page number from 1, "" the first. Orders take times of China."""
        page_no = int(position or 1)
        if entity == "order":
            paging = {"page_no": page_no, "page_size": FEEDS[0].page_size}
            params = {"start_update": _written(start), "end_update": _written(end), **paging}
            return self._page(ORDERS, params, ("full_order_info_list", "total_results"), _order_row)
        paging = {"page_no": page_no, "page_size": FEEDS[1].page_size}
        window = {"update_time_start": int(start.timestamp()), "update_time_end": int(end.timestamp())}
        return self._page(REFUNDS, {**window, **paging}, ("refunds", "total"), _refund_row)

    def _page(self, api: str, params: Mapping[str, Any], names: tuple[str, str], row: Any) -> Rows:
        data = self._call(api, params)
        items = data.get(names[0]) or ()
        if not isinstance(items, list | tuple):
            raise Retry("youzan-unreadable", path=api)
        total = count_of(CHANNEL, data, api, names[1]) if items or data.get(names[1]) else 0
        page_no = params["page_no"]
        more = bool(items) and page_no * params["page_size"] < total
        return Rows(rows_of(items, row), total, str(page_no + 1) if more else "")

    def _call(self, api: str, params: Mapping[str, Any]) -> Mapping[str, Any]:
        """The `data` of a call with the token; one that died early is renewed once."""
        path = f"/api/{api}"
        answer = self.with_token(lambda token: self._post(path, params, {"access_token": token}, api), _code)
        return expect_object(CHANNEL, answer, path, "data")

    def _post(self, path: str, params: Mapping[str, Any], query: Mapping[str, str], api: str) -> dict[str, Any]:
        body = json.dumps(params, ensure_ascii=False).encode()
        answer = self.exchange("POST", path, api=api, params=query, data=body, headers=HEADERS)
        if not isinstance(answer, dict) or not {"gw_err_resp", "code"} & answer.keys():
            raise Retry("youzan-unreadable", path=path)
        return answer

    def _life_seconds(self, data: Mapping[str, Any]) -> int:
        """`expires` is a moment, in milliseconds."""
        expires = str(data.get("expires") or "")
        return int(expires) // 1000 - int(self.wall_now().timestamp()) if expires.isdecimal() else 0


def _code(answer: Mapping[str, Any]) -> object:
    """The gateway's refusals have an envelope of their own; an API's `code` 200 counts only with `success`."""
    refusal = answer.get("gw_err_resp")
    if isinstance(refusal, Mapping):
        return refusal.get("err_code")
    code = answer.get("code")
    return "unsuccessful" if str(code) == "200" and answer.get("success") is not True else code


def _written(moment: datetime) -> str:
    return moment.astimezone(CHINA).strftime("%Y-%m-%d %H:%M:%S")


def _order_row(listed: Mapping[str, Any]) -> Row:
    number = str(object_of(object_of(listed, "full_order_info"), "order_info").get("tid") or "")
    return Row(number, listed, number)


def _refund_row(refund: Mapping[str, Any]) -> Row:
    return Row(str(refund.get("refund_id") or ""), refund, str(refund.get("tid") or ""))
