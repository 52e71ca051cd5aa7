"""C108: twelve regions close the month each by its own policy, and a run that is killed half way and resumed comes to
the very totals of one that nobody disturbed. North closes on Sundays, South has its rebate by units, dollars are worth
what they were on their day.

40 orders a region here; 10,000 each, killed and resumed, on the embedded AWS: benchmarks/bench_month_end.py.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from itertools import count
from typing import Any

import pytest

from functions.settlement.handlers.steps import run_step
from tests.support.settlement import posting
from tests.support.settlement_room import Till, handed, moment, till

REGIONS = tuple(f"{code}0000" for code in (11, 12, 13, 14, 15, 21, 22, 23, 31, 32, 33, 44))
NORTH, SOUTH = "110000", "440000"
ORDERS = 40
SHARE = posting({"rule": "percent", "of": "amount", "rate": "0.05"}, debit="expense:share",
                credit="payable:store:{store}")  # fmt: skip
TIERS = [{"above": "0", "up_to": "1000", "rate": "0.01"}, {"above": "1000", "rate": "0.02"}]
REBATE = posting(
    {"rule": "cumulative_tier", "of": "pieces", "on": "amount", "border": "upper", "reach": "whole", "tiers": TIERS},
    purpose="rebate", debit="expense:rebate", credit="payable:dealer:{dealer}",
    window={"party": "dealer", "period": "month"},
)  # fmt: skip


class Killed(Exception):
    """The process is gone."""


def sold(region: str, number: int) -> dict[str, Any]:
    """30 pieces for 99.90 and a little, in one of four stores."""
    at = moment("2026-11-20T09:00:00+08:00") + timedelta(minutes=number)
    who = {"store": f"{region}.{number % 4}", "region": region, "dealer": f"d{region}"}
    name = f"{region}.{number}"
    return {**handed("order", 1, at.isoformat(), amount=f"{99.90 + number:.2f}", pieces=30, parties=who), "id": name}


@pytest.fixture
def room() -> Iterator[Till]:
    """The month's orders; South's rebate is its own overlay of a policy that is empty elsewhere."""
    with till("2026-11-01T00:00:00+08:00") as made:
        month = {"every": "month"}
        regions = {f"r{code}": month for code in REGIONS} | {f"r{NORTH}": {"every": "week", "closes_on": "sun"}}
        made.set_calendar(month, **regions)
        made.publish("share", {"facts": ["order"], "postings": [SHARE]})
        south = made.publish("rebate", {"facts": ["order"], "when": {"region": {"eq": SOUTH}}, "postings": [REBATE]})
        assert south.status == 200, south.text
        yield made


def month_of_orders(room: Till) -> None:
    room.clock.now = moment("2026-11-20T23:00:00+08:00")
    for region in REGIONS:
        room.hand_in(*(sold(region, number) for number in range(ORDERS)))


def dying(after: int) -> Any:
    """The machine's step, whose process dies when it is half way."""
    steps = count()

    def step(desk: Any, payload: Any) -> Any:
        if next(steps) == after:
            raise Killed
        return run_step(desk, payload)

    return step


def test_killed_at_half_and_resumed_every_region_comes_to_the_same(room: Till) -> None:
    """Twelve regions: each run dies after two of its four stores, is resumed by the schedule's own step, and has the
    totals and the hash that its rehearsal had; each region's share is 5 % of its orders."""
    month_of_orders(room)
    room.clock.now = moment("2026-12-01T06:00:00+08:00")
    for region in REGIONS:
        run_id = f"{region}.2026-11-16.week" if region == NORTH else f"{region}.2026-11"
        calm = room.close(run_id, "rehearse")
        with pytest.raises(Killed):
            room.close(run_id, step=dying(3))
        resumed = room.close(run_id)
        assert resumed["statements"] == (5 if region == SOUTH else 4)
        shares = sum(round((9990 + 100 * n) * 0.05 + 1e-9) for n in range(ORDERS))
        rebate = sum(9990 + 100 * n for n in range(ORDERS)) * 2 // 100 if region == SOUTH else 0
        assert resumed["totals"] == {"CNY": shares + rebate}
        assert resumed["totals"] == calm["totals"]
        assert region == SOUTH or resumed["hash"] == calm["hash"]


