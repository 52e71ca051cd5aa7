"""Shopify: the webhook's door, its topics, orders and after-sales in our words, calls."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
import requests
from hypothesis import given, settings
from hypothesis import strategies as st

from hub.channels.base import Delivery, NotUnderstood, Rejected
from hub.channels.client import PlatformGone, PlatformMisconfigured, PlatformRefused, Token
from hub.channels.facts import AfterSaleFacts, OrderFacts
from hub.channels.mapping import lint, packaged_table
from hub.channels.market import Row, Rows
from hub.channels.registry import settings_problems
from hub.channels.shopify import codec, inbound, queries
from hub.channels.shopify.client import FEEDS, PAGE_SIZE, Client
from hub.channels.shopify.codec import DOOR
from hub.channels.shopify.orders import canonical_after_sale, canonical_order
from hub.kernel.errors import HubError, Retry
from tests.channels.fakes import FakeSession, FakeTokens
from tests.channels.support import STAMP, payload, stored

KNOWN: dict[str, Any] = payload("shopify_examples")["settings"]
SHOP = KNOWN["shop"]
TABLE = packaged_table("shopify")
NOW = datetime(2026, 1, 1, 4, 45, tzinfo=UTC)
ID = "b54557e4-bdd9-4b37-8a5f-bf7d70bcd043"

# published: Shopify/shopify-api-js, lib/webhooks/__tests__/validate.test.ts
VECTOR = {"client_secret": "test_secret_key", "shop": SHOP}
VECTOR_BODY = b'{"foo": "bar"}'
VECTOR_HMAC = "B23tXN681gZ0qIWNRrgtzBE9XSDo5yaUu6wfmhu3a7g="


def webhook(body: bytes, **changes: str) -> Delivery:
    headers = {
        "x-shopify-topic": "orders/paid",
        "x-shopify-shop-domain": SHOP,
        "x-shopify-webhook-id": ID,
        "x-shopify-triggered-at": "2026-01-01T04:45:00Z",
        "x-shopify-hmac-sha256": codec.sign(KNOWN["client_secret"], body),
    }
    return Delivery("POST", {}, headers | {f"x-shopify-{name}": value for name, value in changes.items()}, body)


def received(body: bytes, **changes: str) -> Any:
    (one,) = DOOR.accept(webhook(body, **changes), KNOWN).messages
    return one


def events(topic: str, body: Any) -> list[dict[str, Any]]:
    plaintext = received(json.dumps(body).encode(), topic=topic).plaintext
    return [draft.event.model_dump() for draft in inbound.events(stored("shopify", plaintext)) if draft.event]


def test_the_published_vector_verifies() -> None:
    """Base64 of the HMAC over the raw body, blanks and all."""
    delivery = webhook(VECTOR_BODY, **{"hmac-sha256": VECTOR_HMAC})
    assert DOOR.accept(delivery, VECTOR).answer == DOOR.SUCCESS
    with pytest.raises(Rejected, match="bad-signature"):
        DOOR.accept(webhook(b'{"foo":"bar"}', **{"hmac-sha256": VECTOR_HMAC}), VECTOR)


def test_what_the_headers_say_is_kept_beside_the_exact_body() -> None:
    """Topic, store, id and time, then the body byte for byte."""
    body = '{ "id":820982911946154508, "name" : "中 \\u4e2d" }'.encode()
    head = f'{{"topic":"orders/paid","shop":"{SHOP}","webhook_id":"{ID}","triggered_at":"2026-01-01T04:45:00Z","body":'
    one = received(body)
    assert (one.plaintext, one.account, one.dedupe_key) == (head.encode() + body + b"}", SHOP, f"{SHOP}:{ID}")


GZIP = b"\x1f\x8b"


@given(
    st.binary(max_size=80).filter(lambda body: not body.startswith(GZIP)),
    st.text(max_size=20).filter(lambda topic: topic != codec.SELF_TEST_TOPIC),
)
@settings(max_examples=200, deadline=None)
def test_a_stored_message_can_be_delivered_again(body: bytes, topic: str) -> None:
    """Whatever the body and the topic are: sampled and accepted, it is the same message."""
    one = received(body, topic=topic)
    again = DOOR.accept(DOOR.sample(KNOWN, one.plaintext, STAMP), KNOWN).messages
    assert again == (one,)


def test_a_text_of_no_known_form_is_delivered_as_a_body() -> None:
    """It has no topic, and is set aside when it is read."""
    (one,) = DOOR.accept(DOOR.sample(KNOWN, b'{"id":1}', STAMP), KNOWN).messages
    with pytest.raises(NotUnderstood, match="unknown-topic"):
        inbound.events(stored("shopify", one.plaintext))


@pytest.mark.parametrize("shop", ["other.myshopify.com", ""])
def test_another_stores_webhook_is_refused(shop: str) -> None:
    """All stores of a public app share its secret, and the header is not signed."""
    with pytest.raises(Rejected, match="wrong-receive-id"):
        DOOR.accept(webhook(b"{}", **{"shop-domain": shop}), KNOWN)


def test_without_a_usable_id_the_message_itself_is_the_key() -> None:
    """A sha256, of the topic too."""
    keys = {
        received(b"{}", topic=topic, **{"webhook-id": "?"}).dedupe_key for topic in ("orders/paid", "orders/create")
    }
    assert [len(key) for key in keys] == [64, 64]


def test_a_webhook_over_the_limit_is_refused() -> None:
    """Four MiB is the written bound; at the bound it is read."""
    at_bound = b" " * DOOR.BODY_LIMIT_BYTES
    assert received(at_bound)
    with pytest.raises(Rejected, match="too-large"):
        DOOR.accept(webhook(at_bound + b" "), KNOWN)


@given(st.binary(max_size=200), st.text(max_size=60))
@settings(max_examples=200, deadline=None)
def test_random_webhooks_are_refused(body: bytes, signature: str) -> None:
    """Nothing that the app's secret did not sign is taken, and nothing crashes the door."""
    with pytest.raises(Rejected):
        DOOR.accept(webhook(body, **{"hmac-sha256": signature}), KNOWN)


