"""The primitives of settlement: each by its literal figures, and any three of them together by their promises."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from fractions import Fraction
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from functions.settlement.facts.facts import Fact
from functions.settlement.facts.refunds import linked
from functions.settlement.ledger.ledger import Entry
from functions.settlement.policies import Policy, difference, entries_for, recompute, settle
from functions.settlement.policy_kind import POLICIES
from functions.settlement.rules.catalogue import PRIMITIVES, name_of
from functions.settlement.rules.figure import rounded
from functions.settlement.rules.remainders import allocate
from hub.documents.linting import check
from hub.kernel.errors import Conflict, Invalid
from tests.support.settlement import AT, by_account, fact, part, policy, posting

ZONE = ZoneInfo("Asia/Shanghai")
DAY = timedelta(days=1)
TO_100K = [{"above": "0", "up_to": "100000.00", "rate": "0.05"}, {"above": "100000.00", "rate": "0.08"}]
HOURS = [{"above": "0", "up_to": "10", "price": "100.00"}, {"above": "10", "price": "120.00"}]


def tiers(rule: str = "step_tier", reach: str = "slice", rows: Any = TO_100K, of: str = "amount") -> dict[str, Any]:
    return {"rule": rule, "of": of, "border": "upper", "reach": reach, "tiers": rows}


def percent(rate: str, of: str = "amount") -> dict[str, Any]:
    return {"rule": "percent", "of": of, "rate": rate}


def paid(*facts: Fact, by: Policy) -> str:
    """What the person gets of these facts at once."""
    accounts = by_account(entries_for(linked(facts), [by]))
    return accounts.get("payable:person:wang.wei", "0.00").removeprefix("-")


def booked(*facts: Fact, by: Policy) -> dict[str, str]:
    """What windows come to, as a run posts it."""
    return by_account([e for total in recompute(linked(facts), by) for e in difference(total, {}, 1, AT)])


def test_there_are_at_least_twenty_primitives_and_each_says_what_it_is() -> None:
    """Units, rounding and remainder of each are stated in words, and no two have one name."""
    assert len({name_of(primitive) for primitive in PRIMITIVES}) == len(PRIMITIVES) >= 20
    for primitive in PRIMITIVES:
        about = primitive.about
        assert about.zh and about.en and about.units and about.rounding and about.remainder and primitive.__doc__  # noqa: PT018


ALL, TENTH = percent("1"), percent("0.1")
WITHIN = {"rule": "guarantee", "least": "5.00", "most": "50.00", "per": "fact"}
INSTEAD = {"rule": "override", "of": "amount", "at_least": "1000", "amount": "88.00"}
LATE = {"rule": "penalty", "of": "late_hours", "amount": "2.00"}
FIGURES = [
    ([{"rule": "flat", "amount": "30.00"}], {}, "30.00"),
    ([percent("0.05")], {"amount": "247.00"}, "12.35"),
    ([percent("0.05")], {"amount": "12.35"}, "0.62"),
    ([tiers()], {"amount": "100000.00"}, "5000.00"),
    ([tiers()], {"amount": "100000.01"}, "5000.00"),
    ([tiers(reach="whole")], {"amount": "100000.00"}, "5000.00"),
    ([tiers(reach="whole")], {"amount": "100000.01"}, "8000.00"),
    ([tiers(rows=HOURS, of="lessons")], {"lessons": 10.5}, "1060.00"),
    ([tiers(rows=HOURS, of="lessons")], {"lessons": 20}, "2200.00"),
    ([tiers(rows=HOURS, of="lessons")], {"lessons": 0}, "0.00"),
    ([{"rule": "per_lesson", "price": "100.00"}], {"lessons": 3}, "300.00"),
    ([{"rule": "per_piece", "of": "travel_km", "price": "1.20"}], {"travel_km": 12.5}, "15.00"),
    ([{"rule": "hourly", "price": "60.00"}], {"labour_minutes": 120}, "120.00"),
    ([{"rule": "hourly", "price": "60.00", "block_minutes": 30}], {"labour_minutes": 61}, "90.00"),
    ([TENTH, WITHIN], {"amount": "20.00"}, "5.00"),
    ([TENTH, {"rule": "cap", "most": "50.00", "per": "fact"}], {"amount": "9000.00"}, "50.00"),
    (
        [ALL, {"rule": "less", "of": "parts"}, {"rule": "floor", "least": "0"}],
        {"amount": "8.00", "parts": "9.00"},
        "0.00",
    ),
    ([TENTH, INSTEAD], {"amount": "1000.00"}, "88.00"),
    ([TENTH, {"rule": "subsidy", "amount": "2.00"}], {"amount": "30.00"}, "5.00"),
    ([TENTH, LATE], {"amount": "30.00", "late_hours": 5}, "0.00"),
    ([ALL, {"rule": "tax", "rate": "0.06", "how": "included", "keep": "net"}], {"amount": "106.00"}, "100.00"),
    ([ALL, {"rule": "rounding", "unit": "1.00", "how": "DOWN"}], {"amount": "12.99"}, "12.00"),
]


@pytest.mark.parametrize(("steps", "measures", "pay"), FIGURES)
def test_a_pipeline_comes_to_its_literal_figure(steps: Any, measures: Any, pay: str) -> None:
    """Each primitive by a figure worked out by hand."""
    assert paid(fact(**measures), by=policy(posting(*steps))) == pay


@pytest.mark.parametrize(
    ("charge", "shares", "parts"),
    [
        ("300.00", ("0.70", "0.20", "0.10"), ["210.00", "60.00", "30.00"]),
        ("100.00", ("1/3", "1/3", "1/3"), ["33.34", "33.33", "33.33"]),
        ("30.00", ("0.60", "0.40"), ["18.00", "12.00"]),
    ],
)
def test_a_split_sums_to_the_whole_by_its_declared_remainder(charge: str, shares: Any, parts: list[str]) -> None:
    """300.00 at 70/20/10, 100.00 in thirds, 30.00 at 60/40."""
    rows = [{"to": f"payable:region:{310000 + nth}", "share": share} for nth, share in enumerate(shares)]
    split = {"rule": "split", "shares": rows, "remainder": "largest"}
    entries = entries_for([fact(charge=charge)], [policy(posting(percent("1", "charge"), split))])
    assert [str(-line.amount) for line in entries[0].lines[1:]] == parts
    assert [line.dims["region"] for line in entries[0].lines[1:]] == [f"{310000 + n}" for n in range(len(parts))]


def test_a_transfer_is_shared_by_who_benefits_and_comes_back_as_it_went() -> None:
    """90.00 over three stores alike is 30.00 each; the return leaves nothing anywhere."""
    step = {
        "rule": "apportion",
        "by": "benefit_share",
        "to": "payable:store:{store}",
        "otherwise": "expense:transfer",
        "remainder": "largest",
    }
    by = policy(posting(percent("1", "logistics_in"), step, debit="expense:logistics"))
    stores = [part(name, {"benefit_share": 1}, store=name) for name in ("a", "b", "c")]
    sale = fact("transfer", logistics_in="90.00", components=stores)
    back = fact("refund", at=AT + DAY, named={"reverses": sale.id})
    assert by_account(entries_for([sale], [by])) == {
        "expense:logistics": "90.00",
        **{f"payable:store:{name}": "-30.00" for name in "abc"},
    }
    assert by_account(entries_for(linked([sale, back]), [by])) == {}


def test_parts_of_a_refund_sum_to_the_whole() -> None:
    """Three pieces for 10.00 at 5 %: 0.17, 0.16 and 0.17 go back, 0.50 in all; a fourth piece is refused."""
    by, sale = policy(posting(percent("0.05"))), fact(amount="10.00", pieces=3)
    backs = [fact("refund", n, AT + n * DAY, pieces=1, named={"reverses": sale.id}) for n in (1, 2, 3, 4)]
    entries = entries_for(linked([sale, *backs[:3]]), [by])
    assert [str(entry.lines[0].amount) for entry in entries] == ["0.50", "-0.17", "-0.16", "-0.17"]
    with pytest.raises(Conflict):
        linked([sale, *backs])


def test_a_tier_loses_its_top_first_and_the_past_stays_closed() -> None:
    """November's 6,600.00 becomes 2,000.00 when the 80,000 go back: −4,600.00 in December, beside December's 500.00."""
    window = {"party": "person", "period": "month"}
    by = policy(posting(tiers("cumulative_tier"), window=window))
    sales = [fact("order", 1, amount="80000.00"), fact("order", 2, AT + DAY, amount="40000.00")]
    refund = fact("refund", 3, AT + 13 * DAY, named={"reverses": "order:1"})
    december = fact("order", 4, AT + 14 * DAY, amount="10000.00")
    (closed,) = recompute(linked(sales), by)
    totals = {total.window.period: total for total in recompute(linked([*sales, refund, december]), by)}
    late = difference(totals["2026-11"], closed.moved, 2, AT + 14 * DAY)
    assert by_account(difference(closed, {}, 1, AT)) == {
        "expense:pay": "6600.00",
        "payable:person:wang.wei": "-6600.00",
    }
    assert by_account(late) == {"expense:pay": "-4600.00", "payable:person:wang.wei": "4600.00"}
    assert late[0].why.facts["period"] == "2026-11"
    assert by_account(difference(totals["2026-12"], {}, 1, AT))["payable:person:wang.wei"] == "-500.00"


def test_money_goes_back_at_the_rate_it_came_with() -> None:
    """USD 100.00 at 7.1234 is revenue 712.34 and 71.23 of commission; 30.00 and 70.00 back leave 0.00 of both."""
    change = {"rule": "fx", "to": "CNY"}
    revenue = posting(percent("1"), change, purpose="revenue", debit="asset:cash", credit="income:sales")
    # The commission is of the revenue as booked, to the fen.
    cents = {"rule": "rounding", "unit": "0.01", "how": "HALF_UP"}
    share = posting(percent("1"), change, cents, percent("0.10", "running"), purpose="commission")
    sale = fact(amount="100.00", fx_rate=7.1234, named={"currency": "USD"})
    dollars = {"currency": "USD", "reverses": sale.id}
    backs = [
        fact("refund", 1, AT + DAY, refund="30.00", named=dollars),
        fact("refund", 2, AT + 2 * DAY, refund="70.00", named=dollars),
    ]
    entries = entries_for(linked([sale, *backs]), [policy(revenue, share)])
    assert [str(entry.lines[0].amount) for entry in entries] == [
        "712.34",
        "71.23",
        "-213.70",
        "-21.37",
        "-498.64",
        "-49.86",
    ]
    assert {entry.currency for entry in entries} == {"CNY"}


def test_a_return_is_the_mirror_of_its_sale() -> None:
    """82.50 less 15 % is 70.125, rounded by line to 70.13; its return is −70.13, and 0.63 of commission −0.63."""
    by = policy(posting(percent("0.85")), posting(percent("0.05", "labour"), purpose="commission"))
    sale = fact(amount="82.50", labour="12.50")
    entries = entries_for(linked([sale, fact("refund", at=AT + DAY, named={"reverses": sale.id})]), [by])
    assert [str(entry.lines[0].amount) for entry in entries] == ["70.13", "0.63", "-70.13", "-0.63"]


def test_a_pool_pays_until_it_is_empty_and_says_so_once() -> None:
    """10,000 at 20 a ticket: of 600 tickets 500 are paid, and one fact is marked."""
    steps = ({"rule": "flat", "amount": "20.00"}, {"rule": "pool", "budget": "10000.00"})
    by = policy(posting(*steps, window={"party": "all", "period": "always"}))
    facts = [fact("ticket", n, AT + timedelta(minutes=n)) for n in range(600)]
    outcomes = settle(facts, [by])
    assert sum(outcome.amount_minor for outcome in outcomes) == 1_000_000
    assert [outcome.amount_minor for outcome in outcomes].count(2000) == 500
    assert [nth for nth, outcome in enumerate(outcomes) if outcome.figure.marks] == [499]


def test_a_gift_is_spread_over_its_quarters_and_what_is_left_goes_back() -> None:
    """90.00 over three quarters is 30.00 at each quarter's end; cancelled in the second, the last two never come."""
    steps = (percent("1", "gift_cost"), {"rule": "spread", "parts": 3, "each": "quarter"})
    by = policy(posting(*steps, debit="expense:gifts", credit="asset:gifts"))
    gift = fact("gift", gift_cost="90.00", at=datetime.fromisoformat("2026-02-03T10:00:00+08:00"))
    entries = entries_for([gift], [by])
    assert [(e.purpose, str(e.lines[0].amount), e.occurred_at.isoformat()) for e in entries] == [
        ("pay_1", "30.00", "2026-03-31T15:59:59+00:00"),
        ("pay_2", "30.00", "2026-06-30T15:59:59+00:00"),
        ("pay_3", "30.00", "2026-09-30T15:59:59+00:00"),
    ]
    cancelled = fact("refund", at=datetime.fromisoformat("2026-05-05T10:00:00+08:00"), named={"reverses": gift.id})
    assert by_account(entries_for(linked([gift, cancelled]), [by])) == {
        "asset:gifts": "-30.00",
        "expense:gifts": "30.00",
    }


