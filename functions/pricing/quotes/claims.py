"""Claims (名额与预算): what a quote takes of the limits of its strategies once an order takes it. Pure."""

from __future__ import annotations

from collections.abc import Iterable

from functions.pricing.strategies.plan import Trace
from functions.pricing.strategies.units import NO_BUDGET, USED_UP, USED_UP_BY_CUSTOMER, USED_UP_IN_STORE
from hub.kernel.frozen import dataclass

CLAIMS_LIMIT = 30
"""So many strategies with limits one quote may use: each is up to three writes of one transaction."""


@dataclass(frozen=True, slots=True)
class Claim:
    """One counter that is counted up: of a strategy over all, of a customer, of a store. at_most: uses; budget_minor:
    what may be spent in all; amount_minor: what this takes of it."""

    strategy: str
    whose: str
    reason: str
    at_most: int | None = None
    budget_minor: int | None = None
    amount_minor: int = 0


def claims_of(traces: Iterable[Trace], customer: str, store: str) -> tuple[Claim, ...]:
    """What a quote claims."""
    claims: list[Claim] = []
    for trace in traces:
        limits, key = trace.strategy.limits, trace.strategy.key
        if trace.reason or limits is None:
            continue
        amount = max(0, trace.given_minor)
        reason = NO_BUDGET if limits.uses is None else USED_UP
        claims.append(Claim(key, "all", reason, limits.uses, limits.budget_minor, amount))
        if limits.per_customer is not None:
            claims.append(Claim(key, f"customer#{customer}", USED_UP_BY_CUSTOMER, limits.per_customer))
        if limits.per_store is not None and store:
            claims.append(Claim(key, f"store#{store}", USED_UP_IN_STORE, limits.per_store))
    return tuple(claims)