@pytest.mark.parametrize(
    ("changes", "pointer"),
    [
        ({"shop": "my-store.com"}, "/shop"),
        ({"shop": "evil.com/.myshopify.com"}, "/shop"),
        ({"shop": "My-Store.myshopify.com"}, "/shop"),
        ({"access_token": ""}, "/access_token"),
        ({"access_token": "token"}, "/access_token"),
    ],
)
def test_bad_settings_are_named(changes: dict[str, str], pointer: str) -> None:
    """The store must be a .myshopify.com name; a token, or what gets one, must be there."""
    assert [problem.pointer for problem in settings_problems("shopify", {**KNOWN, **changes})] == [pointer]


def test_a_client_id_may_stand_for_the_token() -> None:
    """Apps of the Dev Dashboard have no lasting token."""
    assert (
        settings_problems("shopify", {**KNOWN, "access_token": "", "client_id": "0123456789abcdef0123456789abcdef"})
        == []
    )


def test_an_order_keeps_every_digit() -> None:
    """Ids are above 2^53."""
    (event,) = events("orders/paid", {"id": 820982911946154508})
    assert (event["type"], event["order_no"], event["shop_id"]) == ("order.touched", "820982911946154508", SHOP)


@pytest.mark.parametrize(
    ("body", "number"),
    [({"id": 7, "order_id": 1}, "Refund/7"), ({"id": 7, "order_id": 1, "return": {"id": 9}}, "Return/9")],
)
def test_a_refund_of_a_return_is_the_returns_money(body: dict[str, Any], number: str) -> None:
    """It is no after-sale of its own, or its money would count twice."""
    (event,) = events("refunds/create", body)
    assert (event["after_sale_no"], event["order_no"]) == (number, "1")


