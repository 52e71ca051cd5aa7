"""Settlement (结算): entries from closed tickets, live earnings, daily runs, statements."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from functions.settlement.api import facts, ledger, profit, reconciliations, runs, statements, templates
from functions.settlement.desk import Desk
from functions.settlement.facts.of_events import fact_of
from functions.settlement.facts.rates import RATES
from functions.settlement.handlers.intake import retry_parked, take_in
from functions.settlement.handlers.steps import run_step
from functions.settlement.handlers.windows import post_windows
from functions.settlement.ledger.lines import party_lines
from functions.settlement.policy_kind import POLICIES
from functions.settlement.profit.profit import BOARDS
from functions.settlement.reconciliation.bills import BILL_FORMS
from functions.settlement.room import room
from functions.settlement.runs.periods import RUN_HOUR, day_of_run, local_day, run_id_of
from functions.settlement.templates import TEMPLATES
from hub.contracts.events import Event, PersonChanged
from hub.documents.routes import serve_documents
from hub.edge.bus import Change

__all__ = ["facts", "forward", "ledger", "profit", "reconciliations", "room", "runs", "statements", "templates"]
forward = room.forward

serve_documents(room, (POLICIES, RATES, TEMPLATES, BOARDS, BILL_FORMS), lambda desk: desk.documents)


@room.events("ticket.closed", "work.reported", "order.finished", "refund.paid", "person.changed")
def on_event(desk: Desk, event: Event) -> None:
    """Settle what happened; a repeat posts nothing new. Somebody new may be what a parked fact waited for."""
    if isinstance(event, PersonChanged):
        if desk.facts.make_known(f"person:{event.person_id}"):
            retry_parked(desk, desk.now())
        return
    take_in(desk, fact_of(event, desk.zone), desk.now())


@room.changes
def on_change(desk: Desk, change: Change) -> None:
    """Give each new entry's lines to their parties."""
    if change.kind == "INSERT" and desk.entries.owns(change.pk):
        entry, booking = desk.entries.read(change.pk, change.sk)
        desk.entries.project(party_lines(entry, booking))


@room.schedule(f"cron(0 {RUN_HOUR} * * ? *)", name="daily")
def daily(desk: Desk, now: datetime) -> None:
    """Start the day's run, once; and once more an earlier one that was left open, as it keeps the day's out."""
    day, open_id = local_day(now, desk.zone), desk.runs.open_run_id()
    earlier = day_of_run(open_id, desk.tenant, day) if open_id else None
    if earlier and earlier != day:
        desk.machine.start(open_id, earlier, again_at=now)
    post_windows(desk, now)
    desk.machine.start(run_id_of(desk.tenant, day), day)
    retry_parked(desk, now)


@room.task("steps")
def steps(desk: Desk, payload: dict[str, Any]) -> dict[str, Any]:
    """A step of the settlement machine."""
    return run_step(desk, payload)
