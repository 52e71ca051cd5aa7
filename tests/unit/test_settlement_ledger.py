"""The ledger: an entry is balanced or it does not exist."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from functions.settlement.ledger.ledger import Booking, Entry, Line, Why, entry_document, entry_from_document
from functions.settlement.ledger.lines import imbalance_minor
from functions.settlement.ledger.manual import manual_entry
from hub.contracts.settlement import ManualEntry
from hub.kernel.errors import Invalid
from hub.kernel.ids import is_id
from hub.kernel.money import Money

NOW = datetime(2026, 11, 21, 2, 0, tzinfo=UTC)
WHY = Why("提成", "commission", "repair_commission", 1)


def entry(*amounts: int, fact: str = "evt_1", currencies: tuple[str, ...] = ()) -> Entry:
    names = ("expense:commission", "payable:person:wang.wei", "payable:store:s1")
    lines = tuple(
        Line(names[i % 3], Money(minor, currencies[i] if currencies else "CNY")) for i, minor in enumerate(amounts)
    )
    return Entry(fact, "commission", NOW, lines, WHY)


@pytest.mark.parametrize("amounts", [(), (0, 0), (100,), (100, -99), (100, -50, -49)])
def test_an_entry_that_does_not_balance_is_refused_at_its_lines(amounts: tuple[int, ...]) -> None:
    """Empty, one-sided, zero or unbalanced: the constructor refuses and names /lines."""
    with pytest.raises(Invalid) as refused:
        entry(*amounts)
    assert [problem.pointer for problem in refused.value.problems] == ["/lines"]


def test_an_entry_of_two_currencies_is_refused() -> None:
    """Amounts that cancel out only in number do not balance."""
    with pytest.raises(Invalid):
        entry(100, -100, currencies=("CNY", "HKD"))


def test_an_entry_has_at_most_fifty_lines() -> None:
    """Fifty lines are taken, fifty-two are not."""
    assert len(entry(*[1, -1] * 25).lines) == 50
    with pytest.raises(Invalid):
        entry(*[1, -1] * 26)


def test_the_id_comes_from_fact_policy_and_purpose_alone() -> None:
    """Made again with another amount it is still the same entry; another fact, or another policy with the same purpose,
    is another entry."""
    assert is_id(entry(100, -100).id, "ent")
    other = replace(entry(100, -100), why=replace(WHY, rule="bonus"))
    assert len({entry(100, -100).id, entry(7, -7).id, entry(100, -100, fact="evt_2").id, other.id}) == 3


@given(st.lists(st.integers(-(10**9), 10**9).filter(bool), min_size=1, max_size=20))
def test_any_entry_sums_to_zero_and_reads_back_as_written(amounts: list[int]) -> None:
    """Whatever is posted, with its closing line it balances; storing and reading loses nothing."""
    closing = [-sum(amounts)] if sum(amounts) else [1, -1]
    made = entry(*amounts, *closing)
    booking = Booking("base.2026-11-21", NOW, "base.2026-11-20")
    assert imbalance_minor([made]) == 0
    assert sum(one.amount_minor for one in made.earned_by_party().values()) == sum(
        -line.amount.amount_minor for line in made.lines if line.account.startswith("payable")
    )
    assert entry_from_document(entry_document(made, booking)) == (made, booking)


def body(*lines: tuple[str, str], currency: str = "CNY") -> ManualEntry:
    return ManualEntry.model_validate(
        {
            "currency": currency,
            "lines": [{"account": account, "amount": amount} for account, amount in lines],
            "reason": {"zh": "补发", "en": "Top-up"},
        }
    )


def test_finance_posts_a_balanced_entry_by_hand() -> None:
    """A hand-made entry counts for its party and says who posted it."""
    sent = body(("expense:bonus", "12.30"), ("payable:person:li.na", "-12.30"))
    made = manual_entry(sent, "fct_1", "zhao.min", NOW)
    assert made.earned_by_party() == {"person:li.na": Money(1230)}
    assert (made.why.rule, made.why.facts) == ("manual", {"posted_by": "zhao.min"})


def test_an_amount_that_the_currency_cannot_express_is_named() -> None:
    """JPY has no decimals: each wrong amount is named by its pointer."""
    with pytest.raises(Invalid) as refused:
        manual_entry(body(("expense:bonus", "1.5"), ("payable:person:a", "-1.5"), currency="JPY"), "f", "z", NOW)
    assert [p.pointer for p in refused.value.problems] == ["/lines/0/amount", "/lines/1/amount"]
