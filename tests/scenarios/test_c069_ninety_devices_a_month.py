"""C069: 90 devices monthly and 3 engineers: next month's plan has 30±1 each, none on a day off, and the tickets come on
their days."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from functions.tickets import app
from functions.tickets.dispatch.dispatch import Person
from functions.tickets.plans.months import plan_month, workdays_of
from functions.tickets.plans.plan_kind import Device, Plan
from hub.kernel.calendar import is_workday, last_known_day
from tests.support.http import Context
from tests.support.tickets import World, world

T = {"zh": "空调巡检", "en": "Air conditioners"}
DEVICES = [{"id": f"AC{i}", "customer_id": f"cus_{i % 7}", "region": "310101", "store_id": "s1"} for i in range(1, 91)]
PLAN: dict[str, Any] = {"title": T, "type": "inspection", "devices": DEVICES}
FLOW: dict[str, Any] = {"key": "inspection", "title": T, "ladder": "basic", "start": "visit", "nodes": [
    {"id": "visit", "kind": "human", "title": T, "outcomes": {"done": "closed"}},
    {"id": "closed", "kind": "end", "title": T, "outcome": "done"},
]}  # fmt: skip
SEPTEMBER_30 = datetime(2026, 9, 30, 1, 0, tzinfo=UTC)


@pytest.fixture
def hub() -> Iterator[World]:
    """The last day of September: October begins with a week of holidays, and has two make-up workdays."""
    with world(publish=()) as made:
        made.clock.now = SEPTEMBER_30
        for person in ("li", "ma", "zhao"):
            made.hire(person, region="310000")
        made.hire("far", region="440000")
        kind = {"title": T, "urgent_title": T, "flow": "inspection", "ladder": "basic"}
        for path, document in (("/flows/inspection", FLOW), ("/tickets/types/inspection", kind)):
            assert made.call("POST", f"{path}/publish", {"document": document}).status == 200
        yield made


def test_next_months_plan(hub: World) -> None:
    """30 each, no more than two a day, none on a holiday or a weekend; make-up workdays count."""
    assert hub.call("POST", "/tickets/plans/air/publish", {"document": PLAN}).status == 200
    month = hub.call("GET", "/tickets/plans/air/month", query={"month": "2026-10"}).json
    days = [date.fromisoformat(visit["day"]) for visit in month["visits"]]
    assert month["loads"] == {"li": 30, "ma": 30, "zhao": 30}
    assert all(is_workday(day) for day in days)
    assert not [day for day in days if date(2026, 10, 1) <= day <= date(2026, 10, 7)]
    assert date(2026, 10, 10) in days  # a Saturday that is worked for the National Day
    a_day = Counter((visit["person"], visit["day"]) for visit in month["visits"])
    assert max(a_day.values()) <= 2
    assert sorted(visit["device"] for visit in month["visits"]) == sorted(device["id"] for device in DEVICES)


def test_a_month_that_no_calendar_knows_says_so(hub: World) -> None:
    """The last month whose holidays are published is none; the one behind it is planned Monday to Friday, and says that
    this is a guess."""
    assert hub.call("POST", "/tickets/plans/air/publish", {"document": PLAN}).status == 200
    last = last_known_day()
    known, guess = (
        hub.call("GET", "/tickets/plans/air/month", query={"month": f"{day:%Y-%m}"}).json
        for day in (last, last + timedelta(days=1))
    )
    assert (known["assumed"], guess["assumed"]) == (False, True)
    assert all(date.fromisoformat(visit["day"]).weekday() < 5 for visit in guess["visits"])


def test_the_tickets_come_on_their_days(hub: World) -> None:
    """At six in the morning, each its engineer's, once however often the sweep runs; a plan that is taken out opens
    nothing more."""
    document = {**PLAN, "devices": DEVICES[:9]}
    assert hub.call("POST", "/tickets/plans/air/publish", {"document": document}).status == 200
    sweep(hub)
    september = len(hub.ids())
    hub.clock.now = datetime(2026, 10, 31, 16, 0, tzinfo=UTC)
    month = hub.call("GET", "/tickets/plans/air/month", query={"month": "2026-11"}).json
    planned = {visit["device"]: (visit["person"], visit["day"]) for visit in month["visits"]}
    for _ in range(30):
        hub.clock.now += timedelta(hours=6)
        sweep(hub)
        sweep(hub)
        opened = {t["fields"]["device"]: t for t in hub.tickets()[: len(hub.ids()) - september]}
        today = (hub.clock.now + timedelta(hours=8)).date()
        assert set(opened) == {device for device, (_, day) in planned.items() if date.fromisoformat(day) <= today}
        hub.clock.now += timedelta(hours=18)
    for device, ticket in opened.items():
        person, day = planned[device]
        at = datetime.fromisoformat(ticket["opened_at"]) + timedelta(hours=8)
        assert (ticket["assignee"], at.date().isoformat(), at.hour) == (person, day, 6)
        assert [visit["assignee"] for visit in ticket["visits"]] == [person]
    assert hub.call("POST", "/tickets/plans/air/publish", {"document": {**document, "enabled": False}}).status == 200
    hub.clock.now = datetime(2026, 12, 20, 2, 0, tzinfo=UTC)
    before = len(hub.ids())
    sweep(hub)
    assert len(hub.ids()) == before


def sweep(hub: World) -> None:
    for _ in range(3):
        app.sweep({}, Context())
        hub.settle()


devices = st.integers(1, 300).map(
    lambda count: tuple(Device(id=f"d{i}", customer_id="cus_1", region="310101") for i in range(count))
)


@given(devices, st.integers(1, 9), st.integers(1, 12), st.integers(2024, 2026), st.integers(1, 12))
def test_any_plan_is_level(owned: tuple[Device, ...], engineers: int, every: int, year: int, month: int) -> None:
    """Loads differ by one at most, so do a person's days; over its months each device comes exactly once."""
    plan = Plan.model_validate({"title": T, "type": "inspection", "every_months": every, "devices": owned})
    people = [Person(id=f"p{i}", roles=("engineer",), region="310000") for i in range(engineers)]
    planned = plan_month(plan, people, year, month)
    loads = Counter({person.id: 0 for person in people}) + Counter(each.person for each in planned)
    shares = [loads[person.id] for person in people]
    assert max(shares) - min(shares) <= 1
    for person in people:
        days = Counter(each.day for each in planned if each.person == person.id)
        a_day = [days[day] for day in workdays_of(year, month)]
        assert max(a_day) - min(a_day) <= 1
    months = [(year + (month - 1 + i) // 12, (month - 1 + i) % 12 + 1) for i in range(every)]
    if months[-1][0] <= 2026:
        seen = Counter(each.device.id for when in months for each in plan_month(plan, people, *when))
        assert seen == Counter({device.id: 1 for device in owned})
