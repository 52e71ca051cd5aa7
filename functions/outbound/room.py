"""The room, on which its parts are declared."""

from __future__ import annotations

from functions.outbound.desk import build_desk
from hub.edge.room import Room
from hub.store.idempotency import Idempotency

INTEGRATORS = ("integrator",)

room = Room(
    "outbound",
    paths=("/webhooks/endpoints", "/webhooks/event-types"),
    make_desk=build_desk,
    idempotency=Idempotency,
    module="functions.outbound.app",
)
