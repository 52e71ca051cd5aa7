"""Happenings (外部事件): what platforms tell of an order, for the visits that wait for it."""

from __future__ import annotations

from functions.tickets.desk import Desk
from functions.tickets.flows.flow import RECEIVED
from functions.tickets.ticket.ticket import Case, Move
from functions.tickets.ticket.visits import end_by_itself
from hub.contracts.events import AfterSaleChanged, LogisticsChanged, RefundPaid


def take_happening(desk: Desk, event: LogisticsChanged | AfterSaleChanged | RefundPaid) -> None:
    """End what waits for this event of its order; told again, nothing does any more."""
    for ticket_id, visit_id in desk.tickets.awaiting(event.type, event.order_no):
        _end(desk, ticket_id, visit_id)


def _end(desk: Desk, ticket_id: str, visit_id: str) -> None:
    now = desk.now()

    def decide(case: Case) -> Move | None:
        visit = case.visits.get(visit_id)
        flow = desk.catalogue.flow_of(case.ticket)
        return end_by_itself(case, visit, RECEIVED, now, flow) if visit else None

    desk.tickets.change(ticket_id, now, decide)
