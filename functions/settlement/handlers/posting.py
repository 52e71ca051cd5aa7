"""Entries into the ledger: made by the policies of their day, booked in the period that is open, posted once."""

from __future__ import annotations

from datetime import datetime

from functions.settlement.desk import Desk
from functions.settlement.facts.facts import Fact
from functions.settlement.ledger.ledger import Booking, Entry
from functions.settlement.policies import Policy
from functions.settlement.policy_kind import POLICIES
from hub.documents.scopes import TENANT, Scope
from hub.kernel.regions import BASE


def post_entry(desk: Desk, entry: Entry, now: datetime) -> tuple[Entry, Booking]:
    """Post an entry, once for its fact, policy and purpose. Answers what the ledger now holds for them."""
    return desk.book.post(entry, now)


def policies_for(desk: Desk, fact: Fact) -> list[Policy]:
    """The policies in force where and when a fact occurred, as they were known then: one that comes late keeps the
    rules of its day. The most specific scope wins: store, district, city, province, base."""
    scope = Scope(fact.parties.get("region", BASE), fact.parties.get("store", ""))
    return policies_of(desk, fact.occurred_at, scope)


def policies_of(desk: Desk, at: datetime, scope: Scope = TENANT) -> list[Policy]:
    """The policies in force in a scope at a moment, as they were known then."""
    readings = desk.documents.all(POLICIES, scope, at=at)
    return [Policy(key, reading.version, reading.value) for key, reading in sorted(readings.items())]
