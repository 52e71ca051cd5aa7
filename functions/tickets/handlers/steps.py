"""What Step Functions asks of the room, by `op`. Each step may be called again and answers what it did before.

go, joined: a walk through a flow (walk.py). wake, handover: the escalation's machine, and what sleeps for a visit.
enter, act, decide, wait, join, finish: a step a node, as flows were compiled until 2026-11; their machines still run.
Payloads: {op, ticket, run, …}.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from functions.tickets.actions.registry import run_action
from functions.tickets.deadlines.clocks import Ripe, due_of
from functions.tickets.deadlines.deadlines import wait_seconds
from functions.tickets.deadlines.rungs import fire_rungs
from functions.tickets.desk import Desk
from functions.tickets.dispatch.dispatch import administrators, region_supervisor
from functions.tickets.flows.asl import FAILED, JOINED
from functions.tickets.flows.decisions import choose_edge
from functions.tickets.flows.flow import Action, Decision, End, Human, Parallel, Wait
from functions.tickets.handlers.walk import go, joined
from functions.tickets.ticket.arrivals import Arrival, Awaited, enter_visit, pass_visit, require_run
from functions.tickets.ticket.outbox import answer_of, signal_of
from functions.tickets.ticket.passage import close_ticket
from functions.tickets.ticket.ticket import Case, Move, Visit
from functions.tickets.ticket.visits import end_by_itself
from hub.kernel.errors import Broken, Invalid, Problem
from hub.kernel.ids import SYSTEM

RETRY_SECONDS = 300
"""How long an escalation waits before it wakes again when a wake failed for good."""
RIPE_LIMIT = 8
"""So much of what is due is done by one write: with many clocks, or after an outage, more is due than one transaction
holds."""
WRITES_A_WAKE = 50
"""All rungs of twenty clocks of twenty at once; what is still left then waits for the next wake, which follows."""
WAKES_LIMIT = 500
"""An execution's history is finite: after so many wakes the next generation goes on."""

Answer = dict[str, Any]
Payload = Mapping[str, Any]


def run_step(desk: Desk, payload: Payload) -> Answer:
    """Do the step that `payload` names. Raises Invalid for an op that does not exist, Conflict for an older run."""
    op = _OPS.get(str(payload.get("op")))
    if op is None:
        raise Invalid("no such step", problems=[Problem("/op", "must be one of: " + ", ".join(_OPS))])
    return op(desk, payload)


def enter(desk: Desk, payload: Payload) -> Answer:
    """Begin (or re-enter) the visit, store its token; if the visit has ended already, signal at once."""
    arrival = _arrival(desk, payload)
    case = desk.tickets.change(payload["ticket"], desk.now(), lambda case: enter_visit(case, arrival, desk.now()))
    visit = desk.tickets.case(payload["ticket"]).visits[arrival.visit_id(case.ticket)]
    if not visit.waits:
        signal = signal_of(visit.but(run=arrival.run, token=arrival.token))
        desk.machines.succeed(signal.token, signal.output)
    return answer_of(visit)


def act(desk: Desk, payload: Payload) -> Answer:
    """Do the node's action, once, and record what came of it."""

    def decide(case: Case, arrival: Arrival, now: datetime) -> Move:
        if not isinstance(arrival.node, Action):
            raise Broken("not an action", node=arrival.node.id)
        node, visit_id = arrival.node, arrival.visit_id(case.ticket)
        result = run_action(node.action, node.params, case, visit_id=visit_id, at=now, sources=desk.sources())
        visit = pass_visit(case, arrival, result.outcome, now).but(report=result.report, deed=result.deed)
        return replace(result.move, visits=(*result.move.visits, visit))

    return answer_of(_pass(desk, payload, decide))


def decide_edge(desk: Desk, payload: Payload) -> Answer:
    """Choose a decision's edge from the ticket's facts, once."""

    def decide(case: Case, arrival: Arrival, now: datetime) -> Move:
        if not isinstance(arrival.node, Decision):
            raise Broken("not a decision", node=arrival.node.id)
        edge = choose_edge(arrival.node, case.ticket, desk.today())
        return Move(case.ticket, (), (pass_visit(case, arrival, edge, now),))

    return answer_of(_pass(desk, payload, decide))


def wait(desk: Desk, payload: Payload) -> Answer:
    """Say how long to wait: until the same moment, however often it is asked."""

    def decide(case: Case, arrival: Arrival, now: datetime) -> Move:
        if not isinstance(arrival.node, Wait):
            raise Broken("not a wait", node=arrival.node.id)
        until = arrival.node.ends_at(now, case.ticket.fields)
        return Move(case.ticket, (), (pass_visit(case, arrival, "elapsed", now, until),))

    visit = _pass(desk, payload, decide)
    return {**answer_of(visit), "wait_seconds": wait_seconds(desk.now(), visit.until or desk.now())}


def join(desk: Desk, payload: Payload) -> Answer:
    """Record that a parallel's branches have all ended, and whether one of them failed."""

    def decide(case: Case, arrival: Arrival, now: datetime) -> Move:
        if not isinstance(arrival.node, Parallel):
            raise Broken("not a parallel", node=arrival.node.id)
        outcome = FAILED if FAILED in payload["edges"] else JOINED
        return Move(case.ticket, (), (pass_visit(case, arrival, outcome, now),))

    return answer_of(_pass(desk, payload, decide))


