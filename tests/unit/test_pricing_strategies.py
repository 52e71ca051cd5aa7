"""The 24 strategies: a golden case each, worked out by hand, and what holds of all of them together."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from functions.pricing.quotes.rules import show_rule
from functions.pricing.strategies import units
from functions.pricing.strategies.cart import HeldCoupon, PriceOffer, Usage
from functions.pricing.strategies.catalogue import BY_NAME, KINDS
from functions.pricing.strategies.cuts import spread
from functions.pricing.strategies.strategies import campaign_of
from hub.contracts.pricing_campaigns import CampaignDocument, StrategyKindName
from hub.kernel.errors import Invalid
from tests.support.carts import MONDAY_10, campaign, cart, plan, priced, strategy

TEA, CAKE = ("tea", 2000, 1), ("cake", 3000, 1)
PERCENT_10 = {"percent": "10"}
CASES: list[tuple[str, dict[str, Any], list[tuple[str, int, int]], dict[str, Any], list[int]]] = [
    ("base_table", {"prices": {"tea": "18.80"}}, [TEA, CAKE], {}, [1880, 3000]),
    ("region_tier", {"by": {"310000": {"price": "25.00"}, "tier:1": {"price": "26.00"}}}, [TEA], {}, [2600]),
    ("channel", {"by": {"mini_program": {"percent": "5"}}}, [TEA], {"channel": "mini_program"}, [1900]),
    ("level_price", {"by": {"gold": {"amount": "2.00"}}}, [TEA], {"level": "gold"}, [1800]),
    ("time_slot", {"slots": [{"hours": {"begins": "22:00", "ends": "10:01"}, "cut": PERCENT_10}]}, [TEA], {}, [1800]),
    ("weekday", {"days": [1], "cut": {"price": "15.00"}}, [TEA], {}, [1500]),
    ("season_book", {"first_day": "11-30", "last_day": "02-28", "by": {"tea": {"price": "12.00"}}}, [TEA, CAKE], {},
     [1200, 3000]),
    ("quantity_break", {"falling": True, "breaks": [{"min_quantity": 3, "cut": {"percent": "5"}},
                                                    {"min_quantity": 10, "cut": PERCENT_10}]},
     [("tea", 2000, 10), ("cake", 3000, 3), ("pie", 1000, 2)], {}, [18000, 8550, 2000]),
    ("logistic_surcharge", {"by": {"310000": "3.00"}}, [("tea", 2000, 2)], {}, [4600]),
    ("moat", {"above": "0.50"}, [TEA], {"offers": {("tea", "moat"): PriceOffer("ofr_1", "moat", 1550)}}, [1550]),
    ("clearance", {"limit_days": 45, "cut_percent": "5"}, [TEA],
     {"offers": {("tea", "clearance"): PriceOffer("ofr_1", "clearance", 1900)}}, [1900]),
    ("member_percent", {"by": {"gold": "10"}}, [("tea", 2005, 1)], {"level": "gold"}, [1805]),
    ("member_price", {"levels": ["gold"], "prices": {"tea": "16.00"}}, [("tea", 2000, 2)], {"level": "gold"}, [3200]),
    ("limited_time", {"starts_at": "2026-11-30T10:00:00+08:00", "ends_at": "2026-11-30T10:00:01+08:00",
                      "cut": {"price": "9.90"}}, [TEA], {}, [990]),
    ("limited_quantity", {"pieces": 2, "cut": {"price": "9.90"}}, [("tea", 2000, 3)], {}, [3980]),
    ("every_n", {"n": 3, "cut": {"percent": "100"}}, [("tea", 2000, 2), ("cake", 3000, 1)], {}, [2000, 3000]),
    ("second_half", {}, [("tea", 2000, 3), ("cake", 3000, 1)], {}, [5000, 3000]),
    ("bundle", {"items": {"tea": 2, "cake": 1}, "price": "45.00"}, [("tea", 2000, 2), CAKE], {}, [2571, 1929]),
    ("gift", {"min_quantity": 2, "gift": "cup"}, [("tea", 2000, 2)], {}, [4000]),
    ("threshold_step", {"base": "after_items", "steps": [{"at": "50.00", "off": "5.00"}, {"at": "99", "off": "20"}]},
     [TEA, CAKE], {}, [1800, 2700]),
    ("new_customer", {"amount": "5.00"}, [TEA, CAKE], {"is_new": True}, [1800, 2700]),
    ("birthday", {"percent": "20", "days_before": 3}, [TEA], {"birthday": date(1990, 12, 3)}, [1600]),
    ("coupon", {"amount": "10.00", "base": "after_items"}, [TEA],
     {"coupons": (HeldCoupon("cpn_1", "c/coupon"),)}, [1000]),
    ("decoy_coupon", {"amount": "3.00", "areas": ["310101"]}, [TEA],
     {"coupons": (HeldCoupon("cpn_1", "c/decoy_coupon", "310101"),)}, [1700]),
]  # fmt: skip
WHY_NOT: list[tuple[str, dict[str, Any], dict[str, Any], str]] = [
    ("base_table", {"prices": {"cake": "1.00"}}, {}, units.SAME_PRICE),
    ("region_tier", {"by": {"440000": {"price": "1.00"}}}, {}, units.ELSEWHERE),
    ("channel", {"by": {"shop": PERCENT_10}}, {}, units.OTHER_CHANNEL),
    ("level_price", {"by": {"gold": PERCENT_10}}, {}, units.OTHER_LEVEL),
    ("time_slot", {"slots": [{"hours": {"begins": "09:00", "ends": "10:00"}, "cut": PERCENT_10}]}, {},
     units.OTHER_TIME),
    ("weekday", {"days": [2, 7], "cut": PERCENT_10}, {}, units.OTHER_TIME),
    ("season_book", {"first_day": "12-01", "last_day": "02-28", "by": {"tea": PERCENT_10}}, {}, units.OTHER_TIME),
    ("quantity_break", {"falling": True, "breaks": [{"min_quantity": 2, "cut": PERCENT_10}]}, {}, units.TOO_FEW),
    ("logistic_surcharge", {"by": {"650000": "3.00"}}, {}, units.ELSEWHERE),
    ("moat", {"above": "0.50"}, {}, units.NO_OFFER),
    ("clearance", {"limit_days": 45, "cut_percent": "5"}, {}, units.NO_OFFER),
    ("member_percent", {"by": {"gold": "10"}}, {"level": "silver"}, units.OTHER_LEVEL),
    ("member_price", {"levels": ["gold"], "prices": {"tea": "1.00"}}, {}, units.OTHER_LEVEL),
    ("limited_time", {"starts_at": "2026-11-30T09:00:00+08:00", "ends_at": "2026-11-30T10:00:00+08:00",
                      "cut": PERCENT_10}, {}, units.OTHER_TIME),
    ("limited_quantity", {"pieces": 1, "cut": {"price": "99.00"}}, {}, "nothing_to_give"),
    ("every_n", {"n": 2, "cut": PERCENT_10}, {}, units.TOO_FEW),
    ("second_half", {}, {}, units.TOO_FEW),
    ("bundle", {"items": {"tea": 2}, "price": "1.00"}, {}, units.TOO_FEW),
    ("gift", {"min_amount": "20.01", "gift": "cup"}, {}, units.BELOW_THRESHOLD),
    ("threshold_step", {"base": "list", "steps": [{"at": "20.01", "off": "1"}]}, {}, units.BELOW_THRESHOLD),
    ("new_customer", {"amount": "5.00"}, {}, units.NOT_NEW),
    ("birthday", {"percent": "20"}, {"birthday": date(1990, 12, 1)}, units.OTHER_TIME),
    ("coupon", {"amount": "1.00", "base": "list"}, {}, units.NO_COUPON),
    ("decoy_coupon", {"amount": "3.00", "areas": ["440000"]},
     {"coupons": (HeldCoupon("cpn_1", "c/decoy_coupon", "440000"),)}, units.COUPON_ELSEWHERE),
]  # fmt: skip


def test_there_are_twenty_four_kinds_each_with_a_case() -> None:
    """The catalogue has the kinds that documents may name, and each has a golden case and one in which it gives
    nothing."""
    names = [kind.name for kind in KINDS]
    assert names == list(StrategyKindName.__args__)  # type: ignore[attr-defined]
    assert names == [case[0] for case in CASES] == [case[0] for case in WHY_NOT]
    assert len(set(names)) == 24


@pytest.mark.parametrize(("kind", "terms", "lines", "facts", "expected"), CASES, ids=[case[0] for case in CASES])
def test_a_strategy_gives_what_was_worked_out_by_hand(
    kind: str, terms: dict[str, Any], lines: list[tuple[str, int, int]], facts: dict[str, Any], expected: list[int]
) -> None:
    """What each line comes to; what was given is what they are less."""
    amounts, (trace,) = priced(plan(strategy(kind, terms)), cart(*lines, **facts))
    assert (amounts, trace.reason) == (expected, "")
    assert trace.given_minor == sum(unit * quantity for _, unit, quantity in lines) - sum(expected)


@pytest.mark.parametrize(("kind", "terms", "facts", "reason"), WHY_NOT, ids=[case[0] for case in WHY_NOT])
def test_a_strategy_that_gives_nothing_says_why(
    kind: str, terms: dict[str, Any], facts: dict[str, Any], reason: str
) -> None:
    """The price stays, and the reason is said in Chinese and English."""
    amounts, (trace,) = priced(plan(strategy(kind, terms)), cart(TEA, **facts))
    assert (amounts, trace.reason) == ([2000], reason)
    assert not show_rule(trace, "CNY").applied


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
def test_the_example_of_a_kind_works(kind: Any) -> None:
    """What the catalogue shows can be published as it stands."""
    campaign_of(CampaignDocument.model_validate(campaign(strategy(kind.name))))


def test_a_discount_ends_at_zero_and_its_parts_sum_to_what_was_given() -> None:
    """A coupon of 100.00 on 80.00 gives 80.00, funded 60/40 as 48.00 and 32.00; the other 20.00 lapse, and it says
    so."""
    coupon = strategy("coupon", {"amount": "100.00", "base": "list"}, funding={"hq": 60, "store": 40})
    amounts, (trace,) = priced(plan(coupon), cart(("tea", 8000, 1), coupons=(HeldCoupon("cpn_1", "c/coupon"),)))
    rule = show_rule(trace, "CNY")
    assert (amounts, rule.discount, rule.lapsed) == ([0], "80.00", "20.00")
    assert {share.party: share.amount for share in rule.funding} == {"hq": "48.00", "store": "32.00"}
    assert rule.why.zh == "已生效，其余 20.00 作废"


def test_of_nothing_nothing_is_taken() -> None:
    """100 % off the item, then 15 % off the order: 15 % of 0.00."""
    free = strategy("limited_quantity", {"pieces": 1, "cut": {"percent": "100"}})
    amounts, traces = priced(plan(free, strategy("new_customer", {"percent": "15"})), cart(TEA, is_new=True))
    assert (amounts, [trace.given_minor for trace in traces]) == ([0], [2000, 0])


def test_ten_off_three_lines_of_twenty() -> None:
    """3.34, 3.33 and 3.33: the remainder goes to the first among equals."""
    amounts, (trace,) = priced(
        plan(strategy("new_customer", {"amount": "10.00"})),
        cart(*((name, 2000, 1) for name in ("a", "b", "c")), is_new=True),
    )
    assert ([*trace.lines_minor.values()], sum(amounts)) == ([334, 333, 333], 5000)


THRESHOLD = strategy("threshold_step", {"base": "after_items", "steps": [{"at": "200.00", "off": "30.00"}]})


@pytest.mark.parametrize(
    ("member", "coupons", "expected"),
    [("10", (), 18600), ("10", (HeldCoupon("cpn_1", "c/coupon"),), 16600), ("20", (), 19200)],
)
def test_a_threshold_is_tested_once_on_its_declared_base(
    member: str, coupons: tuple[HeldCoupon, ...], expected: int
) -> None:
    """List 240: a member's 10 % leave 216.00, so 186.00, which is not tested again; a coupon of 20.00 leaves 166.00 and
    the 30 stay. 20 % leave 192.00, so no 30."""
    rules = (
        strategy("member_percent", {"by": {"gold": member}}),
        THRESHOLD,
        strategy("coupon", {"amount": "20.00", "base": "list"}),
    )
    amounts, _ = priced(plan(*rules), cart(("tea", 24000, 1), level="gold", coupons=coupons))
    assert sum(amounts) == expected


def test_neither_a_gift_nor_freight_reaches_a_threshold() -> None:
    """190.00 of goods with a gift worth 30.00, and 15.00 of freight: no 30."""
    gift = strategy("gift", {"gift": "cup"})
    steps = {"base": "after_items", "steps": [{"at": "200.00", "off": "30.00"}], "except_services": ["freight"]}
    amounts, _ = priced(plan(gift, strategy("threshold_step", steps)), cart(("tea", 19000, 1), ("freight", 1500, 1)))
    assert sum(amounts) == 20500


@pytest.mark.parametrize(
    ("stacking", "expected"), [("stack", 20000 - 2000 - 1800), ("best", 18000), ("exclusive", 18000)]
)
def test_groups_stack_as_they_say(stacking: str, expected: int) -> None:
    """Two of 10 % on 200.00: both one after the other, the better one, the first one; the other says why not."""
    rules = [
        strategy("member_percent", {"by": {"gold": "10"}}, id=name, group="items", stacking=stacking)
        for name in ("a", "b")
    ]
    amounts, traces = priced(plan(*rules), cart(("tea", 20000, 1), level="gold"))
    reasons = {"stack": "", "best": units.NOT_BEST, "exclusive": units.EXCLUDED}
    assert (sum(amounts), [trace.reason for trace in traces]) == (expected, ["", reasons[stacking]])


@pytest.mark.parametrize(
    ("usage", "customer", "reason"),
    [
        (Usage(uses=99), "li", ""),
        (Usage(uses=100), "li", units.USED_UP),
        (Usage(by_customer=1), "li", units.USED_UP_BY_CUSTOMER),
        (Usage(), "", units.WHO_IS_IT),
        (Usage(spent_minor=9501), "li", units.NO_BUDGET),
        (Usage(spent_minor=9500), "li", ""),
    ],
)
def test_what_is_used_up_is_said_before_anybody_pays(usage: Usage, customer: str, reason: str) -> None:
    """Limit 100, one a customer, a budget of 100.00 of which a use takes 5.00."""
    limits = {"uses": 100, "per_customer": 1, "budget": "100.00"}
    rule = plan(strategy("new_customer", {"amount": "5.00"}, limits=limits))
    _, (trace,) = priced(rule, cart(TEA, is_new=True, customer=customer, usage={"c/new_customer": usage}))
    assert trace.reason == reason


@pytest.mark.parametrize(
    ("at", "on"),
    [
        ("2026-11-30T15:59:59Z", False),
        ("2026-11-30T16:00:00Z", True),
        ("2026-12-03T15:59:59Z", True),
        ("2026-12-03T16:00:00Z", False),
    ],
)
def test_until_the_third_has_the_whole_third(at: str, on: bool) -> None:
    """12-01 to 12-03 by days, in Shanghai: on from 11-30 16:00Z, still on at 12-03 15:59:59Z, off at 16:00Z."""
    moment = datetime.fromisoformat(at)
    period = {"first_day": "2026-12-01", "last_day": "2026-12-03"}
    rule = plan(strategy("new_customer", {"amount": "5.00"}), period=period)
    day = (moment + timedelta(hours=8)).date()
    _, (trace,) = priced(rule, cart(TEA, is_new=True, at=moment, day=day))
    assert (not trace.reason) is on


@pytest.mark.parametrize(("at", "on"), [("2026-12-03T08:59:59Z", True), ("2026-12-03T09:00:00Z", False)])
def test_until_17_00_ends_at_17_00(at: str, on: bool) -> None:
    """By a moment the end is not in it."""
    moment = datetime.fromisoformat(at)
    rule = plan(strategy("new_customer", {"amount": "5.00"}), period={"ends_at": "2026-12-03T17:00:00+08:00"})
    _, (trace,) = priced(rule, cart(TEA, is_new=True, at=moment, day=date(2026, 12, 3)))
    assert (not trace.reason) is on


@pytest.mark.parametrize(
    ("broken", "pointer"),
    [
        (strategy("threshold_step", {"steps": [{"at": "200", "off": "30"}]}), "/strategies/0/terms/base"),
        (strategy("threshold_step", {"base": "list", "steps": [{"at": "20", "off": "30"}]}), "/strategies/0/terms"),
        (strategy("quantity_break", {"breaks": [{"min_quantity": 2, "cut": PERCENT_10}]}),
         "/strategies/0/terms/falling"),
        (strategy("member_percent", {"by": {"gold": "101"}}), "/strategies/0/terms/by/gold"),
        (strategy("gift", {"gift": "cup"}, funding={"hq": 0}), "/strategies/0/funding"),
        (strategy("gift", {"gift": "cup"}, places=["990000"]), "/strategies/0/places/0"),
    ],
)  # fmt: skip
def test_a_draft_that_leaves_out_what_must_be_declared_is_refused(broken: dict[str, Any], pointer: str) -> None:
    """The base of a threshold, whether prices fall with quantity; a step that gives more than it asks, 101 percent."""
    with pytest.raises(Invalid) as refused:
        campaign_of(CampaignDocument.model_validate(campaign(broken)))
    assert [problem.pointer for problem in refused.value.problems] == [pointer]


RULES = [
    strategy("member_percent", {"by": {"gold": "12.5"}}, priority=3),
    strategy("level_price", {"by": {"gold": {"amount": "1.11"}}}),
    strategy("every_n", {"n": 2, "cut": {"percent": "33"}}, group="g", stacking="best"),
    strategy("second_half", {}, group="g", stacking="best"),
    strategy("limited_quantity", {"pieces": 2, "cut": {"price": "0.90"}}),
    strategy("bundle", {"items": {"tea": 1, "cake": 1}, "price": "3.00"}, group="h", stacking="exclusive"),
    strategy("weekday", {"days": [1], "cut": {"price": "4.00"}}),
    THRESHOLD,
    strategy("new_customer", {"amount": "40.00"}, funding={"hq": 2, "store": 1}),
    strategy("birthday", {"percent": "20"}),
    strategy("coupon", {"amount": "10.00", "base": "after_order"}),
]
LINES = st.lists(
    st.tuples(st.sampled_from(["tea", "cake", "pie"]), st.integers(0, 50_000), st.integers(1, 30)),
    min_size=1,
    max_size=5,
)
FLOORS = st.dictionaries(st.sampled_from(["tea", "cake"]), st.integers(0, 20_000))


@settings(max_examples=150)
@given(lines=LINES, floors=FLOORS, order=st.permutations(RULES), count=st.integers(1, len(RULES)))
def test_what_holds_of_every_cart(
    lines: list[tuple[str, int, int]], floors: dict[str, int], order: list[dict[str, Any]], count: int
) -> None:
    """Never negative, never below the floor (or the book's own price, where that is lower), parts that sum to what was
    given, and the same result in whatever order the document has its rules."""
    facts = {"level": "gold", "is_new": True, "birthday": date(1990, 11, 30)}
    facts["coupons"] = (HeldCoupon("cpn_1", "c/coupon"),)
    rules = order[:count]
    amounts, traces = priced(plan(*rules), cart(*lines, floors=floors, **facts))
    again, _ = priced(plan(*sorted(rules, key=lambda rule: str(rule["id"]))), cart(*lines, floors=floors, **facts))
    lowest = [min(unit, floors.get(service, 0)) * quantity for service, unit, quantity in lines]
    assert all(amount >= low for amount, low in zip(amounts, lowest, strict=True))
    assert all(sum(trace.lines_minor.values()) == trace.given_minor for trace in traces)
    before = sum(unit * quantity for _, unit, quantity in lines)
    assert before - sum(trace.given_minor for trace in traces) == sum(amounts)
    assert amounts == again


@given(amount=st.integers(0, 10_000), lines=LINES)
def test_an_amount_is_spread_to_the_last_cent(amount: int, lines: list[tuple[str, int, int]]) -> None:
    """The parts sum to the amount, or to all that the lines can bear."""
    own = cart(*lines).lines
    shares = spread(amount, own)
    assert sum(shares.values()) == min(amount, sum(line.room_minor for line in own))
    assert all(shares.get(line.number, 0) <= line.room_minor for line in own)


@given(quantity=st.integers(1, 50), percents=st.lists(st.integers(0, 99), min_size=1, max_size=5))
def test_more_pieces_never_cost_more_apiece_where_that_is_declared(quantity: int, percents: list[int]) -> None:
    """A falling quantity break."""
    breaks = [{"min_quantity": 2 + 5 * nth, "cut": {"percent": str(p)}} for nth, p in enumerate(sorted(percents))]
    rule = plan(strategy("quantity_break", {"falling": True, "breaks": breaks}))
    fewer, more = (cart(("tea", 1999, count)) for count in (quantity, quantity + 1))
    for each in (fewer, more):
        priced(rule, each)
    assert more.lines[0].unit_minor <= fewer.lines[0].unit_minor


def test_a_break_that_is_dearer_gives_nothing_where_prices_fall_by_declaration() -> None:
    """Tea at 20.00, ten for 30.00 apiece: declared falling it stays 20.00, else it is what was written."""
    for falling, expected in ((True, 20000), (False, 30000)):
        breaks = [{"min_quantity": 10, "cut": {"price": "30.00"}}]
        rule = plan(strategy("quantity_break", {"falling": falling, "breaks": breaks}))
        amounts, _ = priced(rule, cart(("tea", 2000, 10)))
        assert amounts == [expected]


def test_a_cap_by_store_needs_a_store() -> None:
    """Asked for by region alone it would be counted nowhere: it says so, and takes nothing off."""
    rule = plan(strategy("new_customer", {"amount": "5.00"}, limits={"per_store": 1}))
    for store, reason in (("", units.WHICH_STORE), ("s1", "")):
        _, (trace,) = priced(rule, cart(TEA, is_new=True, store=store))
        assert trace.reason == reason


def test_a_coupon_says_why_it_does_not_hold() -> None:
    """Used, over, of another customer, in another place."""
    over = HeldCoupon("cpn_1", "c/coupon", valid_until=MONDAY_10)
    coupons = [
        (HeldCoupon("cpn_1", "c/coupon", used=True), units.COUPON_USED),
        (over, units.COUPON_EXPIRED),
        (HeldCoupon("cpn_1", "c/coupon", customer="li"), units.COUPON_OF_ANOTHER),
        (HeldCoupon("cpn_1", "c/coupon", "area:d1"), units.COUPON_ELSEWHERE),
        (HeldCoupon("cpn_1", "c/coupon", valid_from=datetime(2027, 1, 1, tzinfo=UTC)), units.COUPON_EXPIRED),
    ]
    rule = plan(strategy("coupon", {"amount": "1.00", "base": "list"}))
    for coupon, reason in coupons:
        assert priced(rule, cart(TEA, coupons=(coupon,)))[1][0].reason == reason
    assert BY_NAME["coupon"].stage == "coupon"
