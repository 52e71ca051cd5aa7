"""The room itself, which the files of its routes share."""

from __future__ import annotations

from functions.tickets.desk import build_desk
from hub.edge.bus import Change
from hub.edge.room import Room
from hub.store.idempotency import Idempotency

FOLLOWED = ("ticket", "visit#", "rung#", "submission")


def queues_of(change: Change) -> tuple[str, ...]:
    """Where a change goes: what becomes of tickets, visits, rungs and submissions has to be followed; entries of the
    trail, lists, conversations and documents, which are most of what the stream tells, ask for nothing."""
    return ("changes",) if change.sk.startswith(FOLLOWED) and _is_work(change.pk) else ()


def _is_work(pk: str) -> bool:
    return "#ticket#" in pk or "#submission#" in pk


room = Room(
    "tickets",
    ("/tickets", "/flows", "/forms", "/t", "/f"),
    build_desk,
    idempotency=Idempotency,
    queues_of=queues_of,
    followed=FOLLOWED,
    module="functions.tickets.app",
)