def finish(desk: Desk, payload: Payload) -> Answer:
    """Close the ticket with the end node's outcome."""

    def decide(case: Case, arrival: Arrival, now: datetime) -> Move:
        if not isinstance(arrival.node, End):
            raise Broken("not an end", node=arrival.node.id)
        visit = pass_visit(case, arrival, arrival.node.outcome, now)
        return close_ticket(case, arrival.node.outcome, SYSTEM, now, (visit,))

    return answer_of(_pass(desk, payload, decide))


def wake(desk: Desk, payload: Payload) -> Answer:
    """Fire what is due, and say when to look again: `again`, `done`, or `handover` after WAKES_LIMIT wakes. What
    sleeps for a visit bears its id as the generation."""
    if str(payload["generation"]).startswith("vis_"):
        return ring(desk, payload)
    now, wakes = desk.now(), int(payload["wakes"]) + 1

    def fire(case: Case) -> Move | None:
        ripe, _ = _due(desk, case, now)
        return fire_rungs(case, ripe[:RIPE_LIMIT], desk.sources(), now) if ripe and _is_live(case, payload) else None

    for _ in range(WRITES_A_WAKE):
        case = desk.tickets.change(payload["ticket"], now, fire)
        left, following = _due(desk, case, now)
        if not left or not _is_live(case, payload):
            break
    following = now if left else following  # more than one wake does
    if following is None or not _is_live(case, payload):
        return _next(payload, "done", 1, wakes)
    after = "again" if wakes < WAKES_LIMIT else "handover"
    return _next(payload, after, wait_seconds(now, following), wakes)


def ring(desk: Desk, payload: Payload) -> Answer:
    """The time of a visit that is over by itself has come: end it, unless somebody has."""
    now, wakes = desk.now(), int(payload["wakes"]) + 1
    visit_id = str(payload["generation"])
    case = desk.tickets.change(payload["ticket"], now, lambda case: _expire(desk, case, visit_id, now))
    visit = case.visits.get(visit_id)
    if visit is None or not visit.waits or visit.until is None or not case.ticket.is_open:
        return _next(payload, "done", 1, wakes)
    return _next(payload, "again", wait_seconds(now, visit.until), wakes)


def _expire(desk: Desk, case: Case, visit_id: str, now: datetime) -> Move | None:
    visit = case.visits.get(visit_id)
    if visit is None or visit.until is None or visit.until > now:
        return None
    return end_by_itself(case, visit, visit.late, now, desk.catalogue.flow_of(case.ticket))


def _next(payload: Payload, following: str, seconds: int, wakes: int) -> Answer:
    """What the machine goes on with: who it is, and what comes next."""
    names = ("tenant", "ticket", "run", "generation")
    who = {name: payload[name] for name in names if name in payload}
    return {**who, "next": following, "wait_seconds": seconds, "wakes": wakes, "retry_seconds": RETRY_SECONDS}


def handover(desk: Desk, payload: Payload) -> Answer:
    """Make the next generation the live one; the stream starts it."""

    def decide(case: Case) -> Move | None:
        live = _is_live(case, payload)
        return Move(case.ticket.but(generation=case.ticket.generation + 1)) if live else None

    desk.tickets.change(payload["ticket"], desk.now(), decide)
    return {"next": "done", "wait_seconds": 1, "wakes": 0}


def _pass(desk: Desk, payload: Payload, decide: Callable[[Case, Arrival, datetime], Move]) -> Visit:
    """A visit that waits for nobody: what is recorded of it, else what `decide` writes now. Answers it as the asking
    run's, which may go on with what an earlier one recorded; that a parallel failed then holds for the run that saw it
    alone."""
    arrival, now = _arrival(desk, payload), desk.now()

    def once(case: Case) -> Move | None:
        recorded = case.visits.get(arrival.visit_id(case.ticket))
        if recorded is not None and (recorded.edge != FAILED or recorded.run >= arrival.run):
            return None
        require_run(case.ticket, arrival.run)
        return decide(case, arrival, now)

    case = desk.tickets.change(payload["ticket"], now, once)
    return case.visits[arrival.visit_id(case.ticket)].but(run=arrival.run)


def _arrival(desk: Desk, payload: Payload) -> Arrival:
    ticket, run = desk.tickets.case(payload["ticket"]).ticket, int(payload["run"])
    node = desk.catalogue.flow_of(ticket).node(payload["node"])
    people = desk.staff.people() if isinstance(node, Human) else ()
    asks = isinstance(node, Human) and node.assignee == "supervisor"
    return Arrival(
        node=node,
        run=run,
        previous=payload.get("previous") or "",
        token=payload.get("token", ""),
        rank=f"{run:06d}#{payload.get('entered', '')}#{int(payload.get('retry', 0)):06d}",
        awaits=Awaited(
            person=region_supervisor(ticket.region, people) if asks else "",
            administrators=administrators(people),
        ),
    )


def _due(desk: Desk, case: Case, now: datetime) -> tuple[tuple[Ripe, ...], datetime | None]:
    """What is due of the ticket's clocks by now, and when to look again."""
    return due_of(case, desk.catalogue.terms_of(case.ticket), now)


def _is_live(case: Case, payload: Payload) -> bool:
    """Whether this escalation is still the ticket's one."""
    ticket = case.ticket
    theirs = (int(payload["run"]), int(payload["generation"]))
    return ticket.is_open and (ticket.run, ticket.generation) == theirs


_OPS: dict[str, Callable[[Desk, Payload], Answer]] = {
    "go": go,
    "joined": joined,
    "enter": enter,
    "act": act,
    "decide": decide_edge,
    "wait": wait,
    "join": join,
    "finish": finish,
    "wake": wake,
    "handover": handover,
}
