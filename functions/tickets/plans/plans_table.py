"""What the room keeps of plans: when each is looked after next, and which devices of a month have their ticket."""

from datetime import datetime

from functions.tickets.tables import LOOK, Items
from functions.tickets.ticket.ticket import Stored
from hub.store.due import due_keys
from hub.store.table import Put

MARK = "plan"


class Watched(Stored):
    """That somebody looks after a plan."""

    key: str = ""


class Month(Stored):
    """Which devices of a month have their ticket."""

    devices: tuple[str, ...] = ()


def watch_plan(items: Items, key: str, at: datetime | None) -> None:
    """Have the sweep look after a plan at a moment, or not at all."""
    keys = due_keys(items.tenant, LOOK, f"{MARK}#{key}", at)
    items.write(Put(items.item(f"{MARK}#{key}", MARK, Watched(key=key), **keys)))
