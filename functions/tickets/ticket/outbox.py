"""What follows from a change of the tickets table: the stream is the outbox. Pure; every effect may happen again.

Executions have names and events have ids that derive from the fact itself, so whoever sees a repeat knows it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from functions.tickets.flows.asl import OVER
from functions.tickets.forms.submission import Submission
from functions.tickets.ticket.events import (
    clocks_breached,
    coupon_wanted,
    endpoint_called,
    experts_mentioned,
    flow_told,
    form_submitted,
    rung_fired,
    rung_noticed,
    signer_asked,
    ticket_assigned,
    ticket_changed,
    ticket_closed,
    ticket_noticed,
    ticket_opened,
    ticket_stranded,
    visit_entered,
    visit_left,
    work_reported,
)
from functions.tickets.ticket.ticket import Case, Move, Rung, Ticket, Visit
from hub.contracts.events import Event
from hub.kernel.dataclass import dataclass

PEOPLES = ("human", "approval")
"""Nodes that people end, and report their work at."""


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
        return {"ticket": self.ticket_id, "run": self.run, "visit": after, "at": "", "edge": "", "resume_at": at}


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


@dataclass(frozen=True)
class Ask:
    """Have somebody else do something: put this event on the bus, if what wants it still does by then. visit: the
    action's, which waits for the answer; one that takes something back waits for none, and is told in any case."""

    event: Event
    visit: Visit


@dataclass(frozen=True)
class StartTimer:
    """Let time pass for a visit that is over by itself: by a sleeper of its own, on the escalation's machine."""

    visit: Visit

    @property
    def name(self) -> str:
        return f"{self.visit.ticket_id}-{self.visit.run}-{self.visit.id}"


@dataclass(frozen=True)
class OpenChild:
    """Open the ticket that this visit waits for, or that its action wants."""

    visit: Visit


@dataclass(frozen=True)
class TellParent:
    """The ticket that a visit of another one waits for is closed."""

    child: Ticket


@dataclass(frozen=True)
class TellChildren:
    """The ticket on which others hang is over."""

    parent: Ticket


Effect = StartFlow | StartEscalation | StartTimer | OpenChild | TellParent | TellChildren | Signal | Emit | Ask


def follow_change(tenant: str, sk: str, new: Mapping[str, Any] | None, old: Mapping[str, Any] | None) -> list[Effect]:
    """What has to happen because an item changed from `old` to `new` (bodies; None: was not, or is not, there)."""
    if new is None:
        return []
    if sk == "ticket":
        before = Ticket.model_validate(old) if old else None
        return list(_of_ticket(tenant, Ticket.model_validate(new), before))
    if sk.startswith("visit#"):
        return list(_of_visit(tenant, Visit.model_validate(new), Visit.model_validate(old) if old else None))
    if sk.startswith("rung#") and old is None:
        return list(_of_rung(tenant, Rung.model_validate(new)))
    if sk == "submission":
        submission = Submission.model_validate(new)
        handed_in = submission.revision > (Submission.model_validate(old).revision if old else 0)
        return [Emit(form_submitted(tenant, submission))] if handed_in else []
    return []


def follow_move(tenant: str, old: Case | None, move: Move) -> list[Effect]:
    """What has to happen because all of a move was written; old: the ticket as it was, None for a new one."""
    before = old.visits if old else {}
    effects = list(_of_ticket(tenant, move.ticket, old.ticket if old else None))
    effects += (effect for visit in move.visits for effect in _of_visit(tenant, visit, before.get(visit.id)))
    return [*effects, *(effect for rung in move.rungs for effect in _of_rung(tenant, rung))]


def start_flow(ticket: Ticket) -> StartFlow:
    """The start of the ticket's run."""
    return StartFlow(ticket.id, ticket.flow_key, ticket.flow_version, ticket.run, ticket.resume_at, ticket.resume_after)


def signal_of(visit: Visit) -> Signal:
    """The answer that the flow waits for."""
    return Signal(visit.token, answer_of(visit))


def answer_of(visit: Visit) -> dict[str, Any]:
    """What a step answers to the flow: where it stands, and the edge to take."""
    base = {"ticket": visit.ticket_id, "run": visit.run, "visit": visit.id}
    return {**base, "at": visit.node, "edge": visit.edge, "resume_at": ""}


def _of_ticket(tenant: str, new: Ticket, old: Ticket | None) -> Iterator[Effect]:
    if old is None:
        yield Emit(ticket_opened(tenant, new))
    elif change := ticket_changed(tenant, new, old):
        yield Emit(change)
    begins = old is None or old.run != new.run or old.blocked_by != new.blocked_by
    if new.is_open and new.flow_version and not new.blocked_by and begins:
        yield start_flow(new)
    moved = old is None or (old.run, old.generation) != (new.run, new.generation)
    if new.is_open and moved and any(clock.runs for clock in new.clocks):
        yield StartEscalation(new.id, new.run, new.generation)
    yield from (Emit(event) for event in clocks_breached(tenant, new, old))
    yield from (Emit(event) for event in experts_mentioned(tenant, new, old))
    if new.notice > (old.notice if old else 0):
        yield Emit(ticket_assigned(tenant, new))
    if new.stranded > (old.stranded if old else 0):
        yield Emit(ticket_stranded(tenant, new))
    if new.state == "closed" and (old is None or old.state != "closed"):
        yield Emit(ticket_closed(tenant, new))
    if new.parent_visit and not new.is_open and (old is None or old.is_open):
        yield TellParent(new)
    if new.linked and not new.is_open and (old is None or old.is_open):
        yield TellChildren(new)


def _of_rung(tenant: str, rung: Rung) -> Iterator[Effect]:
    yield Emit(rung_fired(tenant, rung))
    if rung.deed and rung.deed.kind == "notice":
        yield Emit(rung_noticed(tenant, rung, rung.deed))


def _of_visit(tenant: str, new: Visit, old: Visit | None) -> Iterator[Effect]:
    if old is None:
        yield Emit(visit_entered(tenant, new))
        if new.waits and new.until:
            yield StartTimer(new)
        if (new.waits and new.kind == "call") or (new.deed and new.deed.kind == "ticket"):
            yield OpenChild(new)
        if new.deed and new.deed.kind == "notice":
            yield Emit(ticket_noticed(tenant, new, new.deed))
        if new.deed and new.deed.kind == "event":
            yield Emit(flow_told(tenant, new, new.deed))
        if new.deed and new.deed.kind == "endpoint":
            yield Ask(endpoint_called(tenant, new, new.deed), new)
        if new.deed and new.deed.kind == "coupon":
            yield Ask(coupon_wanted(tenant, new, new.deed), new)
    for signer in _newly_asked(new, old):
        yield Emit(signer_asked(tenant, new, signer))
    if not new.waits and (old is None or old.waits):
        yield Emit(visit_left(tenant, new))
        if new.report and new.kind in PEOPLES:
            yield Emit(work_reported(tenant, new))
    if old is not None and old.token and not new.token:
        yield Signal(old.token, answer_of(old.but(edge=OVER)))
    settled_before = old is not None and not old.waits and old.token == new.token
    if new.token and not new.waits and not settled_before:
        yield signal_of(new)


def _newly_asked(new: Visit, old: Visit | None) -> tuple[str, ...]:
    """The signers who were not asked before; whom else a visit waits for, its ticket says."""
    if not new.signers:
        return ()
    return tuple(person for person in new.awaits if old is None or person not in old.awaits)
