"""Stuck tickets (卡点): which open tickets nobody and nothing works on any more, and what sets them going again. Pure.

Executions and queues do the work; this is the net below them. A start may lie in a dead-letter queue, an execution may
have failed for good, an assignee may have left. Whatever is done here is right too when the machine was merely slow:
starts have names, rungs fire once, and a step of an older run writes nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from functions.tickets.deadlines.clocks import watch_of
from functions.tickets.deadlines.deadlines import Ladder, due
from functions.tickets.dispatch.assignment import assign_ticket
from functions.tickets.dispatch.dispatch import Organisation, supervisor_of
from functions.tickets.flows.asl import FAILED
from functions.tickets.flows.flow import Action, AnyNode, Decision, End, Flow, Human, in_branches
from functions.tickets.ticket.ticket import Case, Move, Note, Visit
from hub.kernel.clock import UNTIL_CALLED
from hub.kernel.ids import SYSTEM

SLACK = timedelta(minutes=2)
"""Real time that a start or a wake may take; after it the sweep does it."""
SILENCE = timedelta(minutes=45)
"""Real time without a step after which a run is over: its machine tries a step again for half an hour at most."""
SHARE = 1000
"""Tickets that one sweep looks at; with more open than that, sweeps take turns."""


def share_of(tickets: Sequence[str], turn: int) -> Sequence[str]:
    """The tickets whose turn it is: SHARE at most, and in as few turns as need be, all of them."""
    shares = -(-len(tickets) // SHARE) or 1
    return tickets[turn % shares :: shares]


def is_overdue(case: Case, ladder: Ladder, now: datetime, slack: timedelta) -> bool:
    """Whether a rung should have fired long ago."""
    return any(rung.due_at + slack < now for rung in due(watch_of(case, ladder), ladder.steps, now)[0])


def stuck_from(case: Case, ladder: Ladder, now: datetime, slack: timedelta, silence: timedelta) -> datetime:
    """From when on the ticket may need looking after, if nothing happens to it: `now` when it does, UNTIL_CALLED when
    it won't."""
    ripe, wake_at = due(watch_of(case, ladder), ladder.steps, now)
    moments = [wake_at + slack] if wake_at else []
    if since := silent_since(case):
        moments.append(since + (silence if since + slack < now else slack))
    return now if ripe else min(moments, default=UNTIL_CALLED)


def silent_since(case: Case) -> datetime | None:
    """Since when it has been the flow's turn to go on; None while the ticket waits for a person, or has no flow."""
    ticket = case.ticket
    if not ticket.is_open or not ticket.flow_version or case.waiting():
        return None
    ends = [end for visit in _of_run(case) for end in (visit.left_at, visit.until) if end]
    return max(ends, default=ticket.run_at or ticket.opened_at)


def resume_run(case: Case, flow: Flow, at: datetime) -> Move | None:
    """The next run, which goes on behind the last visit. None inside a parallel's branch, where no run can resume, and
    behind a branch that failed: an alarm calls somebody to look."""
    ticket, visits = case.ticket, _of_run(case)
    node, after = ticket.resume_at, ticket.resume_after
    if visits:
        last = visits[-1]
        if last.node in in_branches(flow) or last.edge == FAILED:
            return None
        node, after = _following(flow.node(last.node), last.edge), last.id
    run = ticket.but(run=ticket.run + 1, run_at=at, resume_at=node, resume_after=after)
    return Move(run, (Note("run resumed", SYSTEM, {"run": str(run.run), "node": node or flow.start}),))


def adopt_ticket(case: Case, organisation: Organisation, at: datetime) -> Move | None:
    """Give work that waits for nobody, or for somebody who has left, to the supervisor. None when there is no need, or
    no supervisor."""
    ticket = case.ticket
    waits = any(visit.assignee == ticket.assignee for visit in case.waiting())
    if not waits or organisation.has_owner(ticket.assignee):
        return None
    supervisor = supervisor_of(ticket.assignee, ticket.region, organisation)
    return assign_ticket(case, supervisor, SYSTEM, at) if supervisor else None


def _of_run(case: Case) -> list[Visit]:
    """The visits of the ticket's run, in their order."""
    visits = (visit for visit in case.visits.values() if visit.run == case.ticket.run)
    return sorted(visits, key=lambda visit: visit.number)


def _following(node: AnyNode, edge: str) -> str:
    """The node to which this edge leads."""
    if isinstance(node, Human):
        return node.outcomes[edge]
    if isinstance(node, Decision):
        return next((following.next for following in node.edges if following.id == edge), node.otherwise)
    if isinstance(node, Action):
        return node.outcomes.get(edge, node.next)
    return node.id if isinstance(node, End) else node.next