def test_a_score_moves_the_share_of_its_window() -> None:
    """Base 60 %, +2 % from 4.5, −5 % below 3.5: 4.6 makes 62 %, 3.4 makes 55 %; a late score moves the difference."""
    bands = [{"at_least": "0", "add": "-0.05"}, {"at_least": "3.5", "add": "0"}, {"at_least": "4.5", "add": "0.02"}]
    step = {"rule": "score", "of": "amount", "base": "0.60", "bands": bands}
    by = policy(posting(step, window={"party": "store", "period": "month"}, credit="payable:store:{store}"))
    sales, good, bad = fact(amount="1000.00"), fact("score", 2, score=4.6), fact("score", 3, score=3.4)
    assert booked(sales, by=by)["payable:store:s1"] == "-600.00"
    assert booked(sales, good, by=by)["payable:store:s1"] == "-620.00"
    assert booked(sales, bad, by=by)["payable:store:s1"] == "-550.00"
    (closed,) = recompute([sales], by)
    (late,) = recompute([sales, good], by)
    assert by_account(difference(late, closed.moved, 2, AT))["payable:store:s1"] == "-20.00"


def test_a_guarantee_of_a_month_tops_its_sum_up() -> None:
    """Two lessons at 100.00 with 3,000.00 guaranteed come to 3,000.00; forty come to 4,000.00."""
    steps = ({"rule": "per_lesson", "price": "100.00"}, {"rule": "guarantee", "least": "3000.00", "per": "period"})
    by = policy(posting(*steps, window={"party": "person", "period": "month"}))
    few, many = ([fact("lesson", n, lessons=1) for n in range(count)] for count in (2, 40))
    assert booked(*few, by=by)["expense:pay"] == "3000.00"
    assert booked(*many, by=by)["expense:pay"] == "4000.00"


