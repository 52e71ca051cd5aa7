"""What is taken off (优惠): a new price, so much of a hundred, or an amount; and how it is spread over lines. Pure."""

from collections.abc import Callable, Sequence
from typing import Self

from pydantic import model_validator

from functions.pricing.strategies.cart import Effect, Line
from hub.contracts.base import Contract
from hub.contracts.pricing_books import Price
from hub.contracts.pricing_campaigns import Percent
from hub.kernel.errors import Invalid
from hub.kernel.money import Money

HUNDRED = 10_000
"""Of a percentage in hundredths."""
NOTHING_TO_GIVE = "nothing_to_give"


class CutTerms(Contract):
    """One of three: `price` apiece, `percent` off, or `amount` off."""

    price: Price | None = None
    percent: Percent | None = None
    amount: Price | None = None

    @model_validator(mode="after")
    def _exactly_one(self) -> Self:
        if sum(value is not None for value in (self.price, self.percent, self.amount)) != 1:
            raise ValueError("must say one of price, percent, amount")
        return self


class OffTerms(Contract):
    """One of two: `percent` off, or `amount` off."""

    percent: Percent | None = None
    amount: Price | None = None

    @model_validator(mode="after")
    def _exactly_one(self) -> Self:
        if (self.percent is None) == (self.amount is None):
            raise ValueError("must say percent or amount")
        return self


Cut = Callable[[int], int]
"""From a price in minor units to what it becomes."""


def minor(text: str, currency: str) -> int:
    """A price in minor units. Raises ValueError for one that the currency cannot express."""
    try:
        return Money.parse(text, currency).amount_minor
    except Invalid as error:
        raise ValueError(error.problems[0].rule) from None


def hundredths(percent: str) -> int:
    """ "12.5" is 1250."""
    whole, _, fraction = percent.partition(".")
    return int(whole) * 100 + int(fraction.ljust(2, "0") or 0)


def off(percent: int) -> Cut:
    """So many hundredths of a hundred less, the price rounded half up."""
    left = HUNDRED - percent
    return lambda price: (price * left + HUNDRED // 2) // HUNDRED


def fixed(price_minor: int) -> Cut:
    """That price, whatever it was."""
    return lambda _: price_minor


def cut_of(terms: CutTerms | OffTerms, currency: str) -> Cut:
    """What the terms make of a price; never below nothing."""
    price = getattr(terms, "price", None)
    if price is not None:
        return fixed(minor(price, currency))
    if terms.percent is not None:
        return off(hundredths(terms.percent))
    amount = minor(terms.amount or "0", currency)
    return lambda price: max(0, price - amount)


def lowest_off(terms: OffTerms, price_minor: int) -> int | None:
    """What so much of a hundred off an order leaves of a piece; None for an amount, of which the cart decides."""
    return None if terms.percent is None else off(hundredths(terms.percent))(price_minor)


def cut_pieces(lines: Sequence[Line], cut: Cut) -> Effect | str:
    """The effect of a cut on each piece. One that would make a piece dearer gives nothing."""
    cuts: dict[int, int] = {}
    for line in lines:
        each = line.amount_minor // line.quantity
        becomes = cut(each)
        if becomes < each:
            cuts[line.number] = line.amount_minor - becomes * line.quantity
    return Effect(cuts, sum(cuts.values())) if cuts else NOTHING_TO_GIVE


def cut_first(lines: Sequence[Line], cut: Cut, pieces: int) -> Effect | str:
    """The effect of a cut on so many pieces, those of the first lines that it makes cheaper."""
    cuts: dict[int, int] = {}
    left = pieces
    for line in lines:
        each, count = line.amount_minor // line.quantity, min(line.quantity, left)
        becomes = cut(each)
        if count and becomes < each:
            cuts[line.number] = (each - becomes) * count
            left -= count
    return Effect(cuts, sum(cuts.values())) if cuts else NOTHING_TO_GIVE


def spread(amount_minor: int, lines: Sequence[Line]) -> dict[int, int]:
    """An amount off several lines: by what each costs, the largest remainders first, no line below its floor. What no
    line can bear is not in it, so the parts sum to what is really given."""
    if len(lines) == 1:
        share = min(amount_minor, lines[0].room_minor)
        return {lines[0].number: share} if share > 0 else {}
    shares = {line.number: 0 for line in lines}
    left = min(amount_minor, sum(line.room_minor for line in lines))
    for _ in range(len(lines)):
        bearing = [line for line in lines if line.room_minor > shares[line.number]]
        if left <= 0 or not bearing:
            break
        parts = Money(left).allocate([line.amount_minor for line in bearing])
        for line, part in zip(bearing, parts, strict=True):
            given_minor = min(part.amount_minor, line.room_minor - shares[line.number])
            shares[line.number] += given_minor
            left -= given_minor
    return {number: share for number, share in shares.items() if share}


def effect_of(amount_minor: int, lines: Sequence[Line], coupon: str = "") -> Effect | str:
    """The effect of an amount off these lines together."""
    if amount_minor <= 0:
        return NOTHING_TO_GIVE
    return Effect(spread(amount_minor, lines), amount_minor, coupon=coupon)


def total(lines: Sequence[Line]) -> int:
    """What the lines cost now."""
    return sum(line.amount_minor for line in lines)
