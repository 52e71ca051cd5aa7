"""WeChat Store: the door's published values, pushes as hints, and orders as its API tells them."""

from __future__ import annotations

import json
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.channels.base import Delivery, NotUnderstood, Rejected
from hub.channels.client import PlatformMisconfigured, PlatformRefused
from hub.channels.mapping import lint, packaged_table
from hub.channels.wechat.crypto import decrypt, sign
from hub.channels.wechat_store import inbound
from hub.channels.wechat_store.client import FEEDS, Client, Span
from hub.channels.wechat_store.codec import DOOR
from hub.channels.wechat_store.orders import canonical_after_sale, canonical_order
from hub.kernel.errors import Invalid, Retry
from tests.channels.fakes import FakeSession, FakeTokens
from tests.channels.support import STAMP, payload, stored

KNOWN: dict[str, Any] = payload("wechat_store_examples")["settings"]
TABLE = packaged_table("wechat_store")
NOW = datetime(2026, 1, 1, 4, 45, tzinfo=UTC)
ORDER_NO = 3705115058471208928  # above 2^53, a number on the wire
ORDER: dict[str, Any] = {
    "order_id": str(ORDER_NO),
    "openid": "oBUYER",
    "unionid": "uBUYER",
    "status": 20,
    "create_time": 1767242000,
    "update_time": 1767242700,
    "order_detail": {
        "product_infos": [{"product_id": "1", "sku_id": "2", "sku_cnt": 1, "sale_price": 12900}],
        "price_info": {"product_price": 12900, "order_price": 13400, "freight": 500},
        "pay_info": {"pay_time": 1767242500, "payment_method": 1, "transaction_id": "4200"},
        "delivery_info": {
            "delivery_product_info": [{"waybill_id": "SF1"}, {"waybill_id": "SF1"}, {"waybill_id": "SF2"}]
        },
        "ext_info": {"customer_notes": "发顺丰", "merchant_notes": "x"},
        "source_infos": [
            {"account_type": 1, "account_id": "own", "sale_channel": 0},
            {"account_type": 5, "account_id": "wxINFLUENCER", "sale_channel": 100},
        ],
    },
    "shop_id": KNOWN["app_id"],
    "read_at": 1767242800,
}
AFTER_SALE: dict[str, Any] = {
    "after_sale_order_id": "2000000005",
    "order_id": str(ORDER_NO),
    "openid": "oBUYER",
    "status": "MERCHANT_PROCESSING",
    "type": "REFUND",
    "refund_info": {"amount": 13400},
    "return_info": {"waybill_id": "YT1"},
    "create_time": 1767242600,
    "update_time": 1767242700,
    "deadline": 172800,
    "shop_id": KNOWN["app_id"],
    "read_at": 1767242800,
}
OK = {"errcode": 0, "errmsg": "ok"}


def push(event: str, **told: Any) -> str:
    base = {"ToUserName": "gh_1", "FromUserName": "oBUYER", "CreateTime": 1767242700, "MsgType": "event"}
    return json.dumps({**base, "Event": event, **told})


def said(plaintext: str) -> list[dict[str, Any]]:
    drafts = inbound.events(stored("wechat_store", plaintext.encode(), account=KNOWN["app_id"]))
    return [draft.event.model_dump(mode="json") for draft in drafts if draft.event]


def client(*answers: Any) -> tuple[Client, FakeSession]:
    session = FakeSession(*answers)
    return Client(KNOWN, FakeTokens(), wall_now=lambda: NOW, session=session), session


def bodies(session: FakeSession) -> list[Any]:
    return [json.loads(request["data"]) for _, _, request in session.asked]


