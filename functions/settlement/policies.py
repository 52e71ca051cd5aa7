"""Settlement policies (结算规则): data that says which part of a closed ticket's cost is whose money.

A policy is for one ticket type. Each part takes one cost of the ticket times an exact rate, rounded as it declares, and
posts it from one account to another. Which version is in force is a document's matter (policy_kind.py); it is pinned
inside the entry that it makes.
"""

from __future__ import annotations

from collections.abc import Iterable
from decimal import ROUND_DOWN, ROUND_HALF_EVEN, ROUND_HALF_UP, ROUND_UP, Decimal

from functions.settlement.ledger.ledger import Entry, Line, Why
from hub.contracts.events import TicketClosed
from hub.kernel.frozen import dataclass
from hub.kernel.money import Money

ROUNDINGS = {"HALF_UP": ROUND_HALF_UP, "HALF_EVEN": ROUND_HALF_EVEN, "DOWN": ROUND_DOWN, "UP": ROUND_UP}


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


@dataclass(frozen=True, slots=True)
class Rule:
    """What a policy says: its parts, for tickets of one type."""

    ticket_type: str
    parts: tuple[Part, ...]


@dataclass(frozen=True, slots=True)
class Policy:
    """A version of a policy that is in force."""

    key: str
    version: int
    rule: Rule


def entries_for(event: TicketClosed, policies: Iterable[Policy]) -> list[Entry]:
    """The entries that a closed ticket makes: one per part of each policy for its type that is not zero.

    policies: those in force when the ticket closed. The same event and policies always make the same entries. Raises
    Invalid for a currency that we do not know.
    """
    fitting = (policy for policy in policies if policy.rule.ticket_type == event.ticket_type)
    made = (_entry(event, policy, part) for policy in fitting for part in policy.rule.parts)
    return [entry for entry in made if entry is not None]


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
