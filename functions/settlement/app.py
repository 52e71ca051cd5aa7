"""Settlement (结算): entries from closed tickets, live earnings, daily runs, statements."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from functions.settlement.api import ledger, runs, statements
from functions.settlement.desk import Desk
from functions.settlement.handlers.posting import policies_at, post_entry
from functions.settlement.handlers.steps import run_step
from functions.settlement.ledger.lines import party_lines
from functions.settlement.policies import entries_for
from functions.settlement.policy_kind import POLICIES
from functions.settlement.room import room
from functions.settlement.runs.periods import RUN_HOUR, day_of_run, local_day, run_id_of
from hub.contracts.events import Event, TicketClosed
from hub.documents.routes import serve_documents
from hub.edge.bus import Change

__all__ = ["forward", "ledger", "room", "runs", "statements"]
forward = room.forward

serve_documents(room, (POLICIES,), lambda desk: desk.documents)


@room.events("ticket.closed")
def on_event(desk: Desk, event: Event) -> None:
    """Post the entries of a closed ticket; a repeat posts nothing new."""
    assert isinstance(event, TicketClosed)  # noqa: S101 - the one subscription
    for entry in entries_for(event, policies_at(desk, event.at)):
        post_entry(desk, entry, desk.now())


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
    desk.machine.start(run_id_of(desk.tenant, day), day)


@room.task("steps")
def steps(desk: Desk, payload: dict[str, Any]) -> dict[str, Any]:
    """A step of the settlement machine."""
    return run_step(desk, payload)