def test_the_published_ciphertext_opens() -> None:
    """binarywang/WxJava, WxCryptUtilTest: the message and the AppID that it was meant for."""
    encrypted = "jn1L23DB+6ELqJ+6bruv21Y6MD7KeIfP82D6gU39rmkgczbWwt5+3bnyg5K55bgVtVzd832WzZGMhkP72vVOfg=="
    key = "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG"
    assert decrypt(key, encrypted, ["wxb11529c136998cb6"]) == ("我是中文abcd123".encode(), "wxb11529c136998cb6")
    assert sign("pamtest", "1409304348", "xxxxxx", encrypted) == "82c962d39941aa48552f90ef55aa323dc620cc10"
    assert sign("pamtest", "1409304348", "xxxxxx", "") == "76480565cbe296026c53aaacd1ad523a1ddba24f"


def test_a_push_is_answered_success_and_kept_exactly() -> None:
    """Sealed JSON in, the very text stored, `success` out; the key is the hash of the text, the same each time."""
    text = push("channels_ec_order_pay", order_info={"order_id": ORDER_NO, "pay_time": 1}).encode()
    accepted = DOOR.accept(DOOR.sample(KNOWN, text, STAMP), KNOWN)
    (received,) = accepted.messages
    assert (received.plaintext, received.account, accepted.answer.body) == (text, KNOWN["app_id"], b"success")
    assert len(received.dedupe_key) == 64


def test_plaintext_mode_is_refused_unless_it_is_chosen() -> None:
    """A plain body under a good signature counts only with `plaintext_allowed` = yes."""
    query = {"signature": sign(KNOWN["token"], "1", "n", ""), "timestamp": "1", "nonce": "n"}
    delivery = Delivery("POST", query, {}, push("channels_ec_vip_close").encode())
    with pytest.raises(Rejected) as refused:
        DOOR.accept(delivery, KNOWN)
    assert refused.value.facts == {"field": "plaintext_allowed"}
    assert DOOR.accept(delivery, {**KNOWN, "plaintext_allowed": "yes"}).messages


def test_an_order_number_above_2_53_stays_exact() -> None:
    """The number on the wire is the text in the event, digit for digit, whether the push wrote it as number or text."""
    for order_id in (ORDER_NO, str(ORDER_NO)):
        (told,) = said(push("channels_ec_order_pay", order_info={"order_id": order_id}))
        assert (told["order_no"], told["shop_id"], told["type"]) == (str(ORDER_NO), KNOWN["app_id"], "order.touched")


def test_xml_reads_like_json() -> None:
    """The same push in XML says the same."""
    info = f"<order_info><order_id>{ORDER_NO}</order_id></order_info>"
    (told,) = said(f"<xml><MsgType>event</MsgType><Event>channels_ec_order_new</Event>{info}</xml>")
    assert told["order_no"] == str(ORDER_NO)


def test_an_after_sale_is_a_hint_with_its_order() -> None:
    """after_sale.touched names the after-sale, the order and the message that said so."""
    changed = {"after_sale_order_id": "2000000005", "status": "USER_CANCELD", "order_id": str(ORDER_NO)}
    (told,) = said(push("channels_ec_aftersale_update", finder_shop_aftersale_status_update=changed))
    assert (told["after_sale_no"], told["order_no"], told["message_id"]) == ("2000000005", str(ORDER_NO), "msg_1")


def test_a_repeat_of_the_single_events_says_nothing() -> None:
    """product_order_status_update is understood, and silent."""
    assert said(push("product_order_status_update", order_info={"order_id": ORDER_NO})) == []


def test_a_members_phone_number_is_in_no_event() -> None:
    """Joining says who and that; the number stays in the inbox."""
    (told,) = said(push("channels_ec_vip_join", user_info={"join_time": 1, "phone_number": "13800000000"}))
    assert (told["change"], told["person_id"], told["points"]) == ("joined", "oBUYER", None)
    assert "13800000000" not in json.dumps(told)


def test_levels_and_points_are_what_the_member_has_now() -> None:
    """score is the balance, grade the level."""
    (level,) = said(push("channels_ec_vip_grade_info_update", user_info={"grade": 3, "experience_value": 9}))
    (points,) = said(push("channels_ec_vip_score_update", user_info={"score": 0, "delta_score": -5}))
    assert (level["level"], level["points"], points["points"]) == ("3", None, 0)


