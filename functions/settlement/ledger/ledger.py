"""The ledger: balanced journal entries (分录). One entry is one fact, one policy and one purpose, with all its lines.

Debits are positive, credits negative, and the lines of an entry sum to zero: the constructor takes nothing
else.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import field
from datetime import datetime
from typing import Any

from hub.kernel.clock import parse_rfc3339, rfc3339
from hub.kernel.dataclass import dataclass
from hub.kernel.errors import Invalid, Problem
from hub.kernel.ids import derived_id
from hub.kernel.money import Money

SCHEMA = 2
LINES_LIMIT = 50
PARTY_KINDS = ("person", "store", "dealer", "region", "platform", "supplier")
"""Who a statement may be for (结算对象)."""
_PARTY_ACCOUNT = re.compile(rf"^payable:((?:{'|'.join(PARTY_KINDS)}):.+)$")


@dataclass(frozen=True, slots=True)
class Line:
    """One posting to one account. dims: what it is about, by dimension (order, ticket, item, person, hour, node,
    channel, book)."""

    account: str
    amount: Money
    dims: Mapping[str, str] = field(default_factory=dict, hash=False)


@dataclass(frozen=True, slots=True)
class Why:
    """Why an entry exists: in words, and by which rule, pinned to its version, from which facts."""

    zh: str
    en: str
    rule: str
    version: int
    facts: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Booking:
    """Where an entry stands: in the run (`run_id`, region and period) whose statements it is in, posted when. late_for:
    the run in which it would have been had it not been closed already; "" for what came in time."""

    run_id: str
    posted_at: datetime
    late_for: str = ""


@dataclass(frozen=True, slots=True)
class Entry:
    """A balanced journal entry, unique by fact, policy (`why.rule`) and purpose. reverses: the id of the entry that it
    takes back, in whole or in part. Raises Invalid, naming /lines, when it is empty, too long, of more than one
    currency, or not balanced."""

    fact_id: str
    purpose: str
    occurred_at: datetime
    lines: tuple[Line, ...]
    why: Why
    reverses: str = ""

    def __post_init__(self) -> None:
        if not 2 <= len(self.lines) <= LINES_LIMIT:
            raise _wrong_lines(f"must be 2 to {LINES_LIMIT} lines")
        if any(line.amount.amount_minor == 0 for line in self.lines):
            raise _wrong_lines("no line may be zero")
        if len({line.amount.currency for line in self.lines}) != 1:
            raise _wrong_lines("must be of one currency")
        if imbalance := sum(line.amount.amount_minor for line in self.lines):
            raise _wrong_lines(f"must sum to zero; off by {Money(imbalance, self.currency)} {self.currency}")

    @property
    def id(self) -> str:
        """`ent_…`, from the fact, the policy and the purpose alone, sorted by when it occurred."""
        return derived_id("ent", self.occurred_at, self.fact_id, self.why.rule, self.purpose)

    @property
    def currency(self) -> str:
        return self.lines[0].amount.currency

    def earned_by_party(self) -> dict[str, Money]:
        """What the entry means to each party (`person:<id>`, `store:<id>`): positive is what we owe them
        more."""
        earned: dict[str, Money] = {}
        for line in self.lines:
            if match := _PARTY_ACCOUNT.match(line.account):
                party = match.group(1)
                earned[party] = earned.get(party, Money(0, self.currency)) - line.amount
        return earned


def entry_document(entry: Entry, booking: Booking) -> str:
    """The entry and its booking as canonical JSON, for the store."""
    return json.dumps(
        {
            "schema": SCHEMA,
            "fact_id": entry.fact_id,
            "purpose": entry.purpose,
            "occurred_at": rfc3339(entry.occurred_at),
            "currency": entry.currency,
            "lines": [[line.account, line.amount.amount_minor, dict(line.dims)] for line in entry.lines],
            "why": why_document(entry.why),
            "reverses": entry.reverses,
            "run_id": booking.run_id,
            "posted_at": rfc3339(booking.posted_at),
            "late_for": booking.late_for,
        },
        ensure_ascii=False,
        sort_keys=True,
    )


def entry_from_document(document: str) -> tuple[Entry, Booking]:
    """What `entry_document` wrote. The entry is proved balanced again on the way."""
    raw = json.loads(document)
    lines = tuple(Line(account, Money(minor, raw["currency"]), dims) for account, minor, dims in raw["lines"])
    why = why_from_document(raw["why"])
    occurred_at = parse_rfc3339(raw["occurred_at"])
    entry = Entry(raw["fact_id"], raw["purpose"], occurred_at, lines, why, raw["reverses"])
    return entry, Booking(raw["run_id"], parse_rfc3339(raw["posted_at"]), raw["late_for"])


def why_document(why: Why) -> dict[str, Any]:
    """A reason as plain JSON values."""
    return {"zh": why.zh, "en": why.en, "rule": why.rule, "version": why.version, "facts": dict(why.facts)}


def why_from_document(raw: Mapping[str, Any]) -> Why:
    """What `why_document` wrote."""
    return Why(raw["zh"], raw["en"], raw["rule"], raw["version"], raw["facts"])


def _wrong_lines(rule: str) -> Invalid:
    return Invalid("entry", problems=[Problem("/lines", rule)])
