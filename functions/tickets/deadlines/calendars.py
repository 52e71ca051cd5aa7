"""Calendars (工作日历) as documents: whose hours count. One a department, or one of a ladder's own. Pure."""

from collections.abc import Iterable
from datetime import date, time
from typing import Annotated, Any, Literal

from pydantic import Field

from functions.tickets.flows.flow import Title
from hub.contracts.base import Contract
from hub.documents.kinds import Finding, Kind, Proposal
from hub.kernel.calendar import MAX_INTERVALS, BusinessCalendar
from hub.kernel.errors import Invalid, Problem

DAY_SECONDS = 86_400
DAYS_AHEAD = 700
"""Work days that the three years of a calendar hold for certain."""
DAYS_LIMIT = 400
LocalTime = Annotated[str, Field(pattern=r"^([01]\d|2[0-3]):[0-5]\d$", examples=["09:00"])]


class HoursDocument(Contract):
    """One stretch of a day, in local time; a closing time of 00:00 is the midnight that ends the day."""

    opens: LocalTime
    closes: LocalTime


class DayDocument(Contract):
    """A day of one's own, and whether it is worked."""

    date: date
    works: bool


class DeadlineCalendar(Contract):
    """Whose hours count: these stretches of each day, of work days only (调休 included) if so; without stretches the
    whole day. extra: days of one's own, which count before the public calendar; known_through: the last day of which
    they say all, beyond what the public calendar knows."""

    timezone: str = "Asia/Shanghai"
    days: Literal["always", "workdays"] = "always"
    hours: Annotated[tuple[HoursDocument, ...], Field(max_length=MAX_INTERVALS)] = ()
    extra: Annotated[tuple[DayDocument, ...], Field(max_length=DAYS_LIMIT)] = ()
    known_through: date | None = None


class DepartmentCalendar(DeadlineCalendar):
    """A calendar with a name of its own."""

    title: Title


def calendar_of(document: DeadlineCalendar) -> BusinessCalendar:
    """What deadlines are reckoned with. Raises Invalid for hours that are none, and for a day that stands twice."""
    hours = tuple((time.fromisoformat(span.opens), time.fromisoformat(span.closes)) for span in document.hours)
    extra = tuple((day.date, day.works) for day in document.extra)
    days = [day for day, _ in extra]
    twice = [Problem(f"/extra/{i}/date", "stands twice") for i, day in enumerate(days) if day in days[:i]]
    if twice:
        raise Invalid("the calendar is not sound", problems=twice)
    try:
        return BusinessCalendar(document.timezone, hours, document.days, extra, document.known_through)
    except Invalid as error:
        places = [Problem(p.pointer.replace("/intervals", "/hours"), p.rule) for p in error.problems]
        raise Invalid("the calendar is not sound", problems=places) from None


def longest_seconds(calendar: BusinessCalendar) -> int:
    """What a clock may have by this calendar, so that it is reached within the years that a calendar looks ahead."""
    spans = [_seconds(closes) - _seconds(opens) for opens, closes in calendar.intervals]
    return DAYS_AHEAD * (sum(span if span > 0 else span + DAY_SECONDS for span in spans) or DAY_SECONDS)


def assumptions(calendar: BusinessCalendar, pointer: str) -> Iterable[Finding]:
    """From when on work days are a guess."""
    if calendar.assumed_from is not None:
        rule = f"work days are known through {calendar.assumed_from - date.resolution}; after it they are assumed, "
        yield Finding(pointer, rule + "Monday to Friday, until the calendar names its days", "warning")


def _seconds(at: time) -> int:
    return at.hour * 3600 + at.minute * 60 + at.second


def lint_calendar(proposal: Proposal[BusinessCalendar], _context: Any) -> Iterable[Finding]:
    """A calendar that is a guess from some day on says so."""
    return assumptions(proposal.value, "/known_through")


CALENDARS = Kind[BusinessCalendar](
    name="calendar",
    path="/tickets/calendars",
    title="工作日历 · Business calendar",
    schema=DepartmentCalendar,
    read=calendar_of,
    lint=lint_calendar,
    overlays=True,
    readers=("supervisor", "agent", "engineer", "store_manager", "viewer", "integrator"),
    editors=("supervisor",),
)
