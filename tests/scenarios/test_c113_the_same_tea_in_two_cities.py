"""C113: fruit tea costs 25.00 in Shanghai and 18.00 in a tier-three city, says why, and a quote is honoured."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from functions.pricing import app
from hub.kernel.clock import StepClock
from tests.support.aws import account
from tests.support.hosts import install
from tests.support.http import call

NOW = datetime(2026, 11, 21, 2, tzinfo=UTC)


@pytest.fixture
def clock() -> Iterator[StepClock]:
    clock = StepClock(NOW)
    with account("pricing") as session:
        install(app.room, session, clock)
        yield clock


def quote(region: str) -> Any:
    answer = call(app.room, "POST", "/pricing/quotes", {"service": "fruit_tea", "region": region})
    assert answer.status == 201
    return answer.json


def checkout(quote_id: str) -> tuple[str, str]:
    """The quote's price and state, as whoever takes the money reads it."""
    shown = call(app.room, "GET", f"/pricing/quotes/{quote_id}").json
    return shown["price"], shown["state"]


@pytest.mark.usefixtures("clock")
def test_the_same_tea_costs_less_in_a_tier_three_city() -> None:
    """25.00 in 上海, 18.00 in 洛阳; each place that was weighed is named with its price, and the tier is the reason."""
    shanghai, luoyang = quote("310000"), quote("410300")
    assert (shanghai["price"], luoyang["price"]) == ("25.00", "18.00")
    assert [(step["region"], step["price"], step["used"]) for step in luoyang["path"]] == [
        ("410300", None, False),
        ("tier:3", "18.00", True),
        ("410000", None, False),
        ("base", "22.00", False),
    ]
    assert luoyang["path"][1]["why"] == {"zh": "采用城市档位价格", "en": "the price of the city tier holds"}


def test_a_quote_is_honoured_until_it_expires_though_the_book_changes(clock: StepClock) -> None:
    """A new book a minute later changes new quotes, never one that was given; from 15 minutes on it has expired."""
    given = quote("310000")["id"]
    tea = {"name": {"zh": "鲜果茶", "en": "Fruit tea"}, "prices": {"base": "99.00"}}
    body = {"valid_from": (NOW + timedelta(minutes=1)).isoformat(), "document": {"services": {"fruit_tea": tea}}}
    assert call(app.room, "POST", "/pricing/books/standard/publish", body).status == 200
    clock.now = NOW + timedelta(minutes=14, seconds=59)
    assert (quote("310000")["price"], checkout(given)) == ("99.00", ("25.00", "valid"))
    clock.now += timedelta(seconds=1)
    assert checkout(given) == ("25.00", "expired")
