"""The room itself, which its handlers' files share: what is declared on it, and what it works with."""

from __future__ import annotations

from functions.webhooks.desk import Tools
from functions.webhooks.mappings.mappings_table import SORT as MAPPING
from functions.webhooks.orders.orders import AFTER_SALE_SORT
from functions.webhooks.orders.orders import SORT as ORDER
from hub.edge import aws
from hub.edge.bus import Change
from hub.edge.room import Room
from hub.store.idempotency import Idempotency
from hub.store.inbox import SORT as MESSAGE

INTEGRATORS = ("integrator",)
WATCHERS = ("integrator", "supervisor")


def _queues(change: Change) -> tuple[str, ...]:
    """Where a change goes: a new message to be published, and to greetings first where its code dies within seconds; an
    order or after-sale to be announced; a mapping, to what waits for it. That a message or a counter moved on, which is
    most of what the streams tell, asks for nothing."""
    if change.sk == MESSAGE and change.kind == "INSERT":
        return ("greetings", "changes") if (change.new or {}).get("express") else ("changes",)
    if change.sk == MAPPING:
        return ("replays",)
    return ("changes",) if change.sk in (ORDER, AFTER_SALE_SORT) else ()


room = Room("webhooks", ("/webhooks",), Idempotency, wanted=_queues, module="functions.webhooks.app")
_made: list[Tools] = []


def tools() -> Tools:
    """The room's tools, made once for its settings."""
    if not _made or _made[0].settings is not room.settings:
        _made[:] = [Tools(room.settings, room.clock, aws.client, room.emit)]
    return _made[0]
