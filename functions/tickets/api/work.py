"""What people do with a ticket over HTTP: complete a node, assign, acknowledge, comment, pause, resume, close."""

from __future__ import annotations

from functions.tickets.api.cases import change_case, show_case
from functions.tickets.api.subjects import LEADERS, WORKERS, case_of
from functions.tickets.deadlines.clocks import pause_ticket, resume_ticket
from functions.tickets.desk import Desk
from functions.tickets.dispatch.assignment import acknowledge_as, reassign_ticket
from functions.tickets.handlers.filling import read_node_form
from functions.tickets.handlers.replies import Draft, rehearse_reply, send_reply
from functions.tickets.room import room
from functions.tickets.ticket.guests import invite
from functions.tickets.ticket.ticket import Case, Move, Note, require_open
from functions.tickets.ticket.visits import (
    Answer,
    close_by_hand,
    complete_node,
    find_waiting,
    needs_form,
    outcome_problems,
    require_turn,
)
from hub.contracts.tickets import (
    Assign,
    CloseTicket,
    CompleteNode,
    Nothing,
    PauseClock,
    TicketView,
    WriteComment,
    WriteReply,
)
from hub.edge.requests import Request
from hub.kernel.clock import rfc3339
from hub.kernel.errors import Forbidden, Invalid, Problem


@room.http(
    "POST",
    "/tickets/{ticket_id}/nodes/{node}/complete",
    body=CompleteNode,
    answer=TicketView,
    roles=(*WORKERS, "finance"),
    scope="region",
    subject=case_of,
    versioned=True,
    dry_run=True,
    explain=LEADERS,
    summary="完成节点 · Complete a node",
)
def complete(desk: Desk, request: Request) -> TicketView:
    """End the visit of this node that waits, or sign it: who is asked may, or a supervisor where nobody signs."""
    body, node, person = request.body, request.path["node"], request.principal
    leads, teams = person.has("supervisor"), desk.staff.teams_of(person.sub)

    def decide(case: Case) -> Move:
        flow, visit = desk.catalogue.flow(case.ticket), find_waiting(case, node)
        require_turn(visit, person.sub, leads=leads, teams=teams, case=case)
        asks = needs_form(visit, body.outcome) or body.answers
        try:
            filled = read_node_form(desk, case, visit, body.answers, request.now) if asks else None
        except Invalid as wrong:
            raise Invalid(wrong.detail, [*outcome_problems(visit, body.outcome), *wrong.problems]) from None
        answer = Answer(body.outcome, body.fields, body.to, filled)
        return complete_node(case, node, answer, person.sub, request.now, leads=leads, flow=flow, teams=teams)

    return change_case(desk, request, decide)


@room.http(
    "POST",
    "/tickets/{ticket_id}/assign",
    body=Assign,
    answer=TicketView,
    roles=LEADERS,
    scope="region",
    subject=case_of,
    dry_run=True,
    explain=LEADERS,
    summary="指派 · Assign",
)
def assign(desk: Desk, request: Request) -> TicketView:
    """Make somebody the assignee of the ticket and of what waits for the one before."""
    body, actor = request.body, request.principal.sub
    person = next((person for person in desk.staff.people() if person.id == body.person_id and person.active), None)
    if person is None:
        raise Invalid("nobody", problems=[Problem("/person_id", "must be an active person")])
    return change_case(
        desk, request, lambda case: reassign_ticket(case, person, actor, request.now, seen_version=body.version)
    )


@room.http(
    "POST",
    "/tickets/{ticket_id}/acknowledge",
    body=Nothing,
    answer=TicketView,
    roles=WORKERS,
    scope="region",
    subject=case_of,
    versioned=True,
    dry_run=True,
    summary="受理确认 · Acknowledge",
)
def acknowledge(desk: Desk, request: Request) -> TicketView:
    """Take the matter up: its ladder stops here, and that of each other clock that has told something. Whoever answers
    for it may: its assignee, whom a node waits for, a supervisor; what is nobody's, any agent."""
    person = request.principal
    teams = desk.staff.teams_of(person.sub)

    def decide(case: Case) -> Move | None:
        leads = person.has("supervisor") or (not case.ticket.assignee and person.has(*LEADERS))
        return acknowledge_as(case, person.sub, request.now, leads=leads, teams=teams)

    return change_case(desk, request, decide)


