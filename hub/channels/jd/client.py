"""Signed calls to JOS (京东宙斯): orders, cancel refunds, service bills, and tokens.

https://open.jd.com API 15660 (orders), 15661 (order), 13151 (cancel refunds), 15040 and 21380 (service bills), as
public contracts quote them (2026). Answers are named `…_responce`, and HTTP 200 with code 0 may still hold a refusal.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from hub.channels.client import (
    ApiClient,
    ErrorTable,
    PlatformMisconfigured,
    PlatformRefused,
    Token,
    exchange,
    expect,
    expect_object,
)
from hub.channels.jd.signing import PARAMETERS, parameters, sign_call
from hub.channels.market import Entity, Feed, Row, Rows, rows_of
from hub.channels.reading import CHINA, object_of
from hub.kernel.errors import Retry

CHANNEL = "jd"
PATH = "/routerjson"
OAUTH_URL = "https://open-oauth.jd.com"
REFRESH = "/oauth2/refresh_token"
ORDER_SEARCH = "jingdong.pop.order.search"
ORDER_GET = "jingdong.pop.order.get"
CANCELS = "jingdong.pop.afs.soa.refundapply.queryPageList"
SERVICES = "jingdong.asc.serviceAndRefund.view"
PAID_BACK = "jingdong.b2c.shop.aftersales.refund.get"
ORDER_PAGE = 100
AFTER_SALE_PAGE = 50
REFUNDED = "13"
FEEDS = (
    # the window may be a month; sorted by change, and still a row that changes leaves it and pulls the next one forward
    Feed("order", "backward", ORDER_PAGE, window=timedelta(days=28)),
    # windows of 7 days over times that are written once: what follows approval is seen by looking back a day
    Feed("after_sale", "cursor", AFTER_SALE_PAGE, window=timedelta(days=7), overlap=timedelta(days=1)),
)
ERRORS = ErrorTable(
    CHANNEL,
    # as JD's own table of gateway errors is quoted in public
    stale_token=frozenset({"18", "19"}),
    retry_after_seconds={"1": 5, "2": 60, "43": 5, "65": 5, "66": 30, "67": 5},
    misconfigured=frozenset({"8", "12", "20", "21", "22", "24", "25", "64", "71", "72", "73"}),
)
ORDER_FIELDS = (
    "orderId,venderId,orderState,actualPay,freightPrice,orderStartTime,paymentConfirmTime,orderEndTime,modified,"
    "itemInfoList,waybill,orderRemark,open_id_buyer"
)
ORDER_STATES = (
    "NOT_PAY,WAIT_SELLER_STOCK_OUT,WAIT_SEND_CODE,WAIT_SELLER_DELIVERY,SEND_TO_DISTRIBUTION_CENER,"
    "DISTRIBUTION_CENTER_RECEIVED,WAIT_GOODS_RECEIVE_CONFIRM,RECEIPTS_CONFIRM,FINISHED_L,TRADE_CANCELED,LOCKED,PAUSE,"
    "POP_ORDER_PAUSE"
)
RENEWED_AT_PERCENT = 85
"""The token cache renews at this share of a life; JD renews only within a token's last day, and never after it."""
LAST_DAY_SECONDS = 86_400


class Listing(NamedTuple):
    """One of the lists that together are the after-sales: what it lists, its API, its window's names, its answer."""

    kind: str
    api: str
    start: str
    end: str
    page: str
    place: tuple[str, str]


_CANCEL_PLACE, _SERVICE_PLACE = ("queryResult", "result"), ("pageResult", "data")
LISTINGS = (
    Listing("cancel", CANCELS, "applyTimeStart", "applyTimeEnd", "pageIndex", _CANCEL_PLACE),
    Listing("cancel", CANCELS, "checkTimeStart", "checkTimeEnd", "pageIndex", _CANCEL_PLACE),
    Listing("service", SERVICES, "applyTimeBegin", "applyTimeEnd", "pageNumber", _SERVICE_PLACE),
    Listing("service", SERVICES, "approveTimeBegin", "approveTimeEnd", "pageNumber", _SERVICE_PLACE),
)

OWN_NUMBER = {"cancel": "id", "service": "serviceId"}
"""Where each kind of after-sale has its own number."""


