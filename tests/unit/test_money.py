"""Money: exact amounts, stated rounding, and parts that sum to the whole."""

from __future__ import annotations

from decimal import ROUND_DOWN, Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.kernel.errors import Invalid
from hub.kernel.money import EXPONENTS, LIMIT_MINOR, Money, parse_rate, round_minor

amounts = st.integers(-LIMIT_MINOR + 1, LIMIT_MINOR - 1)
halves = st.integers(-LIMIT_MINOR // 2 + 1, LIMIT_MINOR // 2 - 1)
currencies = st.sampled_from(sorted(EXPONENTS))


@given(amounts, currencies)
def test_text_and_back(amount: int, currency: str) -> None:
    """What is written is read back as the same amount."""
    money = Money(amount, currency)
    assert Money.parse(str(money), currency) == money


@pytest.mark.parametrize(
    ("text", "currency", "minor"),
    [("12.35", "CNY", 1235), ("-0.05", "CNY", -5), ("7", "CNY", 700), ("1.5000", "CNY", 150), ("120.0", "JPY", 120)],
)
def test_parsing(text: str, currency: str, minor: int) -> None:
    """A decimal string in major units is read exactly; zeros beyond the currency's decimals do not matter."""
    assert Money.parse(text, currency) == Money(minor, currency)


@pytest.mark.parametrize("text", ["", "12.345", "1e3", "NaN", " 1", "1.", ".5", "+1", "1,000", "１２", "9" * 15, "1\n"])
def test_what_is_no_amount_is_refused(text: str) -> None:
    """Text that is no exact amount is refused, never rounded."""
    with pytest.raises(Invalid):
        Money.parse(text)


@pytest.mark.parametrize(("text", "currency"), [("9999999999999.99", "CNY"), ("-999999999999999", "JPY")])
def test_any_sum_of_amounts_that_were_taken_is_money(text: str, currency: str) -> None:
    """The largest amount that is taken can be added to itself; one minor unit more is refused where it comes in."""
    largest = Money.parse(text, currency)
    assert (largest + largest).amount_minor == 2 * largest.amount_minor
    assert Money(10**20, currency) + Money(1, currency) == Money(10**20 + 1, currency)
    with pytest.raises(Invalid):
        Money.parse({"CNY": "10000000000000.00", "JPY": "1000000000000000"}[currency], currency)


@pytest.mark.parametrize("arguments", [(1.0,), (True,), (1, "XXX")])
def test_only_whole_minor_units_make_money(arguments: tuple[Any, ...]) -> None:
    """Floats, booleans and unknown currencies make no money."""
    with pytest.raises(Invalid):
        Money(*arguments)


@pytest.mark.parametrize(
    ("amount", "rate", "expected"),
    [("12.35", "0.05", "0.62"), ("247.00", "0.05", "12.35"), ("0.10", "0.05", "0.01"), ("-0.10", "0.05", "-0.01")],
)
def test_rates_round_half_up(amount: str, rate: str, expected: str) -> None:
    """12.35 at 5 % is 0.6175, so 0.62; 247.00 at 5 % is 12.35; a half goes away from zero."""
    assert str(Money.parse(amount).times(parse_rate(rate))) == expected


def test_rounding_can_be_stated() -> None:
    """Another rounding is used when it is stated."""
    assert Money(1235).times(Decimal("0.05"), ROUND_DOWN) == Money(61)
    assert round_minor(Decimal("61.75"), ROUND_DOWN) == 61


@given(amounts, st.lists(st.integers(0, 10_000), min_size=1, max_size=20).filter(any))
def test_shares_sum_to_the_whole(amount: int, weights: list[int]) -> None:
    """However an amount is shared, the shares sum to it, and none is a whole unit away from its exact part."""
    shares = Money(amount).allocate(weights)

    assert sum(share.amount_minor for share in shares) == amount
    total = sum(weights)
    assert all(abs(s.amount_minor * total - amount * w) < total for s, w in zip(shares, weights, strict=True))


def test_largest_remainder_gets_the_rest() -> None:
    """The rest goes to the largest remainders, to the earlier party among equals, and back again for a refund."""
    assert Money(100).allocate([1, 1, 1]) == (Money(34), Money(33), Money(33))
    assert Money(100).allocate([1, 2, 3]) == (Money(17), Money(33), Money(50))
    assert Money(-100).allocate([1, 1, 1]) == (Money(-34), Money(-33), Money(-33))


@pytest.mark.parametrize("weights", [[], [0, 0], [2, -1]])
def test_weights_must_divide_something(weights: list[int]) -> None:
    """No weights, zero weights and negative ones are refused."""
    with pytest.raises(Invalid):
        Money(100).allocate(weights)


@given(halves, halves)
def test_subtracting_undoes_adding(left: int, right: int) -> None:
    """What was added can be taken away again."""
    assert Money(left) + Money(right) - Money(right) == Money(left)
    assert -Money(left) + Money(left) == Money(0)


def test_currencies_do_not_mix() -> None:
    """Adding across currencies is refused."""
    with pytest.raises(Invalid):
        Money(1, "CNY") + Money(1, "JPY")
    with pytest.raises(Invalid):
        Money(1, "CNY") - Money(1, "JPY")


@pytest.mark.parametrize("text", ["NaN", "1e9", "", "5%", ".5", "0.12345678901", "0.05\n"])
def test_what_is_no_rate_is_refused(text: str) -> None:
    """A rate is a plain decimal string and nothing else."""
    with pytest.raises(Invalid):
        parse_rate(text)
