"""Settlement policies (结算规则): data that says which part of a closed ticket's cost is whose money.

A policy holds from `valid_from` on for one ticket type. Each part takes one cost of the ticket times an exact
rate, rounded as it declares, and posts it from one account to another. The version is pinned inside the entry
it makes.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import ROUND_DOWN, ROUND_HALF_EVEN, ROUND_HALF_UP, ROUND_UP, Decimal
from pathlib import Path
from typing import Any

from functions.settlement.ledger.ledger import Entry, Line, Why
from hub.contracts.events import TicketClosed
from hub.kernel.clock import parse_rfc3339
from hub.kernel.errors import Invalid, Problem
from hub.kernel.money import Money, parse_rate

PRESETS = Path(__file__).parent / "presets" / "policies.json"
ROUNDINGS = {"HALF_UP": ROUND_HALF_UP, "HALF_EVEN": ROUND_HALF_EVEN, "DOWN": ROUND_DOWN, "UP": ROUND_UP}
BASES = ("labour", "parts", "travel")


@dataclass(frozen=True, slots=True)
class Part:
    """`base` (labour, parts or travel) × `rate`, rounded, from `debit` to `credit`; `zh` and `en` say it in
    words."""

    purpose: str
    base: str
    rate: Decimal
    rounding: str
    debit: str
    credit: str
    zh: str
    en: str

    def __post_init__(self) -> None:
        if self.base not in BASES or self.rounding not in ROUNDINGS:
            rule = f"base must be one of {BASES}, rounding one of {tuple(ROUNDINGS)}"
            raise Invalid("policy", problems=[Problem("/parts", rule)], purpose=self.purpose)


@dataclass(frozen=True, slots=True)
class Policy:
    """One version of a rule for one ticket type, in force from `valid_from` (included)."""

    key: str
    version: int
    valid_from: datetime
    ticket_type: str
    parts: tuple[Part, ...]


def entries_for(event: TicketClosed, policies: Sequence[Policy]) -> list[Entry]:
    """The entries that a closed ticket makes: one per part of each policy in force that is not zero.

    The same event and policies always make the same entries. Raises Invalid for a currency that we do not
    know.
    """
    in_force = policies_in_force(policies, event.ticket_type, event.at)
    made = (_entry(event, policy, part) for policy in in_force for part in policy.parts)
    return [entry for entry in made if entry is not None]


def policies_in_force(policies: Sequence[Policy], ticket_type: str, at: datetime) -> list[Policy]:
    """Of each policy key for the ticket type, the version in force at `at`: the greatest (valid_from,
    version)."""
    newest: dict[str, Policy] = {}
    for policy in sorted(policies, key=lambda policy: (policy.key, policy.valid_from, policy.version)):
        if policy.ticket_type == ticket_type and policy.valid_from <= at:
            newest[policy.key] = policy
    return list(newest.values())


def load_policies(text: str | None = None) -> tuple[Policy, ...]:
    """The policies in a JSON document (by default the presets). Raises Invalid for a bad rate, base or
    rounding."""
    raw = json.loads(PRESETS.read_text(encoding="utf-8") if text is None else text)
    return tuple(_policy(policy) for policy in raw["policies"])


def _entry(event: TicketClosed, policy: Policy, part: Part) -> Entry | None:
    base = Money(getattr(event, f"{part.base}_minor"), event.currency)
    amount = base.times(part.rate, ROUNDINGS[part.rounding])
    if amount.amount_minor == 0:
        return None
    lines = (
        Line(_account(part.debit, event), amount),
        Line(_account(part.credit, event), -amount),
    )
    return Entry(event.id, part.purpose, event.at, lines, _why(event, policy, part, base))


def _account(template: str, event: TicketClosed) -> str:
    return template.format(assignee=event.assignee, store=event.store_id or "none", region=event.region)


def _why(event: TicketClosed, policy: Policy, part: Part, base: Money) -> Why:
    words = {
        "base_amount": str(base),
        "currency": base.currency,
        "rate_percent": f"{(part.rate * 100).normalize():f}",
    }
    facts = {
        "ticket_id": event.ticket_id,
        "ticket_run": str(event.run),
        "region": event.region,
        "outcome": event.outcome,
        "base": part.base,
        "base_minor": str(base.amount_minor),
        "rate": str(part.rate),
        "rounding": part.rounding,
    }
    return Why(part.zh.format(**words), part.en.format(**words), policy.key, policy.version, facts)


def _policy(raw: Mapping[str, Any]) -> Policy:
    parts = tuple(Part(**{**part, "rate": parse_rate(part["rate"])}) for part in raw["parts"])
    return Policy(raw["key"], raw["version"], parse_rfc3339(raw["valid_from"]), raw["ticket_type"], parts)
