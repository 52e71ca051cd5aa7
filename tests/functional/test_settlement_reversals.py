"""What goes back goes back exactly: piece by piece, pointing at what it reverses, at the rate with which it came."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest

from tests.support.settlement import posting
from tests.support.settlement_room import Till, handed, moment, till

FOUND = posting({"rule": "percent", "of": "amount", "rate": "1"}, purpose="sale", debit="asset:cash",
                credit="income:sales")  # fmt: skip
PAY = "payable:person:wang.wei"


def commission(rate: str) -> dict[str, Any]:
    return posting({"rule": "percent", "of": "amount", "rate": rate}, purpose="commission", debit="expense:commission")


@pytest.fixture
def room() -> Iterator[Till]:
    with till("2026-11-01T09:00:00+08:00") as made:
        yield made


def on(day: int) -> str:
    return f"2026-11-{day:02}T09:00:00+08:00"


def moved(room: Till, fact_id: str) -> dict[str, str]:
    """What a fact's own entries move, by account."""
    lines = [line for entry in room.entries() if entry["fact_id"] == fact_id for line in entry["lines"]]
    sums: dict[str, Decimal] = {}
    for line in lines:
        sums[line["account"]] = sums.get(line["account"], Decimal(0)) + Decimal(line["amount"])
    return {account: f"{amount:.2f}" for account, amount in sums.items()}


def test_pieces_that_come_back_one_by_one_sum_to_the_whole(room: Till) -> None:
    """3 pieces for 10.00 at 5 %: 3.33, 3.34, 3.33 go back, and of the commission 0.17, 0.16, 0.17. A fourth is not
    there: it is parked with its reason, and nothing moves."""
    room.publish("sales", {"facts": ["order"], "postings": [FOUND, commission("0.05")]})
    room.clock.now = moment(on(20))
    room.hand_in(handed("order", 1, on(10), amount="10.00", pieces=3))
    backs = [handed("refund", n, on(10 + n), pieces=1, reverses="order:1") for n in (2, 3, 4, 5)]
    results = room.hand_in(*backs)
    assert [result["park_reason"] for result in results] == ["", "", "", "too_much_back"]
    assert [moved(room, f"refund:{n}")["income:sales"] for n in (2, 3, 4)] == ["3.33", "3.34", "3.33"]
    assert [moved(room, f"refund:{n}")[PAY] for n in (2, 3, 4)] == ["0.17", "0.16", "0.17"]
    assert room.accounts() == {}


def test_a_dispute_that_is_won_undoes_its_own_reversal_alone(room: Till) -> None:
    """500.00 at 10 %: −50.00 disputed, +50.00 won, then 200.00 refunded takes 20.00, not 0 and not 70: 30.00 are left.
    Won twice, it is won once; each says what it reverses."""
    room.publish("sales", {"facts": ["order"], "postings": [commission("0.10")]})
    room.clock.now = moment(on(20))
    room.hand_in(handed("order", 1, on(10), amount="500.00"))
    room.hand_in(handed("refund", 2, on(11), reverses="order:1"))
    assert room.accounts(PAY) == {}
    (won, again) = room.hand_in(
        handed("refund", 3, on(12), reverses="refund:2"), handed("refund", 4, on(12), reverses="refund:2")
    )
    assert (won["state"], again["park_reason"]) == ("settled", "too_much_back")
    assert room.accounts(PAY) == {PAY: "-50.00"}
    room.hand_in(handed("refund", 5, on(13), refund="200.00", reverses="order:1"))
    assert (moved(room, "refund:5")[PAY], room.accounts(PAY)) == ("20.00", {PAY: "-30.00"})
    points = {entry["fact_id"]: entry["reason"]["facts"].get("reverses", "") for entry in room.entries()}
    assert points == {"order:1": "", "refund:2": "order:1", "refund:3": "refund:2", "refund:5": "order:1"}


