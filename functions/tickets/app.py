"""Tickets (工单): what customers ask becomes work on its way through a flow, with timers behind it.

The routes stand in api/, what queues, streams, schedules and machines call in handlers/; here is what calls what.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from functions.tickets.api import (
    actions,
    designs,
    doctor,
    family,
    form_pages,
    forms,
    layers,
    nodes,
    plans,
    positions,
    progress,
    queues,
    rehearsals,
    runs,
    tickets,
    uploads,
    work,
)
from functions.tickets.deadlines.calendars import CALENDARS
from functions.tickets.deadlines.ladders import LADDERS
from functions.tickets.deadlines.policies import POLICIES
from functions.tickets.desk import Desk
from functions.tickets.dispatch.matrices import MATRICES
from functions.tickets.dispatch.policy import DISPATCH_POLICY
from functions.tickets.flows.blocks import BLOCKS
from functions.tickets.flows.kind import FLOWS
from functions.tickets.forms.kind import FORMS
from functions.tickets.handlers.ahead import read_ahead
from functions.tickets.handlers.copies import take_level, take_store, take_submitter
from functions.tickets.handlers.disputes import take_dispute
from functions.tickets.handlers.effects import follow
from functions.tickets.handlers.failures import take_failure
from functions.tickets.handlers.handover import take_shift
from functions.tickets.handlers.happenings import take_answer, take_happening
from functions.tickets.handlers.learning import learn_slice
from functions.tickets.handlers.migrating import migrate_slice
from functions.tickets.handlers.occasions import take_occasion
from functions.tickets.handlers.orders import take_parcel
from functions.tickets.handlers.reception import take_message, take_person, take_roster, take_tap
from functions.tickets.handlers.rehearsing import rehearse_slice
from functions.tickets.handlers.steps import run_step
from functions.tickets.handlers.supplies import take_correction, take_supply
from functions.tickets.handlers.sweep import EVERY_MINUTES, sweep_tickets
from functions.tickets.intake.kind import INTAKE_RULES
from functions.tickets.intake.occasion_kind import OCCASION_RULES
from functions.tickets.intake.overrides import OVERRIDES
from functions.tickets.plans.patrol_kind import PATROLS
from functions.tickets.plans.plan_kind import PLANS
from functions.tickets.room import IMPORTS, room
from functions.tickets.ticket.colours import BOARD
from functions.tickets.ticket.types import TICKET_TYPES
from hub.contracts import events
from hub.contracts.events import Event
from hub.documents.routes import serve_documents
from hub.edge.batch import serve_batch
from hub.edge.bus import Change
from hub.jobs.desk import Task
from hub.jobs.routes import follow_job, serve_jobs

__all__ = [
    "actions",
    "designs",
    "doctor",
    "family",
    "form_pages",
    "forms",
    "layers",
    "nodes",
    "plans",
    "positions",
    "progress",
    "queues",
    "rehearsals",
    "room",
    "runs",
    "tickets",
    "uploads",
    "work",
]

TASKS = (
    Task(rehearsals.REHEARSAL, rehearse_slice),
    Task(layers.LEARNING, learn_slice),
    Task(rehearsals.MIGRATION, migrate_slice, roles=("administrator",)),
)
KINDS = (
    FLOWS,
    BLOCKS,
    FORMS,
    TICKET_TYPES,
    LADDERS,
    POLICIES,
    CALENDARS,
    MATRICES,
    PLANS,
    PATROLS,
    INTAKE_RULES,
    OVERRIDES,
    OCCASION_RULES,
    BOARD,
    DISPATCH_POLICY,
)
serve_documents(room, KINDS, lambda desk: desk.documents)
serve_jobs(room, IMPORTS, TASKS)
serve_batch(room, "/tickets/batch")

forward = room.forward


@room.events(
    "message.resolved",
    "occasion.resolved",
    "card.tapped",
    "person.changed",
    "store.changed",
    "customer.leveled",
    "submitter.found",
    "roster.changed",
    "supply.changed",
    "decision.corrected",
    "execution.failed",
    "shift.started",
    "logistics.changed",
    "after_sale.changed",
    "refund.paid",
    "flow.answered",
    "line.disputed",
    ahead=read_ahead,
)
def on_event(desk: Desk, event: Event) -> None:
    """What the bus tells: messages, taps, how the organisation changes, and which executions failed."""
    match event:
        case events.MessageResolved():
            take_message(desk, event)
        case events.OccasionResolved():
            take_occasion(desk, event)
        case events.CardTapped():
            take_tap(desk, event)
        case events.PersonChanged():
            take_person(desk, event)
        case events.StoreChanged():
            take_store(desk, event)
        case events.CustomerLeveled():
            take_level(desk, event)
        case events.SubmitterFound():
            take_submitter(desk, event)
        case events.RosterChanged():
            take_roster(desk, event)
        case events.SupplyChanged():
            take_supply(desk, event)
        case events.DecisionCorrected():
            take_correction(desk, event)
        case events.ExecutionFailed():
            take_failure(desk, event)
        case events.ShiftStarted():
            take_shift(desk, event)
        case events.LogisticsChanged():
            take_parcel(desk, event)
            take_happening(desk, event)
        case events.AfterSaleChanged() | events.RefundPaid():
            take_happening(desk, event)
        case events.LineDisputed():
            take_dispute(desk, event)
        case events.FlowAnswered():
            take_answer(desk, event)


@room.changes
def on_change(desk: Desk, change: Change) -> Iterable[Event]:
    """The stream is the outbox: executions, signals and events follow from what was written."""
    return () if follow_job(room, IMPORTS, change, TASKS) else follow(desk, change)


@room.task("steps")
def steps(desk: Desk, payload: dict[str, Any]) -> dict[str, Any]:
    """What Step Functions asks: see handlers/steps.py."""
    return run_step(desk, payload)


@room.schedule(f"rate({EVERY_MINUTES} minutes)")
def sweep(desk: Desk, now: datetime) -> datetime | None:
    """Look after open tickets that nobody and nothing works on: see handlers/sweep.py."""
    return sweep_tickets(desk, now)
