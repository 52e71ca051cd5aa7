"""Orders and tickets read off the timeline."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from functions.customers.timeline import entry_of, orders_of, sort_key, tickets_of
from hub.contracts.customers import OrderEntry, TicketEntry
from hub.contracts.events import OrderPaid, TicketClosed, TicketOpened

AT = datetime(2026, 11, 21, 9, 0, tzinfo=UTC)


def opened(minutes: int = 0) -> TicketOpened:
    return TicketOpened(id=f"evt_o{minutes}", priority="high", region="310000", **common(minutes))


def closed(minutes: int) -> TicketClosed:
    return TicketClosed(
        id=f"evt_c{minutes}", run=1, region="310000", assignee="li", outcome="solved", **common(minutes)
    )


def common(minutes: int) -> dict[str, Any]:
    at = AT + timedelta(minutes=minutes)
    return {"tenant": "demo", "at": at, "ticket_id": "tkt_1", "customer_id": "cus_1", "ticket_type": "repair"}


def paid() -> OrderPaid:
    return OrderPaid(
        id="evt_p",
        tenant="demo",
        at=AT,
        connection_id="con_1",
        channel="douyin",
        shop_id="shop1",
        order_id="ord_1",
        order_no="69234",
        buyer_id="b1",
        amount_minor=1235,
        currency="CNY",
    )


def test_a_ticket_opened_and_closed_is_one_ticket_with_both_times() -> None:
    """The newest entry says how it stands; the older one says since when."""
    entries = [entry_of(closed(30)), entry_of(opened())]
    ended = AT + timedelta(minutes=30)
    times = {"opened_at": AT, "closed_at": ended}
    expected = TicketEntry(ticket_id="tkt_1", ticket_type="repair", state="closed", source="tickets", **times)
    assert tickets_of(entries) == (expected,)


def test_a_ticket_opened_again_is_open() -> None:
    """After a reopening the ticket is open, whatever was before."""
    entries = [entry_of(e) for e in (opened(60), closed(30), opened())]
    assert tickets_of(entries)[0].state == "open"


def test_an_order_shows_its_amount_in_major_units() -> None:
    """1235 minor units of CNY are 12.35."""
    assert orders_of([entry_of(paid()), entry_of(paid())]) == (
        OrderEntry(
            order_id="ord_1",
            order_no="69234",
            channel="douyin",
            shop_id="shop1",
            amount="12.35",
            currency="CNY",
            paid_at=AT,
            source="douyin",
        ),
    )


def test_the_same_event_has_the_same_key_and_keys_sort_by_time() -> None:
    """Text order of keys is time order, so the timeline needs no sorting."""
    assert sort_key(entry_of(opened(9))) == sort_key(entry_of(opened(9)))
    assert sort_key(entry_of(opened(9))) < sort_key(entry_of(closed(10)))
