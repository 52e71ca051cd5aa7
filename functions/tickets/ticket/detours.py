"""Detours (改道): a ticket is cancelled, opened again, or sent to another node: a new run, which the old one makes way
for. Pure.

What the old run still waited for ends at that moment, and its machine comes to its end; what was done stays done.
"""

from __future__ import annotations

from datetime import datetime

from functions.tickets.flows.asl import OVER
from functions.tickets.flows.flow import Flow
from functions.tickets.flows.ways import levels
from functions.tickets.ticket.ticket import Case, Move, Note, Ticket, Visit, require_open
from hub.kernel.errors import Conflict, Invalid, Problem

CANCELLED, LEFT = "cancelled", "left"


def cancel_ticket(case: Case, actor: str, reason: str, at: datetime) -> Move:
    """Nothing more is to be done about it. Raises Conflict when it is over."""
    require_open(case)
    ticket = case.ticket.but(state="cancelled", outcome=CANCELLED, closed_at=at)
    note = Note(CANCELLED, actor, {"reason": reason} if reason else {})
    return Move(ticket, (note,), _ended(case, CANCELLED, actor, at))


def reopen_ticket(case: Case, flow: Flow | None, node: str, actor: str, at: datetime) -> Move:
    """Work goes on: at this node, by a new run; its clocks where they stood when the ticket was closed. Raises Conflict
    when it is open, Invalid for a node that can't be."""
    before = case.ticket
    if before.is_open:
        raise Conflict("the ticket is open", ticket=before.id, state=before.state)
    require_place(flow, node)
    ticket = before.but(state="open", outcome="", closed_at=None, acknowledged_at=None)
    return Move(_new_run(ticket, case, flow, node, at), (Note("reopened", actor, {"node": node} if node else {}),))


def jump_to(case: Case, flow: Flow, node: str, actor: str, reason: str, at: datetime) -> Move:
    """The ticket leaves where it waits, and goes on at this node. Raises Conflict when it is over, or inside a
    parallel: then it waits for the join; Invalid for a node that can't be."""
    require_open(case)
    require_place(flow, node)
    require_outside(case)
    detail = {"node": node, **({"reason": reason} if reason else {})}
    ticket = _new_run(case.ticket, case, flow, node, at)
    return Move(ticket, (Note("jumped", actor, detail),), _ended(case, LEFT, actor, at))


def require_outside(case: Case) -> None:
    """Raises Conflict while a visit waits inside a parallel's branch."""
    inside = [visit.node for visit in case.waiting() if visit.fork]
    if inside:
        raise Conflict("inside a parallel: it can be moved once its branches have joined", waiting=" ".join(inside))


def require_place(flow: Flow | None, node: str) -> None:
    """Raises Invalid unless a run may begin at this node; "": where the flow begins."""
    if flow is None or not node:
        return
    top = [node_id for node_id, level in levels(flow).items() if not level]
    if node not in top:
        raise Invalid("no such place", problems=[Problem("/node", "must be one of: " + ", ".join(top))])


def _new_run(ticket: Ticket, case: Case, flow: Flow | None, node: str, at: datetime) -> Ticket:
    after = _last_outside(case, flow)
    run = ticket.run + 1
    return ticket.but(run=run, first_run=0, run_at=at, resume_at=node, resume_after=after, generation=1)


def _last_outside(case: Case, flow: Flow | None) -> str:
    """The last visit that lies in no branch, behind which the new run begins."""
    placed = levels(flow) if flow else {}
    outside = [visit for visit in case.visits.values() if not placed.get(visit.node)]
    return max(outside, key=lambda visit: visit.number).id if outside else ""


def _ended(case: Case, outcome: str, actor: str, at: datetime) -> tuple[Visit, ...]:
    """What is still waited for, ended; the machine that waits hears that it is over."""
    open_visits = (visit for visit in case.visits.values() if not visit.outcome)
    return tuple(visit.but(outcome=outcome, edge=OVER, actor=actor, left_at=at) for visit in open_visits)
