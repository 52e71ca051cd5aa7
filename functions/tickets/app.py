"""Tickets (工单): what customers ask becomes work on its way through a flow, with timers behind it."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from functions.tickets.api.views import show_explanation, show_flow, show_rules, show_ticket, show_timeline
from functions.tickets.deadlines.deadlines import pause, resume
from functions.tickets.desk import Desk, text_context
from functions.tickets.dispatch.assignment import acknowledge_ticket, assign_ticket, keep_clock, watch_of
from functions.tickets.dispatch.dispatch import Need, choose_person
from functions.tickets.flows.preset_flows import preset_flow
from functions.tickets.handlers.effects import follow
from functions.tickets.handlers.reception import open_case, take_message, take_person, take_roster, take_tap
from functions.tickets.handlers.steps import run_step
from functions.tickets.handlers.supplies import supplies_of, take_correction, take_supply
from functions.tickets.handlers.sweep import EVERY_MINUTES, sweep_tickets
from functions.tickets.intake.intake import Opening, Wanted, intake_facts
from functions.tickets.tables import filters
from functions.tickets.ticket.progress import progress_of
from functions.tickets.ticket.ticket import Case, Move, Note, Published
from functions.tickets.ticket.visits import close_ticket, complete_visit, find_waiting
from hub.contracts.events import (
    CardTapped,
    DecisionCorrected,
    Event,
    MessageResolved,
    PersonChanged,
    RosterChanged,
    SupplyChanged,
)
from hub.contracts.http import Page
from hub.contracts.tickets import (
    Assign,
    CloseTicket,
    CompleteNode,
    ExplainView,
    FlowView,
    Nothing,
    OpenTicket,
    PauseClock,
    ProgressView,
    PublishFlow,
    PublishRules,
    RulesView,
    TicketQuery,
    TicketView,
    TimelineView,
    WriteComment,
)
from hub.edge import access, cursors
from hub.edge.bus import Change
from hub.edge.requests import Request
from hub.edge.room import Room
from hub.kernel.errors import Conflict, Forbidden, Invalid, NotFound, Problem
from hub.rules import explain
from hub.store.idempotency import Idempotency

READERS = ("supervisor", "agent", "engineer", "finance", "store_manager", "viewer", "integrator")
OPENERS = ("supervisor", "agent", "store_manager", "integrator")
LEADERS = ("supervisor", "agent")
BY_HAND = "by hand"
WORKERS = ("supervisor", "agent", "engineer", "store_manager")


room = Room("tickets", paths=("/tickets", "/flows", "/t"), idempotency=Idempotency)
desk = Desk(room)


@room.http("GET", "/tickets", summary="工单列表 · List tickets", query=TicketQuery,
           answer=Page[TicketView], roles=READERS)  # fmt: skip
def list_tickets(request: Request) -> Page[TicketView]:
    """The tickets of your region, newest first; the list may be two seconds behind, and leaves out visits and text."""
    query = request.query
    condition = filters(query, request.principal.region)
    cases, position = desk.tables.page(condition, cursors.decode(query.cursor), query.limit)
    return Page(
        data=tuple(show_ticket(case) for case in cases),
        next_cursor=cursors.encode(position),
        has_more=position is not None,
    )


def _replay_open(request: Request, ticket_id: str) -> TicketView:
    return _show(request, desk.tables.case(ticket_id))


@room.http("POST", "/tickets", summary="手工建单 · Open a ticket by hand", body=OpenTicket, answer=TicketView,
           roles=OPENERS, status=201, replay=_replay_open)  # fmt: skip
def open_by_hand(request: Request) -> TicketView:
    """Open a ticket of a known type; its flow starts by itself."""
    access.require_region(request.principal, request.body.region)
    ticket_id, body = request.new_id("tkt"), request.body
    opening = Opening(
        ticket_id=ticket_id,
        customer_id=body.customer_id,
        region=body.region,
        link="",
        at=request.made_at or request.now,
        store_id=body.store_id,
        channel="hand",
        sealed=desk.sealer.seal(body.subject, text_context(ticket_id)),
    )
    wanted = Wanted(body.type, body.priority, BY_HAND, body.skill)
    try:
        return _show(request, open_case(desk, wanted, opening, request.principal.sub))
    except Conflict:
        return _show(request, desk.tables.case(ticket_id))


@room.http("GET", "/tickets/rules", summary="受理规则 · Show the intake rules", answer=RulesView, roles=LEADERS)
def read_rules(request: Request) -> RulesView:  # noqa: ARG001 - a handler's signature
    """The rules that say what kind of ticket a message opens: the preset, until others are published."""
    return show_rules(desk.rules.current())


@room.http("PUT", "/tickets/rules", summary="发布受理规则 · Publish intake rules", body=PublishRules, answer=RulesView,
           roles=("administrator",))  # fmt: skip
def publish_rules(request: Request) -> RulesView:
    """Publish intake rules: messages from now on are read by them. Rules that can never decide are refused."""
    body = request.body
    return show_rules(desk.rules.publish(body.document, body.version, request.principal.sub, request.now))


@room.http("GET", "/tickets/{ticket_id}", summary="工单详情 · Show a ticket", answer=TicketView, roles=READERS)
def read_ticket(request: Request) -> TicketView:
    """A ticket with its visits and fired rungs."""
    return _show(request, _case(request))


@room.http("GET", "/tickets/{ticket_id}/timeline", summary="操作痕迹 · The ticket's trail", answer=TimelineView,
           roles=READERS)  # fmt: skip
def read_timeline(request: Request) -> TimelineView:
    """All that happened, in order, and whether the hash chain holds."""
    case = _case(request)
    entries = desk.tables.trail(case.ticket.id)
    return show_timeline(case, entries, {e.seq: _text(request, case, e.sealed_text) for e in entries if e.sealed_text})


@room.http("GET", "/tickets/{ticket_id}/explain", summary="为什么 · Why is it so?", answer=ExplainView, roles=LEADERS)
def explain_ticket(request: Request) -> ExplainView:
    """The rule that classified it, who would get it now and why the others not, its clock and its ladder."""
    case = _case(request)
    ticket = case.ticket
    need = Need(ticket.region, ticket.skill, excluded=ticket.declined)
    said = desk.sealer.unseal(ticket.subject_sealed, text_context(ticket.id))
    facts = intake_facts(said, ticket.channel, ticket.entry, ticket.region)
    traces = explain(desk.rules.current().table, facts).rules
    chosen = choose_person(need, desk.organisation(), request.now)
    return show_explanation(case, () if ticket.rule_id == BY_HAND else traces, chosen, request.now)


@room.http("POST", "/tickets/{ticket_id}/nodes/{node}/complete", summary="完成节点 · Complete a node",
           body=CompleteNode, answer=TicketView, roles=WORKERS)  # fmt: skip
def complete_node(request: Request) -> TicketView:
    """End the visit of this node that waits: its assignee may, or a supervisor."""
    body, node, me = request.body, request.path["node"], request.principal

    def decide(case: Case) -> Move:
        visit = find_waiting(case, node)
        if visit.assignee != me.sub and not me.has("supervisor"):
            raise Forbidden("not your visit", assignee=visit.assignee, you=me.sub)
        return complete_visit(case, visit, body.outcome, me.sub, request.now, body.fields)

    return _change(request, decide)


@room.http(
    "POST", "/tickets/{ticket_id}/assign", summary="指派 · Assign", body=Assign, answer=TicketView, roles=LEADERS
)
def assign(request: Request) -> TicketView:
    """Make somebody the assignee of the ticket and of what waits for the one before."""
    person = next((one for one in desk.people() if one.id == request.body.person_id), None)
    if person is None or not person.active:
        raise Invalid("nobody", problems=[Problem("/person_id", "must be an active person")])

    def decide(case: Case) -> Move | None:
        _require_open(case, request.body.version)
        if case.ticket.assignee == person.id:
            return None
        team = person.teams[0] if person.teams else ""
        return assign_ticket(case, person.id, request.principal.sub, request.now, team)

    return _change(request, decide)


@room.http("POST", "/tickets/{ticket_id}/acknowledge", summary="受理确认 · Acknowledge", body=Nothing,
           answer=TicketView, roles=WORKERS)  # fmt: skip
def acknowledge(request: Request) -> TicketView:
    """Take the matter up: the escalation stops here. Again changes nothing."""

    def decide(case: Case) -> Move | None:
        _require_open(case)
        return acknowledge_ticket(case, request.principal.sub, request.now)

    return _change(request, decide)


@room.http("POST", "/tickets/{ticket_id}/comment", summary="内部备注 · Comment", body=WriteComment, answer=TicketView,
           roles=WORKERS)  # fmt: skip
def comment(request: Request) -> TicketView:
    """Write an internal note; customers never see it."""
    sealed = desk.sealer.seal(request.body.text, text_context(request.path["ticket_id"]))
    note = Note("comment", request.principal.sub, {}, sealed)
    return _change(request, lambda case: Move(case.ticket, (note,)))


@room.http("POST", "/tickets/{ticket_id}/pause", summary="暂停计时 · Pause the clock", body=PauseClock,
           answer=TicketView, roles=LEADERS)  # fmt: skip
def pause_clock(request: Request) -> TicketView:
    """Stop the ticket's clock, e.g. while the customer or a part is awaited; nothing falls due."""
    items = request.body.waits_for

    def decide(case: Case) -> Move | None:
        _require_open(case)
        clock = watch_of(case).clock
        if clock.since is None and items == case.ticket.waits_for:
            return None
        stopped = keep_clock(case.ticket, pause(clock, request.now)).but(waits_for=items)
        return Move(stopped, (Note("paused", request.principal.sub, {"waits_for": " ".join(items)} if items else {}),))

    return _change(request, decide)


