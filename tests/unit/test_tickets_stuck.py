"""Which ticket is stuck, and where its next run goes on."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from functions.tickets.deadlines import stuck
from functions.tickets.deadlines.stuck import adopt_ticket, share_of, silent_since
from functions.tickets.dispatch.dispatch import Organisation, Person
from functions.tickets.flows.soundness import parse_flow
from functions.tickets.ticket.runs import has_got_on, resume_run
from functions.tickets.ticket.ticket import Case, Ticket, Visit

AT = datetime(2026, 11, 20, 18, 0, tzinfo=UTC)
LATER = AT + timedelta(hours=1)
T = {"zh": "节点", "en": "Node"}
NODES: list[dict[str, Any]] = [
    {"id": "dispatch", "kind": "action", "action": "assign", "next": "which"},
    {
        "id": "which",
        "kind": "decision",
        "edges": [{"id": "hurry", "when": {"priority": {"eq": "urgent"}}, "next": "rest"}],
        "otherwise": "both",
    },
    {"id": "rest", "kind": "wait", "seconds": 60, "next": "check"},
    {"id": "both", "kind": "parallel", "branches": ["left", "right"], "next": "check"},
    {"id": "left", "kind": "human", "outcomes": {"done": "join"}},
    {"id": "right", "kind": "human", "outcomes": {"done": "join"}},
    {"id": "check", "kind": "human", "outcomes": {"good": "closed", "bad": "dispatch"}},
    {"id": "closed", "kind": "end", "outcome": "done"},
]
FLOW = parse_flow({"key": "repair", "title": T, "start": "dispatch", "nodes": [{"title": T, **n} for n in NODES]})


def case(*visits: Visit, **facts: Any) -> Case:
    base: dict[str, Any] = {"id": "tkt_1", "type": "repair", "priority": "urgent", "customer_id": "cus_1"}
    base |= {"region": "310101", "title_zh": "维修", "title_en": "Repair", "opened_at": AT, "flow_version": 1}
    return Case(Ticket(**{**base, **facts}), {visit.id: visit for visit in visits})


def visit(node: str, edge: str = "", run: int = 1, number: int = 1, **facts: Any) -> Visit:
    left = {"outcome": edge, "edge": edge, "left_at": LATER} if edge else {}
    known = {"id": f"vis_{number}", "ticket_id": "tkt_1", "number": number, "run": run, "node": node, "entered_at": AT}
    return Visit(**{**known, **left, **facts})


@pytest.mark.parametrize(
    ("node", "edge", "following"),
    [
        ("dispatch", "done", "which"),
        ("which", "hurry", "rest"),
        ("which", "otherwise", "both"),
        ("rest", "elapsed", "check"),
        ("check", "bad", "dispatch"),
        ("check", "good", "closed"),
    ],
)
def test_the_next_run_goes_on_behind_the_last_visit(node: str, edge: str, following: str) -> None:
    """By the edge that was recorded, whatever kind of node it was."""
    move = resume_run(case(visit("dispatch", "done"), visit(node, edge, number=2)), FLOW, LATER)
    assert (move.ticket.run, move.ticket.resume_at, move.ticket.resume_after) == (2, following, "vis_2")


@pytest.mark.parametrize(
    ("last", "at"),
    [
        (visit("check", number=2, previous="vis_1"), LATER),
        (visit("both", "failed", number=2, previous="vis_1"), LATER),
        (visit("rest", "elapsed", number=2, previous="vis_1", until=LATER + timedelta(seconds=1)), LATER),
    ],
)
def test_the_next_run_takes_the_last_visit_up_again(last: Visit, at: datetime) -> None:
    """While a person is waited for, where a parallel failed, and while a wait is not over."""
    move = resume_run(case(visit("dispatch", "done"), last), FLOW, at)
    assert (move.ticket.run, move.ticket.first_run) == (2, 1)
    assert (move.ticket.resume_at, move.ticket.resume_after) == (last.node, "vis_1")


def test_inside_a_branch_the_next_run_forks_again() -> None:
    """At the parallel, behind the visit before it: the other branch goes on, too."""
    before = visit("which", "otherwise")
    left = visit("left", "done", number=2, previous=before.id)
    move = resume_run(case(before, left, visit("right", number=3, previous=before.id)), FLOW, LATER)
    assert (move.ticket.resume_at, move.ticket.resume_after) == ("both", before.id)


def test_a_run_that_came_to_nothing_is_begun_again() -> None:
    """A second run without a visit resumes where it was to resume, not behind a visit of the first."""
    move = resume_run(case(visit("dispatch", "done"), run=2, resume_at="rest", resume_after="vis_7"), FLOW, LATER)
    assert (move.ticket.run, move.ticket.resume_at, move.ticket.resume_after) == (3, "rest", "vis_7")


@pytest.mark.parametrize(
    ("one", "got_on"),
    [
        (case(), True),
        (case(visit("check"), run=2, first_run=1, run_at=LATER), False),
        (case(visit("both", "failed"), run=2, first_run=1, run_at=AT), False),
        (case(visit("dispatch", "done"), run=2, first_run=1, run_at=AT), True),
    ],
)
def test_whether_a_run_has_got_on(one: Case, got_on: bool) -> None:
    """A first run always may be resumed at once; a later one if something was entered or left in it, unless a parallel
    only failed again."""
    assert has_got_on(one) is got_on


@pytest.mark.parametrize(
    ("one", "since"),
    [
        (case(), AT),
        (case(run=2, run_at=LATER), LATER),
        (case(visit("dispatch", "done")), LATER),
        (case(visit("rest", "elapsed", until=LATER + timedelta(days=3))), LATER + timedelta(days=3)),
        (case(visit("check")), None),
        (case(visit("check"), run=2, run_at=LATER), LATER),
        (case(flow_version=0), None),
        (case(state="closed"), None),
    ],
)
def test_whose_turn_it_is(one: Case, since: datetime | None) -> None:
    """The flow's since the last visit of its run ended or its wait is over; a person's while a visit waits."""
    assert silent_since(one) == since


def test_work_of_somebody_unknown_is_theirs() -> None:
    """Only who is known to have left has nothing to do any more: an administrator from outside keeps their ticket."""
    people = Organisation((Person(id="chen", roles=("supervisor",)), Person(id="li", active=False)))
    waiting = visit("check", assignee="root")
    assert adopt_ticket(case(waiting, assignee="root"), people, LATER) is None
    adopted = adopt_ticket(case(visit("check", assignee="li"), assignee="li"), people, LATER)
    assert adopted is not None
    assert (adopted.ticket.assignee, [one.assignee for one in adopted.visits]) == ("chen", ["chen"])
    assert adopt_ticket(case(visit("check")), Organisation(()), LATER) is None


@given(open_tickets=st.integers(0, 5 * stuck.SHARE), turn=st.integers(0, 10**9))
def test_everybody_has_a_turn(open_tickets: int, turn: int) -> None:
    """No sweep looks at more than its share, and as many sweeps as there are shares look at every ticket once."""
    tickets = [str(n) for n in range(open_tickets)]
    shares = -(-open_tickets // stuck.SHARE) or 1
    turns = [share_of(tickets, turn + n) for n in range(shares)]
    assert max(map(len, turns)) <= stuck.SHARE
    assert sorted(ticket for one in turns for ticket in one) == sorted(tickets)