@room.http(
    "POST",
    "/tickets/{ticket_id}/comment",
    body=WriteComment,
    answer=TicketView,
    roles=WORKERS,
    scope="region",
    subject=case_of,
    guests=True,
    versioned=True,
    dry_run=True,
    summary="内部备注 · Comment",
)
def comment(desk: Desk, request: Request) -> TicketView:
    """Write an internal note; customers never see it. Who is mentioned in it is a guest of the ticket for a while; who
    is a guest may answer, and mentions nobody."""
    body, actor, now = request.body, request.principal.sub, request.now
    _require_mentionable(desk, request)
    note = Note("comment", actor, {}, desk.seal_text(request.path["ticket_id"], body.text))

    def decide(case: Case) -> Move:
        if not body.mentions:
            return Move(case.ticket, (note,))
        require_open(case)
        guests = invite(case.ticket.guests, body.mentions, actor, now, body.hours)
        invited = (guest for guest in guests if guest.person in body.mentions)
        notes = (Note("mentioned", actor, {"to": guest.person, "until": rfc3339(guest.ends_at)}) for guest in invited)
        return Move(case.ticket.but(guests=guests), (note, *notes))

    return change_case(desk, request, decide)


def _require_mentionable(desk: Desk, request: Request) -> None:
    """Raises Invalid for a mention of one who is not among us, Forbidden for a guest's: rights are not handed on."""
    mentions = request.body.mentions
    if mentions and not (request.place and request.reach.may_change(request.place)):
        raise Forbidden("a guest asks nobody else in", you=request.principal.sub)
    active = {person.id for person in desk.staff.people() if person.active} if mentions else set()
    unknown = [n for n, person in enumerate(mentions) if person not in active]
    if unknown:
        raise Invalid("nobody", problems=[Problem(f"/mentions/{n}", "must be an active person") for n in unknown])


def _reply_again(desk: Desk, request: Request, _resource_id: str) -> TicketView:
    return reply(desk, request)


@room.http(
    "POST",
    "/tickets/{ticket_id}/reply",
    body=WriteReply,
    answer=TicketView,
    roles=WORKERS,
    scope="region",
    subject=case_of,
    dry_run=True,
    replay=_reply_again,
    summary="回复客户 · Answer the customer",
)
def reply(desk: Desk, request: Request) -> TicketView:
    """Answer the customer over the channel that they came by, within what it allows; 409 says in words why not."""
    draft = Draft(request.new_id("rpl"), request.body.text, request.principal.sub, request.randomness.hex())
    answer_customer = rehearse_reply if request.dry_run else send_reply
    return show_case(desk, answer_customer(desk, request.subject, draft))


@room.http(
    "POST",
    "/tickets/{ticket_id}/pause",
    body=PauseClock,
    answer=TicketView,
    roles=LEADERS,
    scope="region",
    subject=case_of,
    versioned=True,
    dry_run=True,
    summary="暂停计时 · Pause the clock",
)
def pause(desk: Desk, request: Request) -> TicketView:
    """Stop the ticket's clocks, e.g. while the customer or a part is awaited; nothing falls due."""
    waits_for, actor = request.body.waits_for, request.principal.sub
    return change_case(desk, request, lambda case: pause_ticket(case, waits_for, actor))


@room.http(
    "POST",
    "/tickets/{ticket_id}/resume",
    body=Nothing,
    answer=TicketView,
    roles=LEADERS,
    scope="region",
    subject=case_of,
    versioned=True,
    dry_run=True,
    summary="恢复计时 · Resume the clock",
)
def resume(desk: Desk, request: Request) -> TicketView:
    """Let the clocks run on: every deadline has moved by exactly the pause."""
    return change_case(desk, request, lambda case: resume_ticket(case, request.principal.sub))


@room.http(
    "POST",
    "/tickets/{ticket_id}/close",
    body=CloseTicket,
    answer=TicketView,
    roles=LEADERS,
    scope="region",
    subject=case_of,
    versioned=True,
    dry_run=True,
    summary="结单 · Close a ticket without a flow",
)
def close(desk: Desk, request: Request) -> TicketView:
    """Close a ticket that follows no flow; one that does is closed by its flow."""
    outcome, actor = request.body.outcome, request.principal.sub
    return change_case(desk, request, lambda case: close_by_hand(case, outcome, actor, request.now))
