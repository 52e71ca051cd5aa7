"""The pricing room over HTTP: quotes by region, books that switch to the second, one call back."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from functions.pricing import app
from hub.kernel.clock import StepClock, rfc3339
from hub.kernel.places import region_names
from tests.support.aws import TENANT, account
from tests.support.hosts import install
from tests.support.http import Answer, call, token

NOW = datetime(2026, 11, 21, 2, 0, tzinfo=UTC)
WINTER = "2026-12-01T00:00:00+08:00"


@pytest.fixture
def clock() -> StepClock:
    return StepClock(NOW)


@pytest.fixture(autouse=True)
def session(clock: StepClock) -> Iterator[Any]:
    with account("pricing") as session:
        install(app.room, session, clock)
        yield session


def quote(region: str = "310000", service: str = "fruit_tea", key: str = "", **more: Any) -> Answer:
    return call(app.room, "POST", "/pricing/quotes", {"service": service, "region": region, **more}, key=key)


def tea_at(price: str) -> dict[str, Any]:
    return {"services": {"fruit_tea": {"name": {"zh": "鲜果茶", "en": "Fruit tea"}, "prices": {"base": price}}}}


def publish(price: str, valid_from: str = WINTER, key: str = "", as_: str | None = None, **more: Any) -> Answer:
    body = {"valid_from": valid_from, "document": tea_at(price), **more}
    return call(app.room, "POST", "/pricing/books/standard/publish", body, key=key, as_=as_)


def withdraw(version: int) -> Answer:
    return call(app.room, "POST", "/pricing/books/standard/withdraw", {"version": version})


def shown(book: str = "standard", **query: str) -> Answer:
    return call(app.room, "GET", f"/pricing/books/{book}", query=query)


def test_the_same_key_gives_the_same_quote(clock: StepClock) -> None:
    """A repeated request answers with the quote that was made first."""
    first = quote(key="k1").json
    clock.advance(seconds=30)
    again = quote(key="k1")
    assert (again.json["id"], again.json["created_at"]) == (first["id"], first["created_at"])
    assert again.headers["idempotency-replayed"] == "true"


def test_an_unknown_service_is_refused_with_the_known_ones() -> None:
    """422, naming /service and what there is."""
    refused = quote(service="haircut")
    assert (refused.status, refused.json["errors"]) == (
        422,
        [{"pointer": "/service", "detail": "must be one of: fruit_tea, repair_visit"}],
    )


@pytest.mark.parametrize(
    ("fields", "pointer"),
    [
        *(({"region": code}, "/region") for code in ("31", "999999", "000000")),
        *(({"book": "nothing"}, "/book"), ({"quantity": 0}, "/quantity")),
    ],
)
def test_a_malformed_request_is_refused_by_pointer(fields: dict[str, Any], pointer: str) -> None:
    """A region that is no code or nowhere, an unknown book, a quantity of none: 422, each named."""
    refused = quote(**{"region": "310000", **fields})
    assert (refused.status, [error["pointer"] for error in refused.json["errors"]]) == (422, [pointer])


def test_one_call_takes_a_version_back(clock: StepClock) -> None:
    """After withdrawing, the version before is in force again, and the history shows both; again changes nothing."""
    publish("19.00")
    clock.now = datetime.fromisoformat("2026-12-02T00:00:00+08:00")
    taken_back, again = withdraw(1), withdraw(1)
    history = call(app.room, "GET", "/pricing/books/standard/history").json["data"]
    assert (taken_back.status, quote().json["price"]) == (200, "25.00")
    assert [(move["what"], move["version"]) for move in history] == [("withdraw", 1), ("publish", 1)]
    assert (again.status, again.json["unchanged"]) == (200, True)


def test_the_past_never_changes_and_what_was_believed_can_be_asked(clock: StepClock) -> None:
    """`at` five days ago answers the same before and after a withdrawal; `known_at` tells the two beliefs apart."""
    publish("19.00", valid_from=NOW.isoformat())
    clock.advance(days=10)
    five_days_ago = (clock.now - timedelta(days=5)).isoformat()
    before = quote(at=five_days_ago).json
    withdraw(1)
    after = quote(at=five_days_ago).json
    believed_now = quote(at=five_days_ago, known_at=clock.now.isoformat()).json
    assert (before["price"], after["price"], believed_now["price"]) == ("19.00", "19.00", "25.00")
    assert {one["state"] for one in (before, after, believed_now)} == {"rehearsal"}


def test_a_back_dated_publication_counts_from_when_it_was_recorded(clock: StepClock) -> None:
    """A price that is said today to hold since last week changes what is quoted now, not what was true last week."""
    last_week = (NOW - timedelta(days=7)).isoformat()
    publish("17.00", valid_from=last_week)
    assert (quote().json["price"], quote(at=last_week).json["price"]) == ("17.00", "25.00")


def test_who_publishes_on_an_old_view_is_told_what_changed() -> None:
    """409 naming the place that has moved on; nothing is published."""
    publish("19.00")
    refused = publish("20.00", seen_version=0)
    assert (refused.status, shown(version="1").json["latest_version"]) == (409, 1)
    assert "/services/fruit_tea/prices/base" in {error["pointer"] for error in refused.json["errors"]}


def test_publishing_again_with_the_same_key_publishes_once() -> None:
    """A retry answers with the version that the first attempt made."""
    first, again = (publish("19.00", key="k1", seen_version=0).json for _ in range(2))
    assert first["version"] == again["version"] == shown(version="1").json["latest_version"] == 1


def test_only_finance_of_the_whole_tenant_and_administrators_publish() -> None:
    """An engineer may quote and look, not publish; finance of one province does not price another's services."""
    engineer = token("engineer", sub="wang.wei")
    assert publish("19.00", as_=engineer).status == 403
    assert publish("19.00", as_=token("finance", sub="liu.yi", region="440000")).status == 403
    assert publish("19.00", as_=token("finance", sub="zhao.min")).status == 200
    assert call(app.room, "GET", "/pricing/books/standard", as_=engineer).status == 200


