"""A plan's month (月度排期): which device is looked after by whom on which day. Pure, and the same for the same plan,
people and month."""

from __future__ import annotations

from calendar import monthrange
from collections import Counter
from collections.abc import Sequence
from datetime import date

from functions.tickets.dispatch.dispatch import Person
from functions.tickets.plans.plan_kind import Device, Plan
from hub.kernel.calendar import is_workday
from hub.kernel.dataclass import dataclass
from hub.kernel.regions import covers


@dataclass(frozen=True)
class Planned:
    """One device on one day. person: "" where nobody covers its region."""

    device: Device
    person: str
    day: date


def workdays_of(year: int, month: int) -> list[date]:
    """The days of a month on which people work, make-up workdays (调休) among them."""
    days = (date(year, month, day) for day in range(1, monthrange(year, month)[1] + 1))
    return [day for day in days if is_workday(day)]


def plan_month(plan: Plan, people: Sequence[Person], year: int, month: int) -> list[Planned]:
    """The month's devices, each with whoever of those who may has the fewest so far, the smaller id among equals; and
    what somebody has lies evenly over the work days."""
    days, number = workdays_of(year, month), year * 12 + month
    due = [device for i, device in enumerate(plan.devices) if (number + i) % plan.every_months == 0]
    able = sorted((p for p in people if _may(plan, p)), key=lambda person: person.id)
    loads: Counter[str] = Counter()
    owners: list[str] = []
    for device in due:
        here = [person.id for person in able if covers(person.region, device.region)]
        owners.append(min(here, key=lambda each: (loads[each], each), default=""))
        loads[owners[-1]] += 1
    placed: Counter[str] = Counter()
    planned = []
    for device, owner in zip(due, owners, strict=True):
        nth, placed[owner] = placed[owner], placed[owner] + 1
        planned.append(Planned(device, owner, days[(2 * nth + 1) * len(days) // (2 * loads[owner])]))
    return planned


def _may(plan: Plan, person: Person) -> bool:
    return person.active and plan.role in person.roles and (plan.team is None or plan.team in person.teams)
