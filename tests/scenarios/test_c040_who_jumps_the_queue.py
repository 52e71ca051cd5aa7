"""C040: a VIP's repair is taken before fifty that waited; what has waited beyond its ageing limit before a VIP's."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest

from functions.tickets import app
from functions.tickets.tables import shard_of
from functions.tickets.ticket.tickets_table import QUEUE_SHARDS
from hub.kernel.clock import rfc3339
from tests.support.http import Answer, call
from tests.support.tickets import World, as_, world

T = {"zh": "维修", "en": "Repair"}
FLOW = {
    "key": "repair",
    "title": T,
    "start": "which",
    "nodes": [
        {"id": "which", "title": T, "kind": "decision", "otherwise": "work",
         "edges": [{"id": "dear", "when": {"amount": {"gte": 1_000_000}}, "next": "vip"}]},
        {"id": "vip", "title": T, "kind": "action", "action": "tag", "params": {"add": ["vip"]}, "next": "work"},
        {"id": "work", "title": T, "kind": "human", "assignee": "queue:cold", "outcomes": {"done": "closed"}},
        {"id": "closed", "title": T, "kind": "end", "outcome": "done"},
    ],
}  # fmt: skip
BODY = {"type": "repair", "region": "310000"}


@pytest.fixture
def hub() -> Iterator[World]:
    """Li and Zhao are of the team whose queue it is; an order of 10,000 makes its customer a VIP."""
    with world(publish=()) as made:
        made.hire("li")
        made.hire("zhao")
        assert made.call("POST", "/flows/repair/publish", {"document": FLOW}).status == 200
        yield made


def opened(count: int = 1, **facts: str) -> list[str]:
    answers = [call(app.room, "POST", "/tickets", {**BODY, "customer_id": f"cus_{n}", **facts}) for n in range(count)]
    assert {answer.status for answer in answers} == {201}
    return [answer.json["id"] for answer in answers]


def take(hub: World, sub: str = "li", **options: Any) -> Answer:
    return hub.call("POST", "/tickets/queues/cold/take", {}, as_=as_("engineer", sub=sub), **options)


def test_a_vip_before_fifty_and_who_waited_too_long_before_a_vip(hub: World) -> None:
    """Fifty wait when the VIP's comes: it is the next. Nine hours later another VIP's comes: the fifty, who have waited
    longer than its eight hours, go first."""
    fifty = opened(50)
    hub.settle()
    hub.clock.advance(minutes=30)
    (vip,) = opened(amount="10000.00")
    hub.settle()
    assert take(hub).json["id"] == vip
    (visit,) = [visit for visit in hub.ticket(vip)["visits"] if not visit["outcome"]]
    assert (visit["assignee"], visit["queue"]) == ("li", "")

    hub.clock.advance(hours=9)
    (late,) = opened(amount="10000.00")
    hub.settle()
    rows = hub.call("GET", "/tickets/queues/cold", as_=as_("engineer", sub="li")).json["data"]
    assert ({row["ticket_id"] for row in rows[:50]}, [row["ticket_id"] for row in rows[50:]]) == ({*fifty}, [late])
    assert take(hub).json["id"] in fifty


def test_urgent_before_high_before_normal_before_low(hub: World) -> None:
    """Of four that came at once, by their priority; again with the same key the same; then nothing waits; and only a
    member takes."""
    tickets = [opened(priority=priority)[0] for priority in ("low", "normal", "urgent", "high")]
    hub.settle()
    assert take(hub, sub="amy").status == 404
    first, again = take(hub, key="take-0001"), take(hub, key="take-0001")
    order = [first.json["id"], take(hub, "zhao").json["id"], take(hub).json["id"], take(hub, "zhao").json["id"]]
    assert order == [tickets[2], tickets[3], tickets[1], tickets[0]]
    assert again.json["id"] == tickets[2]
    assert take(hub).status == 409


def test_of_two_who_take_at_once_each_gets_another_one(hub: World) -> None:
    """Two people side by side, five takes each: ten tickets, each of them somebody's."""
    tickets = opened(10)
    hub.settle()

    def take_five(sub: str) -> list[str]:
        who = as_("engineer", sub=sub)
        answers = [call(app.room, "POST", "/tickets/queues/cold/take", {}, as_=who) for _ in range(5)]
        return [str(answer.json["id"]) for answer in answers if answer.json["assignee"] == sub]

    with ThreadPoolExecutor(2) as threads:
        taken = [ticket for each in threads.map(take_five, ("li", "zhao")) for ticket in each]
    assert sorted(taken) == sorted(tickets)


def test_a_place_that_was_left_behind_is_dropped(hub: World) -> None:
    """Twenty-five rows of visits that are done, as another way of reckoning places would leave them: none of them hides
    the one that waits, and whoever takes it clears them away."""
    (done,) = opened()
    hub.settle()
    items = app.room.desk.items
    (row,) = app.room.desk.tickets.queue("cold", 100)
    for n in range(25):
        stale = row.but(place=row.place - timedelta(hours=n + 1))
        key = f"{rfc3339(stale.place)}#{stale.visit_id}"
        items.table.put(items.item(f"queue#cold#{shard_of(stale.visit_id, QUEUE_SHARDS)}", key, stale))
    hub.call("POST", f"/tickets/{done}/nodes/work/complete", {"outcome": "done"})
    (waits,) = opened()
    hub.settle()
    assert (take(hub).json["id"], take(hub).status) == (waits, 409)
    assert app.room.desk.tickets.queue("cold", 100) == []


def test_what_is_done_is_gone(hub: World) -> None:
    """What somebody has ended is in no queue; an hour's head start puts a high one before what came a minute ago."""
    first, second = opened()[0], opened()[0]
    hub.settle()
    hub.clock.advance(minutes=1)
    hub.call("POST", f"/tickets/{first}/nodes/work/complete", {"outcome": "done"})
    (third,) = opened(priority="high")
    hub.settle()
    rows = hub.call("GET", "/tickets/queues/cold", as_=as_("engineer", sub="zhao")).json["data"]
    assert [(row["ticket_id"], row["priority"]) for row in rows] == [(third, "high"), (second, "normal")]