def test_a_won_dispute_that_comes_before_its_reversal_waits_for_it(room: Till) -> None:
    """Heard of in the wrong order, and in a window: the month ends as if nothing had been disputed."""
    tiers = [{"above": "0", "up_to": "300.00", "rate": "0.05"}, {"above": "300.00", "rate": "0.08"}]
    steps = {"rule": "cumulative_tier", "of": "amount", "border": "upper", "reach": "slice", "tiers": tiers}
    month = {"party": "person", "period": "month"}
    room.publish("tiers", {"facts": ["order"], "postings": [posting(steps, window=month)]})
    room.clock.now = moment(on(20))
    room.hand_in(handed("refund", 3, on(12), reverses="refund:2"))
    room.hand_in(handed("refund", 2, on(11), reverses="order:1"))
    room.hand_in(handed("order", 1, on(10), amount="500.00"))
    room.run_windows()
    assert room.call("GET", "/settlement/facts/parked").json["data"] == []
    assert room.accounts(PAY) == {PAY: "-31.00"}


def test_of_two_payments_the_one_that_goes_back_goes_back_at_its_own_rate(room: Till) -> None:
    """500 under 10 % and 500 under 15 %: the first goes back as −50.00, not as the blended 62.50."""
    room.publish("sales", {"facts": ["order"], "postings": [commission("0.10")]})
    room.clock.now = moment(on(11))
    room.publish("sales", {"facts": ["order"], "postings": [commission("0.15")]})
    room.clock.now = moment(on(20))
    room.hand_in(handed("order", 1, on(10), amount="500.00"), handed("order", 2, on(12), amount="500.00"))
    room.hand_in(handed("refund", 3, on(13), reverses="order:1"))
    assert moved(room, "refund:3")[PAY] == "50.00"
    assert room.accounts(PAY) == {PAY: "-75.00"}


def test_what_goes_back_before_the_payout_comes_to_nothing(room: Till) -> None:
    """+100.00 and −100.00 stand on one statement as 0.00, never as −100.00 owed."""
    room.set_calendar({"every": "month"})
    room.publish("sales", {"facts": ["order"], "postings": [commission("0.10")]})
    room.clock.now = moment(on(20))
    room.hand_in(handed("order", 1, on(10), amount="1000.00"), handed("refund", 2, on(12), reverses="order:1"))
    room.clock.now = moment("2026-12-01T06:00:00+08:00")
    room.close("base.2026-11")
    (head,) = room.statements(party="person:wang.wei")
    (total,) = head["totals"]
    assert (head["lines"], total["total"], total["payout"], total["carried_out"]) == (2, "0.00", "0.00", "0.00")


def test_dollars_go_back_at_the_rate_with_which_they_came(room: Till) -> None:
    """USD 100 at 7.1234: 712.34, commission 71.23. USD 30 back on a day of 7.3000: −213.70 and −21.37, cash 219.00, and
    5.30 stay in fx. The other 70 on a day of 7.0500: −498.64 and −49.86, cash 493.50, fx −5.14. Nothing is left but fx.
    """
    room.adopt("fx_cross_border", rate="0.10")
    results = []
    for day, rate in ((10, "7.1234"), (12, "7.3000"), (14, "7.0500")):
        room.clock.now = moment(on(day))
        published = {"document": {"to": "CNY", "rates": {"USD": rate}}}
        assert room.call("POST", "/settlement/exchange-rates/publish", published).status == 200
    room.clock.now = moment(on(20))
    for number, day, amounts in (
        (1, 11, {"amount": "100.00"}),
        (2, 13, {"refund": "30.00"}),
        (3, 15, {"refund": "70.00"}),
    ):
        kind = "order" if number == 1 else "refund"
        back = {} if number == 1 else {"reverses": "order:1"}
        results += room.hand_in({**handed(kind, number, on(day), **amounts, **back), "currency": "USD"})
    assert [result["state"] for result in results] == ["settled"] * 3
    sold, first, second = (moved(room, f"{kind}:{n}") for kind, n in (("order", 1), ("refund", 2), ("refund", 3)))
    assert (sold["income:sales"], sold[PAY]) == ("-712.34", "-71.23")
    assert (first["income:sales"], first[PAY], first["asset:cash"], first["expense:fx"]) == (
        "213.70", "21.37", "-219.00", "5.30",
    )  # fmt: skip
    assert (second["income:sales"], second[PAY], second["asset:cash"], second["expense:fx"]) == (
        "498.64", "49.86", "-493.50", "-5.14",
    )  # fmt: skip
    left = room.accounts()
    assert {account: left.get(account, "0.00") for account in ("income:sales", PAY)} == {
        "income:sales": "0.00",
        PAY: "0.00",
    }
