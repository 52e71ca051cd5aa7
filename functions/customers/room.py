"""The room of customers: its paths, and who reads and writes there."""

from __future__ import annotations

from functions.customers.desk import build_desk
from hub.edge.room import Room
from hub.jobs.desk import Importable
from hub.jobs.routes import FOLLOWED as JOB
from hub.store.idempotency import Idempotency

IMPORTS = (
    Importable(
        "customers",
        "POST",
        "/customers",
        same_by=("phone",),
        labels={
            "手机": "phone",
            "电话": "phone",
            "手机号": "phone",
            "姓名": "name",
            "邮箱": "email",
            "地区": "region",
            "门店": "store_id",
            "归属地": "home_region",
        },
    ),
)
"""What comes from files, with the names that people give to columns."""
READERS = ("supervisor", "agent", "engineer", "finance", "store_manager", "viewer", "integrator")
WRITERS = ("supervisor", "agent", "integrator")

room = Room(
    "customers",
    paths=("/customers", "/jobs/customers"),
    make_desk=build_desk,
    idempotency=Idempotency,
    module="functions.customers.app",
    followed=(JOB,),
    shared={"changes": "events"},
)
