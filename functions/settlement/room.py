"""The room, on which its parts are declared."""

from __future__ import annotations

from functions.settlement.desk import build_desk
from hub.edge.bus import Change
from hub.edge.room import Room
from hub.store.idempotency import Idempotency

FINANCE = ("finance",)


def queues_of(change: Change) -> tuple[str, ...]:
    """Where a change goes: a new entry's lines are to be given to their parties; nothing else asks for anything."""
    is_entry = change.pk.split("#")[1:2] == ["entry"]
    return ("changes",) if is_entry and change.kind == "INSERT" else ()


room = Room(
    "settlement",
    paths=("/settlement",),
    make_desk=build_desk,
    idempotency=Idempotency,
    module="functions.settlement.app",
    queues_of=queues_of,
)
