"""Runs (流程执行): what one has done, and where the next goes on when it died. Pure.

A run that goes on with an earlier one shares its visits: each step that was done answers what is recorded, whoever was
waited for is waited for still, by the same visit. So a run may be resumed anywhere, and resumed again.
"""

from __future__ import annotations

from datetime import datetime

from functions.tickets.flows.asl import FAILED
from functions.tickets.flows.flow import (
    Action,
    AnyNode,
    Decision,
    End,
    Flow,
    Human,
    Parallel,
    branch_nodes,
    in_branches,
)
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
    failed; the parallel's from inside a branch, since all its branches go on; else the one that follows."""
    visits, inner = visits_of_run(case), in_branches(flow)
    if not visits:
        return case.ticket.resume_at, case.ticket.resume_after
    last = visits[-1]
    if last.node in inner:
        return _parallel_of(flow, last.node), _before_fork(case, last, inner)
    if last.waits or last.edge == FAILED or (last.until and last.until > at):
        return last.node, last.previous
    return _following(flow.node(last.node), last.edge), last.id


def _parallel_of(flow: Flow, inner: str) -> str:
    """The parallel in one of whose branches this node lies."""
    parallels = (node for node in flow.nodes if isinstance(node, Parallel))
    return next(p.id for p in parallels if any(inner in branch_nodes(flow, start) for start in p.branches))


def _before_fork(case: Case, visit: Visit, inner: set[str]) -> str:
    """The visit behind which the branches of this one's parallel began."""
    while (before := case.visits.get(visit.previous)) and before.node in inner:
        visit = before
    return visit.previous


def _following(node: AnyNode, edge: str) -> str:
    """The node to which this edge leads."""
    if isinstance(node, Human):
        return node.outcomes[edge]
    if isinstance(node, Decision):
        return next((following.next for following in node.edges if following.id == edge), node.otherwise)
    if isinstance(node, Action):
        return node.outcomes.get(edge, node.next)
    return node.id if isinstance(node, End) else node.next
