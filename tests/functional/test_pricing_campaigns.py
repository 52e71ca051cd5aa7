"""Campaigns over HTTP: strategies in quotes, limits under races, coupons used once, answers to competitors."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from typing import Any

import pytest

from tests.support.carts import NAME, campaign, strategy
from tests.support.pricing import NOW, Room, pricing_room

REGION = "310101"
TEA = {"service": "fruit_tea", "region": REGION}


@pytest.fixture
def room() -> Iterator[Room]:
    with pricing_room() as room:
        room.store("s1", REGION, (31.2304, 121.4737))
        yield room


def quote(room: Room, **more: Any) -> Any:
    return room.made("POST", "/pricing/quotes", {**TEA, **more})


def redeem(room: Room, quote_id: str, order_id: str, verb: str = "redeem") -> Any:
    return room.call("POST", f"/pricing/quotes/{quote_id}/{verb}", {"order_id": order_id})


def at_once(room: Room, quotes: list[str]) -> list[Any]:
    with ThreadPoolExecutor(8) as pool:
        return list(pool.map(lambda pair: redeem(room, pair[1], f"o{pair[0]}"), enumerate(quotes)))


def test_a_cart_says_which_rules_counted_and_which_did_not(room: Room) -> None:
    """Two lines, a member's 10 percent and 满80减5: each rule with its share of each line, who bears it, or why not."""
    rules = (
        strategy("member_percent", {"by": {"gold": "10"}}, funding={"hq": 60, "store": 40}),
        strategy("threshold_step", {"base": "after_items", "steps": [{"at": "80.00", "off": "5.00"}]}),
        strategy("weekday", {"days": [7], "cut": {"percent": "50"}}),
    )
    room.publish("/pricing/campaigns/spring", campaign(*rules))
    lines = [{"service": "fruit_tea", "quantity": 2}, {"service": "repair_visit"}]
    body = {"lines": lines, "region": REGION, "customer_level": "gold"}
    made = room.made("POST", "/pricing/quotes", body)
    told = {rule["kind"]: (rule["applied"], rule["discount"]) for rule in made["rules"]}
    assert (made["total"], made["discount"]) == ("130.00", "20.00")
    assert told == {"member_percent": (True, "15.00"), "threshold_step": (True, "5.00"), "weekday": (False, "0.00")}
    member = next(rule for rule in made["rules"] if rule["kind"] == "member_percent")
    assert [share["discount"] for share in member["lines"]] == ["5.00", "10.00"]
    assert {share["party"]: share["amount"] for share in member["funding"]} == {"hq": "9.00", "store": "6.00"}
    assert [line["total"] for line in made["lines"]] == ["43.33", "86.67"]


def test_a_quote_is_honoured_whatever_changes_and_once(room: Room) -> None:
    """The book changes: the order pays what was quoted. The same order again is answered the same, another gets 409,
    and after it has expired nobody gets it."""
    given, late = quote(room), quote(room)
    room.publish("/pricing/books/standard", {"services": {"fruit_tea": {"name": NAME, "prices": {"base": "99.00"}}}})
    taken, again, other = (
        redeem(room, given["id"], "o1"),
        redeem(room, given["id"], "o1"),
        redeem(room, given["id"], "o2"),
    )
    assert (taken.json["total"], again.json, other.status) == ("25.00", taken.json, 409)
    assert redeem(room, late["id"], "o1").status == 409
    room.clock.advance(minutes=15)
    assert redeem(room, late["id"], "o3").status == 409


def test_exactly_one_of_fifty_gets_the_last_hundred(room: Room) -> None:
    """A budget's last 100.00, of which each would take all: one order has it, not a cent over; the others hear why."""
    limits = {"budget": "250.00"}
    room.publish("/pricing/campaigns/spring", campaign(strategy("new_customer", {"amount": "150.00"}, limits=limits)))
    assert redeem(room, quote(room, quantity=10, is_new=True)["id"], "first").status == 200
    quotes = [quote(room, quantity=4, is_new=True)["id"] for _ in range(50)]
    answers = at_once(room, quotes)
    assert Counter(answer.status for answer in answers) == {200: 1, 409: 49}
    assert {a.json["facts"]["reason"] for a in answers if a.status == 409} == {"spring/new_customer: no_budget"}
    assert quote(room, is_new=True)["total"] == "25.00"