def test_a_clawback_takes_back_what_it_says_for_as_long_as_it_says() -> None:
    """Half within 30 days, nothing later."""
    by = policy(posting(percent("0.10"), {"rule": "clawback", "rate": "0.5", "within_days": 30}))
    sale = fact(amount="100.00")
    soon, late = (fact("refund", at=AT + n * DAY, named={"reverses": sale.id}) for n in (30, 31))
    assert paid(sale, soon, by=by) == "5.00"
    assert paid(sale, late, by=by) == "10.00"


def rows(*borders: tuple[str, str | None]) -> dict[str, Any]:
    """Tiers of lessons, from one number up to another."""
    return tiers(rows=[{"above": low, "up_to": high, "price": "100.00"} for low, high in borders], of="lessons")


def halves(*shares: str) -> dict[str, Any]:
    """A split over stores."""
    stores = [{"to": f"payable:store:s{nth}", "share": share} for nth, share in enumerate(shares)]
    return {"rule": "split", "remainder": "first", "shares": stores}


NOWHERE = {"region": {"eq": "310000", "within": "440000"}}
CROSSED = {"rule": "guarantee", "least": "9.00", "most": "1.00", "per": "fact"}
TO_NOBODY: dict[str, Any] = {"credit": None}
WRONG = [
    ([rows(("0", "10"), ("11", None))], {}, "/steps/0/tiers/1/above", "gap"),
    ([rows(("0", "10"), ("9", None))], {}, "/steps/0/tiers/1/above", "overlaps"),
    ([rows(("0", None), ("9", None))], {}, "/steps/0/tiers/1", "never be reached"),
    ([rows(("0", "10"))], {}, "/steps/0/tiers/0/up_to", "gap"),
    ([ALL, halves("0.7", "0.2")], TO_NOBODY, "/steps/1/shares", "balance"),
    ([ALL], TO_NOBODY, "/credit", "balance"),
    ([ALL], {"credit": "payable:person:{boss}"}, "/credit", "unknown party"),
    ([ALL], {"credit": "payable:person:ghost"}, "/credit", "unknown party"),
    ([ALL, halves("1/2", "1/2"), ALL], {}, "/steps/1", "last step"),
    ([tiers("cumulative_tier")], {}, "/window", "required"),
    ([percent("1", "running")], {}, "/steps/0", "works on what runs"),
    ([ALL], {"when": NOWHERE}, "/when", "never be reached"),
    ([CROSSED], {}, "/steps/0/most", "least"),
]