@pytest.mark.parametrize(
    ("event", "told", "status", "urgent"),
    [
        ("product_spu_listing", {"ProductSpuListing": {"product_id": "1", "status": 5}}, "listed", False),
        ("product_spu_listing", {"ProductSpuListing": {"product_id": "1", "status": 11}}, "delisted", False),
        ("product_spu_listing", {"ProductSpuListing": {"product_id": "1", "status": 20}}, "delisted_by_platform", True),
        ("product_spu_audit", {"ProductSpuAudit": {"product_id": "1", "status": 2}}, "audit_refused", True),
        ("product_spu_audit", {"ProductSpuAudit": {"product_id": "1", "status": 9}}, "audited", False),
        ("product_spu_update", {"ProductSpuUpdate": {"product_id": "1", "status": 2}}, "deleted", False),
        ("channels_ec_withdraw_notify", {"withdraw_info": {"withdraw_id": "1", "event": 3}}, "withdrawn", False),
        ("channels_ec_withdraw_notify", {"withdraw_info": {"withdraw_id": "1", "event": 4}}, "withdrawal_failed", True),
    ],
)
def test_a_notice_says_whether_somebody_has_to_act(event: str, told: Any, status: str, urgent: bool) -> None:
    """The platform's codes become a word and an urgency; an unknown code is never a lost notice."""
    (noticed,) = said(push(event, **told))
    assert (noticed["status"], noticed["urgent"], noticed["subject_id"]) == (status, urgent, "1")


def test_a_coupon_names_its_person_and_itself() -> None:
    """Claimed and used coupons carry kind and code; an id that is missing is no event."""
    info = {"coupon_id": 3705115058471208929, "user_coupon_id": "C9"}
    (told,) = said(push("channels_ec_coupon_receive", receive_info=info))
    assert (told["coupon_id"], told["code"], told["change"]) == ("3705115058471208929", "C9", "claimed")
    with pytest.raises(NotUnderstood) as refused:
        said(push("channels_ec_coupon_receive"))
    assert refused.value.reason == "missing-field"


def test_an_order_in_our_words() -> None:
    """Fen, parcels once each, the influencer who sold it, the buyer's note, and the time of payment."""
    facts = canonical_order(ORDER, TABLE)
    assert (facts.order_no, facts.shop_id, facts.state, facts.state_rank) == (
        str(ORDER_NO),
        KNOWN["app_id"],
        "paid",
        30,
    )
    assert (facts.amount_minor, facts.currency, facts.buyer_id) == (13400, "CNY", "oBUYER")
    assert facts.paid_at == datetime.fromtimestamp(1767242500, UTC)
    assert (facts.tracking_nos, facts.note) == (("SF1", "SF2"), "发顺丰")
    assert facts.attribution == {"influencer": "wxINFLUENCER"}


def with_pay(**pay: Any) -> dict[str, Any]:
    return {**ORDER, "order_detail": {**ORDER["order_detail"], "pay_info": pay}}


@pytest.mark.parametrize(
    "detail",
    [
        with_pay(pay_time=1767242500, payment_method=2),
        with_pay(pay_time=1767242500, payment_method=3),
        with_pay(pay_time=1767242500, payment_method="4"),
        with_pay(pay_time=0, payment_method=1),
        with_pay(),
        {**ORDER, "order_present_info": {"is_b2c_free_present": True}},
    ],
    ids=["pay-later", "prize", "points", "unpaid", "nothing", "gift"],
)
def test_a_confirmation_is_no_payment(detail: dict[str, Any]) -> None:
    """Pay later, prizes, points and gifts have a pay_time at which no money moved."""
    assert canonical_order(detail, TABLE).paid_at is None


