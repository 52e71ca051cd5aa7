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
        (book("20.00", GOLD, factors=[{**TWICE, "values": {"store:s1": "2"}}]),
         "changes by 100.00% in store:s1, above the limit of 20%"),
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


def test_up_to_the_limit_finance_publishes_and_goes_back(room: Room) -> None:
    """Exactly 20 percent is not above 20; back to what held before needs nobody else either."""
    assert publish(room, book("24.00", GOLD)).status == 200
    assert room.call("POST", f"{BOOK}/revert", {"version": 1}, as_=FINANCE).status == 200


def test_a_draft_of_finance_is_published_by_an_administrator(room: Room) -> None:
    """Two people, four eyes: one writes, the other publishes."""
    assert room.call("PUT", f"{BOOK}/draft", {"document": book("30.00", GOLD)}, as_=FINANCE).status == 200
    assert room.call("POST", f"{BOOK}/publish", {}, as_=FINANCE).status == 403
    assert room.made("POST", f"{BOOK}/publish", {})["version"] == 2


def test_a_table_above_the_limit_takes_an_administrator_too(room: Room) -> None:
    """The same prices as a file."""
    rows = "service,place,price,channel,level,min_quantity,weekdays,begins,ends\nfruit_tea,base,30.00,,,,,,\n"
    body = {"format": "csv", "content_base64": base64.b64encode(rows.encode()).decode()}
    assert room.call("POST", f"{BOOK}/table", body, as_=FINANCE).status == 403
    assert room.call("POST", f"{BOOK}/table", body).status == 200


def test_who_is_bound_by_guard_rails_does_not_widen_them(room: Room) -> None:
    """A higher approval limit, a wider step, a lower margin: each takes an administrator; the other way needs none."""
    wider = ({"approval_percent": "90"}, {"max_change_percent": "80"})
    assert [guards(room, **each).status for each in wider] == [403, 403]
    assert guards(room, approval_percent="10", max_change_percent="30", min_margin_percent="5").status == 200
    assert guards(room, approval_percent="10", max_change_percent="30", min_margin_percent="4").status == 403


def guards(room: Room, **document: str) -> Any:
    return room.call("POST", "/pricing/guards/publish", {"document": document}, as_=FINANCE)