@room.http("POST", "/tickets/{ticket_id}/resume", summary="恢复计时 · Resume the clock", body=Nothing,
           answer=TicketView, roles=LEADERS)  # fmt: skip
def resume_clock(request: Request) -> TicketView:
    """Let the clock run on: every deadline has moved by exactly the pause."""

    def decide(case: Case) -> Move | None:
        _require_open(case)
        clock = watch_of(case).clock
        if clock.since is not None or not case.ticket.ladder:
            return None
        running = keep_clock(case.ticket, resume(clock, request.now)).but(
            generation=case.ticket.generation + 1, waits_for=()
        )
        return Move(running, (Note("resumed", request.principal.sub),))

    return _change(request, decide)


@room.http("POST", "/tickets/{ticket_id}/close", summary="结单 · Close a ticket without a flow", body=CloseTicket,
           answer=TicketView, roles=LEADERS)  # fmt: skip
def close(request: Request) -> TicketView:
    """Close a ticket that follows no flow; one that does is closed by its flow."""

    def decide(case: Case) -> Move:
        _require_open(case)
        if case.ticket.flow_version:
            raise Conflict("its flow closes it", flow=case.ticket.flow_key, version=case.ticket.flow_version)
        return close_ticket(case, request.body.outcome, request.principal.sub, request.now)

    return _change(request, decide)


