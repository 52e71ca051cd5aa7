"""Posting (记账): each entry into the period in which it occurred, or, once that is closed, into the open one."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from zoneinfo import ZoneInfo

from functions.settlement.ledger.entries_table import Entries, Posted, Sealed
from functions.settlement.ledger.ledger import Booking, Entry
from functions.settlement.ledger.lines import region_of
from functions.settlement.runs.calendar_kind import CALENDARS, KEY
from functions.settlement.runs.calendars import Period, period_after, period_at
from functions.settlement.runs.runs_table import Runs
from hub.documents.documents import Documents
from hub.kernel.errors import Retry


@dataclass
class Book:
    """The ledger as it is written."""

    entries: Entries
    runs: Runs
    documents: Documents
    zone: ZoneInfo
    _sealed: set[str] = field(default_factory=set, repr=False)

    def post(self, entry: Entry, now: datetime) -> Posted:
        """Post an entry, once for its fact, policy and purpose: into its own period, or, when that is closed, into the
        one that is open now, naming the run that closed its own. Answers what the ledger holds for them. Raises
        Retry."""
        late_for = ""
        for period, hour in self._periods(entry, now):
            if period.run_id not in self._sealed:
                self.runs.open(period, hour)
                try:
                    posted, _ = self.entries.post(entry, Booking(period.run_id, now, late_for), period)
                except Sealed:
                    self._sealed.add(period.run_id)
                else:
                    return posted
            late_for = late_for or period.run_id
        known = self.entries.find(entry)
        if known is None:
            raise Retry("no period is open", entry=entry.id)
        return known

    def _periods(self, entry: Entry, now: datetime) -> Iterator[tuple[Period, int]]:
        """Where the entry may stand, the best first, with the hour at which each closes."""
        region = region_of(entry)
        own = self._period(region, entry.occurred_at)
        yield own
        scope, rhythm = self.documents.current(CALENDARS, KEY, at=now).value.of_region(region)
        current = period_at(scope, rhythm, now, self.zone)
        for period in (current, period_after(current, rhythm)):
            if period.run_id != own[0].run_id:
                yield period, rhythm.hour

    def _period(self, region: str, at: datetime) -> tuple[Period, int]:
        scope, rhythm = self.documents.current(CALENDARS, KEY, at=at).value.of_region(region)
        return period_at(scope, rhythm, at, self.zone), rhythm.hour
