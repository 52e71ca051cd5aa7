"""What was spent: whatever order facts are told in, and however names are merged, the sums are those of the facts."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from functions.customers.levels.levels import NO_LEVEL, Level, level_of
from functions.customers.levels.spend import Spend, Turnover, spend_of, total_of

MINOR = st.integers(min_value=1, max_value=10_000_000)
VIP, GOLD = Level("vip", 1_000_000, "urgent"), Level("gold", 500_000, "high")


@given(paid=MINOR, refunds=st.lists(MINOR, max_size=5), data=st.data())
def test_an_order_counts_for_what_is_left_of_it_in_whatever_order_it_is_told(
    paid: int, refunds: list[int], data: st.DataObject
) -> None:
    """Its sale may be told twice, and after its refunds; it never counts for less than nothing."""
    facts = [(paid, 0), (paid, 0), *((0, refund) for refund in refunds)]
    turnover = Turnover()
    for paid_minor, refunded_minor in data.draw(st.permutations(facts)):
        turnover = turnover.plus(paid_minor, refunded_minor)
    assert turnover == Turnover(paid, sum(refunds))
    assert turnover.kept_minor == max(0, paid - sum(refunds))


@given(st.lists(st.tuples(st.sampled_from(["CNY", "USD"]), MINOR), max_size=8), st.integers(min_value=0, max_value=8))
def test_merged_names_have_spent_together_what_each_has(spent: list[tuple[str, int]], cut: int) -> None:
    """However the records of a customer are grouped, the sums are the same, each currency by itself."""
    spends = [Spend({currency: minor}, 1) for currency, minor in spent]
    total = total_of(spends)
    assert total_of([total_of(spends[:cut]), total_of(spends[cut:])]) == total
    assert total.minor == sum(minor for currency, minor in spent if currency == "CNY")
    assert total.orders == len(spent)


def test_a_level_begins_at_its_amount() -> None:
    """9,999.99 is not 10,000.00; of several that are reached the highest holds, in whatever order they are written."""
    levels = (VIP, GOLD)
    assert level_of(levels, Spend({"CNY": 999_999})) == GOLD
    assert level_of(levels, Spend({"CNY": 1_000_000})) == level_of((GOLD, VIP), Spend({"CNY": 1_000_000})) == VIP
    assert level_of(levels, Spend({"CNY": 1, "USD": 9_000_000})) == level_of((), Spend({"CNY": 9_000_000})) == NO_LEVEL


def test_a_profile_of_before_has_spent_nothing() -> None:
    """What was stored before anything was counted reads as nothing; what is stored is read by currency."""
    assert spend_of({"customer_id": "cus_1", "version": 3}) == Spend({})
    assert spend_of({"spent_CNY": 990_000, "spent_USD": 100, "orders": 2}) == Spend({"CNY": 990_000, "USD": 100}, 2)
