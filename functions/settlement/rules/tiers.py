"""Tiers (阶梯): what a table of borders and rates makes of a number. Pure.

A border is declared: `border: "upper"` says "up to and including", so the border itself still belongs to the tier
below; `"lower"` says "from". `reach: "slice"` prices each tier's own part, `"whole"` all of it by the tier that it
reaches. Below zero a table is its own mirror: what goes back is priced as it came.
"""

from collections.abc import Iterator, Sequence
from fractions import Fraction
from typing import Literal

from functions.settlement.facts.items import is_money
from functions.settlement.rules.figure import exact, minor_of
from functions.settlement.rules.money_fields import money_findings
from functions.settlement.rules.step import Number, Price, Rate
from hub.contracts.base import Contract
from hub.documents.kinds import Finding

Border = Literal["upper", "lower"]
Reach = Literal["slice", "whole"]


class Tier(Contract):
    """From `above` up to `up_to` (none: without end), in major units of money or as a quantity. Either `rate` of what
    lies in it, or `price` a unit."""

    above: Number
    up_to: Number | None = None
    rate: Rate | None = None
    price: Price | None = None


def tiered(tiers: Sequence[Tier], basis: Fraction, border: Border, reach: Reach, of: str, currency: str) -> Fraction:
    """Minor units. basis: minor units where `of` is money, else a quantity."""
    if basis < 0:
        return -tiered(tiers, -basis, border, reach, of, currency)
    unit = 10**2 if is_money(of) and currency != "JPY" else 1
    if reach == "whole":
        return basis * _worth(tier_at(tiers, basis / unit, border), currency)
    parts = (
        (min(basis, exact(tier.up_to) * unit) if tier.up_to is not None else basis) - exact(tier.above) * unit
        for tier in tiers
    )
    slices = zip(tiers, parts, strict=True)
    return sum((part * _worth(tier, currency) for tier, part in slices if part > 0), Fraction(0))


def tier_at(tiers: Sequence[Tier], basis: Fraction, border: Border) -> Tier:
    """The tier that a number (major units, or a quantity) reaches."""
    for tier in tiers:
        end = None if tier.up_to is None else exact(tier.up_to)
        if end is None or basis < end or (basis == end and border == "upper"):
            return tier
    return tiers[-1]


def _worth(tier: Tier, currency: str) -> Fraction:
    if tier.price is not None:
        return Fraction(minor_of(tier.price, currency))
    return exact(tier.rate or "0")


def tier_findings(tiers: Sequence[Tier], place: str, of: str, currency: str) -> Iterator[Finding]:
    """Tiers that leave gaps, overlap, come out of order or can't be reached, and such that say no rate or two."""
    end: Fraction | None = Fraction(0)
    for nth, tier in enumerate(tiers):
        here = f"{place}/tiers/{nth}"
        if end is None:
            yield Finding(here, "can never be reached: the tier before it has no end")
        elif exact(tier.above) > end:
            yield Finding(f"{here}/above", f"leaves a gap: what lies above {float(end):g} has no tier")
        elif exact(tier.above) < end:
            yield Finding(f"{here}/above", f"overlaps the tier before it, which goes up to {float(end):g}")
        if tier.up_to is not None and exact(tier.up_to) <= exact(tier.above):
            yield Finding(f"{here}/up_to", "must lie above `above`: this tier can never be reached")
        end = None if tier.up_to is None else exact(tier.up_to)
        yield from _worth_findings(tier, here, of, currency)
    if end is not None:
        yield Finding(
            f"{place}/tiers/{len(tiers) - 1}/up_to", f"leaves a gap: what lies above {float(end):g} has no tier"
        )


def _worth_findings(tier: Tier, place: str, of: str, currency: str) -> Iterator[Finding]:
    if (tier.rate is None) == (tier.price is None):
        yield Finding(place, "must say either `rate` or `price`")
    elif tier.price is not None and is_money(of):
        yield Finding(f"{place}/price", "is for quantities: a tier of money says `rate`")
    elif tier.price is not None:
        yield from money_findings(tier.price, f"{place}/price", currency)


def rising(tiers: Sequence[Tier], reach: Reach) -> bool:
    """Whether more never makes less: no price below zero, and, where all is priced by the tier reached, none that is
    lower than the one before."""
    worth = [exact(tier.price or tier.rate or "0") for tier in tiers]
    return min(worth) >= 0 and (reach == "slice" or worth == sorted(worth))
