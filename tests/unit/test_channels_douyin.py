"""Douyin shop: the push's door, orders in our words, signed calls."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest
import requests
from hypothesis import given, settings
from hypothesis import strategies as st

from hub.channels.base import Delivery, NotUnderstood, Rejected
from hub.channels.client import PlatformMisconfigured, PlatformRefused, Token
from hub.channels.douyin import inbound
from hub.channels.douyin.client import FEEDS, Client
from hub.channels.douyin.codec import DOOR
from hub.channels.douyin.orders import canonical_after_sale, canonical_order
from hub.channels.douyin.signing import canonical_json, sign_call, sign_push
from hub.channels.facts import AfterSaleFacts, OrderFacts
from hub.channels.mapping import lint, packaged_table
from hub.channels.market import Row, Rows
from hub.kernel.errors import HubError, Retry
from tests.channels.fakes import FakeSession, FakeTokens
from tests.channels.support import STAMP, payload, stored

VECTORS: dict[str, Any] = payload("douyin_vectors")
KNOWN: dict[str, Any] = payload("douyin_examples")["settings"]
TABLE = packaged_table("douyin")
NOW = datetime(2026, 1, 1, 4, 45, tzinfo=UTC)


def push(body: bytes) -> Delivery:
    return Delivery("POST", {}, {"event-sign": sign_push(KNOWN["app_key"], KNOWN["app_secret"], body)}, body)


def plaintexts(body: bytes) -> list[bytes]:
    return [one.plaintext for one in DOOR.accept(push(body), KNOWN).messages]


@pytest.mark.parametrize("vector", VECTORS["pushes"], ids=lambda one: one["id"])
@pytest.mark.parametrize("case", [str.lower, str.upper])
def test_the_vectors_verify_in_either_case(vector: dict[str, str], case: Any) -> None:
    """event-sign is compared without regard to case, as the official SDK does."""
    delivery = Delivery("POST", {}, {"event-sign": case(vector["event_sign"])}, vector["body"].encode())
    assert DOOR.accept(delivery, VECTORS).answer == DOOR.SUCCESS


@pytest.mark.parametrize("vector", VECTORS["calls"], ids=lambda one: one["id"])
def test_a_call_is_signed_as_the_vector(vector: dict[str, str]) -> None:
    """hmac-sha256, version 2, over sorted parameters."""
    made = sign_call(
        VECTORS["app_key"],
        VECTORS["app_secret"],
        method=vector["method"],
        param_json=canonical_json(json.loads(vector["param_json"])),
        timestamp=vector["timestamp"],
    )
    assert made == vector["sign"]


def test_parameters_are_sorted_at_every_level_and_not_escaped() -> None:
    """No blanks, no \\u escapes, keys in order inside objects of lists too."""
    assert canonical_json({"b": [{"d": "<中>", "c": 1}], "a": True}) == '{"a":true,"b":[{"c":1,"d":"<中>"}]}'


def test_each_message_of_a_batch_keeps_its_own_text() -> None:
    """Two good ones and an unknown one come out as three, spelled exactly as they were sent."""
    body = b' [ {"tag":"101","msg_id":"a", "data":"{}"} ,\n{"tag": "999" ,"msg_id":"b"},7 ] '
    assert plaintexts(body) == [
        b'{"tag":"101","msg_id":"a", "data":"{}"}',
        b'{"tag": "999" ,"msg_id":"b"}',
        b"7",
    ]


@pytest.mark.parametrize(
    "body",
    [
        *(b"", b"{}", b"null", b"[1", b"[1,]", b"[1 2]", b"[1]]", b"[[1]", b"[1,[2]", b"[,]", b"]", b"["),
        *(b"\xff", b"[" * 200_000),
    ],
)
def test_a_signed_body_that_is_no_array_is_kept_whole(body: bytes) -> None:
    """What verifies is never lost, whatever it is."""
    assert plaintexts(body) == [body]


@pytest.mark.parametrize("body", [b"[]", b" [ ] ", b'[{"tag":"0","data":"x"}]', b'[{"tag":0}]'])
def test_nothing_is_stored_for_nothing(body: bytes) -> None:
    """An empty batch and the test push are answered, and leave no message."""
    assert plaintexts(body) == []


@given(
    st.lists(st.recursive(st.none() | st.integers() | st.text(), st.lists, max_leaves=5), max_size=6),
    st.sampled_from([None, 1]),
)
@settings(max_examples=200, deadline=None)
def test_splitting_agrees_with_json(items: list[Any], indent: int | None) -> None:
    """The texts of the items, parsed one by one, are the items of the array."""
    body = json.dumps(items, indent=indent).encode()
    assert [json.loads(text) for text in plaintexts(body)] == items


@given(st.binary(max_size=200), st.text(max_size=40))
@settings(max_examples=300, deadline=None)
def test_random_pushes_are_refused(body: bytes, signature: str) -> None:
    """Nothing that the app's secret did not sign is taken, and nothing crashes the door."""
    with pytest.raises(Rejected):
        DOOR.accept(Delivery("POST", {}, {"event-sign": signature}, body), KNOWN)


