"""Posting (记账): each entry into the period in which it occurred, or, once that is closed, into the open one."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import field
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from functions.settlement.ledger.balances import Balance, Overdrawn
from functions.settlement.ledger.balances_table import Balances
from functions.settlement.ledger.deferrals_table import Deferrals
from functions.settlement.ledger.entries_table import Entries, Posted, Sealed
from functions.settlement.ledger.ledger import Booking, Entry
from functions.settlement.ledger.lines import region_of
from functions.settlement.runs.calendar_kind import CALENDARS, KEY
from functions.settlement.runs.calendars import Period, Rhythm, period_after, period_at
from functions.settlement.runs.runs_table import Runs
from hub.documents.documents import Documents
from hub.kernel.dataclass import dataclass
from hub.kernel.errors import Retry

AHEAD = timedelta(days=1)
"""A clock may be a day ahead; what lies further in the future is still to come."""
TURNS = 5
"""So often a posting is tried whose balance others change at the same moment."""


@dataclass
class Book:
    """The ledger as it is written."""

    entries: Entries
    balances: Balances
    deferrals: Deferrals
    runs: Runs
    documents: Documents
    zone: ZoneInfo
    _sealed: set[str] = field(default_factory=set, repr=False)

    def post(self, entry: Entry, now: datetime, seen: Balance | None = None) -> Posted:
        """Post an entry, once for its fact, policy and purpose: into its own period, or, when that is closed, into the
        one that is open now, naming the run that closed its own. One that is still to come waits for its moment.
        Answers what the ledger holds for them. seen: the balance from which the entry was made: it must stand as it
        was. Raises Overdrawn, Retry."""
        if entry.occurred_at > now + AHEAD:
            return self._defer(entry, now)
        late_for = ""
        for period, hour in self._periods(entry, now):
            if period.run_id not in self._sealed:
                self.runs.open(period, hour)
                try:
                    return self._post(entry, Booking(period.run_id, now, late_for), period, seen)
                except Sealed:
                    self._sealed.add(period.run_id)
            if not period.is_batch or period.ends(self.zone) <= now:  # the next batch of its month is no late one
                late_for = late_for or period.run_id
        known = self.entries.find(entry)
        if known is None:
            raise Retry("no period is open", entry=entry.id)
        return known

    def post_due(self, now: datetime) -> datetime:
        """Post what was still to come and is due now. Answers when the next of it is."""
        for entry in self.deferrals.due(now):
            self.post(entry, now)
            self.deferrals.done(entry)
        return self.deferrals.next_due()

    def expect(self, region: str, at: datetime, now: datetime) -> None:
        """Have a period be closed though nothing is posted into it yet: what occurred in it is worked out by its run.
        What came after it was closed is worked out by the next one's."""
        for moment in (at, now):
            period, hour = self.period_of(region, moment, now)
            self.runs.open(period, hour)
            run = self.runs.find(period.run_id)
            if run and run.state == "open":
                return

    def settles_in(self, entry: Entry, period: Period) -> bool:
        """Whether an entry is settled in the scope of a period."""
        return self.period_of(region_of(entry), entry.occurred_at)[0].scope == period.scope

    def post_closing(self, entry: Entry, period: Period, now: datetime) -> Posted:
        """Post what a period's own run found, into that period, after it was sealed and before it is drained. Raises
        Sealed where it is drained already."""
        return self.entries.post(entry, Booking(period.run_id, now), period, closing=True)[0]

    def _post(self, entry: Entry, booking: Booking, period: Period, seen: Balance | None) -> Posted:
        """One that changes a balance tries again when another changed it meanwhile."""
        for turn in range(TURNS):
            try:
                also = self.balances.writes_of(entry, seen)
                return self.entries.post(entry, booking, period, also=also)[0]
            except Overdrawn:
                known = self.entries.find(entry)
                if known is None:
                    raise
                return known
            except Retry:
                if seen or turn == TURNS - 1:
                    raise
        raise Retry("a balance is being changed", entry=entry.id)

    def _defer(self, entry: Entry, now: datetime) -> Posted:
        period, _ = self.period_of(region_of(entry), entry.occurred_at)
        booking = Booking(period.run_id, now)
        known = self.entries.find(entry)
        if known is None:
            self.deferrals.put(entry, booking)
        return known or (entry, booking)

    def _periods(self, entry: Entry, now: datetime) -> Iterator[tuple[Period, int]]:
        """Where the entry may stand, the best first, with the hour at which each closes."""
        region = region_of(entry)
        own = self.period_of(region, entry.occurred_at, now)
        yield own
        scope, rhythm = self.documents.current(CALENDARS, KEY, at=now).value.of_region(region)
        current = self._period_at(scope, rhythm, now, now)
        for period in (current, period_after(current, rhythm)):
            if period.run_id != own[0].run_id:
                yield period, rhythm.hour

    def period_of(self, region: str, at: datetime, now: datetime | None = None) -> tuple[Period, int]:
        """The period in which a moment lies for a region, and the hour at which it closes; of a scope that closes by
        count the batch that is posted into."""
        scope, rhythm = self.documents.current(CALENDARS, KEY, at=at).value.of_region(region)
        return self._period_at(scope, rhythm, at, now), rhythm.hour

    def _period_at(self, scope: str, rhythm: Rhythm, at: datetime, now: datetime | None) -> Period:
        period = period_at(scope, rhythm, at, self.zone)
        return self.runs.batch(period, now) if period.is_batch else period
