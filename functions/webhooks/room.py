"""The room itself, on which its routes and handlers are declared, and who may do what in it."""

from __future__ import annotations

from functions.webhooks.desk import build_desk
from functions.webhooks.orders.orders import AFTER_SALE_SORT
from functions.webhooks.orders.orders import SORT as ORDER
from hub.documents.items import POINTER, line_of_pointer
from hub.edge.bus import Change
from hub.edge.room import Room
from hub.jobs.desk import Importable
from hub.jobs.routes import FOLLOWED as JOB
from hub.store.idempotency import Idempotency
from hub.store.inbox import SORT as MESSAGE

INTEGRATORS = ("integrator",)
SUPERVISORS = ("supervisor",)
WATCHERS = ("integrator", "supervisor")
READERS = ("integrator", "supervisor", "agent", "finance", "store_manager")
IMPORTS = (
    Importable(
        "orders",
        "POST",
        "/webhooks/connections/{connection_id}/orders",
        same_by=("connection_id", "order_no"),
        labels={
            "连接": "connection_id",
            "订单号": "order_no",
            "店铺": "shop_id",
            "状态": "state",
            "金额": "amount",
            "币种": "currency",
            "买家": "buyer_id",
            "支付时间": "paid_at",
            "备注": "note",
            "更新时间": "occurred_at",
        },
    ),
)
"""What comes from files, with the names that people give to columns."""
DECIDERS = ("integrator", "supervisor", "agent")


def queues_of(change: Change) -> tuple[str, ...]:
    """Where a change goes: a new message to be published, and to greetings first where its code dies within seconds; an
    order or after-sale to be announced; a document that is another version now, for what waited for it. That a message
    or a counter moved on, which is most of what the streams tell, asks for nothing."""
    if change.sk == MESSAGE:
        if change.kind != "INSERT":
            return ()
        return ("greetings", "changes") if (change.new or {}).get("express") else ("changes",)
    if change.sk in (ORDER, AFTER_SALE_SORT, JOB) or line_of_pointer(change.pk, change.sk):
        return ("changes",)
    return ()


room = Room(
    "webhooks",
    ("/webhooks", "/jobs/webhooks"),
    build_desk,
    Idempotency,
    queues_of=queues_of,
    module="functions.webhooks.app",
    followed=(MESSAGE, ORDER, AFTER_SALE_SORT, POINTER, JOB),
    shared={"promotions": "pulls", "replays": "pulls", "tally": "pulls"},
)