@pytest.mark.parametrize(
    "change",
    [
        {"status": 77},
        {"status": None},
        {"order_id": ""},
        {"update_time": 1767242700000},
        {"order_detail": {}},
        {"shop_id": None},
    ],
)
def test_an_order_that_cannot_be_read_is_not_guessed(change: dict[str, Any]) -> None:
    """An unknown status, milliseconds, or no amount: NotUnderstood, with its reason."""
    with pytest.raises(NotUnderstood) as refused:
        canonical_order({**ORDER, **change}, TABLE)
    assert refused.value.reason in ("unknown-status", "missing-field")


def test_money_is_an_integer_or_nothing() -> None:
    """A float or a decimal text where fen are due is refused."""
    for price in (134.0, "134.00", -1, True):
        detail = {**ORDER, "order_detail": {"price_info": {"order_price": price}}}
        with pytest.raises(NotUnderstood):
            canonical_order(detail, TABLE)


def test_a_deadline_counts_from_when_it_was_read() -> None:
    """`deadline` is seconds left: the moment follows from the reading, not from the last change; none is none."""
    facts = canonical_after_sale(AFTER_SALE, TABLE)
    assert facts.deadline_at == datetime.fromtimestamp(1767242800, UTC) + timedelta(days=2)
    assert canonical_after_sale({**AFTER_SALE, "deadline": 0}, TABLE).deadline_at is None
    assert canonical_after_sale({**AFTER_SALE, "read_at": None}, TABLE).deadline_at is None


@pytest.mark.parametrize(
    ("kind", "status", "state", "money", "refunded_minor"),
    [
        ("REFUND", "MERCHANT_PROCESSING", "requested", "none", 0),
        ("REFUND", "MERCHANT_REFUND_SUCCESS", "refunded", "succeeded", 13400),
        ("RETURN", "MERCHANT_RETURN_SUCCESS", "refunded", "succeeded", 13400),
        ("RETURN", "PLATFORM_REFUNDING", "refunding", "pending", 0),
        ("RETURN", "PLATFORM_REFUND_FAIL", "platform_review", "failed", 0),
        ("EXCHANGE", "MERCHANT_EXCHANGE_SUCCESS", "resolved", "none", 0),
        ("EXCHANGE", "MERCHANT_REFUND_SUCCESS", "refunded", "none", 0),
        ("REFUND", "USER_CANCELD", "closed", "none", 0),
    ],
)
def test_money_is_back_only_by_a_refunds_own_success(
    kind: str, status: str, state: str, money: str, refunded_minor: int
) -> None:
    """What the buyer asks for is always told; what came back only where the platform says that it did."""
    facts = canonical_after_sale({**AFTER_SALE, "type": kind, "status": status}, TABLE)
    assert (facts.state, facts.money, facts.requested_minor, facts.refunded_minor) == (
        state,
        money,
        13400,
        refunded_minor,
    )


def test_the_table_misses_nothing_that_is_documented() -> None:
    """Every status of the facts finds a rule."""
    assert lint(TABLE.document) == []


def test_an_order_is_read_whole() -> None:
    """The detail by its number, with the shop whose token read it and the time of reading."""
    known, session = client({**OK, "order": {"order_id": str(ORDER_NO), "status": 20}})
    row = known.read("order", str(ORDER_NO))
    assert (row.number, row.order_no) == (str(ORDER_NO), str(ORDER_NO))
    assert (row.detail["shop_id"], row.detail["read_at"]) == (KNOWN["app_id"], int(NOW.timestamp()))
    assert session.asked[0][1].endswith("/channels/ec/order/get")
    assert bodies(session) == [{"order_id": str(ORDER_NO)}]


def test_pages_keep_their_filters() -> None:
    """From page to page nothing but next_key changes; the last page says so by has_more."""
    first_page = {**OK, "order_id_list": [str(ORDER_NO), 2], "has_more": True, "next_key": "K1"}
    known, session = client(first_page, {**OK, "has_more": False, "next_key": "K2"})
    start = NOW - timedelta(hours=1)
    first = known.page("order", start, NOW, "")
    last = known.page("order", start, NOW, first.next_position)
    assert [row.number for row in first.rows] == [str(ORDER_NO), "2"]
    assert (last.rows, last.next_position, last.total) == ((), "", None)
    one, two = bodies(session)
    assert {**one, "next_key": "K1"} == two
    assert one["update_time_range"] == {"start_time": int(start.timestamp()), "end_time": int(NOW.timestamp())}


