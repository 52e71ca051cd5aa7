"""The room itself, which the files of its routes share."""

from __future__ import annotations

from functions.tickets.desk import build_desk
from hub.edge.bus import Change
from hub.edge.room import Room
from hub.store.idempotency import Idempotency

FOLLOWED = ("ticket", "visit#", "rung#")


def queues_of(change: Change) -> tuple[str, ...]:
    """Where a change goes: what becomes of tickets, visits and rungs has to be followed; entries of the trail, lists,
    conversations and documents, which are most of what the stream tells, ask for nothing."""
    return ("changes",) if change.sk.startswith(FOLLOWED) and "#ticket#" in change.pk else ()


room = Room(
    "tickets",
    ("/tickets", "/flows", "/t"),
    build_desk,
    idempotency=Idempotency,
    queues_of=queues_of,
    followed=FOLLOWED,
    module="functions.tickets.app",
)