def test_a_campaigns_budget_is_one_for_all_its_strategies(room: Room) -> None:
    """30.00 for a member's 10 percent and a newcomer's 15.00 together, 25.00 of four teas: of fifty at once one has it,
    the others hear why; the 5.00 that are left give neither; what comes back is there again."""
    rules = (strategy("member_percent", {"by": {"gold": "10"}}), strategy("new_customer", {"amount": "15.00"}))
    room.publish("/pricing/campaigns/spring", campaign(*rules, limits={"budget": "30.00"}))
    buyer = {"quantity": 4, "is_new": True, "customer_level": "gold"}
    made = [quote(room, **buyer) for _ in range(50)]
    answers = at_once(room, [each["id"] for each in made])
    assert made[0]["discount"] == "25.00"
    assert Counter(answer.status for answer in answers) == {200: 1, 409: 49}
    assert {a.json["facts"]["reason"] for a in answers if a.status == 409} == {"spring: no_budget"}
    later = quote(room, **buyer)
    whys = {rule["kind"]: rule["why"]["en"] for rule in later["rules"]}
    assert (later["discount"], set(whys.values())) == ("0.00", {"its budget does not suffice"})
    first = next(nth for nth, answer in enumerate(answers) if answer.status == 200)
    assert redeem(room, made[first]["id"], f"o{first}", "release").status == 200
    assert quote(room, **buyer)["discount"] == "25.00"


def test_the_last_of_a_hundred_and_one_that_comes_back(room: Room) -> None:
    """Limit 100, one a customer: of 150 at once exactly 100 have it, and 50 hear so before they pay. A payment that
    fails gives its use back once, however often that is told; a second try of the same order takes no second use."""
    limits = {"uses": 100, "per_customer": 1}
    room.publish("/pricing/campaigns/spring", campaign(strategy("new_customer", {"amount": "5.00"}, limits=limits)))
    quotes = [quote(room, is_new=True, customer_id=f"c{nth}")["id"] for nth in range(150)]
    answers = at_once(room, quotes)
    first = next(nth for nth, answer in enumerate(answers) if answer.status == 200)
    assert Counter(answer.status for answer in answers) == {200: 100, 409: 50}
    assert redeem(room, quotes[first], f"o{first}").status == 200
    told = [redeem(room, quotes[first], f"o{first}", "release").json["state"] for _ in range(2)]
    late = [quote(room, is_new=True, customer_id=f"d{nth}") for nth in range(2)]
    assert told == ["released", "released"]
    assert [redeem(room, late[nth]["id"], f"p{nth}").status for nth in range(2)] == [200, 409]


def test_a_coupon_is_used_once_with_the_quote(room: Room) -> None:
    """Issued, in the customer's list, taken off, used by one order; another order's quote of it is 409."""
    rule = strategy("coupon", {"amount": "5.00", "base": "after_items"})
    room.publish("/pricing/campaigns/spring", campaign(rule))
    issue = {"campaign": "spring", "strategy": "coupon", "customers": ["c1"], "channel": "official_account"}
    (coupon,) = room.made("POST", "/pricing/coupons", issue)["data"]
    wallet = room.made("GET", "/pricing/coupons", query={"customer": "c1"})["data"]
    quotes = [quote(room, store="s1", customer_id="c1", coupons=[coupon["code"]]) for _ in range(2)]
    answers = [redeem(room, made["id"], f"o{nth}") for nth, made in enumerate(quotes)]
    today = room.made("GET", "/pricing/stores/s1/redemptions")["data"]
    assert ([made["total"] for made in quotes], wallet[0]["code"]) == (["20.00", "20.00"], coupon["code"])
    assert ([answer.status for answer in answers], [row["order_id"] for row in today]) == ([200, 409], ["o0"])
    assert redeem(room, quotes[0]["id"], "o0", "release").json["state"] == "released"
    assert room.made("GET", "/pricing/coupons", query={"customer": "c1"})["data"][0]["state"] == "issued"


