"""Who has the ticket, who is told, and what a rung does."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from functions.tickets.actions.action import Sources
from functions.tickets.deadlines.clocks import Terms, due_of
from functions.tickets.deadlines.rungs import fire_rungs
from functions.tickets.dispatch.assignment import announce, assign_ticket
from functions.tickets.dispatch.dispatch import Organisation, Person
from functions.tickets.ticket.ticket import Case, Ticket, Visit
from tests.support.presets import ladder

AT = datetime(2026, 11, 20, 18, 0, tzinfo=UTC)
LATE = AT + timedelta(hours=9)


def ticket(**facts: Any) -> Ticket:
    base: dict[str, Any] = {"id": "tkt_1", "type": "repair", "priority": "urgent", "customer_id": "cus_1"}
    base |= {"region": "310101", "title_zh": "维修", "title_en": "Repair", "opened_at": AT, "clock_since": AT}
    return Ticket(**{**base, "flow_version": 1, "ladder": "repair", **facts})


def visit(visit_id: str = "vis_1", **facts: Any) -> Visit:
    return Visit(id=visit_id, ticket_id="tkt_1", number=1, run=1, node="accept", entered_at=AT, **facts)


def case(one: Ticket, *visits: Visit) -> Case:
    return Case(one, {visit.id: visit for visit in visits})


def fire(one: Case, *people: Person) -> Any:
    repair = ladder("repair")
    ripe, _ = due_of(one, lambda _: Terms(repair.steps, repair.calendar), LATE)
    return fire_rungs(one, ripe, Sources(lambda: Organisation(people), LATE.date), LATE)


def test_told_when_a_visit_waits() -> None:
    """With a flow, an assignee hears of the ticket when a visit waits for them, and then once."""
    move = assign_ticket(case(ticket()), "li", "system", AT)
    assert (move.ticket.assignee, move.ticket.assignment, move.ticket.notice) == ("li", 1, 0)

    told = announce(move.ticket, "li", "vis_1", AT)
    assert (told.notice, told.notice_to, told.notice_visit) == (1, "li", "vis_1")
    assert announce(told, "li", "vis_2", LATE) == told


def test_told_of_the_visit_that_waits() -> None:
    """A new assignee of a ticket whose visit waits is told at once, with the visit; the visit is theirs now."""
    move = assign_ticket(
        case(ticket(assignee="li", assignment=1, announced=1), visit(assignee="li")), "zhao", "amy", AT
    )
    assert (move.ticket.notice_to, move.ticket.notice_visit) == ("zhao", "vis_1")
    assert [v.assignee for v in move.visits] == ["zhao"]


def test_others_visits_stay_theirs() -> None:
    """Assigning the ticket leaves alone what waits for somebody else, or has ended."""
    boss, done = visit("vis_b", assignee="boss"), visit("vis_d", assignee="li", outcome="accepted")
    assert assign_ticket(case(ticket(assignee="li"), boss, done), "zhao", "amy", AT).visits == ()


def test_nobody_is_told_of_nobody() -> None:
    """A visit that waits for nobody announces nothing."""
    assert announce(ticket(), "", "vis_1", AT) == ticket()


def test_rungs_of_an_unassigned_ticket() -> None:
    """What nobody has is the region's supervisor's, from the first rung on; he gets it, and hears no second notice."""
    boss = Person(id="boss", roles=("supervisor",), region="310000")

    move = fire(case(ticket(), visit()), boss)

    assert [(rung.name, rung.recipients) for rung in move.rungs] == [
        ("agent", ("boss",)),
        ("supervisor", ("boss",)),
        ("team", ("boss",)),
    ]
    assert (move.ticket.assignee, move.ticket.notice) == ("boss", 0)
    assert [v.assignee for v in move.visits] == ["boss"]


def test_rungs_without_anybody() -> None:
    """Where there is nobody to tell, the rungs still fire and say so."""
    move = fire(case(ticket()))
    assert [rung.recipients for rung in move.rungs] == [(), (), ()]
    assert (move.ticket.assignee, move.visits) == ("", ())


def test_a_rung_that_nobody_would_hear_goes_to_the_administrators() -> None:
    """They hear it and its note says so; they get no ticket by it."""
    people = (
        Person(id="amy", roles=("administrator",)),
        Person(id="ada", roles=("administrator",), region="440000"),
        Person(id="old", roles=("administrator",), active=False),
        Person(id="boss", roles=("supervisor",), region="440000"),
    )
    move = fire(case(ticket()), *people)
    assert [(rung.recipients, rung.fallback) for rung in move.rungs] == [(("ada", "amy"), True)] * 3
    assert [note.detail.get("fallback") for note in move.notes] == ["administrators"] * 3
    assert move.ticket.assignee == ""


def test_nothing_due_writes_nothing() -> None:
    """When nothing is due there is nothing to write."""
    assert fire_rungs(case(ticket()), (), Sources(lambda: Organisation(()), AT.date), AT) is None


def test_a_reminder_for_somebody_who_left() -> None:
    """The agent's rung of an assignee who has left is their supervisor's: somebody hears it."""
    li = Person(id="li", active=False, supervisor="chen")
    chen = Person(id="chen", roles=("supervisor",))
    move = fire(case(ticket(assignee="li")), li, chen)
    assert [rung.recipients for rung in move.rungs][:2] == [("chen",), ("chen",)]


def test_older_items_are_read() -> None:
    """What was stored under earlier names is known by today's: who needs no notice, and what a node's form asks."""
    old = ticket(assignment=2).body() | {"told": 2}
    del old["announced"]
    assert Ticket.model_validate(old).announced == 2
    before = visit(form=("labour_amount",)).body()
    before["asked"] = before.pop("form")
    assert Visit.model_validate(before).form == ("labour_amount",)
