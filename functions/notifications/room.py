"""The room, on which its parts are declared."""

from __future__ import annotations

from functions.notifications.desk import build_desk
from functions.notifications.handlers.due import QUEUE
from hub.edge.room import Room
from hub.jobs.routes import FOLLOWED as JOB
from hub.store.idempotency import Idempotency

room = Room(
    "notifications",
    paths=("/notifications", "/jobs/notifications"),
    make_desk=build_desk,
    idempotency=Idempotency,
    module="functions.notifications.app",
    followed=(JOB,),
    shared={QUEUE: "events", "changes": "events"},
    around=lambda desk: desk.documents.held(),
)
