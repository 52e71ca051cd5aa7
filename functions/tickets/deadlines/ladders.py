"""Ladders (升级阶梯) as documents: what happens, step by step, when nobody takes a matter up. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import time
from itertools import pairwise
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field

from functions.tickets.deadlines.deadlines import Audience, Ladder, Step
from functions.tickets.flows.flow import Title
from hub.contracts.base import Contract, Slug
from hub.documents.kinds import Finding, Kind, Proposal, preset_files
from hub.kernel.calendar import MAX_INTERVALS, BusinessCalendar
from hub.kernel.errors import Invalid, Problem

DAY_SECONDS = 86_400
LONGEST_SECONDS = 400 * DAY_SECONDS
DAYS_AHEAD = 700
"""Work days that the three years of a calendar hold for certain."""
LocalTime = Annotated[str, Field(pattern=r"^([01]\d|2[0-3]):[0-5]\d$", examples=["09:00"])]
PRESETS = Path(__file__).parents[1] / "presets" / "ladders"


class StepDocument(Contract):
    """One rung: after so many seconds of the ticket's clock these people hear of it; `reassign` also makes the
    supervisor the assignee."""

    id: Slug
    after_seconds: Annotated[int, Field(ge=1, le=LONGEST_SECONDS)]
    audience: Audience
    reassign: bool = False


class HoursDocument(Contract):
    """One stretch of a day, in local time; a closing time of 00:00 is the midnight that ends the day."""

    opens: LocalTime
    closes: LocalTime


class CalendarDocument(Contract):
    """Whose hours count (工作日历): these stretches of each day, of work days only (调休 included) if so; without
    stretches the whole day."""

    timezone: str = "Asia/Shanghai"
    days: Literal["always", "workdays"] = "always"
    hours: Annotated[tuple[HoursDocument, ...], Field(max_length=MAX_INTERVALS)] = ()


class LadderDocument(Contract):
    """A ladder, from its first rung up. calendar: the hours in which its clock runs; every hour, if none."""

    title: Title
    steps: Annotated[tuple[StepDocument, ...], Field(min_length=1, max_length=20)]
    calendar: CalendarDocument = CalendarDocument()


def ladder_of(document: LadderDocument) -> Ladder:
    """What deadlines are reckoned with. Raises Invalid for two rungs of one name (each fires once, by its name), for
    hours that are none, and for a rung that they would not reach within the years that a calendar looks ahead."""
    names = [step.id for step in document.steps]
    problems = [Problem(f"/steps/{i}/id", f"'{name}' is taken") for i, name in enumerate(names) if name in names[:i]]
    calendar = _calendar(document.calendar)
    longest = DAYS_AHEAD * _day_seconds(calendar)
    problems += [
        Problem(f"/steps/{i}/after_seconds", f"must be at most {longest} with these hours")
        for i, step in enumerate(document.steps)
        if step.after_seconds > longest
    ]
    if problems:
        raise Invalid("the ladder is not sound", problems=problems)
    steps = tuple(Step(step.id, step.after_seconds, step.audience, step.reassign) for step in document.steps)
    return Ladder(steps, calendar)


def _calendar(document: CalendarDocument) -> BusinessCalendar:
    hours = tuple((time.fromisoformat(span.opens), time.fromisoformat(span.closes)) for span in document.hours)
    try:
        return BusinessCalendar(document.timezone, hours, document.days)
    except Invalid as error:
        places = [Problem(_place(problem.pointer), problem.rule) for problem in error.problems]
        raise Invalid("the calendar is not sound", problems=places) from None


def _place(pointer: str) -> str:
    return "/calendar" + pointer.replace("/intervals", "/hours")


def _day_seconds(calendar: BusinessCalendar) -> int:
    """How many seconds of a day count."""
    spans = [_seconds(closes) - _seconds(opens) for opens, closes in calendar.intervals]
    return sum(span if span > 0 else span + DAY_SECONDS for span in spans) or DAY_SECONDS


def _seconds(at: time) -> int:
    return at.hour * 3600 + at.minute * 60 + at.second


def lint_ladder(proposal: Proposal[Ladder], _context: Any) -> Iterable[Finding]:
    """A rung that comes before the one below it works, but is hardly meant."""
    steps = proposal.value.steps
    for i, (below, step) in enumerate(pairwise(steps), 1):
        if step.after_seconds <= below.after_seconds:
            yield Finding(f"/steps/{i}/after_seconds", f"comes no later than '{below.name}' before it", "warning")


LADDERS = Kind[Ladder](
    name="ladder",
    path="/tickets/ladders",
    title="升级阶梯 · Escalation ladder",
    schema=LadderDocument,
    read=ladder_of,
    lint=lint_ladder,
    presets=preset_files(PRESETS),
    overlays=True,
    readers=("supervisor", "agent", "engineer", "store_manager", "viewer", "integrator"),
    editors=("supervisor",),
)
