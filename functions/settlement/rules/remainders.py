"""Dividing whole minor units (尾差): shares always sum to the whole, and it is declared who gets the rest. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from typing import Literal

Remainder = Literal["largest", "first", "last"]
"""Who gets what cannot be divided: one unit each by the largest fraction cut off, the earlier among equals; or all of
it the first, or the last."""


def allocate(amount_minor: int, weights: Sequence[Fraction], remainder: Remainder) -> list[int]:
    """Shares in proportion to weights that are not all 0, each cut toward zero; they sum to the amount exactly."""
    total = sum(weights, Fraction(0))
    sign, amount = (-1 if amount_minor < 0 else 1), abs(amount_minor)
    exact_shares = [amount * weight / total for weight in weights]
    shares = [share.numerator // share.denominator for share in exact_shares]
    left = amount - sum(shares)
    if remainder == "largest":
        for nth in sorted(range(len(shares)), key=lambda nth: shares[nth] - exact_shares[nth])[:left]:
            shares[nth] += 1
    else:
        shares[0 if remainder == "first" else -1] += left
    return [sign * share for share in shares]
