"""Disputed lines (结算异议): somebody finds a line of their statement wrong, and finance has it as a task, with the
trace that leads to why it is there. Answered in settlement, the task is done.

Each event may come again, and the answer before the objection.
"""

from __future__ import annotations

from contextlib import suppress

from functions.tickets.desk import Desk
from functions.tickets.handlers.reception import open_case
from functions.tickets.intake.intake import BY_DISPUTE, Classification, Opening
from functions.tickets.ticket.ticket import Case, Move
from functions.tickets.ticket.visits import end_by_itself
from hub.contracts import events
from hub.kernel.errors import Conflict, Retry
from hub.kernel.ids import SYSTEM, derived_id

TYPE = BY_DISPUTE


def take_dispute(desk: Desk, event: events.LineDisputed) -> None:
    """Open the task, once; end it when the line is answered. Raises Retry while an answer's task is not there."""
    ticket_id = derived_id("tkt", event.disputed_at, TYPE, event.statement_id, str(event.line))
    if event.outcome == "open":
        with suppress(Conflict):
            open_case(desk, Classification(TYPE, "normal", TYPE), _opening(desk, ticket_id, event), SYSTEM, event.id)
        return
    _end(desk, ticket_id, event)


def _opening(desk: Desk, ticket_id: str, event: events.LineDisputed) -> Opening:
    """Without the amount: what somebody earns is not for all who may see a ticket."""
    trace = (
        f"结算单 {event.statement_id} 第 {event.line} 行有异议 · line {event.line} is disputed",
        f"账期 run {event.run_id} · 对象 party {event.party}",
        f"事实 fact {event.fact_id} · 分录 entry {event.entry_id}",
        f"GET /settlement/ledger/entries/{event.entry_id}",
        f"GET /settlement/statements/{event.statement_id}/disputes",
    )
    return Opening(
        ticket_id=ticket_id,
        customer_id="",
        region=event.region,
        store_id=event.store_id,
        link="",
        at=event.disputed_at,
        channel="settlement",
        entry=TYPE,
        sealed=desk.seal_text(ticket_id, "\n".join(trace)),
        replay=event.replay,
    )


def _end(desk: Desk, ticket_id: str, event: events.LineDisputed) -> None:
    now = desk.now()

    def decide(case: Case) -> Move | None:
        if not case.ticket.is_open or not case.ticket.flow_version:
            return None
        waiting = next(iter(case.waiting()), None)
        if waiting is None:
            raise Retry("the task is not there yet", ticket=ticket_id)
        return end_by_itself(case, waiting, event.outcome, now, desk.catalogue.flow_of(case.ticket))

    desk.tickets.change(ticket_id, now, decide)
