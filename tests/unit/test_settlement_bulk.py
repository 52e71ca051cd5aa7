"""A posting over many lines: the same as through the engine, to the minor unit, for any simple pipeline."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from functions.settlement.policies import settle
from functions.settlement.rules.bulk import compiled, totals_of_lines
from tests.support.settlement import fact, policy, posting

RATES = st.sampled_from(["0", "0.05", "0.125", "0.3333333333", "1.5"])
AMOUNTS = st.sampled_from(["0.01", "5.55", "50.00"])
STEPS = st.one_of(
    st.builds(lambda rate: {"rule": "percent", "of": "running", "rate": rate}, RATES),
    st.builds(lambda amount: {"rule": "flat", "amount": amount}, AMOUNTS),
    st.builds(lambda most: {"rule": "cap", "most": most, "per": "fact"}, AMOUNTS),
    st.builds(lambda least: {"rule": "floor", "least": least}, AMOUNTS),
    st.just({"rule": "guarantee", "least": "1.00", "most": "9.00", "per": "fact"}),
)


@given(
    rate=RATES,
    rest=st.lists(STEPS, max_size=3),
    rounding=st.sampled_from(["HALF_UP", "DOWN", "UP"]),
    fen=st.integers(-(10**9), 10**9),
)
def test_whole_numbers_come_to_what_the_pipeline_does(rate: str, rest: Any, rounding: str, fen: int) -> None:
    """Any chain of rates, fixed amounts and bounds."""
    first = {"rule": "percent", "of": "amount", "rate": rate}
    by = policy(posting(first, *rest, rounding=rounding))
    sale = fact(amount=f"{fen / 100:.2f}")
    (outcome,) = settle([sale], [by])
    simple = compiled(by.rule.document.postings[0])
    assert simple is not None
    assert simple[0] == "amount"
    assert simple[1](sale.amounts["amount"]) == outcome.amount_minor


def test_lines_are_added_up_by_party() -> None:
    """Two lines of one person are one total."""
    simple = compiled(policy(posting({"rule": "percent", "of": "amount", "rate": "0.05"})).rule.document.postings[0])
    assert simple is not None
    lines = [b"1,a,247.00\n", b"2,b,12.35\n", b"3,a,12.35\n"]
    assert totals_of_lines(lines, 2, 1, simple[1]) == {b"a": 1297, b"b": 62}


def test_what_is_not_so_simple_is_left_to_the_engine() -> None:
    """A window, a distribution, two items."""
    share = [{"to": "payable:store:a", "share": "1/2"}, {"to": "payable:store:b", "share": "1/2"}]
    split = {"rule": "split", "shares": share, "remainder": "first"}
    first = {"rule": "percent", "of": "amount", "rate": "0.05"}
    for steps in ([first, split], [first, {"rule": "less", "of": "parts"}]):
        assert compiled(policy(posting(*steps)).rule.document.postings[0]) is None
