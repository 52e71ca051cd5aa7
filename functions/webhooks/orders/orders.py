"""Orders and after-sales (订单/售后): which of two truths holds, and what a change of one tells the world. Pure.

The same order comes by push and by pull on purpose. Source time decides, then the state's rank. An order becomes paid
once: whoever notes it first, the stream of the table says `order.paid` with an id that follows from the order; and once
before that `order.deposit_paid`, where a part of it is paid first (预售定金).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any, Literal

from hub.channels.facts import AfterSaleFacts, OrderFacts, without_blanks
from hub.contracts import events
from hub.contracts.events import Event
from hub.kernel.clock import parse_rfc3339
from hub.kernel.dataclass import dataclass
from hub.kernel.ids import hashed_id
from hub.kernel.regions import BASE

PAID_STATES = frozenset({"paid", "partially_shipped", "shipped", "delivered", "completed"})
"""States that an order only reaches when it was paid, or agreed to be paid on delivery."""
FINISHED = "completed"
SORT = "order"
AFTER_SALE_SORT = "after_sale"
Facts = OrderFacts | AfterSaleFacts


@dataclass(frozen=True, slots=True)
class Noting:
    """How we came to know: by whose connection, when (business time), and by what. message_id: the push that said
    so. region, store_id: the connection's, where what it brings belongs."""

    connection_id: str
    channel: str
    now: datetime
    wall_now: datetime
    by: Literal["push", "pull"] = "push"
    replay: bool = False
    message_id: str = ""
    region: str = BASE
    store_id: str = ""


@dataclass(frozen=True, slots=True)
class Unmapped:
    """An order or after-sale that a platform described in words that we do not know yet."""

    connection_id: str
    entity: Literal["order", "after_sale"]
    number: str
    order_no: str
    reason: str


def order_id(tenant: str, channel: str, shop_id: str, order_no: str) -> str:
    """The order's id for ever: it follows from tenant, channel, shop and the platform's number."""
    return hashed_id("ord", tenant, channel, shop_id, order_no)


def after_sale_id(tenant: str, channel: str, shop_id: str, after_sale_no: str) -> str:
    """The after-sale's id for ever."""
    return hashed_id("afs", tenant, channel, shop_id, after_sale_no)


def is_paid(facts: OrderFacts) -> bool:
    """Whether the buyer has paid, or has passed a state that needs it (cash on delivery has no time of payment).

    The state decides: a time of payment may be a deposit's, and where something is still to pay, it is.
    """
    if facts.state == "pending_payment" or facts.deposit_minor:
        return False
    return facts.paid_at is not None or facts.state in PAID_STATES


def place_of(item: Mapping[str, Any]) -> tuple[str, str]:
    """The region and the store (or "") that a stored order or after-sale belongs to: the whole tenant's, where it was
    noted before connections said so."""
    return item.get("region", BASE), item.get("store_id", "")


def events_of(sort: str, new: Mapping[str, Any] | None, old: Mapping[str, Any] | None) -> Iterator[Event]:
    """What a change of an item says. new, old: its images, as the stream tells them. Ids follow from the fact: a change
    told twice is the same event."""
    if not new or new.get("state", "unknown") == "unknown":
        return
    before = old or {}
    if sort == AFTER_SALE_SORT:
        if _after_sale_facts(new) != _after_sale_facts(before):
            yield _after_sale_changed(new, before)
        if (paid_back_minor := _paid_back_minor(new) - _paid_back_minor(before)) > 0:
            yield _refund_paid(new, paid_back_minor)
        return
    if "deposit_noted_at" in new and "deposit_noted_at" not in before:
        yield _deposit_paid(new)
    if "paid_noted_at" in new and "paid_noted_at" not in before:
        yield _order_paid(new)
    if new["state"] != before.get("state"):
        yield _order_changed(new, before)
        if new["state"] == FINISHED:
            yield _order_finished(new)


def _after_sale_facts(item: Mapping[str, Any]) -> tuple[Any, ...]:
    """What of an after-sale is worth telling when it changes."""
    parcel = without_blanks(item.get("tracking_no") or "")
    return item.get("state"), item.get("money"), parcel, item.get("deadline_at") or ""


def _deposit_paid(new: Mapping[str, Any]) -> events.OrderDepositPaid:
    return events.OrderDepositPaid(
        id=hashed_id("evt", new["tenant"], new["order_id"], "deposit-paid"),
        at=parse_rfc3339(new["deposit_noted_at"]),
        replay=bool(new.get("replay")),
        amount_minor=int(new["deposit_minor"]),
        total_minor=int(new["amount_minor"]),
        **_bought(new),
    )


