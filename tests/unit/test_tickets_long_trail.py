"""Trails that are longer than one answer: all of a trail is verified, as the ticket that was read had it."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from functions.tickets.tables import Items
from functions.tickets.ticket.ticket import Note, Ticket, Visit
from functions.tickets.ticket.tickets_table import PARTS_LIMIT, TicketTable
from functions.tickets.ticket.trail import append_notes, first_break
from hub.kernel.errors import Broken
from tests.support.memory_table import MemoryTable

AT = datetime(2026, 11, 20, 18, 0, tzinfo=UTC)
TICKET = Ticket(id="tkt_1", type="repair", priority="urgent", customer_id="cus_1", region="base", title_zh="维修",
                title_en="Repair", opened_at=AT)  # fmt: skip


def stored(count: int, head: Ticket | None = None) -> tuple[TicketTable, Ticket]:
    """A table with a trail of so many entries, and the ticket at its head; `head` if another one is stored."""
    ticket, entries = append_notes(TICKET, [Note("comment", "amy", {"n": str(n)}) for n in range(count)], AT)
    items = Items(MemoryTable(), "demo")  # type: ignore[arg-type]
    items.write(
        items.new("ticket#tkt_1", "ticket", head or ticket),
        *(items.new("ticket#tkt_1", f"trail#{entry.seq:06d}", entry) for entry in entries),
    )
    return TicketTable(items, lambda _case: None, lambda _before, after, _at: after.ticket), ticket


def test_a_trail_of_more_than_five_thousand_is_whole() -> None:
    """6,000 entries are read and verified to the last."""
    table, ticket = stored(6000)
    entries = table.trail(ticket)
    assert (len(entries), first_break(ticket, entries)) == (6000, None)


def test_what_was_written_since_the_ticket_was_read_is_left_out() -> None:
    """An older head sees its own entries alone, and they are whole."""
    table, _ = stored(10)
    earlier, _ = append_notes(TICKET, [Note("comment", "amy", {"n": str(n)}) for n in range(4)], AT)
    entries = table.trail(earlier)
    assert ([entry.seq for entry in entries], first_break(earlier, entries)) == ([1, 2, 3, 4], None)


def test_what_no_head_ever_had_is_found() -> None:
    """Entries behind the back of the ticket that is stored are named."""
    head, _ = append_notes(TICKET, [Note("comment", "amy", {"n": str(n)}) for n in range(4)], AT)
    table, _ = stored(6, head=head)
    assert first_break(head, table.trail(head)) == 7


def with_visits(count: int, **sums: int) -> TicketTable:
    """A ticket of so many visits; sums: what its item says of them, nothing on one of before 2026-12."""
    items = Items(MemoryTable(), "demo")  # type: ignore[arg-type]
    visits = (Visit(id=f"vis_{n}", ticket_id="tkt_1", node="a", kind="wait", run=1, number=n, previous="", entered_at=AT,
                    outcomes=("on",), title_zh="", title_en="") for n in range(count))  # fmt: skip
    items.write(
        items.new("ticket#tkt_1", "ticket", TICKET, **sums),
        *(items.new("ticket#tkt_1", f"visit#{visit.id}", visit, by=1) for visit in visits),
    )
    return TicketTable(items, lambda _case: None, lambda _before, after, _at: after.ticket)


def test_a_ticket_of_many_visits_is_whole() -> None:
    """Of a thousand and one none is left out, of a ticket of before either; of more than a ticket may have none as well:
    it is refused aloud."""
    assert len(with_visits(1001).case("tkt_1").visits) == 1001
    assert len(with_visits(1001, parts=1001).case("tkt_1").visits) == 1001
    with pytest.raises(Broken):
        with_visits(PARTS_LIMIT + 1).case("tkt_1")
    with pytest.raises(Broken):
        with_visits(2 * PARTS_LIMIT + 1, parts=2 * PARTS_LIMIT + 1).case("tkt_1")
