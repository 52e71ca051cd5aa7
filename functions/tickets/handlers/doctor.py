"""The doctor: looks whether open tickets have what keeps them moving, and mends what they lack.

Mending again, or beside the sweep, does no harm: starts have names, runs and generations are conditional on the ticket.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from functions.tickets.deadlines.clocks import first_of
from functions.tickets.deadlines.health import RUNNING, Ill, Pulse, What, examine, has_run
from functions.tickets.deadlines.stuck import SLACK
from functions.tickets.desk import Desk
from functions.tickets.flows.machines import ABSENT
from functions.tickets.handlers.effects import perform
from functions.tickets.handlers.steps import handover, wake
from functions.tickets.ticket.clock import HANDLING
from functions.tickets.ticket.outbox import StartEscalation, start_flow
from functions.tickets.ticket.runs import resume_run
from functions.tickets.ticket.ticket import Case, Move, Ticket


def look_at_ticket(
    desk: Desk, ticket: Ticket, now: datetime, *, fix: bool
) -> tuple[Case, tuple[Ill, ...], frozenset[What]]:
    """What the ticket lacks, and what of it was mended, where that is asked for. One that is well by what a list says
    of it, and by its two executions, is not read."""
    if _seems_well(desk, ticket):
        return Case(ticket), (), frozenset()
    case = desk.tickets.case(ticket.id)
    settled = (case.ticket.changed_at or case.ticket.opened_at) + desk.in_business(SLACK) < now
    ills = tuple(examine(case, _pulse(desk, case), is_settled=settled))
    return case, ills, _mend(desk, case, ills, now) if fix else frozenset()


def _seems_well(desk: Desk, ticket: Ticket) -> bool:
    """Whether its executions run, and a clock."""
    unanswered = ticket.acknowledged_at is None
    clock_runs = any(clock.runs and (unanswered or clock.measures != HANDLING) for clock in ticket.clocks)
    return clock_runs and _flow_status(desk, ticket) in ("", RUNNING) and _escalation_status(desk, ticket) == RUNNING


def _flow_status(desk: Desk, ticket: Ticket) -> str:
    if not has_run(ticket):
        return ""
    arn = desk.catalogue.machine_arn(ticket.flow_key, ticket.flow_version)
    return desk.machines.status(arn, start_flow(ticket).name)


def _escalation_status(desk: Desk, ticket: Ticket) -> str:
    name = StartEscalation(ticket.id, ticket.run, ticket.generation).name
    return desk.machines.status(desk.escalation_arn, name)


def _pulse(desk: Desk, case: Case) -> Pulse:
    ticket = case.ticket
    next_at = first_of(case, desk.catalogue.terms_of(ticket))
    escalation = _escalation_status(desk, ticket) if next_at is not None else ""
    return Pulse(_flow_status(desk, ticket) if ticket.is_open else "", escalation, next_at)


def _mend(desk: Desk, case: Case, ills: Iterable[Ill], now: datetime) -> frozenset[What]:
    """A run that never started is started; one that died goes on at the same node, by the next run, and with it the
    escalation; an escalation alone by its next generation. A clock that there is not nobody can wind: it is told. A
    ticket that has moved since it was seen is left alone: it has somebody who moves it."""
    whats = {ill.what: ill for ill in ills}
    flow, mended = whats.get("flow"), set[What]()
    if flow is not None and flow.status == ABSENT:
        perform(desk, start_flow(case.ticket))
        mended.add("flow")
    elif flow is not None:
        after = desk.tickets.change(case.ticket.id, now, lambda current: _go_on(desk, case, current, now))
        begun = (after.ticket.run, after.version) == (case.ticket.run + 1, case.version + 1)
        return frozenset(ill.what for ill in ills if ill.what != "clock") if begun else frozenset()
    if "escalation" in whats:
        mended |= {"escalation"} if _next_generation(desk, case) else set()
    return frozenset(mended)


def _next_generation(desk: Desk, case: Case) -> bool:
    """Fire what is due, and go on by the next generation. False where the ticket has another one by now."""
    ticket, current = case.ticket, desk.tickets.case(case.ticket.id).ticket
    if not current.is_open or (current.run, current.generation) != (ticket.run, ticket.generation):
        return False
    live = {"ticket": ticket.id, "run": ticket.run, "generation": ticket.generation, "wakes": 0}
    if wake(desk, live)["next"] != "done":
        handover(desk, live)
    return True


def _go_on(desk: Desk, seen: Case, case: Case, now: datetime) -> Move | None:
    """The next run, unless the ticket has moved since it was seen."""
    return resume_run(case, desk.catalogue.flow_of(case.ticket), now) if case.version == seen.version else None
