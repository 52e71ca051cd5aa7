"""Youzan: the push's door, its messages, orders and refunds in our words, calls."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote

import pytest
import requests
from hypothesis import given, settings
from hypothesis import strategies as st

from hub.channels.base import Delivery, NotUnderstood, Rejected
from hub.channels.client import PlatformMisconfigured, PlatformRefused, Token
from hub.channels.facts import AfterSaleFacts, OrderFacts
from hub.channels.mapping import lint, packaged_table
from hub.channels.market import Row, Rows
from hub.channels.youzan import codec, inbound
from hub.channels.youzan.client import FEEDS, Client
from hub.channels.youzan.codec import DOOR
from hub.channels.youzan.orders import canonical_after_sale, canonical_order
from hub.kernel.errors import HubError, Retry
from tests.channels.fakes import FakeSession, FakeTokens
from tests.channels.support import payload, stored

KNOWN: dict[str, Any] = payload("youzan_examples")["settings"]
TABLE = packaged_table("youzan")
NOW = datetime(2026, 1, 1, 4, 45, tzinfo=UTC)

# made by the published algorithm (several public receivers of Youzan's pushes), not by this code
VECTOR = {"client_id": "yz-client", "client_secret": "yz-secret"}
VECTOR_BODY = (
    b'{"client_id":"yz-client","id":"E20260101120000000001","kdt_id":110,"kdt_name":"demo","mode":1,'
    b'"msg":"%7B%22tid%22%3A%22E20260101120000000001%22%7D","sendCount":0,"status":"TRADE_PAID","test":false,'
    b'"type":"trade_TradePaid","version":1767240000}'
)
VECTOR_SIGN = "dac99c0be6df0669f01fc6ed5c4c4840"
OLD_SIGN = "c6110f190bfcf5c5588bfc162611a271"


def push(body: bytes, sign: str | None = None) -> Delivery:
    return Delivery("POST", {}, {} if sign is None else {"event-sign": sign}, body)


def body_of(**fields: Any) -> bytes:
    return json.dumps({**json.loads(VECTOR_BODY), **fields}).encode()


def keys(*bodies: bytes) -> set[str]:
    signs = [codec.sign("yz-client", body, "yz-secret") for body in bodies]
    return {DOOR.accept(push(*one), VECTOR).messages[0].dedupe_key for one in zip(bodies, signs, strict=True)}


def events(kind: str, said: Any, **fields: Any) -> list[dict[str, Any]]:
    text = said if isinstance(said, dict) else quote(json.dumps(said))
    plaintext = body_of(type=kind, msg=text, **fields)
    return [draft.event.model_dump() for draft in inbound.events(stored("youzan", plaintext)) if draft.event]


@pytest.mark.parametrize("case", [str.lower, str.upper])
def test_the_vector_verifies_in_either_case(case: Any) -> None:
    """Event-Sign is the MD5 over id, raw body and secret."""
    accepted = DOOR.accept(push(VECTOR_BODY, case(VECTOR_SIGN)), VECTOR)
    assert ([one.plaintext for one in accepted.messages], accepted.answer) == ([VECTOR_BODY], DOOR.SUCCESS)


@pytest.mark.parametrize("at", [0, 40, len(VECTOR_BODY) - 1])
def test_a_flipped_byte_fails(at: int) -> None:
    """Every byte of the body is covered."""
    broken = VECTOR_BODY[:at] + bytes([VECTOR_BODY[at] ^ 1]) + VECTOR_BODY[at + 1 :]
    with pytest.raises(Rejected, match="bad-signature"):
        DOOR.accept(push(broken, VECTOR_SIGN), VECTOR)


def test_an_old_push_is_a_hint_by_the_sign_in_its_body() -> None:
    """Without Event-Sign, `sign` over `msg` (as sent, or decoded) is taken for orders and refunds."""
    decoded = codec.sign("yz-client", b'{"tid":"E20260101120000000001"}', "yz-secret")
    for sign in (OLD_SIGN, decoded):
        assert DOOR.accept(push(body_of(sign=sign)), VECTOR).messages


@pytest.mark.parametrize(
    ("fields", "event_sign"),
    [
        ({"sign": OLD_SIGN}, "0" * 32),  # an Event-Sign that is wrong has no second chance
        ({"sign": OLD_SIGN, "type": "POINTS"}, None),  # `type` and `kdt_id` are not covered: no hint, no trust
        ({"sign": OLD_SIGN, "msg": {"tid": "1"}}, None),
        ({"sign": 7}, None),
        ({}, None),
    ],
)
def test_the_old_sign_opens_no_other_door(fields: dict[str, Any], event_sign: str | None) -> None:
    """It is no fallback for a wrong Event-Sign, and nothing but a hint."""
    with pytest.raises(Rejected, match="bad-signature"):
        DOOR.accept(push(body_of(**fields), event_sign), VECTOR)


def test_a_test_push_is_answered_and_not_kept() -> None:
    """`test: true`, signed like the rest."""
    body = body_of(test=True)
    assert DOOR.accept(push(body, codec.sign("yz-client", body, "yz-secret")), VECTOR).messages == ()


def test_a_repetition_has_the_key_of_the_first() -> None:
    """`sendCount` counts repetitions; all else that differs is another message."""
    assert len(keys(body_of(), body_of(sendCount=3, sign="x"))) == 1
    assert len(keys(body_of(), body_of(msg="%7B%7D"), body_of(version=1), body_of(kdt_id=111))) == 4
    assert len(keys(body_of(msg_id="m-1"), body_of(msg_id="m-2"), body_of(msg_id="m-1", sendCount=2))) == 2


@pytest.mark.parametrize("body", [b"", b"7", b"[1]", b"\xff", b"[" * 100_000])
def test_a_signed_body_that_is_no_object_is_kept_whole(body: bytes) -> None:
    """What verifies is never lost."""
    accepted = DOOR.accept(push(body, codec.sign("yz-client", body, "yz-secret")), VECTOR)
    assert [one.plaintext for one in accepted.messages] == [body]


def test_a_push_over_the_limit_is_refused() -> None:
    """One MiB is the written bound; at the bound a push is read."""
    at_bound = b" " * (DOOR.BODY_LIMIT_BYTES - 2) + b"{}"
    assert DOOR.accept(push(at_bound, codec.sign("yz-client", at_bound, "yz-secret")), VECTOR).messages
    with pytest.raises(Rejected, match="too-large"):
        DOOR.accept(push(at_bound + b" ", "x"), VECTOR)


@given(st.binary(max_size=200), st.text(max_size=40))
@settings(max_examples=200, deadline=None)
def test_random_pushes_are_refused(body: bytes, signature: str) -> None:
    """Nothing that the app's secret did not sign is taken, and nothing crashes the door."""
    with pytest.raises(Rejected):
        DOOR.accept(push(body, signature), VECTOR)


