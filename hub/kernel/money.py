"""Money is a whole number of minor units and a currency: 12.35 CNY is Money(1235, "CNY"). Floats never enter.

A division states its rounding, and `allocate` says who gets the remainder, so parts always sum to the whole.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation

from hub.kernel.dataclass import dataclass
from hub.kernel.errors import Invalid, Problem

EXPONENTS = {"CNY": 2, "HKD": 2, "USD": 2, "EUR": 2, "JPY": 0}
LIMIT_MINOR = 10**15
"""No amount that comes in is this large: a larger one is a mistake in units, refused at once. What amounts add up to is
a whole number like any other, however large, so no sum fails because of what was taken before."""

_DECIMAL = re.compile(r"-?[0-9]{1,15}(\.[0-9]+)?")


@dataclass(frozen=True, slots=True, order=False)
class Money:
    """An exact amount. Adding across currencies raises Invalid."""

    amount_minor: int
    currency: str = "CNY"

    def __post_init__(self) -> None:
        if type(self.amount_minor) is not int or self.currency not in EXPONENTS:
            raise _invalid("must be whole minor units of one of: " + ", ".join(EXPONENTS))

    @classmethod
    def parse(cls, text: str, currency: str = "CNY") -> Money:
        """From a decimal string in major units, "12.35". Decimals beyond the currency's are refused, not rounded; so is
        an amount of LIMIT_MINOR or more."""
        places = EXPONENTS.get(currency)
        if places is None or not _DECIMAL.fullmatch(text):
            raise _invalid('must be a decimal string, e.g. "12.35"')
        whole, _, fraction = text.partition(".")
        if len(fraction.rstrip("0")) > places:
            raise _invalid(f"{currency} has {places} decimals")
        sign = -1 if whole.startswith("-") else 1
        digits = whole.lstrip("-") + fraction[:places].ljust(places, "0")
        if int(digits) >= LIMIT_MINOR:
            raise _invalid(f"must be below {LIMIT_MINOR} minor units")
        return cls(sign * int(digits), currency)

    def __str__(self) -> str:
        """Major units with the currency's decimals: "12.35"."""
        places = EXPONENTS[self.currency]
        sign, digits = (
            ("-" if self.amount_minor < 0 else ""),
            str(abs(self.amount_minor)).rjust(places + 1, "0"),
        )
        return f"{sign}{digits[:-places]}.{digits[-places:]}" if places else f"{sign}{digits}"

    def __add__(self, other: Money) -> Money:
        self._same(other)
        return Money(self.amount_minor + other.amount_minor, self.currency)

    def __sub__(self, other: Money) -> Money:
        self._same(other)
        return Money(self.amount_minor - other.amount_minor, self.currency)

    def __neg__(self) -> Money:
        return Money(-self.amount_minor, self.currency)

    def times(self, rate: Decimal, rounding: str = ROUND_HALF_UP) -> Money:
        """This amount by an exact decimal rate, rounded to one minor unit in the stated way (HALF_UP: 61.75 → 62)."""
        return Money(round_minor(self.amount_minor * rate, rounding), self.currency)

    def allocate(self, weights: Sequence[int]) -> tuple[Money, ...]:
        """Shares in proportion to whole, non-negative weights; they sum to this amount exactly.

        Largest remainder: each share is cut toward zero, and what is left goes one minor unit each to the largest
        remainders, the earlier party first among equals.
        """
        total = sum(weights)
        if total <= 0 or min(weights) < 0:
            raise _invalid("weights must be non-negative and not all zero")
        sign, amount = (-1 if self.amount_minor < 0 else 1), abs(self.amount_minor)
        shares = [amount * weight // total for weight in weights]
        by_remainder = sorted(range(len(weights)), key=lambda i: -(amount * weights[i] % total))
        for i in by_remainder[: amount - sum(shares)]:
            shares[i] += 1
        return tuple(Money(sign * share, self.currency) for share in shares)

    def _same(self, other: Money) -> None:
        if self.currency != other.currency:
            raise Invalid("currencies differ", left=self.currency, right=other.currency)


def round_minor(amount: Decimal, rounding: str = ROUND_HALF_UP) -> int:
    """`amount` (minor units, exact) as a whole number, rounded in the stated way."""
    return int(amount.to_integral_value(rounding=rounding))


def parse_rate(text: str) -> Decimal:
    """An exact rate from a decimal string ("0.05"). Raises Invalid for anything else, "NaN" and "1e9" included."""
    if not re.fullmatch(r"-?[0-9]{1,6}(\.[0-9]{1,10})?", text):
        raise _invalid('a rate must be a decimal string, e.g. "0.05"')
    try:
        return Decimal(text)
    except InvalidOperation:
        raise _invalid('a rate must be a decimal string, e.g. "0.05"') from None


def _invalid(rule: str) -> Invalid:
    return Invalid("money", problems=[Problem("", rule)])
