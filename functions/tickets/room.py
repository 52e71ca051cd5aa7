"""The room itself, which the files of its routes share."""

from __future__ import annotations

from functions.tickets.desk import build_desk
from hub.edge.bus import Change
from hub.edge.room import Room
from hub.jobs.desk import Importable
from hub.jobs.routes import FOLLOWED as JOB
from hub.store.idempotency import Idempotency

FOLLOWED = ("ticket", "visit#", "rung#", "submission", JOB)
IMPORTS = (
    Importable(
        "tickets",
        "POST",
        "/tickets",
        same_by=(),
        labels={
            "类型": "type",
            "客户": "customer_id",
            "优先级": "priority",
            "地区": "region",
            "门店": "store_id",
            "内容": "subject",
            "订单号": "order_no",
            "金额": "amount",
        },
    ),
)
"""What comes from files, with the names that people give to columns."""


def queues_of(change: Change) -> tuple[str, ...]:
    """Where a change goes: what becomes of tickets, visits, rungs, submissions and jobs has to be followed; entries of
    the trail, lists, conversations and documents, which are most of what the stream tells, ask for nothing."""
    if change.sk == JOB:
        return ("changes",)
    return ("changes",) if change.sk.startswith(FOLLOWED) and _is_work(change.pk) else ()


def _is_work(pk: str) -> bool:
    return "#ticket#" in pk or "#submission#" in pk


room = Room(
    "tickets",
    ("/tickets", "/flows", "/forms", "/t", "/f", "/jobs/tickets"),
    build_desk,
    idempotency=Idempotency,
    queues_of=queues_of,
    followed=FOLLOWED,
    module="functions.tickets.app",
    shared={"changes": "events"},
    around=lambda desk: desk.documents.held(),
)
