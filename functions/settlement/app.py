"""Settlement (结算): entries from closed tickets, live earnings, runs that close periods, statements."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from functions.settlement.api import (
    accounts,
    books,
    conflicts,
    facts,
    ledger,
    profit,
    reconciliations,
    runs,
    statements,
    templates,
)
from functions.settlement.desk import Desk
from functions.settlement.facts.exchange import EXCHANGE
from functions.settlement.facts.of_events import fact_of
from functions.settlement.facts.rates import RATES
from functions.settlement.handlers.folding import fold_days
from functions.settlement.handlers.intake import learn, retry_parked, take_in
from functions.settlement.handlers.map_items import laid_out
from functions.settlement.handlers.reconciling import RECONCILIATION, reconcile_shard, reconcile_slice
from functions.settlement.handlers.steps import closes_by_count, full_batches, run_step
from functions.settlement.handlers.telling import dispute_event, pool_event, statement_event
from functions.settlement.policy_kind import POLICIES
from functions.settlement.profit.profit import BOARDS
from functions.settlement.reconciliation.bills import BILL_FORMS
from functions.settlement.room import DISPUTE, IMPORTS, room
from functions.settlement.runs.calendar_kind import CALENDARS
from functions.settlement.templates import TEMPLATES
from hub.contracts import events
from hub.contracts.events import Event
from hub.documents.routes import serve_documents
from hub.edge.bus import Change
from hub.jobs.desk import Task
from hub.jobs.routes import follow_job, serve_jobs
from hub.store.files import Files

__all__ = [
    "accounts", "books", "conflicts", "facts", "forward", "ledger", "profit", "reconciliations", "room", "runs",
    "statements", "templates",
]  # fmt: skip
forward = room.forward

serve_documents(
    room, (POLICIES, CALENDARS, RATES, EXCHANGE, TEMPLATES, BOARDS, BILL_FORMS), lambda desk: desk.documents
)


TASKS = (Task(RECONCILIATION, reconcile_slice, run_shard=reconcile_shard),)
serve_jobs(room, IMPORTS, TASKS)

EVENTS = (
    "ticket.closed", "work.reported", "order.finished", "refund.paid", "flow.told", "person.changed", "store.changed",
)  # fmt: skip


@room.events(*EVENTS)
def on_event(desk: Desk, event: Event) -> None:
    """Settle what happened; a repeat posts nothing new. Somebody new may be what a parked fact waited for."""
    if isinstance(event, events.PersonChanged | events.StoreChanged):
        if learn(desk, event):
            retry_parked(desk, desk.now())
    elif fact := fact_of(event, desk.zone):
        take_in(desk, fact, desk.now())


@room.changes
def on_change(desk: Desk, change: Change) -> None:
    """Tell of a statement that was sent, approved, or has a line disputed, of such a line, and of a pool that is empty;
    do a job's next slice."""
    if follow_job(room, IMPORTS, change, TASKS):
        return
    if change.sk.startswith(DISPUTE):
        statement = desk.statements.get(change.pk.rpartition("#")[2])
        desk.emit(dispute_event(desk.tenant, change, statement, desk.now()))
        return
    tell = pool_event if change.sk == "balance" else statement_event
    if event := tell(desk.tenant, change, desk.now()):
        desk.emit(event)


@room.schedule("cron(0 * * * ? *)", name="hourly")
def hourly(desk: Desk, now: datetime) -> datetime:
    """Post what was still to come and is due; start the run of each period that is due, the oldest first: one that was
    late, or stopped on its way, again; and of each batch that has its entries; fold the days that are over."""
    retry_parked(desk, now)
    next_posting = desk.book.post_due(now)
    for run in (*desk.runs.due(now), *full_batches(desk, now)):
        desk.machine.start(run.id, "close", now)
    fold_days(desk, now)
    return now if closes_by_count(desk, now) else min(next_posting, desk.runs.next_due())


@room.task("steps")
def steps(desk: Desk, payload: dict[str, Any]) -> dict[str, Any]:
    """A step of the settlement machine."""
    host = room.host
    files = Files(host.settings.files_bucket, room.app_name, host.client("s3"))
    return laid_out(files, payload, run_step(desk, payload))
