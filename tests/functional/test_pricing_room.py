"""The pricing room over HTTP: quotes by region, books that switch to the second, one call back."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from functions.pricing import app
from hub.kernel.clock import StepClock
from tests.support.aws import account
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


def publish(price: str, valid_from: str = WINTER, key: str = "", as_: str | None = None, **more: Any) -> Answer:
    tea = {"name": {"zh": "鲜果茶", "en": "Fruit tea"}, "prices": {"base": price}}
    body = {"valid_from": valid_from, "services": {"fruit_tea": tea}, **more}
    return call(app.room, "PUT", "/pricing/books/standard", body, key=key, as_=as_)


def test_the_same_tea_costs_less_in_a_tier_three_city() -> None:
    """25.00 in 上海, 18.00 in 洛阳, with the tier in the explanation."""
    shanghai, luoyang = quote("310000"), quote("410300")
    assert (shanghai.status, shanghai.json["price"], luoyang.json["price"]) == (201, "25.00", "18.00")
    assert [step["region"] for step in luoyang.json["path"] if step["used"]] == ["tier:3"]


def test_a_quote_is_honoured_until_it_expires_even_when_the_book_changes(clock: StepClock) -> None:
    """A new book a minute later changes new quotes, never one that was given; after 15 minutes it has expired."""
    given = quote().json
    publish("99.00", valid_from=(NOW + timedelta(minutes=1)).isoformat())
    clock.advance(minutes=5)
    kept = call(app.room, "GET", f"/pricing/quotes/{given['id']}").json
    assert (kept["price"], kept["state"], quote().json["price"]) == ("25.00", "valid", "99.00")
    clock.advance(minutes=10)
    expired = call(app.room, "GET", f"/pricing/quotes/{given['id']}").json
    assert (expired["price"], expired["state"]) == ("25.00", "expired")


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
    [({"region": "31"}, "/region"), ({"book": "nothing"}, "/book"), ({"quantity": 0}, "/quantity")],
)
def test_a_malformed_request_is_refused_by_pointer(fields: dict[str, Any], pointer: str) -> None:
    """A region that is no code, an unknown book, a quantity of none: 422, each named."""
    refused = quote(**{"region": "310000", **fields})
    assert (refused.status, [error["pointer"] for error in refused.json["errors"]]) == (422, [pointer])


def test_the_winter_book_takes_over_at_midnight_in_shanghai(clock: StepClock) -> None:
    """23:59:59 the old price, 00:00:00 the new one, with nothing to fire in between."""
    assert publish("19.00").json["version"] == 2
    clock.now = datetime.fromisoformat("2026-11-30T23:59:59+08:00")
    before = quote().json
    clock.advance(seconds=1)
    after = quote().json
    assert [(one["price"], one["book_version"]) for one in (before, after)] == [("25.00", 1), ("19.00", 2)]


def test_one_call_takes_a_version_back(clock: StepClock) -> None:
    """After withdrawing, the version before is in force again, and the history shows both; again changes nothing."""
    publish("19.00")
    clock.now = datetime.fromisoformat("2026-12-02T00:00:00+08:00")
    path = "/pricing/books/standard/versions/2/withdraw"
    taken_back, again = call(app.room, "POST", path), call(app.room, "POST", path)
    assert (taken_back.status, taken_back.json["version"], quote().json["price"]) == (200, 1, "25.00")
    assert [(h["version"], h["withdraws"], h["withdrawn_by"]) for h in taken_back.json["history"]] == [
        (3, 2, None),
        (2, None, 3),
        (1, None, None),
    ]
    assert again.json == taken_back.json


def test_who_publishes_on_an_old_view_is_told_the_latest_version() -> None:
    """409 with the latest version; nothing is published."""
    publish("19.00")
    refused = publish("20.00", after_version=1)
    assert (refused.status, refused.json["facts"]["latest_version"]) == (409, "2")


def test_publishing_again_with_the_same_key_publishes_once() -> None:
    """A retry answers with the version that the first attempt made."""
    first, again = (publish("19.00", key="k1", after_version=1).json for _ in range(2))
    assert first["version"] == again["version"] == again["latest_version"] == 2


def test_only_finance_and_administrators_publish() -> None:
    """An engineer may quote and look, not publish."""
    engineer = token("engineer", sub="wang.wei")
    assert publish("19.00", as_=engineer).status == 403
    assert publish("19.00", as_=token("finance", sub="zhao.min")).status == 200
    assert call(app.room, "GET", "/pricing/books/standard", as_=engineer).status == 200


def test_a_book_shows_the_prices_of_the_moment_or_version_asked_for() -> None:
    """Rehearsal: what will be in force at a moment to come."""
    publish("19.00")
    rehearsed = call(app.room, "GET", "/pricing/books/standard", query={"at": WINTER}).json
    first = call(app.room, "GET", "/pricing/books/standard", query={"version": "1"}).json
    assert rehearsed["services"]["fruit_tea"]["prices"] == {"base": "19.00"}
    assert first["services"]["fruit_tea"]["prices"]["310000"] == "25.00"
    assert call(app.room, "GET", "/pricing/books/nothing").status == 404


def test_a_new_book_of_ones_own_starts_at_version_one() -> None:
    """A key that nobody used becomes a book."""
    tea = {"name": {"zh": "鲜果茶", "en": "Fruit tea"}, "prices": {"base": "9.00"}}
    body = {"valid_from": NOW.isoformat(), "services": {"fruit_tea": tea}}
    made = call(app.room, "PUT", "/pricing/books/campus", body)
    assert (made.status, made.json["version"]) == (200, 1)
    assert quote(book="campus").json["price"] == "9.00"