@pytest.mark.parametrize(("steps", "changes", "place", "word"), WRONG)
def test_a_policy_that_cannot_work_is_refused_with_the_place(steps: Any, changes: Any, place: str, word: str) -> None:
    """Gaps, overlaps, what can't be reached, doesn't balance or names somebody unknown."""
    document = {"facts": ["order"], "postings": [posting(*steps, **changes)]}
    checked = check(POLICIES, "p", document, lambda party: party != "person:ghost")
    assert word in {finding.pointer: finding.rule for finding in checked.errors}.get(f"/postings/0{place}", "")


def test_two_postings_of_one_purpose_need_a_priority() -> None:
    """Where nothing decides between them the second is refused; with a priority the higher one holds."""
    near = posting(percent("0.2"), when={"channel": {"eq": "douyin"}}, zh="抖音")
    document = {"facts": ["order"], "postings": [posting(percent("0.1")), near]}
    assert [f.pointer for f in check(POLICIES, "p", document, None).errors] == ["/postings/1/priority"]
    by = policy(posting(percent("0.1")), {**near, "priority": 1})
    assert paid(fact(amount="10.00", about={"channel": "douyin"}), by=by) == "2.00"
    assert paid(fact(amount="10.00"), by=by) == "1.00"


def test_a_fact_without_the_party_that_an_account_names_makes_nothing_silently() -> None:
    """It is refused with the party's place, and stays the intake's to park."""
    with pytest.raises(Invalid) as refused:
        entries_for([fact(amount="1.00", who={"store": "s1"})], [policy(posting(percent("1")))])
    assert [problem.pointer for problem in refused.value.problems] == ["/parties/person"]


