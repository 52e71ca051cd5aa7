"""Facts come once or three times, in any order, refunds before their sales: the statements are the same to the cent."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from fractions import Fraction
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from functions.settlement.facts.facts import Fact
from functions.settlement.handlers.intake import take_in
from functions.settlement.policy_kind import POLICIES
from hub.documents.submissions import Submission
from tests.support.ledger import Ledger, moment

WHO = {"person": "wang.wei", "store": "s1", "region": "310101"}
TENTH = {"rule": "percent", "of": "amount", "rate": "0.10"}
TIERS = {"rule": "cumulative_tier", "of": "amount", "border": "upper", "reach": "slice",
         "tiers": [{"above": "0", "up_to": "500.00", "rate": "0.05"}, {"above": "500.00", "rate": "0.08"}]}  # fmt: skip
POLICY = {
    "facts": ["order"],
    "postings": [
        {"purpose": "commission", "zh": "提成", "en": "Commission", "steps": [TENTH], "rounding": "HALF_UP",
         "debit": "expense:commission", "credit": "payable:person:{person}"},
        {"purpose": "tiers", "zh": "阶梯", "en": "Tiers", "steps": [TIERS], "rounding": "HALF_UP",
         "debit": "expense:tiers", "credit": "payable:store:{store}", "window": {"party": "store", "period": "month"}},
    ],
}  # fmt: skip
BEGIN = moment("2026-11-20 00:10")


def sale(number: int, minor: int, minutes: int) -> Fact:
    at = BEGIN + timedelta(minutes=minutes)
    return Fact(f"order:{number}", "order", at, amounts={"amount": minor}, parties=WHO)


def refund(sold: Fact, thirds: int) -> Fact:
    """A third, two or all of a sale, an hour later."""
    minor = sold.amounts["amount"] * thirds // 3
    back = {"refund": minor} if thirds < 3 else {}
    return replace(sold, id=f"refund:{sold.id}", kind="refund", occurred_at=sold.occurred_at + timedelta(hours=1),
                   amounts=back, reverses=sold.id)  # fmt: skip


def settled(deliveries: list[Fact]) -> dict[str, Any]:
    """What each party's statement of the day comes to when these are delivered, one after another."""
    ledger = Ledger(moment("2026-11-19 12:00"))
    ledger.desk.documents.publish(POLICIES, "sales", Submission(document=POLICY), "boss")
    ledger.now = moment("2026-11-20 23:00")
    for fact in deliveries:
        take_in(ledger.desk, fact, ledger.now)
    ledger.now = moment("2026-11-21 06:00")
    for run_id in ledger.runs():
        ledger.run(run_id)
    return {party: dict(one.totals) for party, one in ledger.statements("base.2026-11-20").items()}


SALES = st.lists(st.tuples(st.integers(100, 90_000), st.integers(0, 900), st.integers(0, 3)), min_size=1, max_size=8)


@settings(max_examples=20, deadline=None, derandomize=True)
@given(SALES, st.randoms(use_true_random=False), st.integers(1, 3))
def test_any_order_and_any_repeats_end_in_the_same_statements(
    sales: list[tuple[int, int, int]], order: Any, copies: int
) -> None:
    """A commission on each sale and tiers over the day's: delivered once in order, or up to three times shuffled."""
    facts: list[Fact] = []
    for number, (minor, minutes, thirds) in enumerate(sales):
        sold = sale(number, minor, minutes)
        facts += [sold, *([refund(sold, thirds)] if thirds else [])]
    in_order = sorted(facts, key=lambda fact: fact.order)
    shuffled = facts * copies
    order.shuffle(shuffled)
    assert settled(shuffled) == settled(in_order)


def test_the_oracle_of_one_sale_and_its_refund() -> None:
    """600.00 at 10 % and in tiers (25.00 + 8.00), of which a third goes back: 40.00 and 20.00 are left."""
    sold = sale(1, 60_000, 0)
    back = refund(sold, 1)
    assert Fraction(back.amounts["refund"], 60_000) == Fraction(1, 3)
    assert settled([back, sold]) == {"person:wang.wei": {"CNY": 4000}, "store:s1": {"CNY": 2000}}
    assert isinstance(BEGIN, datetime)
