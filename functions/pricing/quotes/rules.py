"""What a quote says of the strategies: which counted and which did not, in words, and who bears what. Pure."""

from __future__ import annotations

from collections.abc import Iterable

from functions.pricing.strategies.kind import STAGES
from functions.pricing.strategies.plan import Trace
from functions.pricing.strategies.units import REASONS
from hub.contracts.base import Words
from hub.contracts.pricing import FundingShare, GiftView, PriceRuleView, RuleShare
from hub.kernel.money import Money

APPLIED = ("已生效", "it counts")


def show_rule(trace: Trace, currency: str) -> PriceRuleView:
    """A strategy and what came of it; the shares of lines and of funders each sum to the discount."""
    strategy, applied = trace.strategy, not trace.reason
    zh, en = APPLIED if applied else REASONS[trace.reason]
    if trace.lapsed_minor:
        lapsed = Money(trace.lapsed_minor, currency)
        zh, en = f"{zh}，其余 {lapsed} 作废", f"{en}; the other {lapsed} lapse"
    return PriceRuleView(
        rule=strategy.key,
        kind=strategy.kind,
        name=Words(zh=strategy.title_zh, en=strategy.title_en),
        stage=STAGES[strategy.stage],
        applied=applied,
        why=Words(zh=zh, en=en),
        discount=str(Money(trace.given_minor, currency)),
        lapsed=str(Money(trace.lapsed_minor, currency)),
        lines=tuple(
            RuleShare(line=line, discount=str(Money(minor, currency)))
            for line, minor in sorted(trace.lines_minor.items())
        ),
        funding=funding_of(trace, currency),
        coupon=trace.coupon,
    )


def funding_of(trace: Trace, currency: str) -> tuple[FundingShare, ...]:
    """What each party bears of what was really given: by weight, the largest remainder first."""
    funding = trace.strategy.funding
    if not funding or not trace.given_minor:
        return ()
    shares = Money(trace.given_minor, currency).allocate([weight for _, weight in funding])
    return tuple(
        FundingShare(party=party, amount=str(share)) for (party, _), share in zip(funding, shares, strict=True)
    )


def gifts_of(traces: Iterable[Trace]) -> tuple[GiftView, ...]:
    """Everything that comes along for nothing."""
    return tuple(
        GiftView(service=gift.service, quantity=gift.quantity, rule=trace.strategy.key)
        for trace in traces
        for gift in trace.gifts
    )
