"""Runs (流程执行): what one has done, and where the next goes on when it died. Pure.

A run that goes on with an earlier one shares its visits: each step that was done answers what is recorded, whoever was
waited for is waited for still, by the same visit. So a run may be resumed anywhere, and resumed again.
"""

from __future__ import annotations

from datetime import datetime

from functions.tickets.flows.asl import FAILED
from functions.tickets.flows.flow import Flow
from functions.tickets.flows.ways import following, levels
from functions.tickets.ticket.ticket import Case, Move, Note, Visit
from hub.kernel.ids import SYSTEM


def resume_run(case: Case, flow: Flow, at: datetime) -> Move:
    """The next run, which goes on where the present one was left."""
    ticket = case.ticket
    node, after = _resume_point(case, flow, at)
    run = ticket.but(run=ticket.run + 1, first_run=ticket.root_run, run_at=at, resume_at=node, resume_after=after)
    return Move(run, (Note("run resumed", SYSTEM, {"run": str(run.run), "node": node or flow.start}),))


def has_got_on(case: Case) -> bool:
    """Whether the present run has done anything that the one before it had not: one that fails again where it was
    resumed would fail at once for ever."""
    ticket = case.ticket
    if not ticket.first_run or ticket.run_at is None:
        return True
    done = (visit for visit in visits_of_run(case) if visit.edge != FAILED)
    return any(moment > ticket.run_at for visit in done for moment in (visit.entered_at, visit.left_at) if moment)


def visits_of_run(case: Case) -> list[Visit]:
    """The visits of the ticket's run, and of those that it goes on with, in their order."""
    visits = (visit for visit in case.visits.values() if case.ticket.goes_on_with(visit.run))
    return sorted(visits, key=lambda visit: visit.number)


def _resume_point(case: Case, flow: Flow, at: datetime) -> tuple[str, str]:
    """The node, and the visit behind which it is reached: the last visit's own while it waits, or where its parallel
    failed; the outermost parallel's from inside a branch, since all its branches go on; else the one that follows."""
    visits, placed = visits_of_run(case), levels(flow)
    if not visits:
        return case.ticket.resume_at, case.ticket.resume_after
    last = visits[-1]
    if level := placed.get(last.node, ()):
        return level[0][0], _before_fork(case, flow, last, level[0][0])
    if not last.outcome or last.edge == FAILED or (last.until and last.until > at):
        return last.node, last.previous
    return following(flow.node(last.node), last.edge) or last.node, last.id


def _before_fork(case: Case, flow: Flow, visit: Visit, fork: str) -> str:
    """The visit behind which the parallel around this one was reached."""
    placed = levels(flow)
    while (before := case.visits.get(visit.previous)) and placed.get(before.node) and before.node != fork:
        visit = before
    return before.previous if before and before.node == fork and visit.fork else visit.previous