def test_north_closes_on_sundays(room: Till) -> None:
    """Up to the last moment of Sunday 11-29 it is that week's run; a millisecond later it is the next week's."""
    room.clock.now = moment("2026-11-29T23:00:00+08:00")
    who = {"store": "n1", "region": "110105"}
    last = {**handed("order", 1, "2026-11-29T15:59:59.999Z", amount="100.00", parties=who), "id": "last"}
    first = {**handed("order", 2, "2026-11-29T16:00:00.000Z", amount="200.00", parties=who), "id": "first"}
    room.hand_in(last, first)
    periods = {entry["fact_id"]: entry["run_id"] for entry in room.entries()}
    assert periods == {"last": "110000.2026-11-23.week", "first": "110000.2026-11-30.week"}
    room.clock.now = moment("2026-11-30T06:00:00+08:00")
    assert room.close("110000.2026-11-23.week")["totals"] == {"CNY": 500}


def test_a_region_that_closes_by_count(room: Till) -> None:
    """Zhejiang closes with every 10 entries: the hour after the tenth its batch is closed, with all it has, and taken
    up again where its run died; what comes next is in the second batch and no late item; the rest closes with the
    month, and what is later than that is late in December's first. Each batch is proved by its hash, and no order is
    in two."""
    region, month = "330000", {"every": "month"}
    room.set_calendar(month, **{f"r{region}": {"every": "count", "count": 10}})
    room.clock.now = moment("2026-11-20T12:00:00+08:00")
    room.hand_in(*(sold(region, number) for number in range(9)))
    assert room.batches_due() == []
    early = room.call("POST", "/settlement/runs", {"scope": region, "day": "2026-11-20"})
    assert (early.status, early.json["facts"]["run"]) == (409, f"{region}.2026-11.n0001")
    room.hand_in(*(sold(region, number) for number in range(9, 12)))
    assert room.batches_due() == [f"{region}.2026-11.n0001"]
    with pytest.raises(Killed):
        room.close(f"{region}.2026-11.n0001", step=dying(3))
    assert room.runs_due() == [f"{region}.2026-11.n0001"]
    first = room.close(f"{region}.2026-11.n0001")
    assert room.runs_due() == []
    room.hand_in(*(sold(region, number) for number in range(12, 15)))
    assert room.batches_due() == []
    batches = {entry["fact_id"]: (entry["run_id"], entry["late_for"]) for entry in room.entries()}
    assert [batches[f"{region}.{n}"] for n in (11, 12)] == [
        (f"{region}.2026-11.n0001", None), (f"{region}.2026-11.n0002", None),
    ]  # fmt: skip
    room.clock.now = moment("2026-12-01T06:00:00+08:00")
    second = room.close(f"{region}.2026-11.n0002")
    assert first["lines"] + second["lines"] == 15
    proof = room.close(f"{region}.2026-11.n0001", "prove")
    assert (proof["agrees"], proof["hash"]) == (True, first["hash"])
    room.hand_in({**sold(region, 99), "occurred_at": "2026-11-30T10:00:00+08:00"})
    (entry,) = (entry for entry in room.entries() if entry["fact_id"] == f"{region}.99")
    assert (entry["run_id"], entry["late_for"]["run_id"]) == (f"{region}.2026-12.n0001", f"{region}.2026-11.n0002")


