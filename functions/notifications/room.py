"""The room, on which its parts are declared."""

from __future__ import annotations

from functions.notifications.desk import build_desk
from functions.notifications.handlers.due import QUEUE
from hub.edge.room import Room
from hub.store.idempotency import Idempotency

room = Room(
    "notifications",
    paths=("/notifications",),
    make_desk=build_desk,
    idempotency=Idempotency,
    module="functions.notifications.app",
    shared={QUEUE: "events"},
    around=lambda desk: desk.documents.held(),
)