def keys(body: bytes) -> list[str]:
    return [one.dedupe_key for one in DOOR.accept(push(body), KNOWN).messages]


def test_one_id_in_two_shops_or_under_two_tags_is_two_messages() -> None:
    """Shop, tag and message id are the identity; ids above 2^53 keep every digit."""
    texts = [
        '{"tag":"101","msg_id":"m","data":"{\\"shop_id\\":9007199254740993}"}',
        '{"tag":"101","msg_id":"m","data":{"shop_id":"2"}}',
        '{"tag":"102","msg_id":"m","data":"no json"}',
    ]
    assert keys(f"[{','.join(texts)}]".encode()) == ["9007199254740993:101:m", "2:101:m", ":102:m"]


@pytest.mark.parametrize(
    "text", ['{"tag":"101"}', '{"tag":"101","msg_id":""}', '{"tag":"101","msg_id":"\\ud800"}', "[1]", "null"]
)
def test_without_an_id_the_messages_own_text_is_the_key(text: str) -> None:
    """A sha256 of exactly that message."""
    assert all(len(key) == 64 for key in keys(f"[{text}]".encode()))


def test_a_push_over_the_limit_is_refused() -> None:
    """One MiB is the written bound; at the bound a push is read."""
    at_bound = b"[" + b" " * (DOOR.BODY_LIMIT_BYTES - 2) + b"]"
    assert plaintexts(at_bound) == []
    with pytest.raises(Rejected, match="too-large"):
        DOOR.accept(push(at_bound + b" "), KNOWN)


DETAIL: dict[str, Any] = {
    "order_id": "4900000000000000001",
    "shop_id": 10001,
    "order_status": 2,
    "pay_amount": 12990,
    "promotion_pay_amount": 990,
    "pay_time": 1767242600,
    "update_time": 1767242700,
    "doudian_open_id": "oid_1",
    "buyer_words": "请尽快发货",
    "sku_order_list": [
        {"author_id": 0, "room_id_str": "", "video_id": ""},
        {"author_id": 7300000000000000001, "room_id_str": "7300000000000000002", "room_id": 0, "video_id": ""},
    ],
    "logistics_info": [{"tracking_no": "SF1"}, {"tracking_no": "SF1"}, {"tracking_no": ""}, {"tracking_no": "SF2"}],
}


def test_an_order_in_our_words() -> None:
    """The buyer paid what is left of the platform's own promotion; times are UTC, ids texts."""
    assert canonical_order(DETAIL, TABLE) == OrderFacts(
        order_no="4900000000000000001",
        shop_id="10001",
        state="paid",
        state_rank=30,
        buyer_id="oid_1",
        amount_minor=12000,
        currency="CNY",
        paid_at=datetime(2026, 1, 1, 4, 43, 20, tzinfo=UTC),
        updated_at=datetime(2026, 1, 1, 4, 45, tzinfo=UTC),
        attribution={"influencer": "7300000000000000001", "live_room": "7300000000000000002"},
        note="请尽快发货",
        tracking_nos=("SF1", "SF2"),
    )