def test_who_changes_to_count_in_the_middle_of_a_month_waits_for_that_month(room: Till) -> None:
    """The draft is warned of it; the batch has its entries and nothing is started for it, since what was open before it
    is settled first; with the month's own run its turn has come, and no order is in both."""
    region, month = "330000", {"every": "month"}
    room.set_calendar(month, **{f"r{region}": month})
    room.clock.now = moment("2026-11-10T12:00:00+08:00")
    room.hand_in(*({**sold(region, number), "occurred_at": "2026-11-10T09:00:00+08:00"} for number in range(3)))
    body = {"document": {"base": month, "regions": {region: {"every": "count", "count": 2}}}}
    warned = room.call("POST", "/settlement/calendar/publish", body, query={"dry_run": "1"}).json
    assert [(each["pointer"], each["severity"]) for each in warned["warnings"]] == [
        (f"/regions/{region}/every", "warning")
    ]
    assert room.call("POST", "/settlement/calendar/publish", body).status == 200
    room.clock.now = moment("2026-11-20T12:00:00+08:00")
    room.hand_in(*(sold(region, number) for number in range(3, 6)))
    assert {entry["run_id"] for entry in room.entries()} == {f"{region}.2026-11", f"{region}.2026-11.n0001"}
    assert room.batches_due() == []
    room.clock.now = moment("2026-12-01T06:00:00+08:00")
    assert room.runs_due() == [f"{region}.2026-11", f"{region}.2026-11.n0001"]
    assert [room.close(run)["lines"] for run in room.runs_due()] == [3, 3]


@pytest.mark.parametrize("rhythm", [{"every": "count"}, {"every": "month", "count": 10}])
def test_a_count_that_is_missing_or_too_much_is_refused_at_its_place(room: Till, rhythm: dict[str, Any]) -> None:
    """422 with the place, and nothing is published."""
    refused = room.publish("", {"base": {"every": "month"}, "regions": {"330000": rhythm}}, "calendar")
    assert (refused.status, refused.json["errors"][0]["pointer"]) == (422, "/document/regions/330000/count")


def test_south_has_its_rate_by_1200_units(room: Till) -> None:
    """1,200 pieces reach the second tier, whose 2 % is of all the sales, as declared; 1,000 stay in the first."""
    room.clock.now = moment("2026-11-20T12:00:00+08:00")
    big = {"dealer": "big", "region": SOUTH}
    small = {"dealer": "small", "region": SOUTH}
    at = "2026-11-20T09:00:00+08:00"
    facts = [handed("order", n, at, amount="6000.00", pieces=600, parties={**big, "store": "x"}) for n in (1, 2)]
    facts.append(handed("order", 3, at, amount="12000.00", pieces=1000, parties={**small, "store": "x"}))
    room.hand_in(*facts)
    room.clock.now = moment("2026-12-01T06:00:00+08:00")
    room.close(f"{SOUTH}.2026-11")
    assert room.accounts("payable:dealer") == {"payable:dealer:big": "-240.00", "payable:dealer:small": "-120.00"}


def test_dollars_are_worth_what_they_were_on_their_day(room: Till) -> None:
    """USD 100.00 on a day of 7.1234 is 712.34, and the entry keeps the rate, whatever it is afterwards; an order of a
    currency that has none waits."""
    room.clock.now = moment("2026-11-02T00:00:00+08:00")
    room.adopt("fx_cross_border", rate="0.10")
    rates = {"document": {"to": "CNY", "rates": {"USD": "7.1234"}}}
    assert room.call("POST", "/settlement/exchange-rates/publish", rates).status == 200
    room.clock.now = moment("2026-11-20T12:00:00+08:00")
    dollars = handed("order", 1, "2026-11-20T09:00:00+08:00", amount="100.00", parties={"person": "wang.wei"})
    euros = handed("order", 2, "2026-11-20T09:00:00+08:00", amount="100.00", parties={"person": "wang.wei"})
    dollars["currency"], euros["currency"] = "USD", "EUR"
    read = room.reads_of("settlement_exchange")
    room.hand_in(handed("order", 3, "2026-11-20T09:00:00+08:00", amount="100.00", parties={"person": "wang.wei"}))
    assert read() == 0  # a shop whose orders are in its own money reads no rates
    result, waits = room.hand_in(dollars, euros)
    assert read() > 0
    assert (result["state"], waits["park_reason"]) == ("settled", "unknown_rate")
    later = {"document": {"to": "CNY", "rates": {"USD": "7.9000", "EUR": "8.0000"}}}
    assert room.call("POST", "/settlement/exchange-rates/publish", later).status == 200
    room.hand_in(dollars)
    assert room.accounts("income")["income:sales"] == "-712.34"
    (sale,) = (e for e in room.entries() if e["purpose"] == "revenue")
    assert (sale["currency"], sale["reason"]["facts"]["fx_rate"]) == ("CNY", "7.1234")
