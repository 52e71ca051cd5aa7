"""Failures: an execution has died, and its ticket goes on by the next one at once. An older run's death means nothing.

What fails again before it has got anywhere is left to the sweep, which tries it every three quarters of an hour, and to
whoever the alarm calls.
"""

from __future__ import annotations

import re

from functions.tickets.desk import Desk
from functions.tickets.ticket.runs import has_got_on, resume_run
from functions.tickets.ticket.ticket import Case, Move
from hub.contracts import events

EXECUTION = re.compile(r"(?P<ticket>tkt_\w+)-(?P<run>\d+)(-g(?P<generation>\d+))?")
"""`<ticket>-<run>` of a flow, `<ticket>-<run>-g<generation>` of an escalation."""


def take_failure(desk: Desk, event: events.ExecutionFailed) -> None:
    """Go on where the execution died, unless the ticket has gone on without it."""
    name, now = EXECUTION.fullmatch(event.execution), desk.now()
    if name is None:
        return
    run, generation = int(name["run"]), name["generation"]

    def go_on(case: Case) -> Move | None:
        ticket = case.ticket
        if not ticket.is_open or ticket.run != run:
            return None
        if generation:
            live = ticket.generation == int(generation)
            return Move(ticket.but(generation=ticket.generation + 1)) if live else None
        return resume_run(case, desk.catalogue.flow_of(ticket), now) if has_got_on(case) else None

    desk.tickets.change(name["ticket"], now, go_on)
