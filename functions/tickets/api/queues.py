"""Queues over HTTP: what waits for any member of a team, in its order, and the next of it taken."""

from __future__ import annotations

from functools import partial

from functions.tickets.api.cases import show_case
from functions.tickets.api.subjects import WORKERS
from functions.tickets.desk import Desk
from functions.tickets.dispatch.dispatch import team_members
from functions.tickets.dispatch.queues import take_visit
from functions.tickets.room import room
from hub.contracts.http import Page
from hub.contracts.queues import QueuedView
from hub.contracts.tickets import Nothing, TicketView
from hub.edge.access import Place, Subject
from hub.edge.requests import Request
from hub.kernel.errors import Conflict, Forbidden

SHOWN_LIMIT = 100
TRIED_LIMIT = 20
"""So many of those who stand first are tried while others take them."""


def find_queue(desk: Desk, request: Request) -> Subject:
    """The queue of a team: its members', and whoever oversees the tenant."""
    team = request.path["team"]
    return Subject(team, (Place(people=team_members(team, desk.staff.people()), teams=(team,)),))


@room.http(
    "GET",
    "/tickets/queues/{team}",
    answer=Page[QueuedView],
    roles=WORKERS,
    scope="region",
    subject=find_queue,
    summary="队列 · What waits in a team's queue",
)
def read_queue(desk: Desk, request: Request) -> Page[QueuedView]:
    """The first hundred of it, in the order in which they are taken."""
    rows = desk.tickets.queue(request.subject, SHOWN_LIMIT)
    return Page(data=tuple(QueuedView.model_validate(row.model_dump()) for row in rows))


@room.http(
    "POST",
    "/tickets/queues/{team}/take",
    body=Nothing,
    answer=TicketView,
    roles=WORKERS,
    scope="region",
    subject=find_queue,
    replay=lambda desk, _request, ticket_id: show_case(desk, desk.tickets.case(ticket_id)),
    dry_run="rehearsed",
    summary="领取下一单 · Take the next of a queue",
)
def take_next(desk: Desk, request: Request) -> TicketView:
    """The first of the queue that nobody else has just taken is yours; only a member takes. 409 when nothing waits."""
    team, person = request.subject, request.principal.sub
    if team not in desk.staff.teams_of(person):
        raise Forbidden("只有团队成员可以领取 · only a member of the team takes from its queue", team=team, you=person)
    for row in desk.tickets.queue(team, TRIED_LIMIT):
        take = partial(take_visit, visit_id=row.visit_id, person_id=person, at=request.now)
        case = desk.tickets.change(row.ticket_id, request.now, take)
        visit = case.visits.get(row.visit_id)
        if visit is not None and visit.waits and not visit.queue and visit.assignee == person:
            return show_case(desk, case)
    raise Conflict("队列里没有等待的工单 · nothing waits in this queue", team=team)
