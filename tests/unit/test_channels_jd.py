"""JD: signatures, hints in our words, orders and after-sales of both kinds, signed calls, tokens."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from hub.channels.base import NotUnderstood
from hub.channels.client import PlatformMisconfigured, PlatformRefused, Token
from hub.channels.facts import AfterSaleFacts, OrderFacts
from hub.channels.jd import inbound
from hub.channels.jd.client import FEEDS, OAUTH_URL, ORDER_STATES, Client
from hub.channels.jd.orders import canonical_after_sale, canonical_order
from hub.channels.jd.signing import PARAMETERS, parameters, sign_call
from hub.channels.mapping import packaged_table
from hub.channels.market import Rows
from hub.channels.registry import channel_document
from hub.contracts.events import AfterSaleTouched, OrderTouched
from hub.kernel.errors import Retry
from hub.store.tokens import RENEW_AT
from tests.channels.fakes import FakeSession, FakeTokens
from tests.channels.support import payload, stored

KNOWN: dict[str, Any] = payload("jd_examples")["settings"]
TABLE = packaged_table("jd")
NOW = datetime(2026, 1, 1, 4, 45, tzinfo=UTC)
UNPAID = "0001-01-01 00:00:00"

# https://open.jd.com/v2/#/doc/guide?listId=2643 publishes this digest
OFFICIAL = {
    "360buy_param_json": (
        '{"end_date":null,"optional_fields":null,"order_state":"WAIT_SELLER_STOCK_OUT","page":"1","page_size":"200",'
        '"start_date":null}'
    ),
    "access_token": "yourtoken",
    "app_key": "yourappkey",
    "method": "jingdong.pop.order.search",
    "timestamp": "2021-05-07 09:20:39.683+0800",
    "v": "2.0",
}


def test_a_call_is_signed_as_the_vector() -> None:
    """Format and sign_method change nothing; any other character does."""
    expected = "D70825340F4084360B9362B60DFD7930"
    assert sign_call("yourappSecret", OFFICIAL) == expected
    assert sign_call("yourappSecret", {**OFFICIAL, "format": "json", "sign_method": "md5", "sign": "x"}) == expected
    assert sign_call("yourappSecret", {**OFFICIAL, "v": "2.1"}) != expected
    assert sign_call("yourappSecreT", OFFICIAL) != expected


def test_parameters_are_plain_utf_8() -> None:
    """No blanks, no escapes, names in order: what is signed is what is sent."""
    assert parameters({"b": "中", "a": "1"}) == '{"a":"1","b":"中"}'


@pytest.mark.parametrize(
    ("topic", "content", "number"),
    [
        ("refund", {"order_id": 1, "refund_id": 9007199254740993}, "cancel-9007199254740993"),
        ("service", {"order_id": 1, "service_id": 5}, "service-5"),
    ],
)
def test_an_after_sale_says_which_kind_it_is(topic: str, content: dict[str, Any], number: str) -> None:
    """Ids of cancel refunds and of service bills could be the same number; ours are not."""
    told = {"id": "1", "topic": topic, "content": {**content, "vender_id": 7}}
    (draft,) = inbound.events(stored("jd", json.dumps(told).encode()))
    event = draft.event
    assert isinstance(event, AfterSaleTouched)
    assert (event.after_sale_no, event.order_no, event.shop_id, event.message_id) == (number, "1", "7", "msg_1")


def test_an_order_is_touched() -> None:
    """Our own topic, the vender as the shop."""
    told = {"id": "1", "topic": "order", "shop_id": "7", "content": {"order_id": "300000000001"}}
    (draft,) = inbound.events(stored("jd", json.dumps(told).encode()))
    assert isinstance(draft.event, OrderTouched)
    assert (draft.event.order_no, draft.event.shop_id) == ("300000000001", "7")


ORDER: dict[str, Any] = {
    "orderId": "300000000001",
    "venderId": "10000001",
    "orderState": "WAIT_GOODS_RECEIVE_CONFIRM",
    "actualPay": "129.90",
    "orderPayment": "1.00",
    "paymentConfirmTime": "2026-01-01 12:43:20",
    "orderEndTime": UNPAID,
    "modified": "2026-01-01 12:45:00",
    "waybill": "JD1,JD2",
    "orderRemark": "放门口",
    "open_id_buyer": "oid_1",
}


def test_an_order_in_our_words() -> None:
    """actualPay and never orderPayment; several parcels in one text."""
    assert canonical_order(ORDER, TABLE) == OrderFacts(
        order_no="300000000001",
        shop_id="10000001",
        state="shipped",
        state_rank=50,
        amount_minor=12990,
        currency="CNY",
        updated_at=NOW,
        buyer_id="oid_1",
        paid_at=datetime(2026, 1, 1, 4, 43, 20, tzinfo=UTC),
        note="放门口",
        tracking_nos=("JD1", "JD2"),
    )


@pytest.mark.parametrize(
    ("change", "state", "paid"),
    [
        ({"orderState": "NOT_PAY", "paymentConfirmTime": UNPAID, "actualPay": ""}, "pending_payment", False),
        ({"orderState": "TRADE_CANCELED", "paymentConfirmTime": UNPAID, "actualPay": None}, "cancelled", False),
        ({"orderState": "TRADE_CANCELED"}, "refunded", True),
        ({"orderState": "TRADE_CANCELED", "paymentConfirmTime": "1970-01-01 08:00:00"}, "cancelled", False),
        ({"orderState": "WAIT_SELLER_STOCK_OUT", "paymentConfirmTime": UNPAID}, "paid", False),
        ({"orderState": "LOCKED"}, "on_hold", True),
        ({"orderState": "SEND_TO_DISTRIBUTION_CENER"}, "shipped", True),
    ],
)
def test_the_year_one_means_not_yet(change: dict[str, Any], state: str, paid: bool) -> None:
    """Cancelled after payment is refunded; cash on delivery waits to be shipped without a time of payment."""
    facts = canonical_order({**ORDER, **change}, TABLE)
    assert (facts.state, facts.paid_at is not None) == (state, paid)


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"orderState": "DENGDAI"}, "unknown-status"),
        ({"actualPay": None}, "missing-field"),
        ({"actualPay": "1.999"}, "missing-field"),
        ({"actualPay": 1.9}, "missing-field"),
        ({"modified": UNPAID}, "missing-field"),
        ({"orderId": None}, "missing-field"),
    ],
)
def test_an_order_that_cannot_be_trusted_is_not_guessed(change: dict[str, Any], reason: str) -> None:
    """A paid order without actualPay is refused: the older field is stale."""
    with pytest.raises(NotUnderstood) as refused:
        canonical_order({**ORDER, **change}, TABLE)
    assert refused.value.reason == reason


CANCEL: dict[str, Any] = {
    "kind": "cancel",
    "number": "cancel-77",
    "id": 77,
    "orderId": "300000000001",
    "venderId": "10000001",
    "status": 3,
    "applyRefundSum": 12990,
    "applyTime": "2026-01-01 12:40:00",
    "checkTime": "2026-01-01 12:45:00",
}


def test_a_cancel_refund_in_our_words() -> None:
    """Fen, and an audit that passed is no proof of money."""
    assert canonical_after_sale(CANCEL, TABLE) == AfterSaleFacts(
        after_sale_no="cancel-77",
        order_no="300000000001",
        shop_id="10000001",
        type="cancel_before_ship",
        state="refunding",
        state_rank=60,
        money="pending",
        updated_at=NOW,
        requested_minor=12990,
    )


SERVICE: dict[str, Any] = {
    "kind": "service",
    "number": "service-5",
    "venderId": "10000001",
    "status": 13,
    "completeTime": "2026-01-01 12:45:00",
    "actualRefundAmount": "20.50",
    "expressNo": "SF1",
    "sameOrderServiceBill": {"serviceId": 5, "orderId": 300000000001, "afsApplyTime": "2026-01-01 10:00:00"},
}


def test_a_service_bill_in_our_words() -> None:
    """Status 13 is money back, and its own API says how much, in yuan."""
    bill = {**SERVICE["sameOrderServiceBill"], "customerExpect": 10}
    assert canonical_after_sale({**SERVICE, "sameOrderServiceBill": bill}, TABLE) == AfterSaleFacts(
        after_sale_no="service-5",
        order_no="300000000001",
        shop_id="10000001",
        type="return_refund",
        state="refunded",
        state_rank=80,
        money="succeeded",
        updated_at=NOW,
        requested_minor=2050,
        refunded_minor=2050,
        tracking_no="SF1",
    )


@pytest.mark.parametrize(
    ("status", "state", "money"), [(None, "requested", "none"), (7, "requested", "none"), (14, "closed", "failed")]
)
def test_a_bill_is_open_until_its_refund_ends(status: Any, state: str, money: str) -> None:
    """Its other codes are not known: it stays requested, and no money is counted."""
    facts = canonical_after_sale({**SERVICE, "status": status}, TABLE)
    assert (facts.state, facts.money, facts.refunded_minor) == (state, money, 0)


@pytest.mark.parametrize(
    ("detail", "reason"),
    [
        ({**CANCEL, "status": 99}, "unknown-status"),
        ({**CANCEL, "applyTime": None, "checkTime": None}, "missing-field"),
        ({**SERVICE, "actualRefundAmount": None}, "missing-field"),
        ({**SERVICE, "sameOrderServiceBill": {}}, "missing-field"),
    ],
)
def test_an_after_sale_that_cannot_be_trusted_is_not_guessed(detail: dict[str, Any], reason: str) -> None:
    """Money back without an amount is refused, never zero."""
    with pytest.raises(NotUnderstood) as refused:
        canonical_after_sale(detail, TABLE)
    assert refused.value.reason == reason


def client(*answers: Any, base_url: str = "http://jd.test", **changes: Any) -> tuple[Client, FakeSession]:
    session = FakeSession(*answers)
    options: dict[str, Any] = {"wall_now": lambda: NOW, "base_url": base_url, "session": session}
    return Client({**KNOWN, **changes}, FakeTokens(), **options), session


def found(**told: Any) -> dict[str, Any]:
    return {"jingdong_pop_order_get_responce": {"code": "0", "orderDetailInfo": told}}


FINE = {"success": True}


def test_an_order_is_asked_for_by_a_signed_form() -> None:
    """The parameters are one JSON text; the time is China's; the answer has JD's own spelling."""
    jd, session = client(found(apiResult=FINE, orderInfo={"orderId": 5}))
    row = jd.read("order", "5")
    assert (row.number, row.order_no, row.detail["venderId"]) == ("5", "5", KNOWN["shop_id"])
    ((method, url, request),) = session.asked
    form = dict(request["data"])
    assert (method, url, form["timestamp"]) == ("POST", "http://jd.test/routerjson", "2026-01-01 12:45:00")
    assert json.loads(form[PARAMETERS])["order_id"] == "5"
    assert form.pop("sign") == sign_call(KNOWN["app_secret"], form)
    assert form["method"] in channel_document("jd")["apis"]["order"]


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        (found(apiResult={"success": "false", "englishErrCode": "x"}), PlatformRefused),
        (found(apiResult={}), PlatformRefused),
        (found(apiResult=FINE), Retry),
        ({"jingdong_pop_order_get_response": {"code": "0", "orderDetailInfo": {}}}, Retry),
        ({"error_response": {"code": "2", "zh_desc": "…"}}, Retry),
        ({"error_response": {"code": "12", "zh_desc": "无效签名"}}, PlatformMisconfigured),
        ({"error_response": {"code": "73", "zh_desc": "云鼎"}}, PlatformMisconfigured),
        ({"error_response": {"code": "60", "zh_desc": "…"}}, PlatformRefused),
        ([], Retry),
    ],
)
def test_an_answer_counts_only_with_its_inner_success(answer: Any, kind: type[Exception]) -> None:
    """HTTP 200 and code 0 are not enough; a missing proof is no success."""
    with pytest.raises(kind) as refused:
        client(answer)[0].read("order", "5")
    assert KNOWN["app_secret"] not in f"{refused.value} {refused.value!r}"


def searched(listed: Any, total: Any) -> dict[str, Any]:
    told = {"apiResult": FINE, "orderInfoList": listed, "orderTotal": total}
    return {"jingdong_pop_order_search_responce": {"code": "0", "searchorderinfo_result": told}}


@pytest.mark.parametrize("listed", [None, [], ""])
def test_an_empty_window_is_empty(listed: Any) -> None:
    """Nothing changed: no rows, no next page, and no failure, however the list says so."""
    assert client(searched(listed, 0))[0].page("order", NOW, NOW, "") == Rows((), 0)


@pytest.mark.parametrize("bill", ["x", 7, [1], None])
def test_a_refund_without_a_readable_bill_is_passed_over(bill: Any) -> None:
    """The list names refunds that have no service bill; one of another shape holds up no list."""
    told = {"success": True, "totalCount": 1, "data": [{"sameOrderServiceBill": bill}]}
    answer = {"jingdong_asc_serviceAndRefund_view_responce": {"code": "0", "pageResult": told}}
    assert client(answer)[0].page("after_sale", NOW, NOW, "2:1").rows == ()


@pytest.mark.parametrize("answer", [[], "x", None, 7])
def test_a_token_of_another_shape_is_tried_again(answer: Any) -> None:
    """What is no object is no answer of JD's OAuth."""
    with pytest.raises(Retry, match="unreadable"):
        client(answer if answer is not None else b"null", refresh_token="r1")[0].fetch_token()


