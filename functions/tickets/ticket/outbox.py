"""What follows from a change of the tickets table: the stream is the outbox. Pure; every effect may happen again.

Executions have names and events have ids that derive from the fact itself, so whoever sees a repeat knows it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from functions.tickets.ticket.ticket import Rung, Ticket, Visit
from hub.contracts.events import Event, RungFired, TicketAssigned, TicketClosed, TicketOpened
from hub.kernel.ids import SYSTEM, hashed_id


@dataclass(frozen=True)
class StartFlow:
    """Start this run of the ticket's flow."""

    ticket_id: str
    flow_key: str
    flow_version: int
    run: int
    resume_at: str = ""
    resume_after: str = ""

    @property
    def name(self) -> str:
        return f"{self.ticket_id}-{self.run}"

    @property
    def input(self) -> dict[str, Any]:
        after, at = self.resume_after, self.resume_at
        return {"ticket": self.ticket_id, "run": self.run, "visit": after, "edge": "", "resume_at": at}


@dataclass(frozen=True)
class StartEscalation:
    """Start this generation of the ticket's escalation; how long it first waits is read off the ticket then."""

    ticket_id: str
    run: int
    generation: int

    @property
    def name(self) -> str:
        return f"{self.ticket_id}-{self.run}-g{self.generation}"


@dataclass(frozen=True)
class Signal:
    """Tell the flow that its visit has ended."""

    token: str
    output: dict[str, Any]


@dataclass(frozen=True)
class Emit:
    """Put this event on the bus."""

    event: Event


Effect = StartFlow | StartEscalation | Signal | Emit


def follow_change(tenant: str, sk: str, new: Mapping[str, Any] | None, old: Mapping[str, Any] | None) -> list[Effect]:
    """What has to happen because an item changed from `old` to `new` (bodies; None: was not, or is not, there)."""
    if new is None:
        return []
    if sk == "ticket":
        before = Ticket.model_validate(old) if old else None
        return list(_of_ticket(tenant, Ticket.model_validate(new), before))
    if sk.startswith("visit#"):
        return list(_of_visit(Visit.model_validate(new), Visit.model_validate(old) if old else None))
    if sk.startswith("rung#") and old is None:
        return [Emit(rung_fired(tenant, Rung.model_validate(new)))]
    return []


def start_flow(ticket: Ticket) -> StartFlow:
    """The start of the ticket's run."""
    return StartFlow(ticket.id, ticket.flow_key, ticket.flow_version, ticket.run, ticket.resume_at, ticket.resume_after)


def signal_of(visit: Visit) -> Signal:
    """The answer that the flow waits for."""
    return Signal(visit.token, answer_of(visit))


def answer_of(visit: Visit) -> dict[str, Any]:
    """What a step answers to the flow: where it stands, and the edge to take."""
    return {"ticket": visit.ticket_id, "run": visit.run, "visit": visit.id, "edge": visit.edge}


def _of_ticket(tenant: str, new: Ticket, old: Ticket | None) -> Iterator[Effect]:
    if old is None:
        yield Emit(_opened(tenant, new))
    if new.is_open and new.flow_version and (old is None or old.run != new.run):
        yield start_flow(new)
    moved = old is None or (old.run, old.generation) != (new.run, new.generation)
    if new.is_open and new.ladder and new.clock_since and moved:
        yield StartEscalation(new.id, new.run, new.generation)
    if new.notice > (old.notice if old else 0):
        yield Emit(_assigned(tenant, new))
    if new.state == "closed" and (old is None or old.state != "closed"):
        yield Emit(_closed(tenant, new))


def _of_visit(new: Visit, old: Visit | None) -> Iterator[Effect]:
    settled_before = old is not None and not old.waits and old.token == new.token
    if new.token and not new.waits and not settled_before:
        yield signal_of(new)


def _opened(tenant: str, ticket: Ticket) -> TicketOpened:
    return TicketOpened(
        id=hashed_id("evt", "ticket.opened", ticket.id),
        tenant=tenant,
        at=ticket.opened_at,
        replay=ticket.replay,
        ticket_id=ticket.id,
        customer_id=ticket.customer_id,
        identity_id=ticket.identity_id,
        ticket_type=ticket.type,
        priority=ticket.priority,
        region=ticket.region,
        store_id=ticket.store_id,
    )


def _assigned(tenant: str, ticket: Ticket) -> TicketAssigned:
    return TicketAssigned(
        id=hashed_id("evt", "ticket.assigned", ticket.id, str(ticket.notice)),
        tenant=tenant,
        at=ticket.noticed_at or ticket.opened_at,
        ticket_id=ticket.id,
        ticket_type=ticket.type,
        priority=ticket.priority,
        assignee=ticket.notice_to,
        visit_id=ticket.notice_visit,
    )


def _closed(tenant: str, ticket: Ticket) -> TicketClosed:
    return TicketClosed(
        id=hashed_id("evt", "ticket.closed", ticket.id, str(ticket.run)),
        tenant=tenant,
        at=ticket.closed_at or ticket.opened_at,
        ticket_id=ticket.id,
        run=ticket.run,
        customer_id=ticket.customer_id,
        identity_id=ticket.identity_id,
        ticket_type=ticket.type,
        region=ticket.region,
        store_id=ticket.store_id,
        assignee=ticket.assignee or SYSTEM,
        outcome=ticket.outcome,
        currency=ticket.currency,
        labour_minor=ticket.labour_minor,
        parts_minor=ticket.parts_minor,
        travel_minor=ticket.travel_minor,
    )


def rung_fired(tenant: str, rung: Rung) -> RungFired:
    """The event that tells of a rung."""
    return RungFired(
        id=hashed_id("evt", "rung.fired", rung.ticket_id, rung.name),
        tenant=tenant,
        at=rung.fired_at,
        ticket_id=rung.ticket_id,
        ticket_type=rung.ticket_type,
        priority=rung.priority,
        rung=rung.name,
        due_at=rung.due_at,
        recipients=rung.recipients,
    )
