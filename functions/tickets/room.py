"""The room itself, which the files of its routes share."""

from __future__ import annotations

from functions.tickets.desk import build_desk
from hub.edge.room import Room
from hub.store.idempotency import Idempotency

room = Room(
    "tickets",
    ("/tickets", "/flows", "/t"),
    build_desk,
    idempotency=Idempotency,
    module="functions.tickets.app",
)
