"""The settlement calendar as a document (一区一策): which region closes by the week, which by the month."""

from __future__ import annotations

from functions.settlement.runs.calendars import Calendar, Rhythm
from hub.contracts.settlement import WEEKDAYS, CalendarDocument, RhythmDocument
from hub.documents.kinds import Kind
from hub.kernel.regions import BASE

KEY = "settlement_calendar"


def calendar_of(document: CalendarDocument) -> Calendar:
    """What a document says."""
    return Calendar({BASE: _rhythm(document.base)} | {code: _rhythm(own) for code, own in document.regions.items()})


def _rhythm(document: RhythmDocument) -> Rhythm:
    return Rhythm(document.every, WEEKDAYS.index(document.closes_on), document.hour, document.sends)


CALENDARS = Kind[Calendar](
    name="settlement_calendar",
    path="/settlement/calendar",
    title="结算周期 · Settlement calendar",
    schema=CalendarDocument,
    read=calendar_of,
    presets=lambda: {KEY: {"base": {"every": "day", "hour": 6}}},
    effective=True,
    only=KEY,
    readers=("finance", "supervisor"),
    editors=("finance",),
)
