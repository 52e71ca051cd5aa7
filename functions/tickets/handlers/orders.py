"""Orders (订单) behind tickets: what an after-sale or an order said of itself when it called for work, and how its
parcel has travelled since, so that whoever works on the ticket searches in no other system."""

from __future__ import annotations

from functions.tickets.desk import Desk
from functions.tickets.tables import Items
from functions.tickets.ticket.ticket import Stored, Ticket
from hub.contracts import events
from hub.contracts.base import Moment
from hub.contracts.orders import OrderLine
from hub.contracts.ticket_orders import ParcelMoveView, TicketOrderLineView, TicketOrderView
from hub.kernel.clock import rfc3339
from hub.kernel.money import Money
from hub.store.table import Put

LINES_LIMIT = 50
"""So many lines of an order are kept with a ticket; the order itself has all."""
MOVES_LIMIT = 50
PARCEL_KEPT_SECONDS = 180 * 86_400
"""A parcel's moves are kept for so long after each: warranty cases ask for none that is older."""


class TicketOrder(Stored):
    """What the ticket is about, as it was told last."""

    order_no: str
    channel: str
    kind: str = ""
    state: str = ""
    money: str = ""
    reason: str = ""
    tracking_no: str = ""
    currency: str = "CNY"
    lines: tuple[OrderLine, ...] = ()
    at: Moment


class ParcelMove(Stored):
    """Where a parcel was at a moment."""

    tracking_no: str
    carrier: str = ""
    state: str
    at: Moment


def put_order(items: Items, ticket_id: str, event: events.OccasionResolved) -> tuple[Put, ...]:
    """The write that keeps what an occasion says of its order with its ticket; none where it names no order."""
    if not event.order_no:
        return ()
    order = TicketOrder(
        order_no=event.order_no,
        channel=event.channel,
        kind=event.after_sale_type,
        state=event.state,
        money=event.money,
        reason=event.reason,
        tracking_no=event.tracking_no,
        currency=event.currency,
        lines=event.lines[:LINES_LIMIT],
        at=event.at,
    )
    return (Put(items.item(f"ticket#{ticket_id}", "order", order)),)


def take_parcel(desk: Desk, event: events.LogisticsChanged) -> None:
    """Keep how a parcel moved; told again, it is the same move."""
    at = event.source_at or event.at
    move = ParcelMove(tracking_no=event.tracking_no, carrier=event.carrier, state=event.state, at=at)
    expires_at = int(desk.wall_now().timestamp()) + PARCEL_KEPT_SECONDS
    sk = f"move#{rfc3339(at)}#{event.state}"
    desk.items.write(Put(desk.items.item(_parcel_key(event.tracking_no), sk, move, expires_at=expires_at)))


def order_of(desk: Desk, ticket: Ticket) -> TicketOrderView | None:
    """What the ticket is about with its parcel's moves, the oldest first; None where no platform told of an order."""
    record = desk.items.find(f"ticket#{ticket.id}", "order") if ticket.order_no else None
    if record is None:
        return None
    order = record.read(TicketOrder)
    return TicketOrderView(
        **order.model_dump(exclude={"lines", "currency"}),
        currency=order.currency,
        lines=tuple(_show_line(line, order.currency) for line in order.lines),
        trace=_trace(desk, order.tracking_no),
    )


def _trace(desk: Desk, tracking_no: str) -> tuple[ParcelMoveView, ...]:
    if not tracking_no:
        return ()
    records = desk.items.all_of(_parcel_key(tracking_no), "move#", MOVES_LIMIT)
    moves = (record.read(ParcelMove) for record in records)
    return tuple(ParcelMoveView(**move.model_dump(exclude={"tracking_no"})) for move in moves)


def _parcel_key(tracking_no: str) -> str:
    """Numbers of parcels are compared without blanks, however they are written."""
    return f"parcel#{''.join(tracking_no.split()).upper()}"


def _show_line(line: OrderLine, currency: str) -> TicketOrderLineView:
    amount = str(Money(line.amount_minor, currency))
    return TicketOrderLineView(**line.model_dump(exclude={"amount_minor"}), amount=amount)
