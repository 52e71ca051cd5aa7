"""生日优惠: off an order around one's birthday."""

from datetime import date, timedelta

from pydantic import Field

from functions.pricing.strategies.cart import Act, Cart, Effect, Line
from functions.pricing.strategies.cuts import OffTerms, cut_of, effect_of, lowest_off, minor, total
from functions.pricing.strategies.kind import StrategyKind
from functions.pricing.strategies.units import NO_BIRTHDAY, OTHER_TIME


class BirthdayTerms(OffTerms):
    """days_before, days_after: how many days around it count too."""

    days_before: int = Field(default=0, ge=0, le=60)
    days_after: int = Field(default=0, ge=0, le=60)


def plan(terms: BirthdayTerms, currency: str) -> Act:
    """By the tenant's own day; who was born on 29 February has it on the 28th in other years."""
    cut = cut_of(terms, currency)
    before, after = timedelta(days=terms.days_before), timedelta(days=terms.days_after)

    def act(cart: Cart, lines: list[Line]) -> Effect | str:
        born = cart.birthday
        if born is None:
            return NO_BIRTHDAY
        days = (_birthday(born, cart.day.year + shift) for shift in (-1, 0, 1))
        if not any(day - before <= cart.day <= day + after for day in days):
            return OTHER_TIME
        amount = total(lines)
        fixed = minor(terms.amount, currency) if terms.amount is not None else amount - cut(amount)
        return effect_of(fixed, lines)

    return act


def _birthday(born: date, year: int) -> date:
    try:
        return born.replace(year=year)
    except ValueError:
        return date(year, 2, 28)


def lowest(terms: BirthdayTerms, _service: str, price_minor: int, _currency: str) -> int | None:
    """What so much of a hundred leaves; of an amount the cart decides."""
    return lowest_off(terms, price_minor)


KIND = StrategyKind(
    "birthday",
    "生日优惠",
    "Birthday",
    "order",
    BirthdayTerms,
    plan,
    {"percent": "20", "days_before": 3, "days_after": 3},
    lowest,
)