def test_a_book_shows_the_prices_of_the_moment_or_version_asked_for() -> None:
    """Rehearsal: what will be in force at a moment to come."""
    publish("19.00")
    prices = [shown(**query).json["document"]["services"]["fruit_tea"]["prices"] for query in ({"at": WINTER}, {})]
    assert prices == [{"base": "19.00"}, {"base": "22.00", "310000": "25.00", "tier:3": "18.00"}]
    assert shown("nothing").status == 404


def test_a_new_book_of_ones_own_starts_at_version_one() -> None:
    """A key that nobody used becomes a book."""
    made = call(app.room, "POST", "/pricing/books/campus/publish", {"document": tea_at("9.00")})
    assert (made.status, made.json["version"]) == (200, 1)
    assert quote(book="campus").json["price"] == "9.00"


@pytest.mark.parametrize(
    ("changes", "pointer"),
    [
        ({"currency": "JPY"}, "/document/services/fruit_tea/prices/base"),
        ({"tiers": {"310000": 1}}, "/document/tiers/310000"),
    ],
)
def test_a_book_that_cannot_work_is_refused_at_the_draft(changes: dict[str, Any], pointer: str) -> None:
    """A price that the currency can't express, a tier of what is no city: 422, each with its place."""
    body = {"document": tea_at("9.90") | changes}
    refused = call(app.room, "PUT", "/pricing/books/standard/draft", body)
    assert (refused.status, pointer in {error["pointer"] for error in refused.json["errors"]}) == (422, True)


def test_a_quote_reads_three_items_at_most_however_long_the_history(session: Any, clock: StepClock) -> None:
    """With forty versions in the book a quote reads its pointer, and in a new process the version; in the past one item
    more."""
    for number in range(40):
        clock.advance(minutes=1)
        publish(f"{number + 11}.00", valid_from=clock.now.isoformat())
    clock.advance(days=1)
    reads = Reads(session)
    install(app.room, reads, clock)
    assert (quote().json["price"], reads.items <= 3) == ("50.00", True)
    reads.items = 0
    assert (quote(at=(NOW + timedelta(minutes=20)).isoformat()).json["price"], reads.items <= 3) == ("30.00", True)