def test_an_unpaid_order_has_no_time_of_payment() -> None:
    """Zero, or nothing, means not yet."""
    unpaid = {**DETAIL, "order_status": 1, "pay_time": 0, "doudian_open_id": None}
    facts = canonical_order(unpaid, TABLE)
    assert (facts.state, facts.paid_at, facts.buyer_id) == ("pending_payment", None, "")


def test_the_table_of_states_is_whole() -> None:
    """Each documented combination of codes leads to a state."""
    assert lint(TABLE.document) == []


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"order_status": 777}, "unknown-status"),
        ({"order_status": None}, "unknown-status"),
        ({"pay_amount": 129.9}, "missing-field"),
        ({"pay_amount": None}, "missing-field"),
        ({"pay_amount": -1}, "missing-field"),
        ({"promotion_pay_amount": 12991}, "missing-field"),
        ({"update_time": "soon"}, "missing-field"),
        ({"update_time": 1_700_000_000_000}, "missing-field"),
        ({"pay_time": 10**14}, "missing-field"),
        ({"order_id": ""}, "missing-field"),
        ({"shop_id": True}, "missing-field"),
    ],
)
def test_an_order_that_cannot_be_trusted_is_not_guessed(change: dict[str, Any], reason: str) -> None:
    """Unknown states and amounts that are no whole fen are reported, never filled in."""
    with pytest.raises(NotUnderstood) as refused:
        canonical_order({**DETAIL, **change}, TABLE)
    assert refused.value.reason == reason


def after_sale(**changes: Any) -> dict[str, Any]:
    """The data of /afterSale/Detail, as the client completes it."""
    info = {
        "after_sale_id": 7200000000000000001,
        "after_sale_status": 12,
        "after_sale_type": 0,
        "refund_status": 3,
        "refund_total_amount": 12990,
        "real_refund_amount": 12000,
        "update_time": 1767242700,
        "status_deadline": 1767242800,
    }
    process = {"after_sale_info": info | changes, "logistics_info": {"return": {"tracking_no": "SF9"}}}
    return {"shop_id": "10001", "process_info": process, "order_info": {"shop_order_id": 4900000000000000001}}


def test_an_after_sale_in_our_words() -> None:
    """What is asked for, what came back, the parcel and the deadline; ids keep every digit."""
    assert canonical_after_sale(after_sale(), TABLE) == AfterSaleFacts(
        after_sale_no="7200000000000000001",
        order_no="4900000000000000001",
        shop_id="10001",
        type="return_refund",
        state="refunded",
        state_rank=80,
        money="succeeded",
        updated_at=NOW,
        requested_minor=12990,
        refunded_minor=12000,
        tracking_no="SF9",
        deadline_at=datetime(2026, 1, 1, 4, 46, 40, tzinfo=UTC),
    )


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"refund_status": 2}, ("refunding", "pending", 0)),
        ({"refund_status": 5}, ("closed", "clawed_back", 0)),
        ({"after_sale_type": 3, "refund_status": 0}, ("resolved", "none", 0)),
        ({"after_sale_status": 28, "refund_status": 0}, ("closed", "none", 0)),
        ({"after_sale_status": 6, "refund_status": None}, ("requested", "none", 0)),
        ({"after_sale_status": 51}, ("refunded", "succeeded", 12000)),
    ],
)
def test_money_is_back_only_when_the_platform_says_so(changes: dict[str, Any], expected: tuple[str, str, int]) -> None:
    """An after-sale that ended well may be an exchange; only refund_status 3 is money."""
    facts = canonical_after_sale(after_sale(**changes), TABLE)
    assert (facts.state, facts.money, facts.refunded_minor) == expected


@pytest.mark.parametrize(
    "changes", [{"after_sale_status": 99}, {"real_refund_amount": None}, {"update_time": 0.5}, {"after_sale_id": None}]
)
def test_an_after_sale_that_cannot_be_trusted_is_not_guessed(changes: dict[str, Any]) -> None:
    """A status of tomorrow, or a refund without its amount, is reported."""
    with pytest.raises(NotUnderstood):
        canonical_after_sale(after_sale(**changes), TABLE)


