"""Planned work (计划工单): every morning the tickets of the day are opened, once a device and month; what was missed is
made up for, and a plan that is taken out opens nothing more."""

from __future__ import annotations

from contextlib import suppress
from datetime import date, datetime, time, timedelta

from functions.tickets.desk import Desk
from functions.tickets.handlers.reception import open_case
from functions.tickets.intake.intake import BY_PLAN, Classification, Opening
from functions.tickets.plans.months import Planned, plan_month
from functions.tickets.plans.plan_kind import PLANS, Plan
from functions.tickets.plans.plans_table import MARK, Month, watch_plan
from hub.kernel.errors import Conflict
from hub.kernel.ids import SYSTEM, hashed_id

OPENS_AT = time(6)
OPENED_AT_ONCE = 50


def open_planned(desk: Desk, key: str, now: datetime) -> None:
    """Open what of the plan is due by today, some at once; then look again, at the latest tomorrow morning."""
    reading = desk.documents.find(PLANS, key)
    today = now.astimezone(desk.zone).date()
    if reading is None or not reading.value.enabled:
        watch_plan(desk.items, key, _next_morning(desk, today) if reading else None)  # it may be put back in force
        return
    record = desk.items.find(f"{MARK}#{key}", f"month#{today:%Y-%m}")
    month = record.read(Month) if record else Month()
    planned = plan_month(reading.value, desk.staff.people(), today.year, today.month)
    due = [each for each in planned if each.day <= today and each.device.id not in month.devices]
    for each in due[:OPENED_AT_ONCE]:
        _open(desk, key, reading.value, each, today, now)
    devices = (*month.devices, *(each.device.id for each in due[:OPENED_AT_ONCE]))
    if due:
        version = record.version if record else 0
        desk.items.write(desk.items.next(f"{MARK}#{key}", f"month#{today:%Y-%m}", Month(devices=devices), version))
    watch_plan(desk.items, key, now if len(due) > OPENED_AT_ONCE else _next_morning(desk, today))


def _next_morning(desk: Desk, today: date) -> datetime:
    return datetime.combine(today + timedelta(days=1), OPENS_AT, desk.zone)


def _open(desk: Desk, key: str, plan: Plan, planned: Planned, today: date, now: datetime) -> None:
    device = planned.device
    ticket_id = hashed_id("tkt", key, f"{today:%Y-%m}", device.id)
    opening = Opening(
        ticket_id=ticket_id,
        customer_id=device.customer_id,
        region=device.region,
        link="",
        at=now,
        store_id=device.store_id,
        placed_by="named",
        fields={"device": device.id},
        assignee=planned.person,
    )
    with suppress(Conflict):  # opened by a sweep that did not get to say so
        open_case(desk, Classification(plan.type, plan.priority, BY_PLAN), opening, SYSTEM)