def test_each_parcel_moves_by_itself() -> None:
    """Two numbers are two events with ids of their own; none is none."""
    body = {"order_id": 1, "tracking_numbers": ["SF1", "SF2", "SF1"], "shipment_status": "out_for_delivery"}
    moved = events("fulfillments/update", body)
    assert [(one["tracking_no"], one["state"]) for one in moved] == [("SF1", "delivering"), ("SF2", "delivering")]
    assert len({one["id"] for one in moved}) == 2
    assert events("fulfillments/update", {"order_id": 1, "tracking_number": None}) == []


def test_a_cancelled_parcel_failed() -> None:
    """Whatever its last status was."""
    body = {"order_id": 1, "tracking_number": "SF1", "status": "cancelled", "shipment_status": "in_transit"}
    assert [one["state"] for one in events("fulfillments/update", body)] == ["failed"]


ASKED = {"shop_id": 1, "shop_domain": SHOP, "customer": {"id": 5}}


@pytest.mark.parametrize(
    ("topic", "body", "expected"),
    [
        ("customers/data_request", {**ASKED, "orders_requested": []}, ("5", "data_asked", "")),
        ("customers/redact", {**ASKED, "orders_to_redact": []}, ("5", "erasure_asked", "")),
        (
            "customers_email_marketing_consent/update",
            {"customer_id": 5, "email_marketing_consent": {"state": "subscribed"}},
            ("5", "messages_allowed", "email"),
        ),
        (
            "customers_marketing_consent/update",
            {"id": 5, "sms_marketing_consent": {"state": "redacted"}},
            ("5", "messages_refused", "sms"),
        ),
    ],
)
def test_what_a_customer_allows(topic: str, body: dict[str, Any], expected: tuple[str, str, str]) -> None:
    """Privacy requests, and consent to mail and SMS; anything but `subscribed` is no."""
    (event,) = events(topic, body)
    assert (event["person_id"], event["change"], event["scope"]) == expected


ORDER_BODY = {"id": 7, "admin_graphql_api_id": "gid://shopify/Order/7", "customer": {"id": 5}}


@pytest.mark.parametrize(
    ("topic", "body"),
    [
        ("customers/redact", ORDER_BODY),
        ("customers/redact", {**ASKED, "orders_requested": []}),
        ("customers/redact", {**ASKED, "orders_to_redact": [], "shop_domain": "other.myshopify.com"}),
        ("customers/data_request", {**ASKED, "orders_to_redact": []}),
        ("customers/delete", ORDER_BODY),
        ("products/delete", ORDER_BODY),
        ("refunds/create", ORDER_BODY),
        ("shop/redact", ORDER_BODY),
        ("app/uninstalled", ORDER_BODY),
        ("app/uninstalled", {"id": 1, "myshopify_domain": "other.myshopify.com"}),
    ],
)
def test_a_signed_body_says_nothing_under_another_topic(topic: str, body: dict[str, Any]) -> None:
    """Headers are not signed: a body sent again as an erasure, or as another store's, is set aside."""
    with pytest.raises(NotUnderstood, match="wrong-topic"):
        events(topic, body)


def cost(fields: Iterator[str]) -> int:
    """What the fields up to the closing brace cost: an object is a point, a list as many as it may hold."""
    total, each = 0, 0
    for field in fields:
        if field == "}":
            break
        if field == "{":
            total += each * (1 + cost(fields))
        else:
            first = re.search(r"first: (\d+)", field.replace("$first", str(PAGE_SIZE)))
            each = int(first[1]) if first else 1
    return total


@pytest.mark.parametrize("name", ["ORDER", "ORDERS", "AFTER_SALES", "REFUND", "RETURN"])
def test_no_query_asks_for_more_than_it_may_cost(name: str) -> None:
    """Shopify refuses one above 1,000 points before it looks for anything."""
    query = getattr(queries, name)
    assert 1 < cost(iter(re.findall(r"[{}]|\w+\([^)]*\)|\w+", query))) < 1000