def test_exactly_one_of_fifty_has_the_last_coupon(room: Room) -> None:
    """Fifty orders bring the same coupon at once: one has it, the others hear that it is used."""
    room.publish("/pricing/campaigns/spring", campaign(strategy("coupon", {"amount": "5.00", "base": "after_items"})))
    issue = {"campaign": "spring", "strategy": "coupon", "customers": ["c1"]}
    (coupon,) = room.made("POST", "/pricing/coupons", issue)["data"]
    quotes = [quote(room, customer_id="c1", coupons=[coupon["code"]])["id"] for _ in range(50)]
    answers = at_once(room, quotes)
    assert Counter(answer.status for answer in answers) == {200: 1, 409: 49}
    reason = f"{coupon['code']}: coupon_used"
    assert {answer.json["facts"]["reason"] for answer in answers if answer.status == 409} == {reason}


def test_what_costs_nothing_is_ordered_like_anything_else(room: Room) -> None:
    """A hundred percent off: 0.00, not -0.00; the order takes the quote without a payment, once."""
    room.publish("/pricing/campaigns/spring", campaign(strategy("new_customer", {"percent": "100"})))
    given = quote(room, is_new=True)
    taken = redeem(room, given["id"], "o1")
    assert (given["total"], given["discount"], taken.status, taken.json["total"]) == ("0.00", "25.00", 200, "0.00")
    assert redeem(room, given["id"], "o2").status == 409


def test_a_price_below_the_floor_is_refused_at_the_draft(room: Room) -> None:
    """A campaign that sells at a loss is refused with the place where it goes lowest; what only several do together
    stops at the floor when it is quoted."""
    tea = {"name": NAME, "prices": {"base": "22.00", "310000": "18.00"}, "floors": {"base": "16.00"}}
    room.publish("/pricing/books/standard", {"services": {"fruit_tea": tea}})
    loss = campaign(strategy("weekday", {"days": [1], "cut": {"percent": "20"}}))
    refused = room.call("PUT", "/pricing/campaigns/spring/draft", {"document": loss})
    assert (refused.status, refused.json["errors"]) == (
        422,
        [{"pointer": "/document/strategies/0/terms",
          "detail": "could sell fruit_tea in 310100 for 14.40, below its floor 16.00"}],
    )  # fmt: skip
    both = [strategy("weekday", {"days": [1], "cut": {"percent": "10"}}), strategy("new_customer", {"percent": "10"})]
    room.publish("/pricing/campaigns/spring", campaign(*both))
    assert quote(room, is_new=True)["total"] == "16.00"


HALF = {"id": "less", "input": "logistics_cost", "name": NAME, "mode": "times", "values": {"330000": "0.80"}}


@pytest.mark.parametrize(
    ("rule", "why"),
    [
        (strategy("weekday", {"days": [1], "cut": {"percent": "10"}}),
         "could sell fruit_tea in 330000 for 15.84, below its floor 16.00"),
        (strategy("coupon", {"percent": "10", "base": "after_items"}),
         "could sell fruit_tea in 330000 for 15.84, below its floor 16.00"),
        (strategy("weekday", {"days": [1], "cut": {"percent": "10"}}, places=["330102"]),
         "could sell fruit_tea in 330102 for 15.84, below its floor 16.00"),
    ],
)  # fmt: skip
def test_a_loss_that_only_a_factor_makes_is_refused_at_the_draft(room: Room, rule: Any, why: str) -> None:
    """22.00 and 10 percent off are 19.80, above the floor of 16.00; where a factor leaves 17.60 they are 15.84. A
    strategy that does not hold there is none."""
    tea = {"name": NAME, "prices": {"base": "22.00"}, "floors": {"base": "16.00"}}
    room.publish("/pricing/books/standard", {"services": {"fruit_tea": tea}, "factors": [HALF]})
    linted = room.made("POST", "/pricing/campaigns/spring/lint", {"document": campaign(rule)})
    assert [(row["pointer"], row["rule"]) for row in linted["findings"]] == [("/strategies/0/terms", why)]
    elsewhere = campaign({**rule, "places": ["310000"]})
    assert room.made("POST", "/pricing/campaigns/spring/lint", {"document": elsewhere})["findings"] == []