RATES = st.sampled_from(["0", "0.005", "0.05", "0.3333333333", "0.5", "1"])
PRICES = st.sampled_from(["0", "0.01", "19.99", "100.00"])
MAKERS = st.one_of(
    st.builds(lambda amount: {"rule": "flat", "amount": amount}, PRICES),
    st.builds(percent, RATES),
    st.builds(lambda price: {"rule": "per_piece", "price": price}, PRICES),
    st.builds(lambda price: {"rule": "per_lesson", "price": price}, PRICES),
    st.builds(lambda price: {"rule": "hourly", "price": price}, PRICES),
    st.just(tiers()),
    st.just(tiers("cumulative_tier")),
    st.just(tiers("step_tier", rows=HOURS, of="lessons")),
)
CHANGERS = st.one_of(
    st.builds(lambda rate: percent(rate, "running"), RATES),
    st.builds(lambda rate: {"rule": "subsidy", "rate": rate}, RATES),
    st.builds(lambda rate: {"rule": "tax", "rate": rate, "how": "withheld", "keep": "net"}, RATES),
    st.builds(lambda per: {"rule": "cap", "most": "77.77", "per": per}, st.sampled_from(["fact", "period"])),
    st.builds(
        lambda per: {"rule": "guarantee", "least": "5.05", "most": "88.88", "per": per},
        st.sampled_from(["fact", "period"]),
    ),
    st.just({"rule": "floor", "least": "1.00"}),
    st.just({"rule": "rounding", "unit": "0.05", "how": "HALF_EVEN"}),
    st.just({"rule": "pool", "budget": "250.00"}),
    st.just({"rule": "clawback", "rate": "0.5", "within_days": 3}),
    st.just({"rule": "penalty", "of": "late_hours", "amount": "3.33"}),
    st.just({"rule": "less", "of": "parts"}),
    st.just({"rule": "override", "of": "pieces", "at_least": "5", "amount": "9.99"}),
)
SHARES = [{"to": f"payable:store:{name}", "share": "1/3"} for name in "abc"]
ENDS = st.one_of(CHANGERS, st.just({"rule": "split", "shares": SHARES, "remainder": "largest"}))
COMPOSITIONS = st.tuples(MAKERS, st.one_of(MAKERS, CHANGERS), ENDS)


def sale_of(number: int, fen: int, pieces: int, minutes: int) -> Fact:
    """One of the sales of a property: what each primitive may measure."""
    return fact(
        "order",
        number,
        AT + timedelta(hours=number),
        amount=f"{fen / 100:.2f}",
        parts="1.50",
        pieces=pieces,
        lessons=pieces,
        labour_minutes=minutes,
        late_hours=pieces % 2,
    )


SALE = st.builds(sale_of, st.integers(0, 40), st.integers(0, 30_000_000), st.integers(0, 9), st.integers(0, 600))
SALES = st.lists(SALE, min_size=1, max_size=6, unique_by=lambda sale: sale.id)
ROUNDINGS = st.sampled_from(["HALF_UP", "HALF_EVEN", "DOWN", "UP"])


