"""Counts (计数): a connection's counters lie in several rows, by day and shard; here they are summed. Pure.

A message is counted in one row alone, that of the day on which it came, so every row balances by itself: accepted =
pending + processed + quarantined + dead. So does any sum of rows, whenever they were read.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import field
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from hub.contracts.webhooks import Counts, Stats
from hub.kernel.dataclass import dataclass

NAMES = tuple(Counts.model_fields)
TIMES = ("last_delivery_at", "last_rejected_at")
"""Facts of which the latest is the greatest: times sort as text."""
ERROR, ERROR_AT = "last_error", "last_error_at"


@dataclass(frozen=True, slots=True)
class Row:
    """Some of a connection's counters, and the facts noted beside them. day: `yyyymmdd`, "" where days are summed.
    sort: the stored row's own sort key."""

    connection_id: str
    numbers: Mapping[str, int]
    facts: Mapping[str, str] = field(default_factory=dict)
    day: str = ""
    sort: str = ""


def day_key(moment: datetime, zone: str) -> str:
    """The day of a moment in the tenant's zone, `yyyymmdd`."""
    return day_text(moment.astimezone(ZoneInfo(zone)).date())


def next_day(moment: datetime, zone: str) -> datetime:
    """When the day after a moment's begins in the tenant's zone."""
    return datetime.combine(moment.astimezone(ZoneInfo(zone)).date() + timedelta(days=1), time(), ZoneInfo(zone))


def day_text(day: date) -> str:
    """A day as keys have it: `yyyymmdd`, so that text order is time order."""
    return day.strftime("%Y%m%d")


def number(rows: Iterable[Row], name: str) -> int:
    """One counter over all rows."""
    return sum(row.numbers.get(name, 0) for row in rows)


def total(rows: Iterable[Row]) -> Counts:
    """All rows as one."""
    rows = list(rows)
    return Counts(**{name: number(rows, name) for name in NAMES})


def stats(rows: Iterable[Row]) -> Stats:
    """The tenant's counts and each connection's. accepted = pending + processed + quarantined + dead in
    both."""
    rows = list(rows)
    ids = sorted({row.connection_id for row in rows})
    by_connection = {name: total(row for row in rows if row.connection_id == name) for name in ids}
    return Stats(**total(rows).model_dump(), connections=by_connection)


def latest(rows: Iterable[Row], fact: str) -> str:
    """The greatest value of a fact, "" when no row has it: times sort as text."""
    return max((row.facts.get(fact, "") for row in rows), default="")


def latest_error(rows: Iterable[Row]) -> tuple[str, str]:
    """The code of what went wrong last and when, by its time; two empty texts while nothing did."""
    errors = [(row.facts.get(ERROR_AT, ""), row.facts[ERROR]) for row in rows if ERROR in row.facts]
    at, code = max(errors, default=("", ""))
    return code, at


def latest_facts(rows: Iterable[Row]) -> dict[str, str]:
    """The facts of several rows as one row has them: of each the most recent, and none that no row has."""
    rows = list(rows)
    code, at = latest_error(rows)
    facts = {ERROR: code, ERROR_AT: at, **{name: latest(rows, name) for name in TIMES}}
    return {name: value for name, value in facts.items() if value}
