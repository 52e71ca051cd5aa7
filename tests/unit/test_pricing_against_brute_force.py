"""Random carts and campaigns priced by the engine and by a slow walk that knows nothing of short lists or groups ready
made: the same to the cent. 100,000 cases: `python -m benchmarks price_truth`."""

from __future__ import annotations

import random
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from functions.pricing.books.books import Case, PriceTable, Row
from functions.pricing.places.places import level_of
from tests.support.carts import cart, plan, priced, strategy

STANDING = 1500
PLACES = ("310101", "310100", "310000", "base", "440000")
SERVICES = ("tea", "cake", "pie")
STAGE = {"weekday": 0, "level_price": 0, "limited_quantity": 1, "member_percent": 1, "threshold_step": 2}
RANK = ("level_price", "weekday", "member_percent", "limited_quantity", "threshold_step")


def test_the_engine_gives_what_a_slow_walk_gives() -> None:
    """Prices by place, level, quantity and weekday; strategies in four ways of stacking, with floors and thresholds."""
    assert differing(STANDING, seed=1) == 0


def differing(cases: int, seed: int) -> int:
    """How many of so many random carts the two price differently."""
    rng, count = random.Random(seed), 0
    for _ in range(cases):
        rows, facts = _rows(rng), _facts(rng)
        rules = [_rule(rng, number) for number in range(rng.randrange(1, 9))]
        lines = [(service, rng.randrange(1, 12)) for service in rng.sample(SERVICES, rng.randrange(1, 4))]
        floors = {service: rng.randrange(0, 2500) for service in SERVICES if rng.random() < 0.3}
        count += _ours(rows, rules, lines, floors, facts) != _slowly(rows, rules, lines, floors, facts)
    return count


def _ours(rows: Any, rules: Any, lines: Any, floors: Any, facts: Any) -> list[int]:
    chain = tuple((place, level_of(place)) for place in facts["places"])
    units = []
    for service, quantity in lines:
        table = PriceTable.of(rows[service])
        row = table.nearest(chain, Case(quantity, "", facts["level"], facts["weekday"], 600))
        assert row is not None
        units.append((service, row.price_minor, quantity))
    amounts, _ = priced(plan(*rules), cart(*units, floors=floors, **facts))
    return amounts


def _slowly(rows: Any, rules: Any, lines: Any, floors: Any, facts: Any) -> list[int]:
    units = [_price(rows[service], quantity, facts) for service, quantity in lines]
    amounts = [unit * quantity for unit, (_, quantity) in zip(units, lines, strict=True)]
    ordered = sorted(rules, key=lambda rule: (-rule["priority"], RANK.index(rule["kind"]), rule["id"]))
    for stage in (0, 1, 2):
        own = [rule for rule in ordered if STAGE[rule["kind"]] == stage]
        base, done = list(amounts), set()
        for rule in own:
            group = rule["group"] or rule["id"]
            if group in done:
                continue
            done.add(group)
            members = [other for other in own if (other["group"] or other["id"]) == group]
            stacking = max((m["stacking"] for m in members), key=["stack", "best", "exclusive"].index)
            if stacking == "stack":
                for member in members:
                    _take(member, units, amounts, base, lines, floors, facts)
                continue
            results = []
            for member in members:
                trial = list(units), list(amounts)
                before = sum(amounts)
                if _take(member, *trial, base, lines, floors, facts):
                    results.append((before - sum(trial[1]), trial))
            if results:
                chosen = results[0] if stacking == "exclusive" else max(results, key=lambda result: result[0])
                units[:], amounts[:] = chosen[1]
    return amounts


def _price(rows: list[Row], quantity: int, facts: Any) -> int:
    for place in facts["places"]:
        fits = [
            row
            for row in rows
            if row.place == place and row.min_quantity <= quantity
            and row.level in ("", facts["level"]) and (not row.weekdays or facts["weekday"] in row.weekdays)
        ]  # fmt: skip
        if fits:
            return max(fits, key=lambda row: (bool(row.level), bool(row.weekdays), row.min_quantity)).price_minor
    raise AssertionError("base has a price")


def _take(rule: Any, units: Any, amounts: Any, base: Any, lines: Any, floors: Any, facts: Any) -> bool:
    """Whether the rule counts; it changes units and amounts then."""
    terms, kind = rule["terms"], rule["kind"]
    if rule.get("places") and not set(rule["places"]) & set(facts["places"]):
        return False
    own = [n for n, (service, _) in enumerate(lines) if not rule.get("services") or service in rule["services"]]
    before = list(units), list(amounts)
    if kind in ("weekday", "level_price"):
        cut = terms["cut"] if kind == "weekday" else terms["by"].get(facts["level"])
        if cut is None or (kind == "weekday" and facts["weekday"] not in terms["days"]):
            return False
        for n in own:
            service, quantity = lines[n]
            units[n] = max(_cut(units[n], cut), min(floors.get(service, 0), units[n]))
            if units[n] != before[0][n]:
                amounts[n] = units[n] * quantity
    elif kind == "threshold_step":
        step = terms["steps"][0]
        if sum(base[n] for n in own) < _minor(step["at"]):
            return False
        _spread(_minor(step["off"]), own, amounts, lines, floors)
    else:
        _pieces(rule, own, amounts, lines, floors, facts)
    return (units, amounts) != before


