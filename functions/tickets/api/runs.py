"""Runs over HTTP: a ticket is cancelled, opened again, sent elsewhere, or goes over to another version of its flow."""

from __future__ import annotations

from collections.abc import Iterable

from functions.tickets.actions.registry import action_problems, run_action
from functions.tickets.api.cases import change_case
from functions.tickets.api.subjects import LEADERS, case_of, place_of
from functions.tickets.desk import Desk
from functions.tickets.flows.kind import FLOWS
from functions.tickets.handlers.migrating import migrate_ticket
from functions.tickets.handlers.undoing import with_undo
from functions.tickets.room import room
from functions.tickets.ticket.detours import cancel_ticket, jump_to, reopen_ticket
from functions.tickets.ticket.lists_table import Position
from functions.tickets.ticket.ticket import Case, Move, Ticket
from hub.contracts.flows import CancelTicket, MigrateFlow, MoveTicket, PlanView, TriedView, TryAction
from hub.contracts.http import Page
from hub.contracts.tickets import TicketQuery, TicketView
from hub.documents.versions import PRESET
from hub.edge import cursors
from hub.edge.access.listing import within
from hub.edge.answers import page
from hub.edge.requests import Request
from hub.kernel.errors import Conflict, Invalid

LOOKED_AT = 100
"""So many open tickets one request of a migration looks at; the next goes on at its cursor."""


@room.http(
    "POST",
    "/tickets/{ticket_id}/cancel",
    body=CancelTicket,
    answer=TicketView,
    roles=LEADERS,
    scope="region",
    subject=case_of,
    dry_run=True,
    summary="撤销工单 · Cancel a ticket",
)
def cancel(desk: Desk, request: Request) -> TicketView:
    """Nothing more is done; what its flow's actions did is taken back where the flow says how."""
    actor, reason = request.principal.sub, request.body.reason

    def decide(case: Case) -> Move:
        move = cancel_ticket(case, actor, reason, request.now)
        return with_undo(desk, case, desk.catalogue.flow(case.ticket), move, request.now)

    return change_case(desk, request, decide)


@room.http(
    "POST",
    "/tickets/{ticket_id}/reopen",
    body=MoveTicket,
    answer=TicketView,
    roles=LEADERS,
    scope="region",
    subject=case_of,
    dry_run=True,
    explain=LEADERS,
    summary="重开工单 · Open a ticket again",
)
def reopen(desk: Desk, request: Request) -> TicketView:
    """It goes on at a node of its flow, by a new run; its clock where it stood."""
    actor, node = request.principal.sub, request.body.node

    def decide(case: Case) -> Move:
        return reopen_ticket(case, desk.catalogue.flow(case.ticket), node, actor, request.now)

    return change_case(desk, request, decide)


@room.http(
    "POST",
    "/tickets/{ticket_id}/jump",
    body=MoveTicket,
    answer=TicketView,
    roles=("supervisor",),
    scope="region",
    subject=case_of,
    dry_run=True,
    explain=LEADERS,
    summary="跳转节点 · Send a ticket to another node",
)
def jump(desk: Desk, request: Request) -> TicketView:
    """It leaves where it waits and goes on at another node, by a new run; 409 inside a parallel's branches."""
    actor, body = request.principal.sub, request.body

    def decide(case: Case) -> Move:
        flow = desk.catalogue.flow(case.ticket)
        if flow is None:
            raise Conflict("it follows no flow", ticket=case.ticket.id)
        return jump_to(case, flow, body.node or flow.start, actor, body.reason, request.now)

    return change_case(desk, request, decide)


@room.http(
    "POST",
    "/tickets/{ticket_id}/try",
    body=TryAction,
    answer=TriedView,
    roles=LEADERS,
    scope="region",
    subject=case_of,
    summary="试运行动作 · Try an action",
)
def try_action(desk: Desk, request: Request) -> TriedView:
    """What an action would come to for this ticket now; nothing is written, nobody is told."""
    body, case = request.body, request.subject
    problems = list(action_problems(body.action, body.params, {}))
    if problems:
        raise Invalid("no such action", problems=problems)
    result = run_action(body.action, body.params, case, visit_id="", at=request.now, sources=desk.sources())
    names = [name for name in Ticket.model_fields if getattr(result.move.ticket, name) != getattr(case.ticket, name)]
    shown = {name: result.move.ticket.body()[name] for name in names if name in SHOWN}
    recipients = result.deed.recipients if result.deed else ()
    return TriedView(outcome=result.outcome or WAITS, report=result.report, changes=shown, recipients=recipients)


WAITS = "waits"
"""What a tried action comes to whose answer others give."""
SHOWN = ("assignee", "team", "priority", "tags", "fields")
"""What of a ticket is shown as it would be; costs are not, they have a class of their own."""


@room.http(
    "POST",
    "/flows/{key}/migrate",
    body=MigrateFlow,
    answer=Page[PlanView],
    roles=("administrator",),
    scope="tenant",
    dry_run=True,
    summary="迁移在途工单 · Move open tickets to another version",
)
def migrate(desk: Desk, request: Request) -> Page[PlanView]:
    """Ticket by ticket: what changes, where it stands then, and when its rungs are due; with dry_run nothing does. A
    request looks at a hundred open tickets, and says where the next goes on."""
    body, actor = request.body, request.principal.sub
    spec = {"flow": request.path["key"], "version": _version(desk, request), "deadlines": body.deadlines}
    cases, position = _cases(desk, request)
    views = []
    for case in cases:
        if (case.ticket.flow_key, case.ticket.is_open) != (request.path["key"], True):
            continue
        if case.ticket.flow_version != spec["version"]:
            current = desk.tickets.case(case.ticket.id)
            views.append(migrate_ticket(desk, current, spec, actor, apply=not request.dry_run))
    return page(views, position if not body.tickets else None)


def _version(desk: Desk, request: Request) -> int:
    """The version that tickets go over to. Raises NotFound, and Conflict while it has no machine."""
    key, version = request.path["key"], request.body.version
    number = version or desk.documents.current(FLOWS, key).version
    if number == PRESET:
        raise Conflict("nothing is published yet", flow=key)
    desk.documents.version(FLOWS, key, number)
    return int(number)


def _cases(desk: Desk, request: Request) -> tuple[Iterable[Case], Position | None]:
    if request.body.tickets:
        cases = (desk.tickets.case(ticket_id) for ticket_id in request.body.tickets)
        return [case for case in cases if request.reach.covers(place_of(case))], None
    query = TicketQuery(state="open", limit=LOOKED_AT)
    start = cursors.decode(request.body.cursor)
    return desk.lists.page(query, within(request.reach), lambda _: True, request.now, start)
