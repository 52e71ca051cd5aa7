"""Signed calls to TOP (淘宝开放平台): trades, refunds and reviews.

https://developer.alibaba.com/docs/api.htm?apiId=128 (trades by change), 54 (trade), 52 (refunds), 53 (refund), 55
(reviews). Only what is needed is asked for by name: no receiver, no nick of a buyer.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from hub.channels.client import ApiClient, ErrorTable, PlatformMisconfigured, PlatformRefused, Token, expect
from hub.channels.market import Entity, Feed, Row, Rows, rows_of
from hub.channels.reading import CHINA
from hub.channels.taobao.signing import sign_call
from hub.kernel.errors import Retry

CHANNEL = "taobao"
PATH = "/router/rest"
SESSION_SECONDS = 86_400
PAGE_SIZES: Mapping[str, int] = {"order": 50, "after_sale": 100, "review": 70}
"""TOP shows the first 1500 reviews of a window and no more. A run reads 20 pages, and a window with more is narrowed:
70 a page keep that below 1500."""
FEEDS = (
    # newest change first: a row that changes leaves its window, and forward reading would skip the next one
    Feed("order", "backward", PAGE_SIZES["order"], window=timedelta(days=1)),
    Feed("after_sale", "backward", PAGE_SIZES["after_sale"], window=timedelta(days=1)),
    Feed("review", "backward", PAGE_SIZES["review"], window=timedelta(days=1)),
)
ERRORS = ErrorTable(
    CHANNEL,
    # 7, 26, 27, 53 and isp.* as public clients treat them; the others from memory
    retry_after_seconds={"7": 60, "10": 5, "isp": 5},
    misconfigured=frozenset({"11", "12", "24", "25", "26", "27", "28", "29", "30", "31", "53"}),
    gone=frozenset({"isv.trade-not-exist", "isv.refund-not-exist"}),
)
TRADE_FIELDS = (
    "tid,status,step_trade_status,step_paid_fee,payment,post_fee,created,pay_time,modified,end_time,buyer_open_uid,ouid,"
    "buyer_message,orders.oid,orders.num_iid,orders.sku_id,orders.outer_iid,orders.num,orders.price,orders.invoice_no"
)
REFUND_FIELDS = (
    "refund_id,tid,oid,status,dispute_type,refund_fee,created,modified,end_time,buyer_open_uid,ouid,sid,"
    "refund_remind_timeout"
)
REVIEW_FIELDS = "tid,oid,num_iid,result,created,content,reply"
READS: Mapping[str, tuple[str, str, str, str]] = {
    "order": ("taobao.trade.fullinfo.get", "tid", TRADE_FIELDS, "trade"),
    "after_sale": ("taobao.refund.get", "refund_id", REFUND_FIELDS, "refund"),
}
"""entity → API, the name of its number there, fields, where the answer has it."""


class Client(ApiClient):
    """One app for one shop.

    settings: app_key, app_secret, session_key, shop_id (the taobao_user_id), sign_method (md5 or hmac).
    """

    CHANNEL = CHANNEL
    BASE_URL = "https://eco.taobao.com"
    ERRORS = ERRORS

    def fetch_token(self, renewal: str = "") -> Token:
        """The session that the seller's authorisation gave. Nothing renews it: an operator authorises again."""
        del renewal
        return Token(self._session_key(), SESSION_SECONDS)

    def read(self, entity: Entity, number: str, order_no: str = "") -> Row:
        """A trade or a refund, with `seller_id`. Raises PlatformRefused for a review: none has a number."""
        if entity not in READS:
            raise PlatformRefused(CHANNEL, entity=entity, reason="not read alone")
        api, name, fields, place = READS[entity]
        detail = expect(CHANNEL, self._call(api, {name: number, "fields": fields}), api, place)
        return self._row(entity, detail, order_no)

    def page(self, entity: Entity, start: datetime, end: datetime, position: str) -> Rows:
        """One page of what changed (reviews: what was written) in the window. position: a page from 1, "" the first."""
        page, size = int(position or 1), PAGE_SIZES[entity]
        window = {"start": _china(start), "end": _china(end)}
        params = {"page_no": str(page), "page_size": str(size)}
        if entity == "order":
            api, places = "taobao.trades.sold.increment.get", ("trades", "trade")
            params |= {"fields": TRADE_FIELDS, "start_modified": window["start"], "end_modified": window["end"]}
        elif entity == "after_sale":
            api, places = "taobao.refunds.receive.get", ("refunds", "refund")
            params |= {"fields": REFUND_FIELDS, "start_modified": window["start"], "end_modified": window["end"]}
        else:
            api, places = "taobao.traderates.get", ("trade_rates", "trade_rate")
            params |= {"fields": REVIEW_FIELDS, "rate_type": "get", "role": "buyer"}
            params |= {"start_date": window["start"], "end_date": window["end"]}
        return self._rows(entity, self._call(api, params), places, page * size, str(page + 1))

    def _rows(self, entity: Entity, answer: Any, places: tuple[str, str], reached: int, after: str) -> Rows:
        """`places` is missing where there is nothing; the total never is."""
        total = str(expect(CHANNEL, answer, places[0], "total_results"))
        listed = answer.get(places[0]) or {}
        items = listed.get(places[1]) or [] if isinstance(listed, Mapping) else None
        if not total.isdecimal() or not isinstance(items, list):
            raise Retry("taobao-unreadable", path=places[0])
        rows = rows_of(items, lambda item: self._row(entity, item, ""))
        return Rows(rows, int(total), after if rows and reached < int(total) else "")

    def _row(self, entity: Entity, detail: Any, order_no: str) -> Row:
        if not isinstance(detail, Mapping):
            raise Retry("taobao-unreadable", path=entity)
        number = {"order": "tid", "after_sale": "refund_id"}.get(entity, "oid")
        fields = {**detail, "seller_id": str(self.settings["shop_id"])}
        return Row(str(detail.get(number) or ""), fields, str(detail.get("tid") or order_no))

    def _call(self, api: str, params: Mapping[str, str]) -> Any:
        """The `<api>_response` of a call. Raises what the error table says of its code."""
        answer = self.exchange("POST", PATH, api=api, data=self._signed(api, params))
        self.ERRORS.raise_for(_code(answer), api=api)
        return expect(CHANNEL, answer, api, api.removeprefix("taobao.").replace(".", "_") + "_response")

    def _signed(self, api: str, params: Mapping[str, str]) -> dict[str, str]:
        common = {
            "method": api,
            "app_key": str(self.settings["app_key"]),
            "session": self._session_key(),
            "timestamp": _china(self.wall_now()),
            "format": "json",
            "v": "2.0",
            "sign_method": str(self.settings.get("sign_method") or "md5"),
        }
        form = {**params, **common}
        return form | {"sign": sign_call(str(self.settings["app_secret"]), form)}

    def _session_key(self) -> str:
        key = str(self.settings.get("session_key") or "")
        if not key:
            raise PlatformMisconfigured(CHANNEL, reason="no session_key")
        return key


def _china(moment: datetime) -> str:
    return moment.astimezone(CHINA).strftime("%Y-%m-%d %H:%M:%S")


def _code(answer: Any) -> str:
    """0 for success; of a service's own refusal (code 15) what its sub_code says."""
    error = answer.get("error_response") if isinstance(answer, Mapping) else None
    if not isinstance(error, Mapping):
        return "0"
    sub_code = str(error.get("sub_code") or "")
    if sub_code in ERRORS.gone:
        return sub_code
    return "isp" if sub_code.startswith("isp.") else str(error.get("code"))