def composed(steps: tuple[dict[str, Any], ...], rounding: str = "HALF_UP") -> Policy:
    return policy(posting(*steps, window={"party": "person", "period": "month"}, rounding=rounding))


def sums(facts: list[Fact], by: Policy) -> list[Entry]:
    return [entry for total in recompute(facts, by) for entry in difference(total, {}, 1, AT)]


@settings(max_examples=200)
@given(steps=COMPOSITIONS, sales=SALES, seed=st.randoms(use_true_random=False), rounding=ROUNDINGS)
def test_any_composition_of_three_balances_and_is_deterministic(
    steps: Any, sales: list[Fact], seed: Any, rounding: str
) -> None:
    """Facts delivered up to three times in any order, refunds among them, come to the same, and every part to zero."""
    returned = [sale for nth, sale in enumerate(sales) if nth % 2 and sale.quantities["pieces"] > 2]
    refunds = [
        fact("refund", nth, sale.occurred_at + DAY, pieces=1 + nth % 2, named={"reverses": sale.id})
        for nth, sale in enumerate(returned)
    ]
    facts, by = linked([*sales, *refunds]), composed(steps, rounding)
    shuffled = facts * 3
    seed.shuffle(shuffled)
    outcomes = settle(facts, [by])
    assert all(sum(part.amount_minor for part in outcome.parts) == 0 for outcome in outcomes)
    assert outcomes == settle(shuffled, [by])
    assert sums(facts, by) == sums(shuffled, by)


@settings(max_examples=200)
@given(steps=COMPOSITIONS, sales=SALES, more=st.integers(1, 1_000_000))
def test_more_never_makes_less_where_each_step_is_monotone(steps: Any, sales: list[Fact], more: int) -> None:
    """With a larger last sale, a composition of monotone steps comes to at least as much in all."""
    by = composed(steps)
    if not all(step.monotone for step in by.rule.document.postings[0].steps):
        return
    *others, last = sorted(sales, key=lambda sale: sale.order)
    larger = replace(last, amounts={**last.amounts, "amount": last.amounts["amount"] + more})
    before, after = (sum(outcome.amount_minor for outcome in settle([*others, sale], [by])) for sale in (last, larger))
    assert after >= before


@given(
    amount=st.integers(-(10**12), 10**12),
    weights=st.lists(st.integers(0, 1000), min_size=1, max_size=9).filter(any),
    remainder=st.sampled_from(["largest", "first", "last"]),
)
def test_shares_always_sum_to_the_whole(amount: int, weights: list[int], remainder: Any) -> None:
    """Whatever cannot be divided, nothing is lost and nothing is made."""
    assert sum(allocate(amount, [Fraction(weight) for weight in weights], remainder)) == amount


@given(
    numerator=st.integers(-(10**9), 10**9),
    denominator=st.integers(1, 1000),
    rounding=st.sampled_from(["HALF_UP", "HALF_EVEN", "DOWN", "UP"]),
)
def test_rounding_is_pythons_own_on_the_exact_value(numerator: int, denominator: int, rounding: Any) -> None:
    """Against Decimal with more digits than any of these needs to decide a half."""
    value = Fraction(numerator, denominator)
    nearest = rounded(value, rounding)
    mirrored = rounded(-value, rounding)
    assert nearest == -mirrored
    assert abs(value - nearest) <= (Fraction(1, 2) if rounding.startswith("HALF") else Fraction(1))
    assert rounding != "DOWN" or abs(nearest) <= abs(value)
    assert rounding != "UP" or abs(nearest) >= abs(value)


def test_a_quota_warns_once_it_is_nearly_used() -> None:
    """Of 100.00, 90.00 say nothing, 95.00 say that 95 % are used, and what goes beyond is cut off."""
    pool = {"rule": "pool", "budget": "100.00", "warn_at": "0.90"}
    by = policy(posting(percent("1"), pool, window={"party": "all", "period": "year"}))
    facts = [
        fact("order", n, AT + timedelta(hours=n), amount=amount) for n, amount in enumerate(("90.00", "5.00", "9.00"))
    ]
    outcomes = settle(facts, [by])
    assert [outcome.amount_minor for outcome in outcomes] == [9000, 500, 500]
    assert [outcome.figure.marks.get("quota", "") for outcome in outcomes] == ["", "95%", "100%"]
    assert outcomes[1].why().zh == "报酬：金额 5.00 元 × 100%，额度已用 95%"