def test_an_order_is_named_in_three_places() -> None:
    """In the message, in the whole order inside it, or by the push itself."""
    whole = {"full_order_info": {"order_info": {"tid": "E2"}}}
    told = [events("trade_TradePaid", said)[0]["order_no"] for said in ({"tid": "E1"}, whole, {})]
    assert told == ["E1", "E2", "E20260101120000000001"]


def test_a_refund_that_is_not_named_touches_its_order() -> None:
    """A hint is never thrown away."""
    assert [one["type"] for one in events("trade_refund_SysRefund", {"tid": "E1"})] == ["order.touched"]


def test_a_blank_may_come_as_a_plus() -> None:
    """The manual doesn't say how blanks are encoded: both are read."""
    plaintext = body_of(type="POINTS", yz_open_id="yz1", msg="%7B%22total%22:+50%7D")
    (draft,) = inbound.events(stored("youzan", plaintext))
    assert draft.event is not None
    assert draft.event.model_dump()["points"] == 50


@pytest.mark.parametrize(
    ("status", "said", "change"),
    [
        ("CUSTOMER_CREATED", {"is_member": 1}, "joined"),
        ("CUSTOMER_CREATED", {"is_member": 0}, "updated"),
        ("CUSTOMER_UPDATED", {"is_member": True}, "updated"),
        ("CUSTOMER_UPDATED", {"is_log_off": True}, "left"),
    ],
)
def test_a_customer_is_a_member_only_if_the_push_says_so(status: str, said: dict[str, Any], change: str) -> None:
    """Creating a customer makes no member."""
    (event,) = events("SCRM_CUSTOMER_EVENT", said, status=status, yz_open_id="yz1")
    assert (event["person_id"], event["change"], event["account"]) == ("yz1", change, "110")


