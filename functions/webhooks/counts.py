"""Counts (计数): a connection's counters lie in several rows; here they are summed. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from hub.contracts.webhooks import Counts, Stats

NAMES = tuple(Counts.model_fields)


@dataclass(frozen=True, slots=True)
class Row:
    """One shard of a connection's counters, and the facts noted beside them."""

    connection_id: str
    numbers: Mapping[str, int]
    facts: Mapping[str, str] = field(default_factory=dict)


def total(rows: Iterable[Row]) -> Counts:
    """All rows as one."""
    rows = list(rows)
    return Counts(**{name: sum(row.numbers.get(name, 0) for row in rows) for name in NAMES})


def stats(rows: Iterable[Row]) -> Stats:
    """The tenant's counts and each connection's. accepted = pending + processed + quarantined + dead in
    both."""
    rows = list(rows)
    ids = sorted({row.connection_id for row in rows})
    by_connection = {one: total(row for row in rows if row.connection_id == one) for one in ids}
    return Stats(**total(rows).model_dump(), connections=by_connection)


def latest(rows: Iterable[Row], fact: str) -> str:
    """The greatest value of a fact, "" when no row has it: times sort as text."""
    return max((row.facts.get(fact, "") for row in rows), default="")
