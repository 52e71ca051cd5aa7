"""Above the approval limit an administrator has to: for whatever publishes prices, not for bulk changes alone."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from typing import Any

import pytest

from tests.support.http import token
from tests.support.pricing import Room, pricing_room

BOOK = "/pricing/books/standard"
FINANCE = token("finance", sub="zhao.min")


def book(price: str, *rows: dict[str, Any], **more: Any) -> dict[str, Any]:
    tea = {"name": {"zh": "鲜果茶", "en": "Fruit tea"}, "prices": {"base": price}, "rows": list(rows)}
    return {"services": {"fruit_tea": tea}, **more}


@pytest.fixture
def room() -> Iterator[Room]:
    with pricing_room() as room:
        room.store("s1")
        room.publish(BOOK, book("20.00", {"place": "310000", "price": "18.00", "level": "gold"}))
        yield room


def publish(room: Room, document: Any, **options: Any) -> Any:
    return room.call("POST", f"{BOOK}/publish", {"document": document}, as_=FINANCE, **options)


GOLD = {"place": "310000", "price": "18.00", "level": "gold"}
TWICE = {"id": "twice", "input": "adjustment", "name": {"zh": "翻倍", "en": "Twice"}, "mode": "times"}


@pytest.mark.parametrize(
    ("document", "why"),
    [
        (book("24.01", GOLD), "changes by 20.05% in base, above the limit of 20%"),
        (book("15.99", GOLD), "changes by -20.05% in base, above the limit of 20%"),
        (book("20.00", {**GOLD, "price": "9.00"}), "changes by -50.00% in 310000, above the limit of 20%"),
        (book("20.00", GOLD, factors=[{**TWICE, "values": {"store:s1": "1.3"}}]),
         "changes by 30.00% in store:s1, above the limit of 20%"),
    ],
)  # fmt: skip
def test_finance_alone_does_not_publish_what_goes_above(room: Room, document: Any, why: str) -> None:
    """A price, a row for one level, a factor in one store: 403 with where and by how much, and a rehearsal warns of
    it. An administrator publishes the very same."""
    rehearsed, refused = publish(room, document, query={"dry_run": "1"}), publish(room, document)
    assert [warning["rule"] for warning in rehearsed.json["warnings"]] == [why]
    assert (refused.status, refused.json["facts"]) == (403, {"where": "/services/fruit_tea", "why": why})
    assert room.made("GET", BOOK)["document"]["services"]["fruit_tea"]["prices"] == {"base": "20.00"}
    assert room.publish(BOOK, document)["version"] == 2


def back(room: Room, verb: str, version: int, **options: Any) -> Any:
    return room.call("POST", f"{BOOK}/{verb}", {"version": version}, **options)


def held_at(room: Room) -> Any:
    return room.made("GET", BOOK)["document"]["services"]["fruit_tea"]["prices"]["base"]


@pytest.mark.parametrize(("verb", "version"), [("revert", 1), ("withdraw", 2)])
def test_going_back_is_held_to_the_same_rails(room: Room, verb: str, version: int) -> None:
    """28.00 back to 20.00 are 28.57 percent: finance alone hears 403, in a rehearsal a warning; an administrator does
    it. Down from 28.00 by more than may change in one step it is nobody's."""
    room.publish(BOOK, book("28.00", GOLD))
    why = "changes by -28.57% in base, above the limit of 20%"
    rehearsed = back(room, verb, version, as_=FINANCE, query={"dry_run": "1"})
    refused = back(room, verb, version, as_=FINANCE)
    assert [warning["rule"] for warning in rehearsed.json["warnings"]] == [why]
    assert (refused.status, refused.json["facts"]["why"], held_at(room)) == (403, why, "28.00")
    room.publish("/pricing/guards", {"max_change_percent": "25"})
    stopped = back(room, verb, version)
    assert [(error["pointer"], error["detail"]) for error in stopped.json["errors"]] == [
        ("/services/fruit_tea", "changes by -28.57% in base, more than may change in one step: 25%")
    ]
    room.publish("/pricing/guards", {"max_change_percent": "50"})
    assert (back(room, verb, version).status, held_at(room)) == (200, "20.00")


@pytest.mark.parametrize(("verb", "version"), [("revert", 1), ("withdraw", 2)])
def test_going_back_does_not_give_the_margin_away(room: Room, verb: str, version: int) -> None:
    """It costs more since: 20.00 would leave less than is let, so nobody goes back to it."""
    room.publish(BOOK, book("23.00", {**GOLD, "price": "22.00"}))
    room.publish("/pricing/guards", {"costs": {"fruit_tea": {"base": "18.00"}}, "min_margin_percent": "15"})
    stopped = back(room, verb, version)
    details = {error["detail"] for error in stopped.json["errors"]}
    assert (stopped.status, details, held_at(room)) == (
        422, {"leaves a margin of 0.00% in 310100, below 15%"}, "23.00"
    )  # fmt: skip


