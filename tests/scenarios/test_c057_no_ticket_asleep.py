"""C057: of a hundred open tickets the doctor finds the three whose executions were killed, and sets them going."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from functions.tickets import app
from functions.tickets.handlers.doctor import look_at_ticket
from functions.tickets.ticket.ticket import Move, Note
from hubctl.doctor import Report, check_up
from hubctl.documents import Hub
from tests.support.http import call
from tests.support.tickets import World, as_, world

TICKETS = 100
T = {"zh": "维修", "en": "Repair"}
BODY = {"type": "repair", "region": "310101"}


class InProcess(Hub):
    """A hub that is asked without a network."""

    def ask(self, method: str, path: str, body: Any = None, **query: Any) -> Any:
        answer = call(app.room, method, path, body)
        assert answer.status < 400, answer.text
        return answer.json


FLOW = {
    "key": "repair",
    "title": T,
    "ladder": "repair",
    "start": "accept",
    "nodes": [
        {"id": "accept", "title": T, "kind": "human", "assignee": "person:li", "outcomes": {"accepted": "service"}},
        {"id": "service", "title": T, "kind": "human", "assignee": "person:li", "outcomes": {"done": "closed"}},
        {"id": "closed", "title": T, "kind": "end", "outcome": "done"},
    ],
}


@pytest.fixture
def hub() -> Iterator[World]:
    """A hundred repairs that wait for Li to accept them, each with its flow's and its escalation's execution."""
    with world(publish=()) as made:
        made.hire("li", region="base", supervisor="chen")
        made.hire("chen", role="supervisor", region="base")
        assert made.call("POST", "/flows/repair/publish", {"document": FLOW}).status == 200
        for number in range(TICKETS):
            assert call(app.room, "POST", "/tickets", {**BODY, "customer_id": f"cus_{number}"}).status == 201
        made.settle()
        yield made


def ills(hub: World, *, fix: bool = False) -> list[tuple[str, str, str]]:
    report = check_up(InProcess("", ""), fix=fix)
    hub.settle()
    assert report.looked_at == TICKETS
    return sorted((each["ticket_id"], each["lacks"], each["status"]) for each in report.findings)


def visits(ticket: str) -> Any:
    """As they lie in the table, but for what the machine that waits for them left there."""
    stored = app.room.desk.tickets.case(ticket).visits.values()
    return [visit.but(run=1, token="", token_rank="") for visit in stored]


def test_three_of_a_hundred(hub: World) -> None:
    """It reports exactly those three, mends them at the node where they stood, by the same visit, and then reports
    none; each goes on to its end, and the rung that a dead escalation owed comes."""
    ids = sorted(hub.ids())
    first, second, third = ids[7], ids[42], ids[99]
    before = [visits(ticket) for ticket in (first, second, third)]
    hub.machines.kill(f"{first}-1")
    hub.machines.kill(f"{second}-1")
    hub.machines.kill(f"{third}-1-g1")
    killed = [(first, "flow", "ABORTED"), (second, "flow", "ABORTED"), (third, "escalation", "ABORTED")]
    assert ills(hub) == killed

    assert ills(hub, fix=True) == killed
    assert ills(hub) == []

    assert [visits(ticket) for ticket in (first, second, third)] == before
    assert sorted(hub.machines.flows) == sorted([*(f"{ticket}-1" for ticket in ids), f"{first}-2", f"{second}-2"])
    for node, body in (("accept", {"outcome": "accepted"}), ("service", {"outcome": "done"})):
        path = f"/tickets/{first}/nodes/{node}/complete"
        assert hub.call("POST", path, body, as_=as_("engineer", sub="li", region="base")).status == 200
    assert hub.ticket(first)["state"] == "closed"
    hub.clock.advance(hours=2)
    hub.wake(f"{third}-1-g2")
    assert [rung["rung"] for rung in hub.ticket(third)["rungs"]] == ["agent"]


def test_what_has_moved_meanwhile_is_not_called_mended(hub: World) -> None:
    """The flow of one is dead; somebody opens its next run between the look and the mending: the doctor changes
    nothing, and says so."""
    ticket = hub.ids()[0]
    hub.machines.kill(f"{ticket}-1")
    desk, now = app.room.desk, hub.clock.now

    class Faster(type(desk.tickets)):  # type: ignore[misc]
        """Whoever changes a ticket comes second."""

        def change(self, ticket_id: str, at: Any, decide: Any, **more: Any) -> Any:
            urgent = Move(listed.but(priority="high"), (Note("set", "li"),))
            desk.tickets.change(ticket_id, at, lambda _: urgent)
            return super().change(ticket_id, at, decide, **more)

    tickets = Faster(desk.items, desk.tickets.look_at, desk.tickets.keep_time)
    listed = desk.tickets.case(ticket).ticket
    case, ills, mended = look_at_ticket(replace(desk, tickets=tickets), listed, now, fix=True)
    assert ([ill.what for ill in ills], mended, case.ticket.run) == (["flow"], frozenset(), 1)
    assert desk.tickets.case(ticket).ticket.run == 1


def test_the_command_says_how_many_deadlines_are_a_guess() -> None:
    """Whoever runs it hears of deadlines on days that no calendar knows, whether an alarm hangs on them or not; a guess
    is no illness."""
    guessing, sure = Report(3, (), 2), Report(3, (), 0)
    assert [*guessing.summary()] == [
        "3 open tickets, 0 findings",
        "2 are due on days that no calendar knows (docs/deadlines.md)",
    ]
    assert [*sure.summary()] == ["3 open tickets, 0 findings"]
    assert (guessing.is_ill, sure.is_ill) == (False, False)