@pytest.mark.parametrize(("topic", "status"), [("app/uninstalled", "uninstalled"), ("shop/redact", "erasure_asked")])
def test_a_store_that_leaves_is_urgent(topic: str, status: str) -> None:
    """Somebody has to act."""
    (event,) = events(topic, {"id": 1, "shop_id": 1, "shop_domain": SHOP, "myshopify_domain": SHOP})
    assert (event["kind"], event["status"], event["urgent"], event["subject_id"]) == (
        "authorization",
        status,
        True,
        SHOP,
    )


@pytest.mark.parametrize(("written", "at"), [("2026-01-01T04:45:00Z", NOW), ("yesterday", None), ("", None)])
def test_when_it_happened_is_what_shopify_says(written: str, at: datetime | None) -> None:
    """Repeats carry the time of the first; what is no time is none."""
    plaintext = received(b'{"id":1}', topic="customers/create", **{"triggered-at": written}).plaintext
    (draft,) = inbound.events(stored("shopify", plaintext))
    assert draft.event is not None
    assert draft.event.model_dump()["source_at"] == at


def money(amount: str, currency: str = "USD") -> dict[str, Any]:
    return {"shopMoney": {"amount": amount, "currencyCode": currency}}


ORDER: dict[str, Any] = {
    "shop": SHOP,
    "id": "gid://shopify/Order/820982911946154508",
    "name": "#1001",
    "updatedAt": "2026-01-01T04:45:00Z",
    "processedAt": "2026-01-01T12:43:20+08:00",
    "cancelledAt": None,
    "closedAt": None,
    "displayFinancialStatus": "PAID",
    "displayFulfillmentStatus": "UNFULFILLED",
    "note": "Ring twice",
    "discountCodes": ["WELCOME"],
    "totalPriceSet": money("199.0"),
    "customer": {"id": "gid://shopify/Customer/5"},
    "customerJourneySummary": {"lastVisit": {"utmParameters": {"campaign": "spring"}}},
    "fulfillments": [{"trackingInfo": [{"number": "SF1"}, {"number": None}]}, {"trackingInfo": [{"number": "SF1"}]}],
}


def test_an_order_in_our_words() -> None:
    """The shop's own currency, UTC times, numbers without their gid."""
    assert canonical_order(ORDER, TABLE) == OrderFacts(
        order_no="820982911946154508",
        shop_id=SHOP,
        state="paid",
        state_rank=30,
        amount_minor=19900,
        currency="USD",
        updated_at=NOW,
        buyer_id="5",
        paid_at=datetime(2026, 1, 1, 4, 43, 20, tzinfo=UTC),
        attribution={"code": "WELCOME", "campaign": "spring"},
        note="Ring twice",
        tracking_nos=("SF1",),
    )


@pytest.mark.parametrize(
    ("changes", "state"),
    [
        ({"displayFinancialStatus": "PENDING"}, "pending_payment"),
        ({"displayFinancialStatus": "AUTHORIZED"}, "on_hold"),
        ({"displayFulfillmentStatus": "ON_HOLD"}, "on_hold"),
        ({"displayFulfillmentStatus": "FULFILLED"}, "shipped"),
        ({"displayFulfillmentStatus": "FULFILLED", "closedAt": "2026-01-02T00:00:00Z"}, "completed"),
        ({"cancelledAt": "2026-01-02T00:00:00Z"}, "cancelled"),
        ({"cancelledAt": "2026-01-02T00:00:00Z", "displayFinancialStatus": "REFUNDED"}, "refunded"),
        ({"displayFinancialStatus": "PARTIALLY_REFUNDED", "displayFulfillmentStatus": "FULFILLED"}, "shipped"),
    ],
)
def test_a_state_is_made_of_four_fields(changes: dict[str, Any], state: str) -> None:
    """Cancelled before money before parcels."""
    assert canonical_order({**ORDER, **changes}, TABLE).state == state


