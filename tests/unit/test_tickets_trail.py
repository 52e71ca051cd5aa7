"""The trail: whatever is changed, dropped, added or moved, the chain names the place."""

from __future__ import annotations

from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from functions.tickets.ticket.ticket import Note, Ticket
from functions.tickets.ticket.trail import Entry, append_notes, first_break

AT = datetime(2026, 11, 20, 18, 0, tzinfo=UTC)
TICKET = Ticket(id="tkt_1", type="repair", priority="urgent", customer_id="cus_1", region="base", title_zh="维修",
                title_en="Repair", opened_at=AT)  # fmt: skip
notes = st.lists(
    st.builds(Note, st.text(max_size=5), st.text(max_size=5), st.dictionaries(st.text(max_size=3), st.text(max_size=3)),
              st.text(max_size=5)),
    min_size=1, max_size=8,
)  # fmt: skip


def chain(written: list[Note]) -> tuple[Ticket, list[Entry]]:
    """Written one after another, as transactions do."""
    ticket, entries = TICKET, list[Entry]()
    for note in written:
        ticket, added = append_notes(ticket, [note], AT)
        entries += added
    return ticket, entries


@given(notes)
def test_untouched_is_whole(written: list[Note]) -> None:
    """What was written one by one, or at once, is the same whole chain."""
    ticket, entries = chain(written)
    assert append_notes(TICKET, written, AT) == (ticket, tuple(entries))
    assert first_break(ticket, entries) is None
    assert [entry.seq for entry in entries] == list(range(1, len(written) + 1))


@given(notes, st.data())
def test_altered_is_named(written: list[Note], data: st.DataObject) -> None:
    """An entry that somebody altered is named by its number."""
    ticket, entries = chain(written)
    place = data.draw(st.integers(0, len(entries) - 1))
    field = data.draw(st.sampled_from(["actor", "what", "sealed_text"]))
    entries[place] = entries[place].but(**{field: getattr(entries[place], field) + "x"})
    assert first_break(ticket, entries) == place + 1


@given(notes, st.data())
def test_dropped_is_named(written: list[Note], data: st.DataObject) -> None:
    """An entry that is gone is named, the last one too."""
    ticket, entries = chain(written)
    place = data.draw(st.integers(0, len(entries) - 1))
    del entries[place]
    assert first_break(ticket, entries) == place + 1


def test_forged_tail() -> None:
    """An entry added behind the ticket's back is named, even when its own hash is right."""
    ticket, entries = chain([Note("opened", "cus_1")])
    _, forged = append_notes(ticket, [Note("closed", "mallory")], AT)
    assert first_break(ticket, [*entries, *forged]) == 3


def test_no_trail_yet() -> None:
    """A ticket without entries has a whole, empty trail."""
    assert first_break(TICKET, []) is None