@pytest.mark.parametrize(
    ("status", "change"),
    [("CARD_TAKE", "claimed"), ("CODE_CONSUME", "used"), ("CARD_REVERT", "changed"), ("CARD_BACK", "changed")],
)
def test_a_coupon_is_claimed_used_and_given_back(status: str, change: str) -> None:
    """Coupons and codes, each step by its ending."""
    said = {"id": "9", "coupon_group_id": 77, "status": status}
    (event,) = events("COUPON_CUSTOMER_PROMOTION", said, yz_open_id="yz1")
    assert (event["coupon_id"], event["code"], event["change"]) == ("77", "9", change)


def test_a_campaign_among_the_buyers_coupons_says_nothing() -> None:
    """The subscription brings the merchant's own campaigns along."""
    assert events("COUPON_CUSTOMER_PROMOTION", {"type": "COUPON_PROMOTION", "status": "CARD_CREATED"}) == []


@pytest.mark.parametrize(("version", "year"), [(1767240000, 2026), (1517055397112, 2018), ("x", None), (0, None)])
def test_the_time_of_a_push_is_in_seconds_or_milliseconds(version: object, year: int | None) -> None:
    """Older types use milliseconds; what is no time is none."""
    (event,) = events("POINTS", {"yz_open_id": "yz1"}, version=version)
    assert (event["source_at"].year if event["source_at"] else None) == year


DETAIL: dict[str, Any] = {
    "full_order_info": {
        "order_info": {
            "tid": "E1",
            "status": "WAIT_SELLER_SEND_GOODS",
            "refund_state": 0,
            "node_kdt_id": 110,
            "pay_time": "2026-01-01 12:43:20",
            "update_time": "2026-01-01 12:45:00",
            "offline_id": 8,
        },
        "pay_info": {"payment": "130.00", "real_payment": "129.90"},
        "buyer_info": {"yz_open_id": "yz1"},
        "remark_info": {"buyer_message": "请尽快发货"},
    },
    "delivery_order": [{"dists": [{"express_info": {"express_no": "SF1"}}, {"express_info": {}}]}],
}


def order(**changes: Any) -> dict[str, Any]:
    whole = DETAIL["full_order_info"]
    return {"full_order_info": {**whole, "order_info": {**whole["order_info"], **changes}}}


def test_an_order_in_our_words() -> None:
    """The buyer paid `real_payment`; times without an offset are China's."""
    assert canonical_order(DETAIL, TABLE) == OrderFacts(
        order_no="E1",
        shop_id="110",
        state="paid",
        state_rank=30,
        amount_minor=12990,
        currency="CNY",
        updated_at=NOW,
        buyer_id="yz1",
        paid_at=datetime(2026, 1, 1, 4, 43, 20, tzinfo=UTC),
        attribution={"store": "8"},
        note="请尽快发货",
        tracking_nos=("SF1",),
    )


@pytest.mark.parametrize(("refund_state", "state"), [(12, "refunded"), (0, "cancelled")])
def test_a_closed_order_was_refunded_or_never_sold(refund_state: int, state: str) -> None:
    """refund_state 12 is: all of it went back."""
    closed = order(status="TRADE_CLOSED", refund_state=refund_state, pay_time="")
    assert (canonical_order(closed, TABLE).state, canonical_order(closed, TABLE).paid_at) == (state, None)


@pytest.mark.parametrize(
    "changes", [{"status": "TRADE_TELEPORTED"}, {"tid": ""}, {"update_time": "soon"}, {"node_kdt_id": None}]
)
def test_an_order_that_cannot_be_trusted_is_not_guessed(changes: dict[str, Any]) -> None:
    """What is unknown or missing is reported."""
    with pytest.raises(NotUnderstood):
        canonical_order(order(**changes), TABLE)


@pytest.mark.parametrize("paid", [129.9, "129.901", "-1.00", None, True, "1e3"])
def test_an_amount_that_is_no_yuan_text_is_refused(paid: object) -> None:
    """Money is never a float, never rounded."""
    whole = {**DETAIL["full_order_info"], "pay_info": {"real_payment": paid}}
    with pytest.raises(NotUnderstood, match="missing-field"):
        canonical_order({"full_order_info": whole}, TABLE)


