"""Happenings (外部事件): what platforms tell of an order, and what was done elsewhere, for the visits that wait."""

from __future__ import annotations

from dataclasses import replace

from functions.tickets.desk import Desk
from functions.tickets.flows.flow import RECEIVED
from functions.tickets.ticket.ticket import Case, Move, Note
from functions.tickets.ticket.visits import end_by_itself
from hub.contracts import events
from hub.kernel.ids import SYSTEM


def take_happening(desk: Desk, event: events.LogisticsChanged | events.AfterSaleChanged | events.RefundPaid) -> None:
    """End what waits for this event of its order; told again, nothing does any more."""
    for ticket_id, visit_id in desk.tickets.awaiting(event.type, event.order_no):
        _end(desk, ticket_id, visit_id)


def take_answer(desk: Desk, event: events.FlowAnswered) -> None:
    """What an action wanted has been done, or could not be: its visit ends so, unless its time was up before."""
    now = desk.now()

    def decide(case: Case) -> Move | None:
        visit = case.visits.get(event.visit_id)
        if visit is None or visit.deed is None:
            return None
        answered = visit.but(report={**visit.report, **event.report})
        move = end_by_itself(case, answered, event.outcome, now, desk.catalogue.flow_of(case.ticket))
        if move is None or not event.fields:
            return move
        note = Note("set", SYSTEM, {"fields": " ".join(f"{name}={value}" for name, value in event.fields.items())})
        ticket = move.ticket.but(fields={**move.ticket.fields, **event.fields})
        return replace(move, ticket=ticket, notes=(*move.notes, note))

    desk.tickets.change(event.ticket_id, now, decide)


def _end(desk: Desk, ticket_id: str, visit_id: str) -> None:
    now = desk.now()

    def decide(case: Case) -> Move | None:
        visit = case.visits.get(visit_id)
        flow = desk.catalogue.flow_of(case.ticket)
        return end_by_itself(case, visit, RECEIVED, now, flow) if visit else None

    desk.tickets.change(ticket_id, now, decide)
