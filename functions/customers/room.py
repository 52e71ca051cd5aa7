"""The room of customers: its paths, and who reads and writes there."""

from __future__ import annotations

from functions.customers.desk import build_desk
from hub.edge.room import Room
from hub.jobs.routes import FOLLOWED as JOB
from hub.store.idempotency import Idempotency

READERS = ("supervisor", "agent", "engineer", "finance", "store_manager", "viewer", "integrator")
WRITERS = ("supervisor", "agent", "integrator")

room = Room(
    "customers",
    paths=("/customers", "/jobs/customers"),
    make_desk=build_desk,
    idempotency=Idempotency,
    module="functions.customers.app",
    followed=(JOB,),
)