def test_pieces_of_a_window_overlap_by_a_second() -> None:
    """Whether the platform counts the last second or not, no order falls between two pieces."""
    assert Span(0, 10).halved() == Span(0, 5)
    assert Span(0, 5).rest(10) == Span(5, 10)
    assert Span(5, 5).rest(10) == Span(6, 10)


def test_after_sales_are_listed_by_their_own_rules() -> None:
    """Four flat fields instead of a range, next_key from the second page on, no page size."""
    listed = {**OK, "after_sale_order_id_list": ["A1"], "has_more": True, "next_key": "K"}
    known, session = client(listed, {**OK, "after_sale_order_id_list": []}, {**OK, "after_sale_order": {"order_id": 5}})
    page = known.page("after_sale", NOW - timedelta(hours=1), NOW, "")
    known.page("after_sale", NOW - timedelta(hours=1), NOW, page.next_position)
    row = known.read("after_sale", "A1")
    assert bodies(session)[0].keys() == {"begin_update_time", "end_update_time"}
    assert bodies(session)[1]["next_key"] == "K"
    assert (row.order_no, bodies(session)[2]) == ("5", {"after_sale_order_id": "A1"})


@pytest.mark.parametrize("answer", [{**OK, "has_more": True}, {**OK, "order_id_list": "x"}, [], {}, {"message": "no"}])
def test_a_page_that_hides_what_follows_is_unreadable(answer: Any) -> None:
    """More without saying where, or no list: tried again, never taken for the end."""
    known, _ = client(answer)
    with pytest.raises(Retry):
        known.page("order", NOW - timedelta(hours=1), NOW, "")


@pytest.mark.parametrize(
    ("code", "error"),
    [
        (31042, PlatformRefused),
        (606006, PlatformRefused),
        (48001, PlatformMisconfigured),
        (45009, Retry),
        (100003, Retry),
    ],
)
def test_each_code_means_what_it_means_here(code: int, error: type[Exception]) -> None:
    """Too many orders in one second are refused for good; a call too many passes."""
    known, _ = client({"errcode": code, "errmsg": "no"})
    with pytest.raises(error) as refused:
        known.page("order", NOW, NOW, "")
    assert type(refused.value) is error
    assert refused.value.facts["errcode"] == code  # type: ignore[attr-defined]


def test_what_a_store_has_not_cannot_be_asked_for() -> None:
    """Reviews and messages are not pulled here."""
    known, session = client()
    with pytest.raises(Invalid):
        known.read("review", "1")
    with pytest.raises(Invalid):
        known.page("message", NOW, NOW, "")
    assert session.asked == []


def test_feeds_stay_within_what_the_platform_takes() -> None:
    """Orders by 7 days and after-sales by 24 hours at most, a hundred to a page, each row read again."""
    longest = {"order": timedelta(days=7), "after_sale": timedelta(hours=24)}
    assert {feed.entity for feed in FEEDS} == set(longest)
    assert all(feed.window <= longest[feed.entity] and feed.page_size <= 100 and not feed.complete for feed in FEEDS)


@given(
    st.dictionaries(
        st.sampled_from(sorted({*ORDER, *AFTER_SALE, "type"})), st.none() | st.integers() | st.text(max_size=9)
    )
)
def test_any_detail_ends_in_facts_or_not_understood(change: dict[str, Any]) -> None:
    """Whatever the API answers, reading it never crashes."""
    for read, detail in ((canonical_order, ORDER), (canonical_after_sale, AFTER_SALE)):
        with suppress(NotUnderstood):
            read({**detail, **change}, TABLE)
