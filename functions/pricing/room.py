"""The room, on which its parts are declared."""

from __future__ import annotations

from functions.pricing.desk import Desk, build_desk
from functions.pricing.quotes.redemptions_table import REDEMPTION
from hub.documents.items import POINTER
from hub.edge.room import Room
from hub.store.idempotency import Idempotency

MANAGERS = ("finance",)
"""Who makes prices; administrators may do whatever others may."""

room: Room[Desk] = Room(
    "pricing",
    paths=("/pricing",),
    make_desk=build_desk,
    idempotency=Idempotency,
    module="functions.pricing.app",
    followed=(POINTER, REDEMPTION),
    shared={"changes": "events"},
)