def test_a_book_that_no_item_could_hold_is_published_and_quoted() -> None:
    """600 KB and more of prices, in one call; over the limit of a body it is a 413."""
    places = {"base": "25.00"} | dict.fromkeys(list(region_names())[:1200], "21.50")
    book = {
        "services": {f"tea_{nth}": {"name": {"zh": "鲜果茶", "en": "Fruit tea"}, "prices": places} for nth in range(30)}
    }
    answer = publish("1.00", NOW.isoformat(), document=book)
    assert len(json.dumps(book)) > 600_000
    assert (answer.status, quote(service="tea_29", region="110101").json["price"]) == (200, "21.50")
    assert publish("1.00", document={"services": "x" * 4_000_000}).status == 413


def test_a_regions_people_quote_and_read_what_lies_in_it() -> None:
    """A place that the caller names and does not reach is 403; another's quote is 404, as if it never was."""
    south = token("agent", sub="li.na", region="440000")
    given = quote("310101").json
    asked = call(app.room, "POST", "/pricing/quotes", {"service": "fruit_tea", "region": "310000"}, as_=south)
    read = call(app.room, "GET", f"/pricing/quotes/{given['id']}", as_=south)
    assert (asked.status, read.status) == (403, 404)
    assert call(app.room, "GET", f"/pricing/quotes/{given['id']}", as_=token("agent", region="310000")).status == 200


def test_a_book_that_was_stored_before_is_read_where_it_lies(session: Any) -> None:
    """Versions and withdrawals of the older form are history: prices, numbers and what was in force then."""
    table, tea = session.client("dynamodb"), {"zh": "鲜果茶", "en": "Fruit tea"}
    for number, price, withdraws in ((2, 1900, None), (3, 0, 2), (4, 2100, None)):
        at = rfc3339(NOW - timedelta(days=10 - number))
        document = {
            "schema": 1, "number": number, "valid_from": at, "currency": "CNY", "withdraws": withdraws,
            "services": {} if withdraws else {"fruit_tea": tea | {"prices_minor": {"base": price}}},
            "tiers": {}, "published_at": at, "published_by": "zhao.min",
        }  # fmt: skip
        item = {"pk": f"{TENANT}#book#standard", "sk": f"version#{number:06d}", "document": json.dumps(document)}
        table.put_item(TableName=f"hub-{TENANT}-pricing", Item={name: {"S": text} for name, text in item.items()})
    assert (quote().json["price"], quote().json["book_version"]) == ("21.00", 4)
    assert quote(at=(NOW - timedelta(days=7, hours=12)).isoformat()).json["price"] == "19.00"
    assert publish("23.00", valid_from=NOW.isoformat()).json["version"] == 5


class Reads:
    """A session whose DynamoDB client counts the items of the room's table that were read."""

    def __init__(self, session: Any) -> None:
        self.session, self.items = session, 0

    def client(self, service: str, **options: Any) -> Any:
        client = self.session.client(service, **options)
        if service == "dynamodb":
            client.meta.events.register("before-parameter-build.dynamodb.*", _note_table)
            client.meta.events.register("after-call.dynamodb.*", self._count)
        return client

    def _count(self, model: Any, parsed: Any, context: Any, **_: Any) -> None:
        if context["table"] == f"hub-{TENANT}-pricing" and model.name in ("GetItem", "Query"):
            self.items += parsed["ScannedCount"] if model.name == "Query" else 1
        elif model.name == "BatchGetItem":
            self.items += sum(map(len, parsed["Responses"].values()))


def _note_table(params: Any, context: Any, **_: Any) -> None:
    context["table"] = params.get("TableName", "")


def test_a_quote_of_many_holds_its_own_total() -> None:
    """A hundred of the dearest price that a book takes: the quote is answered, and read again."""
    publish("9999999999.99", valid_from=NOW.isoformat())
    made = quote(quantity=100)
    assert (made.status, made.json["total"]) == (201, "999999999999.00")
    assert call(app.room, "GET", f"/pricing/quotes/{made.json['id']}").json["total"] == "999999999999.00"
