"""Passage (流转): what a visit's end means at once, in the same write: a branch has joined, what its siblings still
wait for is skipped, or the ticket is closed. Pure.

A parallel's own visit lasts from its first branch's first step until it has joined; each visit inside it knows it.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime

from functions.tickets.flows.asl import FAILED, JOINED, OVER
from functions.tickets.flows.flow import JOIN, End, Flow, Parallel
from functions.tickets.flows.ways import ends_at, following, levels
from functions.tickets.forms.work import totals
from functions.tickets.ticket.arrivals import Arrival, begin_visit, with_news
from functions.tickets.ticket.ticket import Case, Move, Note, Visit, apply_move
from hub.kernel.ids import SYSTEM

SKIPPED = "skipped"


def close_ticket(case: Case, outcome: str, actor: str, at: datetime, visits: tuple[Visit, ...] = ()) -> Move:
    """The work is done: the ticket is closed with this outcome."""
    ticket = case.ticket.but(state="closed", outcome=outcome, closed_at=at)
    return Move(ticket, (Note("closed", actor, {"outcome": outcome, **totals(ticket)}),), visits)


def enter_branches(case: Case, flow: Flow, arrival: Arrival, at: datetime) -> tuple[Arrival, tuple[Visit, ...]]:
    """The arrival as seen from inside the branches around its node, and the visits of the parallels that it opens."""
    placed = levels(flow)
    last, level = case.visits.get(arrival.previous), placed.get(arrival.node.id, ())
    here = placed.get(last.node, ()) if last else ()
    shared = next((i for i, (a, b) in enumerate(zip(here, level, strict=False)) if a != b), min(len(here), len(level)))
    fork = _fork_at(case, last, len(here) - shared) if last and shared else ""
    opened: list[Visit] = []
    previous = arrival.previous
    for fork_id, _ in level[shared:]:
        entering = Arrival(flow.node(fork_id), arrival.run, previous, fork=fork)
        previous = fork = entering.visit_id(case.ticket)
        if fork not in case.visits:
            began = begin_visit(case.ticket, entering, len(case.visits) + len(opened) + 1, at)
            opened.append(with_news(case, entering, began))
    return replace(arrival, previous=previous, fork=fork), tuple(opened)


def _fork_at(case: Case, visit: Visit, up: int) -> str:
    """The visit of the parallel around a visit, so many levels up."""
    for _ in range(up):
        outer = case.visits.get(visit.fork)
        if outer is None:
            return ""
        visit = outer
    return visit.fork


def forks_around(case: Case, fork: str) -> Iterable[Visit]:
    """A parallel's visit and those around it, from the inside out."""
    while visit := case.visits.get(fork):
        yield visit
        fork = visit.fork


def is_over(case: Case, fork: str) -> bool:
    """Whether some parallel around this branch has gone on."""
    return any(visit.outcome and visit.edge != FAILED for visit in forks_around(case, fork))


def go_on(case: Case, move: Move, flow: Flow | None, at: datetime) -> Move:
    """The move, and what follows at once from the visits that it ends. flow: None where nobody knows it, so that
    nothing does."""
    ended = [v for v in move.visits if v.outcome and v.kind != "parallel" and _was_open(case, v)] if flow else []
    for visit in ended:
        if flow is None or visit.edge == OVER or not move.ticket.is_open:
            continue
        target = following(flow.node(visit.node), visit.edge)
        if target == JOIN:
            move = join_branch(case, move, flow, visit, at)
        elif target and ends_at(flow, target):
            move = _close(apply_move(case, move), move, flow, visit, target, at)
    return move


def _was_open(case: Case, visit: Visit) -> bool:
    before = case.visits.get(visit.id)
    return before is None or before.waits


def join_branch(case: Case, move: Move, flow: Flow, visit: Visit, at: datetime) -> Move:
    """The branch of this visit has joined: once, however it got there. With the last that is needed the parallel goes
    on, and whoever is still asked inside it is asked no more."""
    after, level = apply_move(case, move), levels(flow).get(visit.node, ())
    fork = after.visits.get(visit.fork)
    parallel = flow.node(fork.node) if fork else None
    if fork is None or not isinstance(parallel, Parallel) or not parallel.skips or fork.outcome or not level:
        return move
    arrived = tuple(sorted({*fork.arrived, level[-1][1]}))
    if len(arrived) < parallel.need:
        return _with_visits(move, fork.but(arrived=arrived))
    joined = fork.but(arrived=arrived, outcome=JOINED, edge=JOINED, actor=SYSTEM, left_at=at)
    losers = [each for each in after.waiting() if fork.id in {f.id for f in forks_around(after, each.fork)}]
    skipped = [each.but(outcome=SKIPPED, edge=OVER, actor=SYSTEM, left_at=at) for each in losers]
    notes = (Note(SKIPPED, SYSTEM, {"node": each.node, "visit": each.id}) for each in skipped)
    return _with_visits(replace(move, notes=(*move.notes, *notes)), joined, *skipped)


def _close(after: Case, move: Move, flow: Flow, visit: Visit, target: str, at: datetime) -> Move:
    end = flow.node(target)
    assert isinstance(end, End)  # noqa: S101 - `ends_at` said so
    reached = begin_visit(after.ticket, Arrival(end, visit.run, visit.id), len(after.visits) + 1, at)
    ended = reached.but(outcome=end.outcome, edge=end.outcome, actor=SYSTEM, left_at=at)
    closed = close_ticket(after, end.outcome, SYSTEM, at)
    return _with_visits(replace(move, ticket=closed.ticket, notes=(*move.notes, *closed.notes)), ended)


def _with_visits(move: Move, *visits: Visit) -> Move:
    """The move with these visits; each stands in it once, the latest."""
    latest = {visit.id: visit for visit in (*move.visits, *visits)}
    return replace(move, visits=tuple(latest.values()))
