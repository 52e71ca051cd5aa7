"""C060: a ticket moves, and within two seconds every department's board shows it: red urgent, yellow waiting, green
done, as the rule table says; to finance without a way to reach the customer."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from tests.support.tickets import World, as_, world

DEPARTMENTS = ("supervisor", "agent", "engineer", "finance", "store_manager", "viewer", "integrator")
POLL = timedelta(seconds=2)
PHONE = "13800138000"
WORK: tuple[tuple[str, str, dict[str, str]], ...] = (
    ("accept", "accepted", {}),
    ("service", "done", {"labour_amount": "10.00"}),
)


@pytest.fixture
def hub() -> Iterator[World]:
    with world() as made:
        made.hire("li")
        yield made


class Board:
    """What somebody of one department has on their wall: it asks again every two seconds, with the ETag it has."""

    def __init__(self, hub: World, role: str) -> None:
        self.hub, self.role, self.etag = hub, role, ""
        self.cards: dict[str, Any] = {}

    def poll(self) -> int:
        """Ask; the status of the answer."""
        headers = {"if-none-match": self.etag} if self.etag else {}
        answer = self.hub.call("GET", "/tickets", as_=as_(self.role, sub=f"a-{self.role}"), headers=headers)
        if answer.status == 200:
            self.etag, self.cards = answer.headers["etag"], {card["id"]: card for card in answer.json["data"]}
        return answer.status


def opened(hub: World, number: int, priority: str = "normal") -> str:
    body = {"type": "repair", "customer_id": f"cus_{number}", "region": "310101", "priority": priority,
            "subject": f"张三 {PHONE} 冷柜结霜"}  # fmt: skip
    answer = hub.call("POST", "/tickets", body)
    assert answer.status == 201, answer.text
    return str(answer.json["id"])


def complete(hub: World, ticket_id: str, node: str, outcome: str, fields: dict[str, str]) -> None:
    body = {"outcome": outcome, "fields": fields}
    answer = hub.call("POST", f"/tickets/{ticket_id}/nodes/{node}/complete", body)
    assert answer.status == 200, answer.text


def test_every_department_sees_each_move_at_its_next_poll(hub: World) -> None:
    """Two seconds apart: 304 while nothing moves, and after each step the node where it stands, in all seven roles."""
    ticket_id = opened(hub, 1)
    boards = [Board(hub, role) for role in DEPARTMENTS]
    assert {board.poll() for board in boards} == {200}
    seen = []
    for step in WORK:
        hub.clock.now += POLL
        assert {board.poll() for board in boards} == {304}
        complete(hub, ticket_id, *step)
        moved_at = hub.clock.now
        hub.clock.now += POLL
        assert {board.poll() for board in boards} == {200}
        assert hub.clock.now - moved_at <= timedelta(seconds=2)
        seen.append({(*board.cards[ticket_id]["stands"], board.cards[ticket_id]["colour"]) for board in boards})
    assert seen == [{("service", "yellow")}, {("green",)}]


def test_red_yellow_and_green_follow_the_rule_table(hub: World) -> None:
    """As the hub ships them; published anew, the next poll shows the tenant's own, and what is no colour is refused."""
    urgent, waits, done = opened(hub, 1, "urgent"), opened(hub, 2), opened(hub, 3, "urgent")
    for step in WORK:
        complete(hub, done, *step)
    board = Board(hub, "agent")
    board.poll()
    assert {name: board.cards[name]["colour"] for name in (urgent, waits, done)} == {
        urgent: "red", waits: "yellow", done: "green",
    }  # fmt: skip

    table = hub.call("GET", "/tickets/board").json["document"]
    own = {"id": "nobody-came", "when": {"stands": {"has": "accept"}}, "then": "red"}
    document = {**table, "rules": [*table["rules"], own]}
    wrong = {**table, "rules": [*table["rules"], {**own, "then": "purple"}]}
    refused = hub.call("POST", "/tickets/board/publish", {"document": wrong})
    assert (refused.status, refused.json["errors"][0]["pointer"]) == (422, "/document/rules/2/then")
    assert hub.call("POST", "/tickets/board/publish", {"document": document}).status == 200
    hub.clock.now += POLL
    assert board.poll() == 200
    assert board.cards[waits]["colour"] == hub.ticket(waits)["colour"] == "red"


def test_finance_sees_no_contact(hub: World) -> None:
    """Neither on the cards nor behind one: no phone, no words of the customer in clear, while an agent reads both."""
    ticket_id = opened(hub, 1)
    board, path = Board(hub, "finance"), f"/tickets/{ticket_id}"
    board.poll()
    shown = [board.cards[ticket_id], hub.call("GET", path, as_=as_("finance", sub="fang")).json]
    assert all(PHONE not in str(view) and "张三" not in str(view) for view in shown)
    assert PHONE in hub.call("GET", path, as_=as_("agent", sub="amy")).json["subject"]