def client(*answers: Any) -> tuple[Client, FakeSession]:
    session = FakeSession(*answers)
    made = Client(KNOWN, FakeTokens(), wall_now=lambda: NOW, base_url="http://douyin.test/", session=session)
    return made, session


def success(**data: Any) -> dict[str, Any]:
    return {"code": 10000, "msg": "success", "data": data}


def test_an_order_is_asked_for_with_a_signature_that_leaves_the_token_out() -> None:
    """Path, query and body of one signed call, as the platform checks them."""
    douyin, session = client(success(shop_order_detail=DETAIL))
    number = "4900000000000000001"
    assert douyin.read("order", number) == Row(number, DETAIL, number)
    ((method, url, request),) = session.asked
    body = '{"shop_order_id":"4900000000000000001"}'
    assert (method, url, request["data"]) == ("POST", "http://douyin.test/order/orderDetail", body.encode())
    assert request["params"] == {
        "app_key": KNOWN["app_key"],
        "method": "order.orderDetail",
        "access_token": "token-1",
        "timestamp": "1767242700",
        "v": "2",
        "sign_method": "hmac-sha256",
        "sign": sign_call(
            KNOWN["app_key"],
            KNOWN["app_secret"],
            method="order.orderDetail",
            param_json=body,
            timestamp="1767242700",
        ),
    }


def test_an_after_sale_is_read_with_its_shop() -> None:
    """The platform's answer lacks the shop: it is the connection's."""
    told = {name: part for name, part in after_sale().items() if name != "shop_id"}
    douyin, _ = client(success(**told))
    assert douyin.read("after_sale", "72", "49") == Row("72", after_sale(), "49")


@pytest.mark.parametrize(
    ("position", "orders", "total", "after"),
    [("", 100, 101, "1"), ("1", 1, 101, ""), ("0", 100, 100, ""), ("5", 0, 999, "")],
)
def test_pages_of_changed_orders_end(position: str, orders: int, total: int, after: str) -> None:
    """Sorted by update time; the last page, and an empty one, say so."""
    douyin, session = client(success(shop_order_list=[DETAIL] * orders, total=total))
    row = Row(DETAIL["order_id"], DETAIL, DETAIL["order_id"])
    assert douyin.page("order", NOW, NOW, position) == Rows((row,) * orders, total, after)
    asked = json.loads(session.asked[0][2]["data"])
    assert (asked["order_by"], asked["order_asc"], asked["page"]) == ("update_time", True, int(position or 0))


@pytest.mark.parametrize("total", [None, "?", True])
def test_rows_without_a_total_are_no_last_page(total: Any) -> None:
    """What follows them would be lost; an empty window may leave the total out."""
    douyin, _ = client(success(shop_order_list=[DETAIL], total=total), success(shop_order_list=None, total=None))
    with pytest.raises(Retry):
        douyin.page("order", NOW, NOW, "")
    assert douyin.page("order", NOW, NOW, "") == Rows((), 0, "")


def test_after_sales_are_listed_in_the_order_without_which_some_are_missed() -> None:
    """`order_by` is sent, seconds of both ends, and each row says its number and its order."""
    item = {"aftersale_info": {"aftersale_id": "72"}, "order_info": {"shop_order_id": "49"}}
    douyin, session = client(success(items=[item], total=1, has_more=False))
    assert douyin.page("after_sale", NOW, NOW, "") == Rows((Row("72", item, "49"),), 1, "")
    asked = json.loads(session.asked[0][2]["data"])
    assert asked == {
        "order_by": ["update_time asc"],
        "page": 0,
        "size": 100,
        "update_end_time": 1767242700,
        "update_start_time": 1767242700,
    }


def test_both_feeds_are_read_from_the_last_page_to_the_first() -> None:
    """A row that changes meanwhile leaves the window and moves the rows behind it forward, never past the reader."""
    assert [(feed.entity, feed.paging, feed.first_page, feed.complete) for feed in FEEDS] == [
        ("order", "backward", 0, True),
        ("after_sale", "backward", 0, False),
    ]