class Client(ApiClient):
    """One app for one shop. settings: app_key, app_secret, shop_id (the venderId), refresh_token."""

    CHANNEL = CHANNEL
    BASE_URL = "https://api.jd.com"
    ERRORS = ERRORS

    def fetch_token(self, renewal: str = "") -> Token:
        """A token by the stored refresh token, else by the settings' one (a new authorisation kills the stored one)."""
        refresh_tokens = [renewal, str(self.settings.get("refresh_token") or "")]
        refusal: PlatformRefused = PlatformMisconfigured(CHANNEL, reason="no refresh_token")
        for refresh_token in dict.fromkeys(token for token in refresh_tokens if token):
            try:
                return self._token(refresh_token)
            except PlatformRefused as error:
                refusal = error
        raise refusal

    def read(self, entity: Entity, number: str, order_no: str = "") -> Row:
        """An order (`orderInfo`), a cancel refund (`cancel-<id>`) or a service bill (`service-<id>`, by its order)."""
        if entity == "order":
            params = {"order_id": number, "optional_fields": ORDER_FIELDS, "source_id": "JOS"}
            result = self._call(ORDER_GET, params, "orderDetailInfo")
            return self._order_row(result.get("orderInfo"))
        kind, _, own = number.partition("-")
        if kind == "cancel":
            rows = self._list(LISTINGS[0], {"ids": own, "pageIndex": "1", "pageSize": "1"})[0]
        else:
            params = {"orderId": order_no, "pageNumber": "1", "pageSize": str(AFTER_SALE_PAGE)}
            rows = self._list(LISTINGS[2], params)[0]
        row = next((row for row in rows if row.number == number), None)
        if row is None:
            raise PlatformRefused(CHANNEL, entity=entity, number=number, reason="not-listed")
        return self._with_money(row)

    def page(self, entity: Entity, start: datetime, end: datetime, position: str) -> Rows:
        """One page of what changed in the window.

        Orders: a page number from 1. After-sales: "<list>:<page>" of the four lists that they are spread over.
        """
        if entity == "order":
            return self._order_page(start, end, int(position or 1))
        nth, page = (int(part) for part in (position or "0:1").split(":"))
        listing = LISTINGS[nth]
        params = {listing.start: _china(start), listing.end: _china(end)}
        params |= {listing.page: str(page), "pageSize": str(AFTER_SALE_PAGE)}
        listed, total = self._list(listing, params)
        rows = tuple(map(self._with_money, listed))
        if rows and page * AFTER_SALE_PAGE < total:
            return Rows(rows, next_position=f"{nth}:{page + 1}")
        return Rows(rows, next_position=f"{nth + 1}:1" if nth + 1 < len(LISTINGS) else "")

    def _order_page(self, start: datetime, end: datetime, page: int) -> Rows:
        params = {
            "start_date": _china(start),
            "end_date": _china(end),
            "dateType": "0",  # by change, not by creation
            "sortType": "0",  # ascending
            "order_state": ORDER_STATES,
            "optional_fields": ORDER_FIELDS,
            "page": str(page),
            "page_size": str(ORDER_PAGE),
            "source_id": "JOS",
        }
        result = self._call(ORDER_SEARCH, params, "searchorderinfo_result")
        items, total = result.get("orderInfoList") or [], str(result.get("orderTotal"))
        if not isinstance(items, list) or not total.isdecimal():
            raise Retry("jd-unreadable", path=ORDER_SEARCH)
        rows = rows_of(items, self._order_row)
        return Rows(rows, int(total), str(page + 1) if rows and page * ORDER_PAGE < int(total) else "")

    def _list(self, listing: Listing, params: Mapping[str, str]) -> tuple[tuple[Row, ...], int]:
        result, rows = listing.place
        data = self._call(listing.api, params, result)
        items, total = data.get(rows) or [], str(data.get("totalCount") or 0)
        if not isinstance(items, list) or not total.isdecimal():
            raise Retry("jd-unreadable", path=listing.api)
        bills = [item for item in items if _is_bill(listing.kind, item)]
        return rows_of(bills, lambda item: self._after_sale_row(listing.kind, item)), int(total)

    def _order_row(self, detail: Any) -> Row:
        if not isinstance(detail, Mapping):
            raise Retry("jd-unreadable", path="orderInfo")
        number = str(detail.get("orderId") or "")
        return Row(number, {"venderId": str(self.settings["shop_id"]), **detail}, number)

    def _after_sale_row(self, kind: str, detail: Mapping[str, Any]) -> Row:
        bill = _bill(kind, detail)
        own = bill.get(OWN_NUMBER[kind])
        fields = {**detail, "kind": kind, "number": f"{kind}-{own}", "venderId": str(self.settings["shop_id"])}
        return Row(f"{kind}-{own}", fields, str(bill.get("orderId") or ""))

    def _with_money(self, row: Row) -> Row:
        """A bill whose refund succeeded, with the amount in yuan: the list's where it has decimals (it names no unit),
        else what another API says. Where that one refuses, without: one bill that can't be read holds up no list."""
        if row.detail.get("kind") != "service" or str(row.detail.get("status")) != REFUNDED:
            return row
        amount = row.detail.get("refoundAmount")
        if not isinstance(amount, str) or "." not in amount:
            try:
                refund = self._call(PAID_BACK, {"afsServiceId": row.number.removeprefix("service-")}, "result")
            except PlatformRefused:
                return row
            amount = expect(CHANNEL, refund, PAID_BACK, "data", "afsActualRefundDetail", "actualRefundAmount")
        return Row(row.number, {**row.detail, "actualRefundAmount": amount}, row.order_no)

    def _call(self, api: str, params: Mapping[str, str], place: str) -> Any:
        """The named result of a call. Raises what the error table says, and PlatformRefused for a refusal inside."""
        answer = self.with_token(lambda token: self._post(api, params, token), _code)
        result = expect(CHANNEL, answer, api, api.replace(".", "_") + "_responce", place)
        verdict = result.get("apiResult", result) if isinstance(result, Mapping) else None
        if not isinstance(verdict, Mapping):
            raise Retry("jd-unreadable", path=api)
        if str(verdict.get("success")).lower() != "true":
            inner = verdict.get("englishErrCode") or verdict.get("errorCode") or verdict.get("code") or ""
            raise PlatformRefused(CHANNEL, api=api, errcode=str(inner)[:64])
        return result

    def _post(self, api: str, params: Mapping[str, str], token: str) -> Any:
        form = {
            "method": api,
            "access_token": token,
            "app_key": str(self.settings["app_key"]),
            "timestamp": _china(self.wall_now()),
            "v": "2.0",
            PARAMETERS: parameters(params),
        }
        form["sign"] = sign_call(str(self.settings["app_secret"]), form)
        return self.exchange("POST", PATH, api=api, data=form)

    def _token(self, refresh_token: str) -> Token:
        base_url = OAUTH_URL if self._base_url == self.BASE_URL else self._base_url
        form = {"app_key": str(self.settings["app_key"]), "app_secret": str(self.settings["app_secret"])}
        form |= {"grant_type": "refresh_token", "refresh_token": refresh_token}
        response = exchange(self._session, CHANNEL, "POST", base_url, REFRESH, data=form, timeout=self._timeout)
        answer = expect_object(CHANNEL, response, REFRESH)
        value, seconds = answer.get("access_token"), str(answer.get("expires_in"))
        if not isinstance(value, str) or not seconds.isdecimal():
            raise PlatformMisconfigured(CHANNEL, reason="not refreshed", errcode=str(answer.get("code"))[:16])
        return Token(value, _cached_seconds(int(seconds)), str(answer.get("refresh_token") or refresh_token))


def _bill(kind: str, detail: Mapping[str, Any]) -> Mapping[str, Any]:
    return detail if kind == "cancel" else object_of(detail, "sameOrderServiceBill")


def _is_bill(kind: str, item: Any) -> bool:
    """Not so what has no number: the list names refunds without a bill too."""
    return not isinstance(item, Mapping) or _bill(kind, item).get(OWN_NUMBER[kind]) not in (None, "")


def _cached_seconds(seconds: int) -> int:
    """A life whose renewal falls into the middle of the token's last day (of a shorter life: into its second half)."""
    renewal = max(seconds - LAST_DAY_SECONDS // 2, seconds // 2)
    return renewal * 100 // RENEWED_AT_PERCENT


def _china(moment: datetime) -> str:
    return moment.astimezone(CHINA).strftime("%Y-%m-%d %H:%M:%S")


def _code(answer: Any) -> str:
    """The gateway's code, of an error or of the answer itself; "0" is success."""
    for body in answer.values() if isinstance(answer, Mapping) else ():
        if isinstance(body, Mapping) and "code" in body:
            return str(body["code"])
    return "0"
