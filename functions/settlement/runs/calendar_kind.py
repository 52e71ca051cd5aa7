"""The settlement calendar as a document (一区一策): which region closes by the week, which by the month."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from functions.settlement.runs.calendars import Calendar, Rhythm
from hub.contracts.settlement import WEEKDAYS, CalendarDocument, RhythmDocument
from hub.documents.kinds import Finding, Kind, Proposal
from hub.kernel.regions import BASE

KEY = "settlement_calendar"


def calendar_of(document: CalendarDocument) -> Calendar:
    """What a document says."""
    return Calendar({BASE: _rhythm(document.base)} | {code: _rhythm(own) for code, own in document.regions.items()})


def lint_calendar(proposal: Proposal[Calendar], _context: Any) -> Iterable[Finding]:
    """A scope that closes by count and says none, and the other way round; and that batches begin when the period that
    is open now is closed."""
    for scope, rhythm in proposal.value.rhythms.items():
        place = "/base/count" if scope == BASE else f"/regions/{scope}/count"
        if rhythm.every == "count" and not rhythm.count:
            yield Finding(place, "must say with how many entries a batch is over")
        if rhythm.every != "count" and rhythm.count:
            yield Finding(place, "goes with every: count")
        if rhythm.every == "count":
            rule = "batches are closed once the period is that was open when they began: a month's, with the month"
            yield Finding(place.replace("/count", "/every"), rule, "warning")


def _rhythm(document: RhythmDocument) -> Rhythm:
    return Rhythm(document.every, WEEKDAYS.index(document.closes_on), document.hour, document.sends, document.count)


CALENDARS = Kind[Calendar](
    name="settlement_calendar",
    path="/settlement/calendar",
    title="结算周期 · Settlement calendar",
    schema=CalendarDocument,
    read=calendar_of,
    lint=lint_calendar,
    presets=lambda: {KEY: {"base": {"every": "day", "hour": 6}}},
    effective=True,
    only=KEY,
    readers=("finance", "supervisor"),
    editors=("finance",),
)