def test_an_order_that_waits_for_its_payment_may_have_none_yet() -> None:
    """Nothing was paid; once it was, the amount must be there."""
    unpaid = order(status="WAIT_BUYER_PAY", pay_time="")["full_order_info"] | {"pay_info": {"payment": "130.00"}}
    assert canonical_order({"full_order_info": unpaid}, TABLE).amount_minor == 0


def refund(*funds: tuple[int, int], **changes: Any) -> dict[str, Any]:
    told = [{"refund_fee": fee, "status": status} for fee, status in funds]
    base = {"refund_id": "R1", "tid": "E1", "kdt_id": 110, "status": "SUCCESS", "demand": 2, "refund_fee": "12.30"}
    return base | {"modified": "2026-01-01 12:45:00", "refund_fund_list": told} | changes


def test_a_refund_in_our_words() -> None:
    """Asked for in yuan, paid back in fen."""
    assert canonical_after_sale(refund((1000, 2), (230, 2)), TABLE) == AfterSaleFacts(
        after_sale_no="R1",
        order_no="E1",
        shop_id="110",
        type="return_refund",
        state="refunded",
        state_rank=80,
        money="succeeded",
        updated_at=NOW,
        requested_minor=1230,
        refunded_minor=1230,
    )


@pytest.mark.parametrize(
    ("detail", "expected"),
    [
        (refund((1000, 2), (230, 0)), ("refunding", "pending", 0)),
        (refund((1000, 2), (230, 1)), ("refunding", "failed", 0)),
        (refund(demand=3), ("resolved", "none", 0)),
        (refund(status="CLOSED"), ("closed", "none", 0)),
        (refund(status=20), ("awaiting_return", "none", 0)),
    ],
)
def test_money_is_back_only_when_every_fund_is(detail: dict[str, Any], expected: tuple[str, str, int]) -> None:
    """SUCCESS alone is no money: an exchange ends so too."""
    facts = canonical_after_sale(detail, TABLE)
    assert (facts.state, facts.money, facts.refunded_minor) == expected


@pytest.mark.parametrize(
    ("changes", "kind"),
    [
        ({"demand": 1}, "refund_only"),
        ({"demand": None, "return_goods": True}, "return_refund"),
        ({"demand": None, "return_goods": False}, "refund_only"),
        ({"demand": None, "refund_type": "EXCHANGE_GOODS"}, "exchange"),
        ({"demand": None}, "unknown"),
    ],
)
def test_what_kind_of_refund_it_is(changes: dict[str, Any], kind: str) -> None:
    """By what is wanted, else by whether goods come back."""
    assert canonical_after_sale(refund(**changes), TABLE).type == kind


def test_the_table_of_states_is_whole() -> None:
    """Each documented combination of codes leads to a state."""
    assert lint(TABLE.document) == []


def client(*answers: Any) -> tuple[Client, FakeSession]:
    session = FakeSession(*answers)
    made = Client(KNOWN, FakeTokens(), wall_now=lambda: NOW, base_url="http://youzan.test/", session=session)
    return made, session


def success(data: Any, code: int | str = 200) -> dict[str, Any]:
    return {"success": True, "code": code, "data": data}


def test_an_order_is_asked_for_by_its_number() -> None:
    """Name and version are the path, the token is the query, the question is JSON."""
    youzan, session = client(success(DETAIL))
    assert youzan.read("order", "E1") == Row("E1", DETAIL, "E1")
    ((method, url, request),) = session.asked
    assert (method, url) == ("POST", "http://youzan.test/api/youzan.trade.get/4.0.2")
    assert (request["params"], request["data"]) == ({"access_token": "token-1"}, b'{"tid": "E1"}')


def test_a_refund_names_its_order() -> None:
    """Some refund APIs write their code as a text."""
    youzan, _ = client(success(refund(), "200"))
    assert youzan.read("after_sale", "R1") == Row("R1", refund(), "E1")


def test_a_refund_that_names_no_shop_is_the_connections() -> None:
    """The copies of the manual disagree about it."""
    told = {name: value for name, value in refund().items() if name != "kdt_id"}
    youzan, _ = client(success(told))
    facts = canonical_after_sale(youzan.read("after_sale", "R1").detail, TABLE)
    assert facts.shop_id == KNOWN["kdt_id"]