def test_tokens_are_made_and_renewed() -> None:
    """token.create for the own shop and token.refresh, neither with an access token."""
    answer = success(access_token="t", expires_in=604800, refresh_token="r", shop_id=10001)
    douyin, session = client(answer, answer, success())
    assert douyin.fetch_token() == Token("t", 604800, "r")
    assert douyin.fetch_token("r0") == Token("t", 604800, "r")
    with pytest.raises(Retry):
        douyin.fetch_token()
    assert [json.loads(request["data"]) for _, _, request in session.asked[:2]] == [
        {"code": "", "grant_type": "authorization_self", "shop_id": "10001"},
        {"grant_type": "refresh_token", "refresh_token": "r0"},
    ]
    assert all("access_token" not in request["params"] for _, _, request in session.asked)


def test_a_dead_refresh_token_is_no_dead_end() -> None:
    """It is refused, and without it the own app makes a new pair."""
    refused = {"code": 40003, "sub_code": "isv.refresh-token-invalid"}
    douyin, _ = client(refused, success(access_token="t", expires_in="604800"))
    with pytest.raises(PlatformRefused):
        douyin.fetch_token("dead")
    assert douyin.fetch_token() == Token("t", 604800, "")


def test_a_token_needs_the_shop() -> None:
    """Without a shop id an operator has to act."""
    made = Client({"app_key": "k", "app_secret": "s"}, wall_now=lambda: NOW, session=FakeSession())
    with pytest.raises(PlatformMisconfigured):
        made.fetch_token()


def test_an_expired_token_is_renewed_once() -> None:
    """One refresh, one more try."""
    stale = {"code": 40003, "sub_code": "isv.access-token-expired"}
    douyin, session = client(stale, success(shop_order_detail=DETAIL), stale, stale)
    douyin.read("order", "1")
    assert [request["params"]["access_token"] for _, _, request in session.asked] == ["token-1", "token-2"]
    with pytest.raises(Retry):
        douyin.read("order", "1")


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        ({"code": 20000}, Retry),
        ({"code": 60000}, Retry),
        ({"code": 30002}, PlatformMisconfigured),
        ({"code": 40003, "sub_code": "isv.signature-invalid"}, PlatformMisconfigured),
        ({"code": 50002, "sub_code": "isv.business-failed:1"}, PlatformRefused),
        (success(), Retry),
        ({"msg": "too many"}, Retry),
        (b"<html>", Retry),
        ((503, b'{"code":10000}'), Retry),
        (requests.ConnectionError("?access_token=token-1&sign=x"), Retry),
    ],
)
def test_an_answer_says_what_can_be_done(answer: Any, kind: type[HubError]) -> None:
    """Passing, misconfigured or refused; never with the query string."""
    douyin, _ = client(answer)
    with pytest.raises(kind) as refused:
        douyin.read("order", "1")
    assert type(refused.value) is kind
    assert "token-1" not in f"{refused.value}{refused.value.facts}"


def test_a_refusal_says_which_platform_refused() -> None:
    """The code of the error names the channel."""
    assert (PlatformRefused("douyin").code, PlatformMisconfigured("douyin").code) == (
        "douyin-refused",
        "douyin-misconfigured",
    )


@pytest.mark.parametrize(("reason", "status", "urgent"), [("", "changed", False), ("图片不清晰", "refused", True)])
def test_a_product_that_was_refused_is_urgent(reason: str, status: str, urgent: bool) -> None:
    """A reason for refusal means that somebody has to act."""
    data = json.dumps({"shop_id": 1, "product_id": 9007199254740993, "check_reject_reason": reason})
    push_text = json.dumps({"tag": "400", "msg_id": "m", "data": data}).encode()
    (draft,) = inbound.events(stored("douyin", push_text))
    assert draft.event is not None
    told = draft.event.model_dump()
    assert (told["subject_id"], told["status"], told["urgent"]) == ("9007199254740993", status, urgent)


def test_a_sample_signs_what_it_sends() -> None:
    """One message or a whole array, both verify."""
    for plaintext in (b'{"tag":"101","msg_id":"a"}', b'[{"tag":"101","msg_id":"a"}]'):
        assert len(DOOR.accept(DOOR.sample(KNOWN, plaintext, STAMP), KNOWN).messages) == 1