def test_several_parcels_are_told_apart() -> None:
    """One text names them all; blanks around a number are none of it, and a number counts once."""
    facts = canonical_order({**ORDER, "waybill": "JD01, JD02 |JD01;"}, TABLE)
    assert facts.tracking_nos == ("JD01", "JD02")


def test_a_success_may_be_text() -> None:
    """JD's examples write true both ways; a token that died is renewed once before that."""
    dead = {"error_response": {"code": "19", "zh_desc": "无效access_token"}}
    jd, session = client(dead, found(apiResult={"success": "true"}, orderInfo={"orderId": "5"}))
    assert jd.read("order", "5").number == "5"
    assert [request["data"]["access_token"] for _, _, request in session.asked] == ["token-1", "token-2"]


def test_every_known_state_is_asked_for() -> None:
    """A state that the table maps is one that the search names."""
    assert ORDER_STATES.split(",") == TABLE.document["order"]["fields"]["orderState"]


def test_a_months_window_and_a_day_of_looking_back() -> None:
    """Orders by change; after-sales over times that are written once, so what follows is looked for again."""
    windows = [(feed.entity, feed.window, feed.overlap) for feed in FEEDS]
    assert windows == [
        ("order", timedelta(days=28), timedelta(minutes=10)),
        ("after_sale", timedelta(days=7), timedelta(days=1)),
    ]


