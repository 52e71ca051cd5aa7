"""Random carts and campaigns of all 24 kinds priced by the engine and by a slow walk that shares no line with it
(tests/support/price_oracle.py): the same to the cent. 100,000 cases: `python -m benchmarks price_truth`."""

from __future__ import annotations

import random
from collections import Counter
from typing import Any

import pytest

from functions.pricing.books.books import Case, PriceTable, Row
from functions.pricing.places.places import level_of
from functions.pricing.strategies.engine import apply_plan
from tests.support.carts import cart, plan
from tests.support.price_cases import KINDS, LEVELS, PLACES, a_cart, a_rule, for_the_room, some_facts
from tests.support.price_oracle import Outcome, walk
from tests.support.price_oracle_kinds import Row as Slow

STANDING = 2000
ALONE = 60


def test_the_engine_gives_what_a_slow_walk_gives() -> None:
    """Up to eight strategies of any kind in four ways of stacking, with limits, coupons, offers, floors, periods: each
    line, what each strategy gave, and the gifts. Each kind counted often enough for that to mean something."""
    counted: Counter[str] = Counter()
    assert differing(STANDING, seed=1, counted=counted) == 0
    assert {kind: count for kind in KINDS if (count := counted[kind]) < 20} == {}


@pytest.mark.parametrize("kind", KINDS)
def test_each_kind_alone_gives_what_a_slow_walk_gives(kind: str) -> None:
    """Where nothing else hides it."""
    rng = random.Random(kind)
    cases = [_case(rng, kind) for _ in range(ALONE)]
    assert [case for case in cases if _ours(*case) != _slowly(*case)] == []


def test_a_books_price_is_the_one_of_a_slow_search() -> None:
    """By place, level, quantity and weekday: the nearest place that has a row, and of its rows the heaviest."""
    rng = random.Random(3)
    for _ in range(STANDING):
        rows, places = _rows(rng), PLACES[rng.randrange(6) :]
        case = Case(rng.randrange(1, 12), "", rng.choice(LEVELS), rng.randrange(1, 8), 600)
        row = PriceTable.of(rows).nearest(tuple((place, level_of(place)) for place in places), case)
        assert row is not None
        assert row.price_minor == _price(rows, places, case)


def differing(cases: int, seed: int, counted: Counter[str] | None = None) -> int:
    """How many of so many random carts the two price differently. counted: how often each kind gave something."""
    rng, count = random.Random(seed), 0
    for _ in range(cases):
        case = _case(rng)
        ours, slowly = _ours(*case), _slowly(*case)
        count += ours != slowly
        if counted is not None:
            counted.update(rule["kind"] for rule in case[0] if rule["id"] in slowly.given)
    return count


Drawn = tuple[list[dict[str, Any]], list[tuple[str, int, int, int]], dict[str, Any]]


def _case(rng: random.Random, kind: str = "") -> Drawn:
    lines, facts = a_cart(rng), some_facts(rng)
    rules = [a_rule(rng, number, facts, kind) for number in range(1 if kind else rng.randrange(1, 9))]
    return rules, lines, facts


def _ours(rules: Any, lines: Any, facts: Any) -> Outcome:
    floors = {service: floor for service, _, _, floor in lines}
    priced = cart(
        *((service, unit, pieces) for service, unit, pieces, _ in lines), floors=floors, **for_the_room(facts)
    )
    more = {name: facts[name] for name in ("period", "limits") if facts[name]}
    traces = [trace for trace in apply_plan(plan(*rules, **more), priced) if not trace.reason]
    given = {trace.strategy.key.removeprefix("c/"): trace.given_minor for trace in traces}
    gifts = {
        trace.strategy.key.removeprefix("c/"): (gift.service, gift.quantity) for trace in traces for gift in trace.gifts
    }
    return Outcome([line.amount_minor for line in priced.lines], given, gifts)


def _slowly(rules: Any, lines: Any, facts: Any) -> Outcome:
    return walk(rules, [Slow(service, pieces, unit, floor) for service, unit, pieces, floor in lines], facts)


def _price(rows: list[Row], places: tuple[str, ...], case: Case) -> int:
    for place in places:
        fits = [
            row
            for row in rows
            if row.place == place and row.min_quantity <= case.quantity
            and row.level in ("", case.level) and (not row.weekdays or case.weekday in row.weekdays)
        ]  # fmt: skip
        if fits:
            return max(fits, key=lambda row: (bool(row.level), bool(row.weekdays), row.min_quantity)).price_minor
    raise AssertionError("base has a price")


def _rows(rng: random.Random) -> list[Row]:
    own = [Row("base", rng.randrange(100, 5000))]
    for place in PLACES[:6]:
        if rng.random() < 0.5:
            own.append(Row(place, rng.randrange(100, 5000)))
        if rng.random() < 0.3:
            own.append(Row(place, rng.randrange(100, 5000), level="gold"))
        if rng.random() < 0.3:
            own.append(Row(place, rng.randrange(100, 5000), min_quantity=rng.randrange(2, 9)))
        if rng.random() < 0.2:
            own.append(Row(place, rng.randrange(100, 5000), weekdays=frozenset({rng.randrange(1, 8)})))
    return own