def test_terms_by_place_are_held_against_the_floors_of_those_places(room: Room) -> None:
    """12.00 in 浙江, whose floor is 10.00, is no loss though 上海's floor is 16.00; 9.00 there is one."""
    tea = {"name": NAME, "prices": {"base": "22.00"}, "floors": {"base": "16.00", "330000": "10.00"}}
    room.publish("/pricing/books/standard", {"services": {"fruit_tea": tea}})
    rules = [campaign(strategy("region_tier", {"by": {"330000": {"price": price}}})) for price in ("12.00", "9.00")]
    linted = [room.made("POST", "/pricing/campaigns/spring/lint", {"document": rule})["findings"] for rule in rules]
    why = "could sell fruit_tea in 330000 for 9.00, below its floor 10.00"
    assert [[row["rule"] for row in rows] for rows in linted] == [[], [why]]


def test_a_strategy_does_not_give_the_margin_away(room: Room) -> None:
    """22.00 that cost 17.00: 10 percent off leave 14.14 percent where 15 are to stay, named with the place."""
    room.publish("/pricing/guards", {"costs": {"fruit_tea": {"base": "17.00"}}, "min_margin_percent": "15"})
    room.publish("/pricing/books/standard", {"services": {"fruit_tea": {"name": NAME, "prices": {"base": "22.00"}}}})
    rule = campaign(strategy("weekday", {"days": [1], "cut": {"percent": "10"}}))
    linted = room.made("POST", "/pricing/campaigns/spring/lint", {"document": rule})
    why = "could sell fruit_tea in base with a margin of 14.14%, below 15%"
    assert (linted["usable"], [row["rule"] for row in linted["findings"]]) == (False, [why])


def test_a_stores_catalogue_is_fetched_once_while_nothing_changes(room: Room) -> None:
    """200 with an ETag, then 304; a published campaign is another version."""
    first = room.call("GET", "/pricing/stores/s1/catalogue")
    again = room.call("GET", "/pricing/stores/s1/catalogue", headers={"if-none-match": first.headers["etag"]})
    room.publish("/pricing/campaigns/spring", campaign(strategy("weekday", {"days": [1], "cut": {"price": "20.00"}})))
    after = room.call("GET", "/pricing/stores/s1/catalogue", headers={"if-none-match": first.headers["etag"]})
    assert (first.status, again.status, after.status) == (200, 304, 200)
    assert [row["sale"] for row in first.json["data"]] == ["25.00", "100.00"]
    assert [row["price"] for row in after.json["data"]] == ["20.00", "20.00"]


def test_a_kind_is_shown_with_its_terms_and_an_example(room: Room) -> None:
    """All 24, with JSON Schema."""
    kinds = room.made("GET", "/pricing/strategies")["data"]
    assert (len(kinds), kinds[0]["kind"], kinds[0]["stage"]) == (24, "base_table", "price")