def test_an_unpaid_order_has_no_time_of_payment() -> None:
    """`processedAt` is there from the start; it counts once money came."""
    assert canonical_order({**ORDER, "displayFinancialStatus": "AUTHORIZED"}, TABLE).paid_at is None


def test_yen_have_no_decimals() -> None:
    """Minor units by the currency's own exponent."""
    assert canonical_order({**ORDER, "totalPriceSet": money("1990.0", "JPY")}, TABLE).amount_minor == 1990


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"displayFinancialStatus": "BARTERED"}, "unknown-status"),
        ({"displayFinancialStatus": None}, "unknown-status"),
        ({"totalPriceSet": money("1.00", "KWD")}, "unknown-currency"),
        ({"totalPriceSet": money("1.001")}, "missing-field"),
        ({"totalPriceSet": None}, "missing-field"),
        ({"updatedAt": "soon"}, "missing-field"),
        ({"id": None}, "missing-field"),
    ],
)
def test_an_order_that_cannot_be_trusted_is_not_guessed(changes: dict[str, Any], reason: str) -> None:
    """What is unknown or missing is reported."""
    with pytest.raises(NotUnderstood) as refused:
        canonical_order({**ORDER, **changes}, TABLE)
    assert refused.value.reason == reason


ORDER_OF = {
    "id": "gid://shopify/Order/1",
    "updatedAt": "2026-01-01T04:45:00Z",
    "customer": {"id": "gid://shopify/Customer/5"},
}


def refund(number: int, amount: str, *statuses: str, owner: str = "") -> dict[str, Any]:
    moves = [{"kind": "REFUND", "status": status} for status in statuses]
    told = {"id": f"gid://shopify/Refund/{number}", "updatedAt": "2026-01-01T04:45:00Z", "order": ORDER_OF}
    told |= {
        "totalRefundedSet": money(amount),
        "transactions": {"nodes": [*moves, {"kind": "SALE", "status": "SUCCESS"}]},
    }
    return told | {"return": {"id": owner} if owner else None}


def returned(*refunds: dict[str, Any], status: str = "CLOSED", **changes: Any) -> dict[str, Any]:
    told = {"id": "gid://shopify/Return/9", "status": status, "order": ORDER_OF, "refunds": {"nodes": list(refunds)}}
    return told | changes


def test_a_return_in_our_words() -> None:
    """Its refunds are its money; its parcel is the one that comes back."""
    parcel = {"deliverable": {"tracking": {"number": "SF9"}}}
    back = {"nodes": [{"reverseDeliveries": {"nodes": [parcel]}}]}
    detail = returned(refund(1, "10.00", "SUCCESS"), refund(2, "5.50", "SUCCESS"), reverseFulfillmentOrders=back)
    assert canonical_after_sale({"shop": SHOP, "return": detail}, TABLE) == AfterSaleFacts(
        after_sale_no="Return/9",
        order_no="1",
        shop_id=SHOP,
        type="return_refund",
        state="refunded",
        state_rank=80,
        money="succeeded",
        updated_at=NOW,
        requested_minor=1550,
        refunded_minor=1550,
        currency="USD",
        buyer_id="5",
        tracking_no="SF9",
    )


@pytest.mark.parametrize(
    ("detail", "expected"),
    [
        ({"refund": refund(1, "10.00", "SUCCESS")}, ("refunded", "succeeded", 1000, "refund_only")),
        ({"refund": refund(1, "10.00", "SUCCESS", "PENDING")}, ("refunding", "pending", 0, "refund_only")),
        ({"refund": refund(1, "10.00", "FAILURE")}, ("refunding", "failed", 0, "refund_only")),
        ({"refund": refund(1, "0.00")}, ("resolved", "none", 0, "refund_only")),
        ({"return": returned(status="REQUESTED")}, ("requested", "none", 0, "return_refund")),
        ({"return": returned(exchangeLineItems={"nodes": [{"id": "x"}]})}, ("resolved", "none", 0, "exchange")),
    ],
)
def test_money_is_back_only_when_every_move_succeeded(
    detail: dict[str, Any], expected: tuple[str, str, int, str]
) -> None:
    """A refund may be of nothing (goods put back), on its way, or stuck."""
    facts = canonical_after_sale({"shop": SHOP, **detail}, TABLE)
    assert (facts.state, facts.money, facts.refunded_minor, facts.type) == expected