@pytest.mark.parametrize(
    ("position", "rows", "total", "after"), [("", 100, 101, "2"), ("2", 1, 101, ""), ("5", 0, 999, "")]
)
def test_pages_of_changed_orders_end(position: str, rows: int, total: int, after: str) -> None:
    """Times are written in China's; the last page, and an empty one, say so."""
    listed = {"full_order_info": DETAIL["full_order_info"]}
    youzan, session = client(success({"full_order_info_list": [listed] * rows, "total_results": total}))
    assert youzan.page("order", NOW, NOW, position) == Rows((Row("E1", listed, "E1"),) * rows, total, after)
    asked = json.loads(session.asked[0][2]["data"])
    assert asked == {
        "start_update": "2026-01-01 12:45:00",
        "end_update": "2026-01-01 12:45:00",
        "page_no": int(position or 1),
        "page_size": 100,
    }


@pytest.mark.parametrize("told", [{}, {"total": None}, {"total": "?"}])
def test_rows_without_a_total_are_no_last_page(told: dict[str, Any]) -> None:
    """What follows them would be lost; an empty window may leave the total out."""
    youzan, _ = client(success({"refunds": [refund()], **told}), success({"refunds": []}))
    with pytest.raises(Retry):
        youzan.page("after_sale", NOW, NOW, "")
    assert youzan.page("after_sale", NOW, NOW, "") == Rows((), 0, "")


def test_refunds_are_listed_by_seconds() -> None:
    """Unlike orders."""
    youzan, session = client(success({"refunds": [refund()], "total": 1}))
    assert youzan.page("after_sale", NOW, NOW, "").rows == (Row("R1", refund(), "E1"),)
    asked = json.loads(session.asked[0][2]["data"])
    assert (asked["update_time_start"], asked["update_time_end"], asked["page_size"]) == (1767242700, 1767242700, 50)


def test_pulls_stay_behind_the_index() -> None:
    """Lists are up to 30 seconds behind: the last minute is left to the next run. Rows lack what was paid."""
    assert all(feed.lag.total_seconds() >= 60 and not feed.complete for feed in FEEDS)


def test_a_token_is_got_by_silent_grant() -> None:
    """`expires` is a moment in milliseconds."""
    expires = (int(NOW.timestamp()) + 604800) * 1000
    youzan, session = client(success({"access_token": "t", "expires": expires}), success({"access_token": "t"}))
    assert youzan.fetch_token("whatever") == Token("t", 604800)
    asked = json.loads(session.asked[0][2]["data"])
    assert (asked["authorize_type"], asked["grant_id"], asked["client_id"]) == ("silent", "110", KNOWN["client_id"])
    with pytest.raises(Retry):
        youzan.fetch_token()


def test_an_expired_token_is_renewed_once() -> None:
    """One renewal, one more try."""
    stale = {"gw_err_resp": {"err_code": 4203, "err_msg": "x"}}
    youzan, session = client(stale, success(DETAIL), stale, stale)
    youzan.read("order", "1")
    assert [request["params"]["access_token"] for _, _, request in session.asked] == ["token-1", "token-2"]
    with pytest.raises(Retry):
        youzan.read("order", "1")


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        ({"success": False, "code": 103011024}, Retry),
        ({"success": False, "code": "103010054"}, PlatformMisconfigured),
        ({"success": False, "code": 101305002}, PlatformRefused),
        ({"success": False, "code": 200}, PlatformRefused),
        ({"gw_err_resp": {"err_code": 4005}}, PlatformRefused),
        (success([]), Retry),
        ({"error": "too many"}, Retry),
        (b"<html>", Retry),
        ((503, b'{"code":200}'), Retry),
        (requests.ConnectionError("?access_token=token-1"), Retry),
    ],
)
def test_an_answer_says_what_can_be_done(answer: Any, kind: type[HubError]) -> None:
    """Passing, misconfigured or refused; never with the query string."""
    youzan, _ = client(answer)
    with pytest.raises(kind) as refused:
        youzan.read("order", "1")
    assert type(refused.value) is kind
    assert "token-1" not in f"{refused.value}{refused.value.facts}"
