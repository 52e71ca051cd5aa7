"""C014: 30 reviews of a store, 12 「偏咸」 and 9 「出餐慢」; at 07:00 one inspection of it lists 酱料偏咸(12),
出餐超时(9) in this order, with links to the reviews."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from functions.tickets import app as tickets
from functions.tickets.plans import patrols_table
from functions.webhooks import app as webhooks
from hub.kernel.errors import Retry
from hub.store.table import Delete
from tests.support.http import Answer, Context, call, token
from tests.support.rooms import OPEN, Rooms, rooms
from tests.support.tickets import as_

T = {"zh": "门店巡检", "en": "Inspection of a store"}
KIND = {"title": T, "urgent_title": T, "flow": "inspection", "ladder": "basic"}
PATROL: dict[str, Any] = {
    "title": T,
    "type": "inspection",
    "issues": [
        {
            "id": "slow",
            "title": {"zh": "出餐超时", "en": "Slow"},
            "when": {"text": {"contains_any": ["出餐慢"]}},
        },
        {"id": "salty", "title": {"zh": "酱料偏咸", "en": "Salty"}, "when": {"text": {"contains_any": ["偏咸"]}}},
    ],
}
SEVEN = datetime(2026, 11, 20, 23, 0, tzinfo=UTC)
"""07:00 in Shanghai; the hub begins at 02:00."""
THIRTY = [*["酱料有点偏咸"] * 12, *["出餐慢,等了很久"] * 9, *["很好吃"] * 9]


@pytest.fixture
def shop() -> Iterator[Rooms]:
    """A store s1 in Shanghai whose reviews come by a signed connection."""
    with rooms() as made:
        place(made, "s1")
        assert made.hub.call("POST", "/tickets/types/inspection/publish", {"document": KIND}).status == 200
        publish(made)
        yield made


def place(shop: Rooms, store: str) -> None:
    shop.stack.secrets().put(replace(OPEN, region="310101", store_id=store))
    webhooks.room.desk.connections.secrets.every(0)


def publish(shop: Rooms, **changes: Any) -> Answer:
    answer: Answer = shop.hub.call("POST", "/tickets/patrols/taste/publish", {"document": {**PATROL, **changes}})
    assert answer.status == 200, answer.text
    return answer


def review(shop: Rooms, number: int | str, text: str, **more: Any) -> None:
    data = {"review_no": f"R{number}", "order_no": f"o{number}", "rating": 4, "text": text, **more}
    assert shop.system_says("review.created", data)["statusCode"] == 200


def sweep(shop: Rooms, at: datetime) -> list[Any]:
    """The inspections that there are once the sweep has run, twice, at this moment."""
    shop.hub.clock.now = at
    for _ in range(2):
        tickets.sweep({}, Context())
        shop.hub.settle()
    ids = [ticket["id"] for ticket in shop.hub.tickets() if ticket["type"] == "inspection"]
    return [shop.hub.ticket(ticket_id) for ticket_id in ids]


def read(path: str, as_whom: str = "") -> Any:
    return call(webhooks.room, "GET", path, as_=as_whom or token("supervisor"))


def test_thirty_reviews_make_one_inspection(shop: Rooms) -> None:
    """One ticket for s1, at 07:00 and not before: 酱料偏咸(12), 出餐超时(9) in this order; each link opens its review,
    with what was written; the ranking stays with the ticket, and the next morning has nothing to inspect."""
    for number, text in enumerate(THIRTY):
        review(shop, number, text)
    assert sweep(shop, SEVEN - timedelta(seconds=1)) == []
    (ticket,) = sweep(shop, SEVEN)
    assert (ticket["store_id"], ticket["region"], ticket["state"]) == ("s1", "310101", "open")
    assert ticket["fields"] == {"issues": "酱料偏咸(12), 出餐超时(9)"}
    assert [(each["title"]["zh"], each["count"], len(each["reviews"])) for each in ticket["issues"]] == [
        ("酱料偏咸", 12, 12),
        ("出餐超时", 9, 9),
    ]
    texts = [[read(link).json["text"] for link in each["reviews"]] for each in ticket["issues"]]
    assert texts == [["酱料有点偏咸"] * 12, ["出餐慢,等了很久"] * 9]
    first = read(ticket["issues"][0]["reviews"][0]).json
    assert (first["store_id"], first["rating"], first["channel"]) == ("s1", 4, "open")
    assert [each["id"] for each in sweep(shop, SEVEN + timedelta(days=1))] == [ticket["id"]]


def test_each_store_has_its_own_and_each_morning_its_own(shop: Rooms) -> None:
    """What is said of s2 is none of s1's; what comes at 07:00 and later is the next morning's; a review that is told
    again, then or the day after, is counted once."""
    review(shop, 1, "偏咸")
    place(shop, "s2")
    review(shop, 2, "出餐慢,而且偏咸")
    place(shop, "s1")
    assert {each["store_id"]: each["fields"]["issues"] for each in sweep(shop, SEVEN)} == {
        "s1": "酱料偏咸(1)",
        "s2": "出餐超时(1), 酱料偏咸(1)",
    }
    review(shop, 1, "偏咸")
    review(shop, 3, "出餐慢")
    review(shop, 3, "出餐慢", rating=1)
    assert len(sweep(shop, SEVEN + timedelta(hours=1))) == 2
    newest, *_ = sweep(shop, SEVEN + timedelta(days=1))
    assert (newest["store_id"], newest["fields"]["issues"]) == ("s1", "出餐超时(1)")


def test_the_document_says_what_counts(shop: Rooms) -> None:
    """The most frequent alone, at an hour of one's own, from so many on; a patrol that is taken out opens nothing, and
    what waited for it is gone."""
    publish(shop, opens_at="09:30", top=1, at_least=2)
    for number, text in enumerate(["偏咸", "偏咸", "出餐慢", "出餐慢", "出餐慢"]):
        review(shop, number, text)
    assert sweep(shop, SEVEN) == []
    (ticket,) = sweep(shop, SEVEN + timedelta(hours=2, minutes=30))
    assert ticket["fields"]["issues"] == "出餐超时(3)"
    review(shop, 7, "偏咸")
    assert len(sweep(shop, SEVEN + timedelta(days=1, hours=3))) == 1
    review(shop, 8, "偏咸")
    review(shop, 9, "偏咸")
    publish(shop, enabled=False)
    assert len(sweep(shop, SEVEN + timedelta(days=2, hours=3))) == 1
    publish(shop)
    assert len(sweep(shop, SEVEN + timedelta(days=3, hours=3))) == 1


def test_a_review_of_no_store_asks_for_no_inspection(shop: Rooms) -> None:
    """It can be read all the same, and rules of occasions still open tickets for it."""
    place(shop, "")
    review(shop, 1, "偏咸", rating=1)
    assert sweep(shop, SEVEN) == []
    assert [ticket["topic"] for ticket in shop.hub.tickets()] == ["review"]


def test_who_may_read_a_review(shop: Rooms) -> None:
    """A store's manager theirs, and nobody of another store or region: it is not there for them."""
    review(shop, 1, "偏咸")
    (ticket,) = sweep(shop, SEVEN)
    (link,) = ticket["issues"][0]["reviews"]
    theirs, others = (as_("store_manager", sub="wu", region=region) for region in ("310000", "440000"))
    assert (read(link, theirs).status, read(link, others).status) == (200, 404)
    assert read("/webhooks/reviews/rev_nothing").status == 404


