"""A case in its items: which of them it is read from, and what its ticket's item says of the others."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from functions.tickets.tables import Record
from functions.tickets.ticket.ticket import Case, Rung, Ticket, Visit

TRAIL, OLD_TRAIL = "~trail#", "trail#"
"""Behind all that a case is read from; where it lay until 2026-12, in between."""


def case_of_items(head: Record, records: Iterable[Record]) -> Case:
    """The ticket of this item, with its visits and rungs."""
    visits, rungs, parts = {}, {}, {}
    for record in records:
        sk = str(record.item["sk"])
        parts[sk] = int(record.item.get("by", 0))
        if sk.startswith("visit#"):
            visit = record.read(Visit)
            visits[visit.id] = visit
        elif sk.startswith("rung#"):
            rung = record.read(Rung)
            rungs[rung.key] = rung
    return Case(head.read(Ticket), visits, rungs, head.version, parts)


def sum_of(parts: Mapping[str, int] | None) -> dict[str, int]:
    """What the ticket's item says of its visits and rungs."""
    return {} if parts is None else {"parts": sum(parts.values())}


def trail_of(case: Case) -> str:
    """Where its trail lies."""
    return OLD_TRAIL if case.parts is None else TRAIL