@pytest.mark.parametrize("days", [30, 1])
def test_a_token_is_renewed_within_its_last_day(days: int) -> None:
    """JD renews then and never after: the cache's share of the life that we name lies within it."""
    answer = {"access_token": "at", "expires_in": days * 86_400, "refresh_token": "rt"}
    jd, session = client(answer)
    token = jd.fetch_token("stored")
    renewed_at = token.expires_in_seconds * RENEW_AT
    assert token[0::2] == ("at", "rt")
    assert (days - 1) * 86_400 < renewed_at + 1 < days * 86_400
    assert session.asked[0][2]["data"]["refresh_token"] == "stored"


def test_tokens_come_from_jds_oauth() -> None:
    """Another host than the API's; the settings' refresh token serves where the stored one died."""
    jd, session = client({"code": 401}, {"access_token": "at", "expires_in": 10}, base_url="")
    assert jd.fetch_token("stored") == Token("at", 5 * 100 // 85, KNOWN["refresh_token"])
    assert {url for _, url, _ in session.asked} == {f"{OAUTH_URL}/oauth2/refresh_token"}
    with pytest.raises(PlatformMisconfigured):
        client({"code": 401})[0].fetch_token()
    with pytest.raises(PlatformMisconfigured, match="no refresh_token"):
        client(refresh_token="")[0].fetch_token()
