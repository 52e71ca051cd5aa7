"""Orders (订单): which of two truths about an order holds, and when it is paid. Pure.

The same order comes by push and by pull on purpose. Source time decides, then the state's rank. An order
becomes paid once: whoever notes it first, the stream of the table says `order.paid` with an id that follows
from the order.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from hub.contracts.events import OrderPaid
from hub.kernel.clock import parse_rfc3339
from hub.kernel.ids import hashed_id

PAID_STATES = frozenset({"paid", "partially_shipped", "shipped", "delivered", "completed"})
"""States that an order only reaches when it was paid, or agreed to be paid on delivery."""
SORT = "order"


class OrderFacts(Protocol):
    """What a channel reads out of a platform's order. Of two truths the later `updated_at` holds, then the
    higher `state_rank`; `paid_at` is None while unpaid."""

    @property
    def order_no(self) -> str: ...
    @property
    def shop_id(self) -> str: ...
    @property
    def state(self) -> str: ...
    @property
    def state_rank(self) -> int: ...
    @property
    def buyer_id(self) -> str: ...
    @property
    def amount_minor(self) -> int: ...
    @property
    def currency(self) -> str: ...
    @property
    def paid_at(self) -> datetime | None: ...
    @property
    def updated_at(self) -> datetime: ...


@dataclass(frozen=True, slots=True)
class Unmapped:
    """An order that a platform described in words that we do not know yet."""

    connection_id: str
    order_no: str
    reason: str


def order_id(tenant: str, channel: str, facts: OrderFacts) -> str:
    """The order's id for ever: it follows from tenant, channel, shop and the platform's number."""
    return hashed_id("ord", tenant, channel, facts.shop_id, facts.order_no)


def is_paid(facts: OrderFacts) -> bool:
    """Whether the buyer has paid, or has passed a state that needs it (cash on delivery has no time of
    payment)."""
    return facts.paid_at is not None or facts.state in PAID_STATES


def paid_event(tenant: str, new: Mapping[str, Any] | None, old: Mapping[str, Any] | None) -> OrderPaid | None:
    """`order.paid` when this change of an order item is the one that made it paid, else None.

    new, old: the item's images, as the stream tells them. The id follows from the order: a change told twice
    is the same event.
    """
    if not new or "paid_noted_at" not in new or "paid_noted_at" in (old or {}):
        return None
    return OrderPaid(
        id=hashed_id("evt", tenant, new["order_id"], "paid"),
        tenant=tenant,
        at=parse_rfc3339(new["paid_noted_at"]),
        replay=bool(new.get("paid_replay")),
        connection_id=new["connection_id"],
        channel=new["channel"],
        shop_id=new["shop_id"],
        order_id=new["order_id"],
        order_no=new["order_no"],
        buyer_id=new.get("buyer_id", ""),
        amount_minor=int(new["amount_minor"]),
        currency=new["currency"],
    )
