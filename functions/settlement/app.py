"""Settlement (结算): entries from closed tickets, live earnings, runs that close periods, statements."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from functions.settlement.api import accounts, books, ledger, runs, statements
from functions.settlement.desk import Desk
from functions.settlement.handlers.posting import policies_at, post_entry
from functions.settlement.handlers.steps import run_step
from functions.settlement.handlers.telling import pool_event, statement_event
from functions.settlement.policies import entries_for
from functions.settlement.policy_kind import POLICIES
from functions.settlement.room import room
from functions.settlement.runs.calendar_kind import CALENDARS
from hub.contracts.events import Event, TicketClosed
from hub.documents.routes import serve_documents
from hub.edge.bus import Change

__all__ = ["accounts", "books", "forward", "ledger", "room", "runs", "statements"]
forward = room.forward

serve_documents(room, (POLICIES, CALENDARS), lambda desk: desk.documents)


@room.events("ticket.closed")
def on_event(desk: Desk, event: Event) -> None:
    """Post the entries of a closed ticket; a repeat posts nothing new."""
    assert isinstance(event, TicketClosed)  # noqa: S101 - the one subscription
    for entry in entries_for(event, policies_at(desk, event.at)):
        post_entry(desk, entry, desk.now())


@room.changes
def on_change(desk: Desk, change: Change) -> None:
    """Tell of a statement that was sent, approved, or has a line disputed, and of a pool that is empty."""
    tell = pool_event if change.sk == "balance" else statement_event
    if event := tell(desk.tenant, change, desk.now()):
        desk.emit(event)


@room.schedule("cron(0 * * * ? *)", name="hourly")
def hourly(desk: Desk, now: datetime) -> datetime:
    """Post what was still to come and is due; start the run of each period that is due, the oldest first: one that was
    late, or stopped on its way, again."""
    next_posting = desk.book.post_due(now)
    for run in desk.runs.due(now):
        desk.machine.start(run.id, "close", now)
    return min(next_posting, desk.runs.next_due())


@room.task("steps")
def steps(desk: Desk, payload: dict[str, Any]) -> dict[str, Any]:
    """A step of the settlement machine."""
    return run_step(desk, payload)
