"""Experts from elsewhere (总部专家): mentioned in a comment, they may look at this one ticket for a while. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from functions.tickets.ticket.stored import Stored
from hub.contracts.base import Moment
from hub.kernel.errors import Invalid, Problem

GUESTS_LIMIT = 20
"""So many may be guests of one ticket at once."""


class Guest(Stored):
    """One who was asked to help, by whom, and from when (included) to when (excluded) they see the ticket."""

    person: str
    by: str
    at: Moment
    ends_at: Moment


def invite(guests: Sequence[Guest], people: Sequence[str], by: str, at: datetime, hours: int) -> tuple[Guest, ...]:
    """The guests with these people among them from now on, for so many hours, or as long as they are already. Guests
    whose time was over are left out, so that the list does not grow. Raises Invalid for one too many."""
    known = {guest.person: guest for guest in guests if guest.ends_at > at}
    for person in people:
        ends_at = at + timedelta(hours=hours)
        before = known.pop(person, None)
        known[person] = Guest(person=person, by=by, at=at, ends_at=max(ends_at, before.ends_at) if before else ends_at)
    if len(known) > GUESTS_LIMIT:
        rule = f"a ticket has at most {GUESTS_LIMIT} guests at once"
        raise Invalid("too many guests", problems=[Problem("/mentions", rule)])
    return tuple(known.values())