class Dying:
    """The room's items, where the function dies before it takes reviews off."""

    def __init__(self, items: Any) -> None:
        self.items = items

    def __getattr__(self, name: str) -> Any:
        return getattr(self.items, name)

    def write(self, *writes: Any, **options: Any) -> Any:
        if any(isinstance(write, Delete) and write.key[1].startswith("review#") for write in writes):
            raise Retry("the function died")
        return self.items.write(*writes, **options)


def test_a_sweep_that_dies_on_its_way_counts_nothing_twice(shop: Rooms) -> None:
    """The ticket is open, and what it counted was not taken off: the next sweep takes it off, and opens no second."""
    review(shop, 1, "偏咸")
    room, desk = tickets.room, tickets.room.desk
    room.install(room.host, replace(desk, items=Dying(desk.items)))  # type: ignore[arg-type]
    shop.hub.clock.now = SEVEN
    with pytest.raises(Retry):
        tickets.sweep({}, Context())
    room.install(room.host, desk)
    assert len(patrols_table.waiting_at(tickets.room.desk.items, "taste", "s1")) == 1
    assert len(sweep(shop, SEVEN + timedelta(minutes=5))) == 1
    assert patrols_table.waiting_at(tickets.room.desk.items, "taste", "s1") == []
    assert len(sweep(shop, SEVEN + timedelta(days=1))) == 1


@pytest.mark.parametrize(
    ("changes", "pointer"),
    [
        ({"type": "nothing"}, "/document/type"),
        ({"opens_at": "25:00"}, "/document/opens_at"),
        ({"issues": [{**PATROL["issues"][0], "when": {}}]}, "/document/issues/0/when"),
        ({"issues": [{**PATROL["issues"][0], "when": {"taste": {"eq": 1}}}]}, "/document/issues/0/when/taste"),
        ({"issues": [PATROL["issues"][0]] * 2}, "/document/issues/1/id"),
        ({"top": 0}, "/document/top"),
    ],
)
def test_what_a_patrol_has_wrong_is_named(shop: Rooms, changes: dict[str, Any], pointer: str) -> None:
    """Before it is in force, with its place."""
    answer = shop.hub.call("POST", "/tickets/patrols/taste/publish", {"document": {**PATROL, **changes}})
    assert (answer.status, answer.json["errors"][0]["pointer"]) == (422, pointer)