def _pieces(rule: Any, own: Any, amounts: Any, lines: Any, floors: Any, facts: Any) -> None:
    left = rule["terms"].get("pieces")
    percent = rule["terms"].get("by", {}).get(facts["level"])
    cut = rule["terms"].get("cut") or ({"percent": percent} if percent else None)
    for n in own if cut else ():
        service, quantity = lines[n]
        count = quantity if left is None else min(left, quantity)
        each = amounts[n] // quantity
        new = _cut(each, cut)
        if new < each and count:
            saved = amounts[n] - new * quantity if left is None else (each - new) * count
            left = None if left is None else left - count
            amounts[n] -= max(0, min(saved, amounts[n] - floors.get(service, 0) * quantity))


def _spread(off: int, own: Any, amounts: Any, lines: Any, floors: Any) -> None:
    room = {n: max(0, amounts[n] - floors.get(lines[n][0], 0) * lines[n][1]) for n in own}
    weights = {n: amounts[n] for n in own}
    off = min(off, sum(room.values()))
    while off:
        bearing = [n for n in own if room[n]]
        whole = sum(weights[n] for n in bearing)
        exact = {n: Decimal(off) * weights[n] / whole for n in bearing}
        parts = {n: int(exact[n]) for n in bearing}
        for n in sorted(bearing, key=lambda n: -(off * weights[n] % whole))[: off - sum(parts.values())]:
            parts[n] += 1
        for n in bearing:
            part = min(parts[n], room[n])
            amounts[n] -= part
            room[n] -= part
            off -= part


def _cut(price: int, cut: Any) -> int:
    if "price" in cut:
        return _minor(cut["price"])
    if "amount" in cut:
        return max(0, price - _minor(cut["amount"]))
    return int((price * (100 - Decimal(cut["percent"])) / 100).quantize(Decimal(1), ROUND_HALF_UP))


def _minor(text: str) -> int:
    return int(Decimal(text) * 100)


def _rows(rng: random.Random) -> dict[str, list[Row]]:
    rows = {}
    for service in SERVICES:
        own = [Row("base", rng.randrange(100, 5000))]
        for place in PLACES[:3]:
            if rng.random() < 0.5:
                own.append(Row(place, rng.randrange(100, 5000)))
            if rng.random() < 0.3:
                own.append(Row(place, rng.randrange(100, 5000), level="gold"))
            if rng.random() < 0.3:
                own.append(Row(place, rng.randrange(100, 5000), min_quantity=rng.randrange(2, 9)))
            if rng.random() < 0.2:
                own.append(Row(place, rng.randrange(100, 5000), weekdays=frozenset({rng.randrange(1, 8)})))
        rows[service] = own
    return rows


def _facts(rng: random.Random) -> dict[str, Any]:
    places = PLACES[rng.randrange(0, 3) : 4]
    return {"places": places, "level": rng.choice(["", "gold"]), "weekday": rng.randrange(1, 8)}


def _rule(rng: random.Random, number: int) -> dict[str, Any]:
    kind = rng.choice(RANK)
    cut = rng.choice([{"percent": f"{rng.randrange(1, 10000) / 100:.2f}"}, {"price": f"{rng.randrange(0, 40)}.50"},
                      {"amount": f"{rng.randrange(0, 9)}.25"}])  # fmt: skip
    at = rng.randrange(1, 200)
    of_kind: dict[str, dict[str, Any]] = {
        "weekday": {"days": [rng.randrange(1, 8), rng.randrange(1, 8)], "cut": cut},
        "level_price": {"by": {"gold": cut}},
        "limited_quantity": {"pieces": rng.randrange(1, 9), "cut": cut},
        "member_percent": {"by": {"gold": f"{rng.randrange(0, 10000) / 100:.2f}"}},
        "threshold_step": {"base": "after_items", "steps": [{"at": str(at), "off": str(rng.randrange(0, at + 1))}]},
    }
    terms = of_kind[kind]
    more: dict[str, Any] = {"group": rng.choice(["", "", "g", "h"]), "priority": rng.randrange(3)}
    more["stacking"] = rng.choice(["stack", "best", "exclusive"])
    if rng.random() < 0.3:
        more["places"] = [rng.choice(PLACES)]
    if rng.random() < 0.3:
        more["services"] = [rng.choice(SERVICES)]
    return strategy(kind, terms, id=f"r{number}", **more)
