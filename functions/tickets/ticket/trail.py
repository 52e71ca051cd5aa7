"""The trail (操作痕迹): each entry carries the hash of the one before, so nothing can be changed or dropped unseen.

The hash covers ciphertext, never what a person wrote in clear: erase their key, and the chain still verifies. The last
entry of each change says what the ticket was then (functions.tickets.ticket.past), so the ticket can't be changed
beside its trail either.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from pydantic import Field

from functions.tickets.ticket.ticket import Note, Stored, Ticket
from hub.contracts.base import Moment
from hub.kernel.clock import rfc3339
from hub.kernel.ids import digest


class Entry(Stored):
    """One thing that happened to a ticket. `seq` counts from 1 without gaps.

    version: the ticket's, as this left it; 0 in an older item. was: what this made different, as it was before
    (functions.tickets.ticket.past). state: the hash of what the ticket showed of itself as its change left it, with the
    last entry of a change; "" with the others, and in an older item.
    """

    seq: int
    at: Moment
    actor: str
    what: str
    detail: dict[str, str] = Field(default_factory=dict)
    sealed_text: str = ""
    version: int = 0
    was: dict[str, Any] = Field(default_factory=dict)
    state: str = ""
    prev: str
    hash: str


def append_notes(
    ticket: Ticket,
    notes: Sequence[Note],
    at: datetime,
    version: int = 0,
    *,
    was: Mapping[str, Any] | None = None,
    state: str = "",
) -> tuple[Ticket, tuple[Entry, ...]]:
    """The ticket with its trail's head moved on, and the new entries in order. was: what they made different, as it was
    before, state: what it is now: the last of them holds both."""
    seq, prev = ticket.trail_seq, ticket.trail_hash or start_hash(ticket.id)
    entries: list[Entry] = []
    for note in notes:
        seq += 1
        is_last = len(entries) + 1 == len(notes)
        entry = Entry(
            seq=seq,
            at=at,
            actor=note.actor,
            what=note.what,
            detail=dict(note.detail),
            sealed_text=note.sealed,
            version=version,
            was=dict(was or {}) if is_last else {},
            state=state if is_last else "",
            prev=prev,
            hash="",
        )
        prev = entry_hash(entry)
        entries.append(entry.but(hash=prev))
    return ticket.but(trail_seq=seq, trail_hash=prev), tuple(entries)


def first_break(ticket: Ticket, entries: Iterable[Entry], state: str = "") -> int | None:
    """The sequence number at which the trail stops being what was written, None when it is whole.

    entries: in order of `seq`, all of them. A missing tail is found by the head that the ticket keeps. state: what the
    ticket is; where that is not what its last entry says, that entry's number is the answer.
    """
    seq, prev, written_state = 0, start_hash(ticket.id), ""
    for entry in entries:
        seq += 1
        if entry.seq != seq or entry.prev != prev or entry.hash != entry_hash(entry):
            return seq
        prev, written_state = entry.hash, entry.state
    if (seq, prev) != (ticket.trail_seq, ticket.trail_hash or start_hash(ticket.id)):
        return seq + 1
    return seq if written_state and written_state != state else None


def start_hash(ticket_id: str) -> str:
    """What the first entry of a ticket's trail points back to."""
    return digest("trail", ticket_id).hex()


def entry_hash(entry: Entry) -> str:
    """sha256 over the entry and the hash before it."""
    before: tuple[str, ...] = (str(entry.version), _text(entry.was)) if entry.version else ()  # older items: neither
    before += (entry.state,) if entry.state else ()
    facts = str(entry.seq), rfc3339(entry.at), entry.actor, entry.what, _text(entry.detail), entry.sealed_text
    return digest(entry.prev, *facts, *before).hex()


def _text(values: Mapping[str, Any]) -> str:
    return json.dumps(values, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
