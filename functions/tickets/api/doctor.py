"""The doctor over HTTP, for whoever runs the hub (`hubctl doctor`)."""

from __future__ import annotations

from functions.tickets.api.subjects import place_of
from functions.tickets.deadlines.clocks import is_assumed
from functions.tickets.deadlines.health import WORDS, Ill
from functions.tickets.desk import Desk
from functions.tickets.handlers.doctor import look_at_ticket
from functions.tickets.room import room
from functions.tickets.ticket.ticket import Case
from hub.contracts.base import Words
from hub.contracts.flows import Checkup, CheckupView, IllView
from hub.contracts.tickets import TicketQuery
from hub.edge import cursors
from hub.edge.access.listing import within
from hub.edge.requests import Request

LOOKED_AT = 50
"""So many open tickets one request looks at; the next goes on at its cursor."""


@room.http(
    "POST",
    "/tickets/doctor",
    body=Checkup,
    answer=CheckupView,
    roles=("administrator",),
    scope="tenant",
    summary="体检 · Look whether open tickets have what keeps them moving",
)
def check_up(desk: Desk, request: Request) -> CheckupView:
    """Of fifty open tickets, the newest first: which have no live execution, or no clock and no reason; with `fix` they
    get one. Says where the next request goes on."""
    query = TicketQuery(state="open", limit=LOOKED_AT)
    start = cursors.decode(request.body.cursor)
    rows, position = desk.lists.page(
        query, within(request.reach), lambda ticket: request.reach.covers(place_of(Case(ticket))), request.now, start
    )
    findings: list[IllView] = []
    assumed = 0
    for row in rows:
        assumed += is_assumed(row.ticket, desk.catalogue.terms_of(row.ticket))
        case, ills, mended = look_at_ticket(desk, row.ticket, request.now, fix=request.body.fix)
        findings += [_show(case, ill, fixed=ill.what in mended) for ill in ills]
    return CheckupView(looked_at=len(rows), findings=tuple(findings), assumed=assumed, cursor=cursors.encode(position))


def _show(case: Case, ill: Ill, *, fixed: bool) -> IllView:
    zh, en = WORDS[ill.what]
    return IllView(
        ticket_id=case.ticket.id,
        lacks=ill.what,
        status=ill.status,
        words=Words(zh=zh, en=en),
        nodes=tuple(visit.node for visit in case.waiting()),
        run=case.ticket.run,
        fixed=fixed,
    )
