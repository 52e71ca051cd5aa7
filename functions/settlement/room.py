"""The room, on which its parts are declared."""

from __future__ import annotations

from functions.settlement.desk import build_desk
from hub.edge.room import Room
from hub.jobs.desk import Importable
from hub.jobs.routes import FOLLOWED as JOB
from hub.store.idempotency import Idempotency

FINANCE = ("finance",)
TOLD_OF = ("head", "balance", JOB)
"""Of a statement's head and an empty pool others hear, and a job goes on; of entries, lines and pages nobody does, and
their changes are not even read."""

IMPORTS = (Importable("facts", "POST", "/settlement/facts", same_by=("id",), list_of="facts"),)
"""What comes from files: facts, a line of JSON each."""

room = Room(
    "settlement",
    paths=("/settlement", "/jobs/settlement"),
    make_desk=build_desk,
    idempotency=Idempotency,
    module="functions.settlement.app",
    followed=TOLD_OF,
    shared={"changes": "events"},
)
