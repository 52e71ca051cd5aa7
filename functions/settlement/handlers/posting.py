"""Entries into the ledger: made by the policies of their day, booked in the period that is open, posted once."""

from __future__ import annotations

from datetime import datetime

from functions.settlement.desk import Desk
from functions.settlement.ledger.ledger import Booking, Entry
from functions.settlement.policies import Policy
from functions.settlement.policy_kind import POLICIES


def post_entry(desk: Desk, entry: Entry, now: datetime) -> tuple[Entry, Booking]:
    """Post an entry, once for its fact, policy and purpose. Answers what the ledger now holds for them."""
    return desk.book.post(entry, now)


def policies_at(desk: Desk, at: datetime) -> list[Policy]:
    """The policies in force at a moment, as they were known then: a fact that comes late keeps the rules of its day."""
    readings = desk.documents.all(POLICIES, at=at)
    return [Policy(key, reading.version, reading.value) for key, reading in sorted(readings.items())]
