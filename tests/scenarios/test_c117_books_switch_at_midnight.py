"""C117: a winter book takes over at midnight in Shanghai in every store at once, and one call takes it back."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from functions.pricing import app
from hub.kernel.clock import StepClock
from tests.support.aws import account
from tests.support.hosts import install
from tests.support.http import call

STORES = ("310000", "310101", "440300", "410300")
"""Two stores of Shanghai's, one of Shenzhen's, one in a city of the third tier."""
WINTER = {"services": {"course": {"name": {"zh": "冬季课程", "en": "Winter course"}, "prices": {"base": "880.00"}}}}
SUMMER = {"services": {"course": {"name": {"zh": "夏季课程", "en": "Summer course"}, "prices": {"base": "980.00"}}}}


@pytest.fixture
def clock() -> Iterator[StepClock]:
    clock = StepClock(datetime(2026, 11, 21, 2, tzinfo=UTC))
    with account("pricing") as session:
        install(app.room, session, clock)
        yield clock


def publish(document: object, valid_from: str) -> None:
    body = {"document": document, "valid_from": valid_from}
    assert call(app.room, "POST", "/pricing/books/standard/publish", body).status == 200


def prices() -> set[str]:
    """What the course costs in every store now."""
    quotes = [call(app.room, "POST", "/pricing/quotes", {"service": "course", "region": code}) for code in STORES]
    return {quote.json["price"] for quote in quotes}


def test_the_old_price_until_the_last_second_and_the_new_one_from_midnight(clock: StepClock) -> None:
    """23:59:59 summer's price, 00:00:00 winter's, though nothing fired in between; withdrawn, it is summer's again."""
    publish(SUMMER, "2026-11-21T00:00:00+08:00")
    publish(WINTER, "2026-12-01T00:00:00+08:00")
    clock.now = datetime.fromisoformat("2026-11-30T23:59:59+08:00")
    before = prices()
    clock.now += timedelta(seconds=1)
    after = prices()
    assert call(app.room, "POST", "/pricing/books/standard/withdraw", {"version": 2}).status == 200
    assert (before, after, prices()) == ({"980.00"}, {"880.00"}, {"980.00"})