def test_the_table_of_states_is_whole() -> None:
    """Each combination of values leads to a state."""
    assert lint(TABLE.document) == []


def client(*answers: Any, **changes: Any) -> tuple[Client, FakeSession]:
    session = FakeSession(*answers)
    known = {**KNOWN, **changes}
    return Client(known, FakeTokens(), wall_now=lambda: NOW, session=session), session


def without_shop(order: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in order.items() if name != "shop"}


def test_an_order_is_asked_of_its_own_store() -> None:
    """The token is in a header; the row says which store."""
    shopify, session = client({"data": {"order": without_shop(ORDER)}})
    number = "820982911946154508"
    assert shopify.read("order", number) == Row(number, ORDER, number)
    ((method, url, request),) = session.asked
    assert (method, url) == ("POST", f"https://{SHOP}/admin/api/2026-01/graphql.json")
    assert request["headers"]["x-shopify-access-token"] == "token-1"
    assert json.loads(request["data"])["variables"] == {"id": f"gid://shopify/Order/{number}"}


@pytest.mark.parametrize(
    "shop", ["", "evil.com", "a.myshopify.com.evil.com", "127.0.0.1", "a.myshopify.com/x", "A.myshopify.com"]
)
def test_no_other_host_is_ever_called(shop: str) -> None:
    """The store's name comes from the tenant: it must be Shopify's."""
    with pytest.raises(PlatformMisconfigured):
        Client({**KNOWN, "shop": shop}, wall_now=lambda: NOW)


def test_a_refund_of_a_return_is_answered_by_the_return() -> None:
    """Two questions; a refund alone needs one."""
    owned = refund(7, "1.00", owner="gid://shopify/Return/9")
    shopify, _ = client({"data": {"refund": owned}}, {"data": {"return": returned()}})
    assert shopify.read("after_sale", "Refund/7") == Row("Return/9", {"shop": SHOP, "return": returned()}, "1")
    alone = refund(8, "1.00")
    shopify, _ = client({"data": {"refund": alone}})
    assert shopify.read("after_sale", "Refund/8") == Row("Refund/8", {"shop": SHOP, "refund": alone}, "1")


def test_what_is_not_there_is_gone() -> None:
    """A deleted order is null."""
    shopify, _ = client({"data": {"order": None}})
    with pytest.raises(PlatformGone):
        shopify.read("order", "1")


def test_orders_are_paged_by_cursor() -> None:
    """The window is in the query, in UTC; the cursor is handed back."""
    page = {"nodes": [without_shop(ORDER)], "pageInfo": {"hasNextPage": True, "endCursor": "c1"}}
    last = {"nodes": [], "pageInfo": {"hasNextPage": False, "endCursor": None}}
    shopify, session = client({"data": {"orders": page}}, {"data": {"orders": last}})
    number = "820982911946154508"
    assert shopify.page("order", NOW, NOW, "") == Rows((Row(number, ORDER, number),), None, "c1")
    assert shopify.page("order", NOW, NOW, "c1") == Rows((), None, "")
    asked = [json.loads(request["data"])["variables"] for _, _, request in session.asked]
    window = "updated_at:>='2026-01-01T04:45:00Z' AND updated_at:<='2026-01-01T04:45:00Z'"
    assert asked == [{"first": PAGE_SIZE, "after": after, "query": window} for after in (None, "c1")]


