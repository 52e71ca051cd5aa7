"""Queues over HTTP: what waits for any member of a team, in its order, and the next of it taken."""

from __future__ import annotations

from datetime import datetime
from functools import partial

from functions.tickets.api.cases import show_case
from functions.tickets.api.subjects import LEADERS, WORKERS
from functions.tickets.desk import Desk
from functions.tickets.dispatch.dispatch import team_members
from functions.tickets.dispatch.queues import Queued, take_visit
from functions.tickets.room import room
from functions.tickets.ticket.ticket import Case
from hub.contracts.http import Page
from hub.contracts.queues import QueuedView
from hub.contracts.tickets import Nothing, TicketView
from hub.edge.access import Place, Subject
from hub.edge.answers import page
from hub.edge.requests import Request
from hub.kernel.errors import Conflict, Forbidden

SHOWN_LIMIT = 100
TRIED_LIMIT = 20
"""So many of those who stand first are tried while others take them."""
ROUNDS = 5
"""So often it is looked again who stands first."""


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
    return page(QueuedView.model_validate(row.model_dump(exclude={"seen"})) for row in rows)


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
    explain=LEADERS,
    summary="领取下一单 · Take the next of a queue",
)
def take_next(desk: Desk, request: Request) -> TicketView:
    """The first of the queue that nobody else has just taken is yours; only a member takes. Each call takes one: who
    asks twice has two, unless by the same Idempotency-Key. 409 when nothing waits."""
    team, person = request.subject, request.principal.sub
    if team not in desk.staff.teams_of(person):
        raise Forbidden("只有团队成员可以领取 · only a member of the team takes from its queue", team=team, you=person)
    for _ in range(ROUNDS):
        rows = desk.tickets.queue(team, TRIED_LIMIT)
        for row in rows:
            case = _take(desk, team, row, person, request.now)
            if case is not None:
                return show_case(desk, case, explain=request.explain)
        if len(rows) < TRIED_LIMIT:
            break
    raise Conflict("队列里没有等待的工单 · nothing waits in this queue", team=team)


def _take(desk: Desk, team: str, row: Queued, person: str, now: datetime) -> Case | None:
    """The ticket, where what stands here is theirs now; None where somebody else was faster, or nothing waits there any
    more."""
    take = partial(take_visit, visit_id=row.visit_id, person_id=person, at=now)
    case = desk.tickets.change(row.ticket_id, now, take)
    visit = case.visits.get(row.visit_id)
    if visit is not None and visit.waits and not visit.queue and visit.assignee == person:
        return case
    if visit is None or not visit.waits or visit.queue != team:
        desk.tickets.drop_queued(team, row)
    return None
