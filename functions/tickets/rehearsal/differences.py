"""What a draft would have changed (差异): one performance of the same tickets beside another, in counts, and where it
is most. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from functions.tickets.rehearsal.performance import Performed
from hub.kernel.clock import rfc3339
from hub.kernel.dataclass import dataclass

LARGEST = 10
OPEN = "open"


@dataclass(frozen=True)
class Difference:
    """One ticket that would have gone otherwise. seconds: so much later it would have been over, less than 0 for
    earlier; breaches: so many limits more would have been passed."""

    ticket_id: str
    seconds: int
    breaches: int
    was: Mapping[str, Any]
    would_be: Mapping[str, Any]


def counts_of(was: Mapping[str, Performed], would_be: Mapping[str, Performed]) -> dict[str, int]:
    """In how many tickets what differs, and what all of them come to, before and in the draft."""
    counts = Counter[str]()
    for ticket_id, before in was.items():
        after = would_be[ticket_id]
        counts["tickets"] += 1
        counts["type_changed"] += before.ticket.type != after.ticket.type
        counts["assignee_changed"] += before.ticket.assignee != after.ticket.assignee
        counts["outcome_changed"] += _end(before) != _end(after)
        counts["breach_changed"] += before.breached != after.breached
        counts["rungs_changed"] += before.rungs != after.rungs
        counts["assumed"] += bool(after.assumed)
        counts["failed"] += after.failed
        for name, performed in (("was", before), ("would_be", after)):
            counts[f"breached.{name}"] += bool(performed.breached)
            counts[f"escalated.{name}"] += bool(performed.rungs)
            counts.update({f"sent.{event}.{name}": number for event, number in performed.sent.items()})
            if performed.ticket.assignee:
                counts[f"assigned.{performed.ticket.assignee}.{name}"] += 1
    return dict(counts)


def differences(was: Mapping[str, Performed], would_be: Mapping[str, Performed], until: datetime) -> list[Difference]:
    """The tickets that would have gone otherwise."""
    pairs = ((ticket_id, before, would_be[ticket_id]) for ticket_id, before in was.items())
    return [
        Difference(
            ticket_id,
            round((_over_at(after, until) - _over_at(before, until)).total_seconds()),
            len(after.breached) - len(before.breached),
            shown(before),
            shown(after),
        )
        for ticket_id, before, after in pairs
        if shown(before) != shown(after)
    ]


def largest(rows: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """The ten largest of these: first by how many limits more or fewer were passed, then by how much later or earlier
    they would have been over, then by in how much of what is compared they differ; what is alike goes by its id."""
    return sorted(map(dict, rows), key=_size)[:LARGEST]


def _size(row: Mapping[str, Any]) -> tuple[int, int, int, str]:
    was, would_be = row["was"], row["would_be"]
    apart = sum(was.get(name) != would_be.get(name) for name in {*was, *would_be})
    return -abs(row["breaches"]), -abs(row["seconds"]), -apart, row["ticket_id"]


def row_of(difference: Difference) -> dict[str, Any]:
    """As a report has it, with a link to the ticket."""
    return {
        "ticket_id": difference.ticket_id,
        "link": f"/tickets/{difference.ticket_id}",
        "seconds": difference.seconds,
        "breaches": difference.breaches,
        "was": dict(difference.was),
        "would_be": dict(difference.would_be),
    }


def shown(performed: Performed) -> dict[str, Any]:
    """What of a performance is compared."""
    ticket = performed.ticket
    return {
        "type": ticket.type,
        "state": ticket.state,
        "outcome": ticket.outcome,
        "assignee": ticket.assignee,
        "closed_at": rfc3339(ticket.closed_at) if ticket.closed_at else "",
        "priority": ticket.priority,
        "breached": list(performed.breached),
        "rungs": list(performed.rungs),
        "sent": dict(sorted(performed.sent.items())),
    }


def _end(performed: Performed) -> tuple[str, str]:
    return performed.ticket.state, performed.ticket.outcome


def _over_at(performed: Performed, until: datetime) -> datetime:
    return performed.ticket.closed_at or until
