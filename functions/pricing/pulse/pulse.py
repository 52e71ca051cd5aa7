"""The market's pulse (市场脉搏): how fast a service sells in a store, and how often customers come back for it, by the
purchases that the hub has and the stock that it is told. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, datetime, time, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

from hub.kernel.dataclass import dataclass

WINDOW = timedelta(days=28)
"""So far back pieces count towards the turnover."""
CYCLE = timedelta(days=180)
"""So far back purchases count towards the repurchase cycle."""
KNOWN_FOR = timedelta(days=7)
"""So long facts must have come in before anything is said of a turnover."""
GAPS_AT_LEAST = 3
"""So often somebody must have come back before anything is said of a cycle."""
ENDLESS_DAYS = 3650
"""What is never sold turns over in so many days."""
SALES_LIMIT = 2000
"""So many purchases of a service in a store are looked at, the newest first."""
LOOKED_AT = time(5)
"""Each service of each store is looked at once a day, at this hour of the tenant's."""


@dataclass(frozen=True, slots=True)
class Sale:
    """So many pieces of a service that an order took in a store; customer: "" where nobody knows."""

    order_id: str
    store: str
    service: str
    pieces: int
    at: datetime
    customer: str = ""


@dataclass(frozen=True, slots=True)
class Figures:
    """turnover_days: how long what is there lasts at the pace of the last weeks, rounded up; repurchase_days: between
    two days on which the same customer bought, on average; None where too little is known. units: on hand now; sold: of
    the window."""

    turnover_days: int | None = None
    repurchase_days: int | None = None
    units: int | None = None
    sold: int = 0


NOTHING_KNOWN = Figures()


@dataclass(frozen=True, slots=True)
class Pulse:
    """A service in a store, as far as it is known. units: on hand when it was told; since: of when the oldest fact is;
    looked_at, outcome, offer, figures: when the rules last looked, what came of it, and what they saw."""

    store: str
    service: str
    since: datetime
    units: int | None = None
    told_at: datetime | None = None
    due_at: datetime | None = None
    looked_at: datetime | None = None
    outcome: str = ""
    offer: str = ""
    figures: Figures = NOTHING_KNOWN


def figures_of(pulse: Pulse, sales: Sequence[Sale], now: datetime, zone: ZoneInfo) -> Figures:
    """What the facts say. sales: of the last CYCLE, or the newest of them: then the window is as long as they reach."""
    begun = max(now - WINDOW, pulse.since)
    if len(sales) >= SALES_LIMIT:
        begun = max(begun, min(sale.at for sale in sales))
    sold = sum(sale.pieces for sale in sales if begun <= sale.at <= now)
    units = pulse.units
    if units is not None and pulse.told_at is not None:
        units = max(0, units - sum(sale.pieces for sale in sales if pulse.told_at < sale.at <= now))
    known = now - pulse.since >= KNOWN_FOR
    turnover = _turnover(units, sold, now - begun) if known and units is not None else None
    return Figures(turnover, _cycle(sales, now, zone), units, sold)


def next_look(now: datetime, zone: ZoneInfo) -> datetime:
    """When the rules look next: the next morning."""
    local = now.astimezone(zone)
    today = datetime.combine(local.date(), LOOKED_AT, zone)
    return today if local < today else datetime.combine(local.date() + timedelta(days=1), LOOKED_AT, zone)


def _turnover(units: int, sold: int, window: timedelta) -> int:
    """Whole days, rounded up: above a limit of days is above it by these."""
    if not units:
        return 0
    seconds = units * (window // timedelta(seconds=1))
    return min(ENDLESS_DAYS, -(-seconds // (sold * 86_400))) if sold else ENDLESS_DAYS


def _cycle(sales: Iterable[Sale], now: datetime, zone: ZoneInfo) -> int | None:
    """The mean of the gaps between a customer's days, rounded half up."""
    days: dict[str, set[date]] = {}
    for sale in sales:
        if sale.customer and now - CYCLE <= sale.at <= now:
            days.setdefault(sale.customer, set()).add(sale.at.astimezone(zone).date())
    gaps = [(later - earlier).days for own in days.values() for earlier, later in pairwise(sorted(own))]
    return (2 * sum(gaps) + len(gaps)) // (2 * len(gaps)) if len(gaps) >= GAPS_AT_LEAST else None