def _order_paid(new: Mapping[str, Any]) -> events.OrderPaid:
    return events.OrderPaid(
        id=hashed_id("evt", new["tenant"], new["order_id"], "paid"),
        at=parse_rfc3339(new["paid_noted_at"]),
        replay=bool(new.get("paid_replay")),
        amount_minor=int(new["amount_minor"]),
        content_ref=new.get("content_ref", ""),
        **_bought(new),
        **new.get("terms", {}),
    )


def _order_finished(new: Mapping[str, Any]) -> events.OrderFinished:
    return events.OrderFinished(
        id=hashed_id("evt", new["tenant"], new["order_id"], "finished"),
        **_common(new),
        order_id=new["order_id"],
        amount_minor=int(new["amount_minor"]),
        currency=new["currency"],
        attribution=new.get("attribution", {}),
        **new.get("terms", {}),
    )


def _paid_back_minor(item: Mapping[str, Any]) -> int:
    """What an after-sale has paid back, as far as the platform confirms it."""
    return int(item.get("refunded_minor", 0)) if item.get("money") == "succeeded" else 0


def _refund_paid(new: Mapping[str, Any], amount_minor: int) -> events.RefundPaid:
    refunded_minor = _paid_back_minor(new)
    return events.RefundPaid(
        id=hashed_id("evt", new["tenant"], new["after_sale_id"], "refund-paid", str(refunded_minor)),
        **_common(new),
        after_sale_id=new["after_sale_id"],
        after_sale_no=new["after_sale_no"],
        order_id=order_id(new["tenant"], new["channel"], new["shop_id"], new["order_no"]),
        kind=new["type"],
        amount_minor=amount_minor,
        refunded_minor=refunded_minor,
        currency=new["currency"],
        reason=new.get("reason", ""),
        lines=new.get("lines", ()),
    )


def _bought(new: Mapping[str, Any]) -> dict[str, Any]:
    """Who bought what where, of every payment."""
    names = ("tenant", "connection_id", "channel", "shop_id", "order_id", "order_no", "currency")
    return {
        **{name: new[name] for name in names},
        "buyer_id": new.get("buyer_id", ""),
        "attribution": new.get("attribution", {}),
        **_placed(new),
    }


def _order_changed(new: Mapping[str, Any], before: Mapping[str, Any]) -> events.OrderChanged:
    return events.OrderChanged(
        id=hashed_id("evt", new["tenant"], new["order_id"], "changed", new["state"], new["source_time"]),
        **_common(new),
        order_id=new["order_id"],
        state=new["state"],
        was=before.get("state", ""),
        attribution=new.get("attribution", {}),
    )


def _after_sale_changed(new: Mapping[str, Any], before: Mapping[str, Any]) -> events.AfterSaleChanged:
    facts = (new["state"], new["money"], new.get("tracking_no", ""), new.get("deadline_at", ""), new["source_time"])
    return events.AfterSaleChanged(
        id=hashed_id("evt", new["tenant"], new["after_sale_id"], *facts),
        **_common(new),
        after_sale_id=new["after_sale_id"],
        after_sale_no=new["after_sale_no"],
        kind=new["type"],
        state=new["state"],
        was=before.get("state", ""),
        money=new["money"],
        requested_minor=int(new["requested_minor"]),
        refunded_minor=int(new["refunded_minor"]),
        currency=new["currency"],
        tracking_no=new.get("tracking_no", ""),
        deadline_at=parse_rfc3339(new["deadline_at"]) if new.get("deadline_at") else None,
        reason=new.get("reason", ""),
        lines=new.get("lines", ()),
    )


def _common(new: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "tenant": new["tenant"],
        "at": parse_rfc3339(new["changed_at"]),
        "replay": bool(new.get("replay")),
        "connection_id": new["connection_id"],
        "channel": new["channel"],
        "account": new["shop_id"],
        "source_at": parse_rfc3339(new["source_time"]),
        "shop_id": new["shop_id"],
        "order_no": new["order_no"],
        "buyer_id": new.get("buyer_id", ""),
        **_placed(new),
    }


def _placed(new: Mapping[str, Any]) -> dict[str, Any]:
    region, store_id = place_of(new)
    return {"region": region, "store_id": store_id}