def test_what_nobody_decides_lapses_and_another_may_come(room: Room) -> None:
    """Two hours for a word, three to cool down: then the store and the service are free again, and yes comes too late
    for the first. In yen the reason says yen."""
    moat = strategy("moat", {"above": "5", "hours": 2, "cooldown_hours": 3})
    room.publish("/pricing/books/standard", {"currency": "JPY", "services": {
        "fruit_tea": {"name": NAME, "prices": {"base": "600"}}}})  # fmt: skip
    room.publish("/pricing/campaigns/moat", {**campaign(moat), "currency": "JPY"})
    rival = {"competitor_id": "r1", "service": "fruit_tea", "price": "400",
             "position": {"latitude": 31.2304, "longitude": 121.4837, "datum": "wgs84"}}  # fmt: skip

    def hear(hours: float, price: str) -> Any:
        room.clock.now = NOW + timedelta(hours=hours)
        return room.made("POST", "/pricing/competitors", {**rival, "price": price})["results"][0]

    first, waiting, cooling, anew = hear(0, "400"), hear(1.9, "399"), hear(4.9, "398"), hear(5, "397")
    late = room.call("POST", f"/pricing/offers/{first['offer']['id']}/decide", {"decision": "approve"})
    assert first["offer"]["why"].startswith("r1 400 ")
    assert (waiting["reason"], cooling["reason"]) == ("undecided", "cooling_down")
    assert (anew["offer"]["price"], anew["offer"]["state"], late.status) == ("402", "proposed", 409)
    assert room.made("GET", f"/pricing/offers/{first['offer']['id']}")["state"] == "over"


def test_a_moat_waits_for_a_word_and_cools_down(room: Room) -> None:
    """Proposed: the price stays until somebody approves; decided once; then nothing new until it has cooled down."""
    moat = strategy("moat", {"above": "0.50", "hours": 2, "cooldown_hours": 3})
    room.publish("/pricing/campaigns/moat", campaign(moat))
    rival = {"competitor_id": "r1", "service": "fruit_tea", "price": "15.00",
             "position": {"latitude": 31.2304, "longitude": 121.4837, "datum": "wgs84"}}  # fmt: skip
    (result,) = room.made("POST", "/pricing/competitors", rival)["results"]
    offer = result["offer"]
    before = quote(room, store="s1")["total"]
    decided = [
        room.call("POST", f"/pricing/offers/{offer['id']}/decide", {"decision": "approve"}).status for _ in range(2)
    ]
    during = quote(room, store="s1")["total"]
    room.clock.now = NOW + timedelta(hours=4, minutes=59)
    quiet = room.made("POST", "/pricing/competitors", rival)["results"][0]["reason"]
    after = quote(room, store="s1")["total"]
    room.clock.now = NOW + timedelta(hours=5)
    anew = room.made("POST", "/pricing/competitors", rival)["results"][0]["offer"]["state"]
    assert (offer["state"], decided, quiet, anew) == ("proposed", [200, 409], "cooling_down", "proposed")
    assert (before, during, after) == ("25.00", "15.50", "25.00")
    listed = room.made("GET", "/pricing/offers")["data"]
    assert [row["state"] for row in listed] == ["proposed", "over"]


def test_a_region_may_have_its_own_promotion(room: Room) -> None:
    """An overlay of 310000 changes the cut there alone."""
    room.publish("/pricing/campaigns/spring", campaign(strategy("weekday", {"days": [1], "cut": {"percent": "10"}})))
    overlay = {"strategies": {"weekday": {"terms": {"cut": {"percent": "20"}}}}}
    room.publish("/pricing/campaigns/spring", overlay, scope="310000")
    totals = [quote(room, region=region)["total"] for region in ("310101", "330102")]
    assert totals == ["20.00", "19.80"]


def test_a_campaign_by_days_needs_nothing_to_run_at_its_borders(room: Room) -> None:
    """12-01 to 12-03: quoted 12-03 23:50 for 15 minutes, paid 0:04, the quoted price; at 0:00 the campaign is over."""
    period = {"first_day": "2026-12-01", "last_day": "2026-12-03"}
    cut = strategy("weekday", {"days": [4], "cut": {"price": "9.00"}})
    room.publish("/pricing/campaigns/spring", campaign(cut, period=period))
    room.clock.now = datetime.fromisoformat("2026-12-03T23:50:00+08:00")
    given = quote(room)
    room.clock.now = datetime.fromisoformat("2026-12-04T00:04:00+08:00")
    assert (given["total"], quote(room)["total"]) == ("9.00", "25.00")
    assert redeem(room, given["id"], "o1").json["total"] == "9.00"