def test_after_sales_are_those_of_changed_orders() -> None:
    """Returns, and the refunds that belong to none; each is read by itself."""
    node = {
        "id": "gid://shopify/Order/1",
        "refunds": [
            {"id": "gid://shopify/Refund/7", "return": None},
            {"id": "gid://shopify/Refund/8", "return": {"id": "x"}},
        ],
        "returns": {"nodes": [{"id": "gid://shopify/Return/9"}]},
    }
    shopify, _ = client({"data": {"orders": {"nodes": [node, {"id": "gid://shopify/Order/2"}], "pageInfo": {}}}})
    rows = shopify.page("after_sale", NOW, NOW, "").rows
    assert [(row.number, row.order_no) for row in rows] == [("Return/9", "1"), ("Refund/7", "1")]
    assert [(feed.paging, feed.complete) for feed in FEEDS] == [("cursor", True), ("cursor", False)]


def test_a_stores_own_token_is_used_as_it_is() -> None:
    """No call is made."""
    shopify, session = client()
    assert (shopify.fetch_token().value, session.asked) == (KNOWN["access_token"], [])


def test_a_token_by_client_credentials() -> None:
    """24 hours, asked of the store."""
    shopify, session = client({"access_token": "t", "expires_in": 86399}, access_token="", client_id="c")
    assert shopify.fetch_token() == Token("t", 86399)
    assert session.asked[0][1] == f"https://{SHOP}/admin/oauth/access_token"
    assert json.loads(session.asked[0][2]["data"])["grant_type"] == "client_credentials"


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        ((400, b'{"error":"invalid_client"}'), PlatformMisconfigured),
        ({"access_token": 7, "expires_in": 1}, Retry),
        ({}, Retry),
    ],
)
def test_a_token_that_is_not_given(answer: Any, kind: type[HubError]) -> None:
    """A wrong client is an operator's matter; an answer of another shape passes."""
    shopify, _ = client(answer, access_token="", client_id="c")
    with pytest.raises(kind):
        shopify.fetch_token()


UNAUTHORIZED = (401, b'{"errors":"[API] Invalid API key or access token (unrecognized login or wrong password)"}')


def test_a_dead_token_is_renewed_once_and_a_revoked_one_is_told() -> None:
    """By client credentials another try helps; a store's own token was taken back."""
    answer = {"data": {"order": without_shop(ORDER)}}
    shopify, session = client(UNAUTHORIZED, answer, access_token="", client_id="c")
    assert shopify.read("order", "1").number == "1"
    assert [request["headers"]["x-shopify-access-token"] for _, _, request in session.asked] == ["token-1", "token-2"]
    shopify, session = client(UNAUTHORIZED)
    with pytest.raises(PlatformMisconfigured):
        shopify.read("order", "1")
    assert len(session.asked) == 1


def graphql_error(code: str) -> dict[str, Any]:
    return {"data": None, "errors": [{"message": "no", "extensions": {"code": code}}]}


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        (graphql_error("THROTTLED"), Retry),
        (graphql_error("INTERNAL_SERVER_ERROR"), Retry),
        (graphql_error("ACCESS_DENIED"), PlatformMisconfigured),
        (graphql_error("undefinedField"), PlatformRefused),
        ({"errors": [{"message": "no"}]}, PlatformRefused),
        ({"errors": [7]}, PlatformRefused),
        ((404, b'{"errors":"Not Found"}'), PlatformMisconfigured),
        ((402, b'{"errors":"Unavailable Shop"}'), PlatformMisconfigured),
        ((429, b'{"errors":"Exceeded 2 calls per second"}'), Retry),
        ((429, b'{"error":"too many"}'), Retry),
        ({"errors": "something else"}, PlatformRefused),
        ({"data": []}, Retry),
        ({"data": {"order": [1]}}, Retry),
        (b"<html>", Retry),
        ((503, b"{}"), Retry),
        (requests.ConnectionError("token-1"), Retry),
    ],
)
def test_an_answer_says_what_can_be_done(answer: Any, kind: type[HubError]) -> None:
    """Passing, misconfigured or refused; never with the token."""
    shopify, _ = client(answer)
    with pytest.raises(kind) as refused:
        shopify.read("order", "1")
    assert type(refused.value) is kind
    assert "token-1" not in f"{refused.value}{refused.value.facts}"
