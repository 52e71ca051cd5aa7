"""Signed calls to Pinduoduo's open API: orders, after-sales, coupons, and tokens.

https://open.pinduoduo.com/application/document/api (the names are ids there); requests, answers and limits as public
SDKs made from it have them (2023 to 2026). Query windows span 30 minutes and end 3 minutes before now at the latest.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from hub.channels.client import (
    ApiClient,
    ErrorTable,
    PlatformMisconfigured,
    PlatformRefused,
    Token,
    expect,
    expect_object,
)
from hub.channels.market import Entity, Feed, Row, Rows, rows_of
from hub.channels.pinduoduo.coupons import coupon_request
from hub.channels.pinduoduo.signing import sign_call
from hub.kernel.errors import Retry

CHANNEL = "pinduoduo"
PATH = "/api/router"
PAGE_SIZE = 100
WINDOW = timedelta(minutes=30)
LAG = timedelta(minutes=3)
PROMOTION = "promotion"
"""The budget of promotion calls, whichever API they take."""
FEEDS = (
    # newest change first; the platform's own advice: from the last page to the first
    Feed("order", "backward", PAGE_SIZE, window=WINDOW, lag=LAG),
    # the list says amounts in yuan and types in codes of its own: the detail is read
    Feed("after_sale", "backward", PAGE_SIZE, window=WINDOW, lag=LAG, complete=False),
)
ERRORS = ErrorTable(
    CHANNEL,
    # 10019 and 70031 as public clients treat them; the others from memory
    stale_token=frozenset({"10019"}),
    retry_after_seconds={"50000": 5, "52002": 5, "52101": 10, "52102": 30, "52103": 30, "70031": 10, "70032": 10},
    misconfigured=frozenset({"10002", "10016", "10018", "10035", "20004", "20005", "20031", "20032", "30000", "30001"}),
)


class Client(ApiClient):
    """One app for one shop.

    settings: client_id, client_secret, shop_id (the mall's), and refresh_token or authorization_code.
    """

    CHANNEL = CHANNEL
    BASE_URL = "https://gw-api.pinduoduo.com"
    ERRORS = ERRORS

    def fetch_token(self, renewal: str = "") -> Token:
        """A token by the stored refresh token, else by the settings' one, else by their code (good for 10 minutes).

        A new authorisation kills all older tokens, so each is tried. Raises PlatformMisconfigured for another shop's.
        """
        refresh_tokens = [renewal, str(self.settings.get("refresh_token") or "")]
        tries = [
            ("pdd.pop.auth.token.refresh", {"refresh_token": token}) for token in dict.fromkeys(refresh_tokens) if token
        ]
        code = str(self.settings.get("authorization_code") or "")
        tries += [("pdd.pop.auth.token.create", {"code": code})] if code else []
        refusal: PlatformRefused = PlatformMisconfigured(CHANNEL, reason="no refresh_token, no authorization_code")
        for api, params in tries:
            try:
                return self._token(api, params)
            except PlatformRefused as error:
                refusal = error
        raise refusal

    def read(self, entity: Entity, number: str, order_no: str = "") -> Row:
        """An order (`order_info`), or an after-sale, read by its own and its order's number; with our `mall_id`."""
        if entity == "order":
            api = "pdd.order.information.get"
            answer = self._call(api, {"order_sn": number})
            return self._row(expect(CHANNEL, answer, api, "order_info_get_response", "order_info"), "order_sn", number)
        api = "pdd.refund.information.get"
        answer = self._call(api, {"after_sales_id": number, "order_sn": order_no})
        return self._row(_unwrapped(answer, "after_sales_status"), "id", order_no)

    def page(self, entity: Entity, start: datetime, end: datetime, position: str) -> Rows:
        """One page of what changed in the window. position: a page number from 1, "" the first."""
        page = int(position or 1)
        params = {"start_updated_at": str(int(start.timestamp())), "end_updated_at": str(int(end.timestamp()))}
        params |= {"page": str(page), "page_size": str(PAGE_SIZE)}
        if entity == "order":
            api, places = "pdd.order.number.list.increment.get", ("order_sn_increment_get_response", "order_sn_list")
            params |= {"is_lucky_flag": "0", "order_status": "5", "refund_status": "5"}
        else:
            api, places = "pdd.refund.list.increment.get", ("refund_increment_get_response", "refund_list")
            params |= {"after_sales_status": "1", "after_sales_type": "1"}
        result = expect_object(CHANNEL, self._call(api, params), api, places[0])
        items, total = result.get(places[1]) or [], str(result.get("total_count") or 0)
        if not isinstance(items, list) or not total.isdecimal():
            raise Retry("pinduoduo-unreadable", path=api)
        number = "order_sn" if entity == "order" else "id"
        rows = rows_of(items, lambda item: self._row(item, number, ""))
        return Rows(rows, int(total), str(page + 1) if rows and page * PAGE_SIZE < int(total) else "")

    def push_promotion(self, promotion: Mapping[str, Any]) -> str:
        """A batch of coupons made of a promotion (see coupons.py); the batch's id. Each call makes another batch.

        Raises Invalid for what Pinduoduo has no coupon for.
        """
        api, params, place = coupon_request(promotion)
        answer = self._call(api, params, budget=PROMOTION)
        return str(expect(CHANNEL, answer, api, place, "batch_id"))

    def _row(self, detail: Any, number: str, order_no: str) -> Row:
        if not isinstance(detail, Mapping):
            raise Retry("pinduoduo-unreadable", path=number)
        fields = {**detail, "mall_id": str(self.settings["shop_id"])}
        return Row(str(detail.get(number) or ""), fields, str(detail.get("order_sn") or order_no))

    def _call(self, api: str, params: Mapping[str, str], budget: str = "") -> Any:
        return self.with_token(lambda token: self._post(api, {**params, "access_token": token}, budget), _code)

    def _token(self, api: str, params: Mapping[str, str]) -> Token:
        answer = self._post(api, params)
        if _code(answer) in ERRORS.stale_token:
            raise PlatformMisconfigured(CHANNEL, reason="the authorisation ended", errcode=_code(answer))
        ERRORS.raise_for(_code(answer))
        data = expect_object(CHANNEL, answer, api, api.removeprefix("pdd.").replace(".", "_") + "_response")
        value, seconds = data.get("access_token"), str(data.get("expires_in"))
        if not isinstance(value, str) or not seconds.isdecimal():
            raise Retry("pinduoduo-unreadable", path=api)
        if str(data.get("owner_id")) != str(self.settings["shop_id"]):
            raise PlatformMisconfigured(CHANNEL, reason="another shop authorised", owner_id=data.get("owner_id"))
        return Token(value, int(seconds), str(data.get("refresh_token") or ""))

    def _post(self, api: str, params: Mapping[str, str], budget: str = "") -> Any:
        form = {
            **params,
            "type": api,
            "client_id": str(self.settings["client_id"]),
            "timestamp": str(int(self.wall_now().timestamp())),
            "data_type": "JSON",
            "version": "V1",
        }
        form["sign"] = sign_call(str(self.settings["client_secret"]), form)
        return self.exchange("POST", PATH, api=budget or api, data=form)


def _code(answer: Any) -> str:
    error = answer.get("error_response") if isinstance(answer, Mapping) else None
    return str(error.get("error_code")) if isinstance(error, Mapping) else "0"


def _unwrapped(answer: Any, name: str) -> Any:
    """An answer whose fields are documented without a name around them, with or without one."""
    if not isinstance(answer, Mapping) or name in answer:
        return answer
    return next((part for part in answer.values() if isinstance(part, Mapping) and name in part), None)