@room.http("GET", "/flows/{key}", summary="流程 · Show a flow", answer=FlowView, roles=READERS)
def read_flow(request: Request) -> FlowView:
    """A published flow: its document, versions, and machine."""
    published = desk.flows.current(request.path["key"])
    if published is None:
        raise NotFound("nothing is published under this key", flow=request.path["key"])
    return _flow(published)


@room.http("POST", "/flows/{key}/publish", summary="发布流程 · Publish a flow", body=PublishFlow, answer=FlowView,
           roles=("administrator",))  # fmt: skip
def publish_flow(request: Request) -> FlowView:
    """Publish a document, or the preset of this key. New tickets take it at once; running ones keep their version."""
    key = request.path["key"]
    document = request.body.document or preset_flow(key)
    if document is None:
        raise NotFound("no preset of this key: send a document", flow=key)
    return _flow(desk.flows.publish(key, document, request.principal.sub, request.now))


@room.http("GET", "/t/{link}", summary="客户进度 · The customer's progress page", answer=ProgressView, public=True)
def read_progress(request: Request) -> ProgressView:
    """How far the matter has come. Whoever holds the link may look; looking changes nothing."""
    case = desk.tables.case(desk.tables.link_ticket(request.path["link"]))
    ticket = case.ticket
    flow = desk.flows.version(ticket.flow_key, ticket.flow_version).flow if ticket.flow_version else None
    return progress_of(case, flow)


@room.events(
    "message.resolved", "card.tapped", "person.changed", "roster.changed", "supply.changed", "decision.corrected"
)
def on_event(event: Event) -> None:
    """What the bus tells: messages, taps, and how the organisation changes."""
    match event:
        case MessageResolved():
            take_message(desk, event)
        case CardTapped():
            take_tap(desk, event)
        case PersonChanged():
            take_person(desk, event)
        case RosterChanged():
            take_roster(desk, event)
        case SupplyChanged():
            take_supply(desk, event)
        case DecisionCorrected():
            take_correction(desk, event)


@room.changes
def on_change(change: Change) -> None:
    """The stream is the outbox: executions, signals and events follow from what was written."""
    follow(desk, change)


forward = room.forward


@room.task("steps")
def steps(payload: dict[str, Any]) -> dict[str, Any]:
    """What Step Functions asks: see steps.py."""
    return run_step(desk, payload)


@room.schedule(f"rate({EVERY_MINUTES} minutes)")
def sweep(now: datetime) -> datetime | None:
    """Look after open tickets that nobody and nothing works on: see stuck.py."""
    return sweep_tickets(desk, now)


def _case(request: Request) -> Case:
    """The ticket of the path, if the principal may see it: it lies in their region, or is theirs."""
    case = desk.tables.case(request.path["ticket_id"])
    if case.ticket.assignee != request.principal.sub:
        access.require_region(request.principal, case.ticket.region)
    return case


def _change(request: Request, decide: Any) -> TicketView:
    ticket_id = _case(request).ticket.id
    return _show(request, desk.tables.change(ticket_id, request.now, decide))


def _show(request: Request, case: Case) -> TicketView:
    supplies = supplies_of(desk, case.ticket.waits_for)
    return show_ticket(case, _text(request, case, case.ticket.subject_sealed), supplies)


def _text(request: Request, case: Case, sealed: str) -> str:
    text = desk.sealer.unseal(sealed, text_context(case.ticket.id))
    return text if access.sees_personal(request.principal) else access.masked(text)


def _flow(published: Published) -> FlowView:
    return show_flow(published, [version.version for version in desk.flows.versions(published.key)])


def _require_open(case: Case, version: int | None = None) -> None:
    if not case.ticket.is_open:
        raise Conflict("the ticket is over", ticket=case.ticket.id, state=case.ticket.state)
    if version is not None and version != case.version:
        raise Conflict("it has changed since", ticket=case.ticket.id, yours=version, current=case.version)
