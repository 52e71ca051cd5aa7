"""How tickets, trails and actions are shown over HTTP. Pure; personal text comes in unsealed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from functions.tickets.actions.action import ActionType
from functions.tickets.deadlines.clocks import handling_watch
from functions.tickets.deadlines.deadlines import Ladder, due, due_at
from functions.tickets.dispatch.costs import Cost
from functions.tickets.dispatch.dispatch import Dispatch
from functions.tickets.ticket.colours import colour_of
from functions.tickets.ticket.past import state_hash
from functions.tickets.ticket.ticket import Case, Rung, Ticket, Visit
from functions.tickets.ticket.trail import Entry, first_break
from functions.tickets.ticket.types import URGENT
from hub.contracts.base import Words
from hub.contracts.clocks import ClockView, LadderStepView, TicketClockView
from hub.contracts.dispatch import CandidateView, DispatchView, ExplainView, LayerView, RuleTraceView, VerdictView
from hub.contracts.ticket_orders import SupplyView, TicketOrderView
from hub.contracts.tickets import (
    ActionView,
    EntryView,
    FlowRef,
    GuestView,
    OutcomeView,
    RungView,
    SignatureView,
    TicketView,
    TimelineView,
    VisitView,
)
from hub.kernel.money import Money
from hub.rules import DecisionTable, RuleTrace

Texts = tuple[Mapping[str, str], Mapping[str, str]]
"""Texts by name, and which class each of them is of."""
NOTHING: Texts = ({}, {})


def show_ticket(
    case: Case,
    subject: str = "",
    supplies: tuple[SupplyView, ...] = (),
    *,
    texts: Mapping[str, str] | None = None,
    text_classes: Mapping[str, str] | None = None,
    filled_in: Mapping[str, Texts] | None = None,
    clocks: tuple[TicketClockView, ...] = (),
    order: TicketOrderView | None = None,
    board: DecisionTable,
) -> TicketView:
    """A ticket with its visits and rungs, as far as the case holds them. text_classes: what each text is to the field
    policy. filled_in: by visit, what was written on its form, each with its classes. board: what colours it."""
    ticket, filled = case.ticket, filled_in or {}
    return TicketView(
        id=ticket.id,
        version=case.version,
        type=ticket.type,
        priority=ticket.priority,
        title=Words(zh=ticket.title_zh, en=ticket.title_en),
        subject=subject,
        state=ticket.state,
        outcome=ticket.outcome,
        customer_id=ticket.customer_id,
        entry=ticket.entry,
        entries=ticket.entries,
        topic=ticket.topic,
        region=ticket.region,
        store_id=ticket.store_id,
        placed_by=ticket.placed_by,
        home_region=ticket.home_region,
        home_store=ticket.home_store,
        team=ticket.team,
        assignee=ticket.assignee,
        parent_id=ticket.parent_id,
        tags=ticket.tags,
        flow=FlowRef(key=ticket.flow_key, version=ticket.flow_version),
        run=ticket.run,
        stands=ticket.stands,
        colour=colour_of(board, ticket),
        opened_at=ticket.opened_at,
        dispatched_at=ticket.dispatched_at,
        acknowledged_at=ticket.acknowledged_at,
        accepted_at=ticket.accepted_at,
        closed_at=ticket.closed_at,
        last_message_at=ticket.last_message_at,
        paused=ticket.paused or bool(ticket.blocked_by),
        waits_for=ticket.waits_for,
        supplies=supplies,
        logistics_no=order.tracking_no if order else "",
        order=order,
        texts=dict(texts or {}),
        text_classes=dict(text_classes or {}),
        **_about(ticket),
        visits=tuple(_visit(v, *filled.get(v.id, NOTHING)) for v in sorted(case.visits.values(), key=_number)),
        rungs=tuple(_rung(rung) for rung in sorted(case.rungs.values(), key=lambda rung: rung.due_at)),
        due_at=ticket.due_at,
        clocks=clocks,
        link=f"/t/{ticket.link}",
    )


def _about(ticket: Ticket) -> dict[str, Any]:
    """How pressing it is, what it is about, who was asked to help, and what the work cost."""
    return {
        "urgent": ticket.priority == URGENT,
        "level": ticket.level,
        "guests": tuple(GuestView(**guest.model_dump()) for guest in ticket.guests),
        "order_id": ticket.order_id,
        "order_no": ticket.order_no,
        "fields": ticket.fields,
        "form": FlowRef(key=ticket.form, version=int(ticket.form_pin.partition("+")[0] or 0)),
        "submission_id": ticket.submission_id,
        "amount": str(Money(ticket.amount_minor, ticket.amount_currency)) if ticket.amount_minor else "",
        "amount_currency": ticket.amount_currency,
        "currency": ticket.currency,
        "labour_amount": str(Money(ticket.labour_minor, ticket.currency)),
        "parts_amount": str(Money(ticket.parts_minor, ticket.currency)),
        "travel_amount": str(Money(ticket.travel_minor, ticket.currency)),
    }


def _number(visit: Visit) -> int:
    return visit.number


def _visit(visit: Visit, texts: Mapping[str, str], classes: Mapping[str, str]) -> VisitView:
    return VisitView(
        id=visit.id,
        node=visit.node,
        kind=visit.kind,
        title=Words(zh=visit.title_zh, en=visit.title_en),
        assignee=visit.assignee,
        entered_at=visit.entered_at,
        left_at=visit.left_at,
        outcome=visit.outcome,
        actor=visit.actor,
        outcomes=visit.outcomes if visit.waits else (),
        awaits=visit.awaits,
        queue=visit.queue if visit.waits else "",
        signatures=tuple(SignatureView(**signature.model_dump()) for signature in visit.signatures),
        until=visit.until,
        form=visit.form_key,
        fields=visit.report,
        answers=visit.answers,
        texts=dict(texts),
        text_classes=dict(classes),
    )


def _rung(rung: Rung) -> RungView:
    return RungView(
        rung=rung.name,
        clock=rung.clock,
        due_at=rung.due_at,
        fired_at=rung.fired_at,
        recipients=rung.recipients,
        fallback=rung.fallback,
    )


def show_timeline(case: Case, trail: Sequence[Entry], shown: Sequence[Entry], texts: Mapping[int, str]) -> TimelineView:
    """The end of the trail that is shown, with the text that goes with an entry by its sequence number; the whole of
    `trail` is verified."""
    broken_at = first_break(case.ticket, trail, state_hash(case.ticket))
    return TimelineView(
        ticket_id=case.ticket.id,
        intact=broken_at is None,
        broken_at=broken_at,
        left_out=len(trail) - len(shown),
        entries=tuple(
            EntryView(
                seq=entry.seq,
                at=entry.at,
                actor=entry.actor,
                what=entry.what,
                detail=entry.detail,
                text=texts.get(entry.seq, ""),
                hash=entry.hash,
            )
            for entry in shown
        ),
    )


def show_explanation(
    case: Case,
    ladder: Ladder,
    traces: Iterable[RuleTrace],
    layers: tuple[LayerView, ...],
    dispatch: Dispatch,
    now: datetime,
) -> ExplainView:
    """Why the ticket is what and where it is, who would get it now, and what its clock will do."""
    watch = handling_watch(case, ladder)
    _, wake = due(watch, ladder.steps, now)
    return ExplainView(
        ticket_id=case.ticket.id,
        rule_id=case.ticket.rule_id,
        layers=layers,
        rules=tuple(
            RuleTraceView(rule_id=trace.rule_id, note=trace.note, holds=trace.holds, chosen=trace.chosen)
            for trace in traces
        ),
        dispatch=DispatchView(
            chosen=dispatch.chosen,
            fallback=dispatch.fallback,
            best=tuple(_candidate(verdict.person_id, verdict.cost) for verdict in dispatch.best(5) if verdict.cost),
            candidates=tuple(
                VerdictView(person_id=v.person_id, open_tickets=v.open_tickets, fits=not v.why, why=v.why)
                for v in dispatch.verdicts
            ),
        ),
        clock=ClockView(
            running_since=watch.clock.since,
            consumed_seconds=watch.clock.consumed_seconds,
            next_due_at=wake if case.ticket.is_open else None,
        ),
        ladder=tuple(
            LadderStepView(
                rung=step.name,
                after_seconds=step.after_seconds,
                audience=step.audience,
                due_at=due_at(watch.clock, step) if watch.clock.since else None,
                fired=step.name in watch.fired,
            )
            for step in ladder.steps
        ),
    )


def show_layers(ticket: Ticket, traces: Iterable[RuleTrace], override_note: str) -> tuple[LayerView, ...]:
    """Which of the three layers said what the ticket is. traces: of the intake rules as they are today."""
    held, notes = ticket.layers, {trace.rule_id: trace.note for trace in traces}
    override, learned = held.get("override", ""), held.get("suggests", "")
    base = LayerView(
        layer="base",
        decides=not override,
        rule_id=ticket.rule_id,
        note=notes.get(ticket.rule_id, ""),
        topic="" if override else ticket.topic,
    )
    views = [base]
    if override:
        team = held.get("team", "")
        views.append(
            LayerView(
                layer="override", decides=True, rule_id=override, note=override_note, topic=ticket.topic, team=team
            )
        )
    return (*views, *([LayerView(layer="learned", decides=False, topic=learned)] if learned else ()))


def _candidate(person_id: str, cost: Cost) -> CandidateView:
    return CandidateView(person_id=person_id, total=cost.total, **vars(cost))


def show_action(action: ActionType[Any]) -> ActionView:
    """An action with the JSON Schema of its parameters."""
    return ActionView(
        name=action.name,
        title=Words(zh=action.zh, en=action.en),
        params=action.params.model_json_schema(),
        outcomes=tuple(OutcomeView(id=each.id, title=Words(zh=each.zh, en=each.en)) for each in action.outcomes),
    )
