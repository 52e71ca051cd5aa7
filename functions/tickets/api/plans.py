"""A plan's month over HTTP."""

from __future__ import annotations

from collections import Counter

from functions.tickets.api.subjects import READERS
from functions.tickets.desk import Desk
from functions.tickets.plans.months import Planned, plan_month, workdays_of
from functions.tickets.plans.plan_kind import PLANS
from functions.tickets.room import room
from hub.contracts.flows import MonthQuery, MonthView, PlannedVisit
from hub.edge.access import Place
from hub.edge.requests import Request
from hub.kernel.calendar import last_known_day


@room.http(
    "GET",
    "/tickets/plans/{key}/month",
    query=MonthQuery,
    answer=MonthView,
    roles=READERS,
    scope="tenant",
    summary="月度排期 · A plan's month",
)
def show_month(desk: Desk, request: Request) -> MonthView:
    """Which device within your reach is looked after by whom on which day, as plan and people are now; tickets are
    opened at six in the morning of their day."""
    plan = desk.documents.current(PLANS, request.path["key"]).value
    year, month = map(int, request.query.month.split("-"))
    planned = [each for each in plan_month(plan, desk.staff.people(), year, month) if _reaches(request, each)]
    visits = tuple(PlannedVisit(device=each.device.id, person=each.person, day=each.day) for each in planned)
    loads = dict(Counter(each.person for each in planned))
    days = workdays_of(year, month)
    assumed = bool(days) and days[-1] > last_known_day()
    return MonthView(month=request.query.month, workdays=len(days), visits=visits, loads=loads, assumed=assumed)


def _reaches(request: Request, planned: Planned) -> bool:
    device = planned.device
    return request.reach.covers(Place(device.region, device.store_id, people=(planned.person,)))