def test_taking_back_what_was_to_come_changes_nothing_for_anybody(room: Room) -> None:
    """A version of tomorrow at 24.00, and one of the day after at 28.00: without the second nothing steps; without the
    first the step to 28.00 is one of 40 percent, which takes an administrator."""
    days = ("2026-12-01T00:00:00+08:00", "2026-12-02T00:00:00+08:00")
    for price, day in zip(("24.00", "28.00"), days, strict=True):
        room.publish(BOOK, book(price, GOLD), valid_from=day)
    assert back(room, "withdraw", 2, as_=FINANCE).status == 403
    assert back(room, "withdraw", 3, as_=FINANCE).status == 200


def test_up_to_the_limit_finance_publishes_and_goes_back(room: Room) -> None:
    """Exactly 20 percent is not above 20; back by less than that needs nobody else either."""
    assert publish(room, book("24.00", GOLD)).status == 200
    assert room.call("POST", f"{BOOK}/revert", {"version": 1}, as_=FINANCE).status == 200


def test_a_draft_of_finance_is_published_by_an_administrator(room: Room) -> None:
    """Two people, four eyes: one writes, the other publishes."""
    assert room.call("PUT", f"{BOOK}/draft", {"document": book("30.00", GOLD)}, as_=FINANCE).status == 200
    assert room.call("POST", f"{BOOK}/publish", {}, as_=FINANCE).status == 403
    assert room.made("POST", f"{BOOK}/publish", {})["version"] == 2


def test_a_table_above_the_limit_takes_an_administrator_too(room: Room) -> None:
    """The same prices as a file."""
    rows = "service,place,price,channel,level,min_quantity,weekdays,begins,ends\nfruit_tea,base,24.50,,,,,,\n"
    body = {"format": "csv", "content_base64": base64.b64encode(rows.encode()).decode()}
    assert room.call("POST", f"{BOOK}/table", body, as_=FINANCE).status == 403
    assert room.call("POST", f"{BOOK}/table", body).status == 200


def test_who_is_bound_by_guard_rails_does_not_widen_them(room: Room) -> None:
    """A higher approval limit, a wider step, a lower margin: each takes an administrator; the other way needs none."""
    wider = ({"approval_percent": "90"}, {"max_change_percent": "80"})
    assert [guards(room, **each).status for each in wider] == [403, 403]
    assert guards(room, approval_percent="10", max_change_percent="30", min_margin_percent="5").status == 200
    assert guards(room, approval_percent="10", max_change_percent="30", min_margin_percent="4").status == 403


def test_a_city_that_comes_to_another_tier_is_looked_at_too(room: Room) -> None:
    """No price changes but the city's: by more than the limit takes an administrator."""
    tiers = ({"place": "tier:1", "price": "20.00"}, {"place": "tier:3", "price": "14.00"})
    room.publish(BOOK, book("20.00", *tiers, tiers={"410300": 1}))
    refused = publish(room, book("20.00", *tiers, tiers={"410300": 3}))
    assert (refused.status, refused.json["facts"]["why"]) == (
        403, "changes by -30.00% in 410300, above the limit of 20%"
    )  # fmt: skip


def test_the_guard_rails_hold_for_every_publication(room: Room) -> None:
    """25.00 becomes 5.00 for nobody, not for an administrator either, nor in a rehearsal; nor is the margin given away.
    Whoever means it changes the guard rails first."""
    body = {"document": book("5.00", GOLD)}
    calls = [room.call("POST", f"{BOOK}/publish", body, query=query) for query in ({}, {"dry_run": "1"})]
    problem = {"pointer": "/document/services/fruit_tea",
               "detail": "changes by -75.00% in base, more than may change in one step: 50%"}  # fmt: skip
    assert [(each.status, each.json["errors"]) for each in calls] == [(422, [problem])] * 2
    rails = {"costs": {"fruit_tea": {"base": "12.00", "310101": "17.00"}}, "min_margin_percent": "10"}
    room.publish("/pricing/guards", rails)
    low = room.call("POST", f"{BOOK}/publish", {"document": book("20.00", {**GOLD, "price": "18.50"})})
    assert [(each["pointer"], each["detail"]) for each in low.json["errors"]] == [
        ("/document/services/fruit_tea/rows/0", "leaves a margin of 8.11% in 310101, below 10%")
    ]
    room.publish("/pricing/guards", {"max_change_percent": "80"})
    assert room.publish(BOOK, body["document"])["version"] == 2


def guards(room: Room, **document: str) -> Any:
    return room.call("POST", "/pricing/guards/publish", {"document": document}, as_=FINANCE)
