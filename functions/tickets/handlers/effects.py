"""Effects: does what outbox.py says has to follow from a change. Doing one again does no harm."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from functions.tickets.deadlines.clocks import due_of, is_assumed
from functions.tickets.deadlines.deadlines import wait_seconds
from functions.tickets.desk import Desk
from functions.tickets.handlers.children import open_child, tell_children, tell_parent
from functions.tickets.handlers.steps import RETRY_SECONDS
from functions.tickets.ticket.outbox import (
    Ask,
    Effect,
    Emit,
    OpenChild,
    Signal,
    StartEscalation,
    StartFlow,
    StartTimer,
    TellChildren,
    TellParent,
    follow_change,
)
from functions.tickets.ticket.ticket import Ticket, Visit
from hub.contracts.envelope import Event
from hub.edge.bus import Change

ASSUMED = "AssumedDeadlines"
"""The metric by which operators hear that a calendar has come to its end (infra.alarms)."""


def follow(desk: Desk, change: Change) -> tuple[Event, ...]:
    """Do all that follows from a change of the table, and answer the events that do. Images that the stream left out
    are read from the table."""
    new, old = _body(change.new), _body(change.old)
    if new is None and change.kind != "REMOVE":
        record = desk.items.find(change.pk.partition("#")[2], change.sk)
        new = record.item.get("body") if record else None
    effects = follow_change(desk.tenant, change.sk, new, old)
    if new is not None and change.sk == "ticket" and new.get("clocks") != (old or {}).get("clocks"):
        _watch_calendar(desk, Ticket.model_validate(new))
    for effect in effects:
        perform(desk, effect)
    events = (
        effect for effect in effects if isinstance(effect, Emit) or (isinstance(effect, Ask) and _wants(desk, effect))
    )
    return tuple(effect.event for effect in events)


def perform(desk: Desk, effect: Effect) -> None:
    """Do one effect but an event, which goes out with the others of its batch. Raises Retry when AWS is busy."""
    match effect:
        case Signal(token, output):
            desk.machines.succeed(token, output)
        case StartFlow():
            machine_arn = desk.catalogue.machine_arn(effect.flow_key, effect.flow_version)
            desk.machines.start(machine_arn, effect.name, effect.input)
        case StartEscalation():
            _start_escalation(desk, effect)
        case StartTimer():
            _start_timer(desk, effect)
        case OpenChild(visit):
            open_child(desk, visit)
        case TellParent(child):
            tell_parent(desk, child)
        case TellChildren(parent):
            tell_children(desk, parent)


def _watch_calendar(desk: Desk, ticket: Ticket) -> None:
    """A deadline behind the last day that its calendar knows is a guess: an alarm hangs on this count."""
    if is_assumed(ticket, desk.catalogue.terms_of(ticket)):
        desk.count(ASSUMED)


def _wants(desk: Desk, ask: Ask) -> bool:
    """Whether what was to be done for a visit still is: nobody gets a coupon of a ticket that was cancelled before the
    stream came to it. (A cancelling later is for the flow's `undo`.)"""
    if not ask.visit.waits:
        return True
    pk = f"ticket#{ask.visit.ticket_id}"
    ticket, visit = (desk.items.find(pk, sk) for sk in ("ticket", f"visit#{ask.visit.id}"))
    return bool(ticket and visit and ticket.read(Ticket).is_open and visit.read(Visit).waits)


def _start_escalation(desk: Desk, effect: StartEscalation) -> None:
    """Start the generation, unless it is not the ticket's any more or nothing will ever be due."""
    case, now = desk.tickets.case(effect.ticket_id), desk.now()
    if (case.ticket.run, case.ticket.generation) != (effect.run, effect.generation) or not case.ticket.is_open:
        return
    ripe, wake = due_of(case, desk.catalogue.terms_of(case.ticket), now)
    if ripe or wake:
        payload = {
            "tenant": desk.tenant,
            "ticket": effect.ticket_id,
            "run": effect.run,
            "generation": effect.generation,
            "wakes": 0,
            "wait_seconds": 1 if ripe or wake is None else wait_seconds(now, wake),
            "retry_seconds": RETRY_SECONDS,
        }
        desk.machines.start(desk.escalation_arn, effect.name, payload)


def _start_timer(desk: Desk, effect: StartTimer) -> None:
    visit = effect.visit
    payload = {
        "tenant": desk.tenant,
        "ticket": visit.ticket_id,
        "run": visit.run,
        "generation": visit.id,
        "wakes": 0,
        "wait_seconds": wait_seconds(desk.now(), visit.until or desk.now()),
        "retry_seconds": RETRY_SECONDS,
    }
    desk.machines.start(desk.escalation_arn, effect.name, payload)


def _body(image: Mapping[str, Any] | None) -> Mapping[str, Any] | None:
    body = image.get("body") if image else None
    return body if isinstance(body, Mapping) else None
