"""The room, on which its parts are declared."""

from __future__ import annotations

from functions.settlement.desk import build_desk
from hub.edge.room import Room
from hub.store.idempotency import Idempotency

FINANCE = ("finance",)
TOLD_OF = ("head", "balance")
"""Of a statement's head and an empty pool others hear; of entries, lines and pages nobody does, and their changes
are not even read."""

room = Room(
    "settlement",
    paths=("/settlement",),
    make_desk=build_desk,
    idempotency=Idempotency,
    module="functions.settlement.app",
    followed=TOLD_OF,
)
