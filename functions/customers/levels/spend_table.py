"""What was spent, in the room's table: counted in the very transaction that keeps what happened, so each fact counts
once, however often it is told.

    <t>#customer#<id>   turnover#<order>                one order: what was paid for it, what went back
                        profile                         spent_<currency>, orders: the sums of the record's own
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from functions.customers.customers_table import timeline_item
from functions.customers.levels.spend import SPENT, Turnover
from hub.contracts.customers import TimelineEntry
from hub.kernel.dataclass import dataclass
from hub.kernel.errors import Retry
from hub.store.table import NEW, Lost, Put, Table, Update

RACES_LIMIT = 8
"""How often a count is made anew when another fact of the same order came first."""


@dataclass(frozen=True)
class Payment:
    """Money that came for an order, or went back, in minor units."""

    order_id: str
    currency: str
    paid_minor: int = 0
    refunded_minor: int = 0


@dataclass(frozen=True)
class SpendTable:
    """What the customers of one tenant have spent. Errors: Retry for what passes."""

    tenant: str
    table: Table

    def count(self, record_id: str, entry: TimelineEntry, payment: Payment) -> None:
        """Keep what happened to a record, and count it; told again, it changes nothing."""
        pk = f"{self.tenant}#customer#{record_id}"
        key, happened = (pk, f"turnover#{payment.order_id}"), Put(timeline_item(pk, entry), NEW)
        item: Mapping[str, Any] | None = None  # most payments are the first that we hear of their order
        for _ in range(RACES_LIMIT):
            try:
                self.table.transact(happened, *_counted(key, item, payment))
            except Lost as lost:
                if lost.index == 0:
                    return
                item = self.table.get(key)
                continue
            return
        raise Retry("too many facts of one order at once", order=payment.order_id)


def _counted(key: tuple[str, str], item: Mapping[str, Any] | None, payment: Payment) -> tuple[Put | Update, ...]:
    """The order as it is then, and what that makes of its record's sums."""
    stored, version = item or {}, int((item or {}).get("version", 0))
    before = Turnover(int(stored.get("paid_minor", 0)), int(stored.get("refunded_minor", 0)))
    after = before.plus(payment.paid_minor, payment.refunded_minor)
    if after == before:
        return ()
    body = {"paid_minor": after.paid_minor, "refunded_minor": after.refunded_minor, "currency": payment.currency}
    order = {"pk": key[0], "sk": key[1], "schema": 1, "version": version + 1, **body}
    unchanged = ("#version = :seen", {":seen": version}) if version else (NEW, {})
    spent = after.kept_minor - before.kept_minor
    orders = bool(after.kept_minor) - bool(before.kept_minor)
    change = f"ADD {SPENT}{payment.currency} :spent, orders :orders"
    sums = Update((key[0], "profile"), change, {":spent": spent, ":orders": orders}, "attribute_exists(pk)")
    return Put(order, *unchanged), sums
