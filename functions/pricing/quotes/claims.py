"""Claims (名额与预算): what a quote takes of the limits of its strategies once an order takes it. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from functions.pricing.strategies.plan import Trace
from functions.pricing.strategies.strategies import Limits
from functions.pricing.strategies.units import NO_BUDGET, USED_UP, USED_UP_BY_CUSTOMER, USED_UP_IN_STORE
from hub.kernel.dataclass import dataclass

CLAIMS_LIMIT = 30
"""So many strategies with limits one quote may use: each is up to three writes of one transaction."""


@dataclass(frozen=True, slots=True)
class Claim:
    """One counter that is counted up: of a strategy or a whole campaign, over all, of a customer, of a store. at_most:
    uses; budget_minor: what may be spent in all; amount_minor: what this takes of it."""

    strategy: str
    whose: str
    reason: str
    at_most: int | None = None
    budget_minor: int | None = None
    amount_minor: int = 0


def claims_of(traces: Iterable[Trace], customer: str, store: str) -> tuple[Claim, ...]:
    """What a quote claims: of each strategy, and of each campaign once for all that counts of it."""
    claims: list[Claim] = []
    shared: dict[str, tuple[Limits, int]] = {}
    for trace in traces:
        strategy, amount = trace.strategy, max(0, trace.given_minor)
        if trace.reason:
            continue
        if strategy.limits is not None:
            claims += _claims(strategy.key, strategy.limits, amount, customer, store)
        if strategy.shared is not None:
            _, before = shared.get(strategy.campaign, (strategy.shared, 0))
            shared[strategy.campaign] = strategy.shared, before + amount
    for campaign, (limits, amount) in shared.items():
        claims += _claims(campaign, limits, amount, customer, store)
    return tuple(claims)


def _claims(key: str, limits: Limits, amount: int, customer: str, store: str) -> Iterator[Claim]:
    reason = NO_BUDGET if limits.uses is None else USED_UP
    yield Claim(key, "all", reason, limits.uses, limits.budget_minor, amount)
    if limits.per_customer is not None:
        yield Claim(key, f"customer#{customer}", USED_UP_BY_CUSTOMER, limits.per_customer)
    if limits.per_store is not None:
        yield Claim(key, f"store#{store}", USED_UP_IN_STORE, limits.per_store)
