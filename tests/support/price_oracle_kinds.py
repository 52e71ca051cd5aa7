"""What each kind of strategy would take off, by the reference alone: the kinds of tests.support.price_oracle."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from fractions import Fraction
from math import floor as whole
from typing import Any

Rule = dict[str, Any]
Facts = dict[str, Any]
Cuts = dict[int, int]


@dataclass
class Row:
    """A line: what each piece costs in the book and now, what all of them cost now, and after the items' discounts."""

    service: str
    quantity: int
    listed: int
    lowest: int
    unit: int = 0
    amount: int = 0
    after_items: int = 0

    @property
    def each(self) -> int:
        return self.amount // self.quantity

    @property
    def room(self) -> int:
        return max(0, self.amount - self.lowest * self.quantity)


def is_about(rule: Rule, row: Row) -> bool:
    return not rule.get("services") or row.service in rule["services"]


def _own(rule: Rule, rows: list[Row]) -> list[int]:
    return [n for n, row in enumerate(rows) if is_about(rule, row)]


def within(minute: int, hours: dict[str, str]) -> bool:
    begins, ends = (int(text[:2]) * 60 + int(text[3:]) for text in (hours["begins"], hours["ends"]))
    minutes = range(begins, ends) if begins < ends else [*range(begins, 1440), *range(ends)]
    return minute in minutes


# Unit prices.


def _units(rule: Rule, rows: list[Row], price: Callable[[Row], int]) -> Cuts:
    return {n: (rows[n].unit - price(rows[n])) * rows[n].quantity for n in _own(rule, rows)}


def _by_cut(rule: Rule, rows: list[Row], cut: Any) -> Cuts | None:
    return None if cut is None else _units(rule, rows, lambda row: _cut(row.unit, cut))


def _base_table(rule: Rule, rows: list[Row], _facts: Facts) -> Cuts:
    prices = rule["terms"]["prices"]
    return _units(rule, rows, lambda row: minor(prices[row.service]) if row.service in prices else row.unit)


def _region_tier(rule: Rule, rows: list[Row], facts: Facts) -> Cuts | None:
    return _by_cut(rule, rows, _nearest(rule["terms"]["by"], facts))


def _logistic_surcharge(rule: Rule, rows: list[Row], facts: Facts) -> Cuts | None:
    more = _nearest(rule["terms"]["by"], facts)
    return None if more is None else _units(rule, rows, lambda row: row.unit + minor(more))


def _nearest(by: dict[str, Any], facts: Facts) -> Any:
    return next((by[place] for place in facts["places"] if place in by), None)


def _channel(rule: Rule, rows: list[Row], facts: Facts) -> Cuts | None:
    return _by_cut(rule, rows, rule["terms"]["by"].get(facts["channel"]))


def _level_price(rule: Rule, rows: list[Row], facts: Facts) -> Cuts | None:
    return _by_cut(rule, rows, rule["terms"]["by"].get(facts["level"]))


def _time_slot(rule: Rule, rows: list[Row], facts: Facts) -> Cuts | None:
    slots = [slot["cut"] for slot in rule["terms"]["slots"] if within(facts["minute"], slot["hours"])]
    return _by_cut(rule, rows, slots[0] if slots else None)


def _weekday(rule: Rule, rows: list[Row], facts: Facts) -> Cuts | None:
    return _by_cut(rule, rows, rule["terms"]["cut"] if facts["weekday"] in rule["terms"]["days"] else None)


def _season_book(rule: Rule, rows: list[Row], facts: Facts) -> Cuts | None:
    terms, by = rule["terms"], rule["terms"]["by"]
    today, first, last = (
        (facts["day"].month, facts["day"].day),
        *map(_month_day, (terms["first_day"], terms["last_day"])),
    )
    if not (first <= today <= last if first <= last else today >= first or today <= last):
        return None
    return _units(rule, rows, lambda row: _cut(row.unit, by[row.service]) if row.service in by else row.unit)


def _month_day(text: str) -> tuple[int, int]:
    return int(text[:2]), int(text[3:])


def _quantity_break(rule: Rule, rows: list[Row], _facts: Facts) -> Cuts:
    def price(row: Row) -> int:
        reached = [step for step in rule["terms"]["breaks"] if step["min_quantity"] <= row.quantity]
        price = _cut(row.unit, reached[-1]["cut"]) if reached else row.unit
        return min(price, row.unit) if rule["terms"]["falling"] else price

    return _units(rule, rows, price)


def _offered(rule: Rule, rows: list[Row], facts: Facts) -> Cuts:
    offers = facts["offers"]
    return _units(rule, rows, lambda row: min(row.unit, offers.get((row.service, rule["kind"]), row.unit)))


# Items.


def _pieces(rule: Rule, rows: list[Row], cut: Any) -> Cuts | None:
    if cut is None:
        return None
    cuts = {}
    for n in _own(rule, rows):
        price = _cut(rows[n].each, cut)
        if price < rows[n].each:
            cuts[n] = rows[n].amount - sum(price for _ in range(rows[n].quantity))
    return cuts


def _member_percent(rule: Rule, rows: list[Row], facts: Facts) -> Cuts | None:
    percent = rule["terms"]["by"].get(facts["level"])
    return _pieces(rule, rows, None if percent is None else {"percent": percent})


def _member_price(rule: Rule, rows: list[Row], facts: Facts) -> Cuts | None:
    terms = rule["terms"]
    if facts["level"] not in terms["levels"]:
        return None
    cuts: Cuts = {}
    for service, price in terms["prices"].items():
        alone = {**rule, "services": [service] if _names(rule, service) else ["-"]}
        cuts |= _pieces(alone, rows, {"price": price}) or {}
    return cuts


def _names(rule: Rule, service: str) -> bool:
    return not rule.get("services") or service in rule["services"]


def _limited_time(rule: Rule, rows: list[Row], facts: Facts) -> Cuts | None:
    starts, ends = (datetime.fromisoformat(rule["terms"][name]) for name in ("starts_at", "ends_at"))
    return _pieces(rule, rows, rule["terms"]["cut"] if starts <= facts["at"] < ends else None)


def _limited_quantity(rule: Rule, rows: list[Row], _facts: Facts) -> Cuts:
    """Piece by piece, in the order of the lines, of those that it makes cheaper."""
    cuts: Cuts = {}
    left = rule["terms"]["pieces"]
    pieces = [n for n in _own(rule, rows) for _ in range(rows[n].quantity)]
    for n in pieces:
        saved = rows[n].each - _cut(rows[n].each, rule["terms"]["cut"])
        if saved > 0 and left:
            cuts[n], left = cuts.get(n, 0) + saved, left - 1
    return cuts


def _every_n(rule: Rule, rows: list[Row], _facts: Facts) -> Cuts:
    """All pieces in a row, the dearest first; each n-th is cut."""
    pieces = [n for n in _own(rule, rows) for _ in range(rows[n].quantity)]
    pieces.sort(key=lambda n: -rows[n].each)
    cuts: Cuts = {}
    for n in pieces[rule["terms"]["n"] - 1 :: rule["terms"]["n"]]:
        cuts[n] = cuts.get(n, 0) + max(0, rows[n].each - _cut(rows[n].each, rule["terms"]["cut"]))
    return cuts


def _second_half(rule: Rule, rows: list[Row], _facts: Facts) -> Cuts:
    cut = {"percent": rule["terms"].get("percent", "50")}
    pairs = {n: [rows[n].each] * rows[n].quantity for n in _own(rule, rows)}
    return {n: sum(each - _cut(each, cut) for each in pieces[1::2]) for n, pieces in pairs.items()}


def _bundle(rule: Rule, rows: list[Row], _facts: Facts) -> Cuts | None:
    """Sets are put together one by one, of the first line of each service."""
    items, own = rule["terms"]["items"], _own(rule, rows)
    first = {service: next((n for n in own if rows[n].service == service), None) for service in items}
    lines = [n for n in first.values() if n is not None]
    if len(lines) < len(items):
        return None
    left, sets = {n: rows[n].quantity for n in lines}, 0
    needs = {n: items[rows[n].service] for n in lines}
    while all(left[n] >= needs[n] for n in lines):
        left, sets = {n: left[n] - needs[n] for n in lines}, sets + 1
    usual = sum(rows[n].each * needs[n] for n in lines)
    return _spread((usual - minor(rule["terms"]["price"])) * sets, sorted(lines), rows) if sets else None


def _gift(rule: Rule, rows: list[Row], _facts: Facts) -> Cuts | None:
    own, terms = _own(rule, rows), rule["terms"]
    enough = sum(rows[n].quantity for n in own) >= terms.get("min_quantity", 1)
    dear = sum(rows[n].amount for n in own) >= minor(terms.get("min_amount", "0"))
    return {} if enough and dear else None


# Orders and coupons.


def _threshold_step(rule: Rule, rows: list[Row], _facts: Facts) -> Cuts | None:
    terms = rule["terms"]
    own = [n for n in _own(rule, rows) if rows[n].service not in terms.get("except_services", ())]
    base = _base(terms["base"], own, rows)
    reached = [step for step in terms["steps"] if minor(step["at"]) <= base]
    if not reached:
        return None
    times = base // minor(reached[-1]["at"]) if terms.get("repeat") else 1
    return _spread(minor(reached[-1]["off"]) * times, own, rows)


def _base(name: str, own: list[int], rows: list[Row]) -> int:
    if name == "list":
        return sum(rows[n].listed * rows[n].quantity for n in own)
    return sum(rows[n].after_items if name == "after_items" else rows[n].amount for n in own)


def _new_customer(rule: Rule, rows: list[Row], facts: Facts) -> Cuts | None:
    own = _own(rule, rows)
    if not facts["is_new"] or _base("after_items", own, rows) < minor(rule["terms"].get("min_amount", "0")):
        return None
    return _off_order(rule, own, rows)


def _birthday(rule: Rule, rows: list[Row], facts: Facts) -> Cuts | None:
    born, terms = facts["birthday"], rule["terms"]
    if born is None:
        return None
    near = (
        facts["day"] + timedelta(days=days)
        for days in range(-terms.get("days_after", 0), terms.get("days_before", 0) + 1)
    )
    return _off_order(rule, _own(rule, rows), rows) if any(_is_birthday(born, day) for day in near) else None


def _is_birthday(born: date, day: date) -> bool:
    if (born.month, born.day) == (2, 29) and not (day.year % 4 == 0 and (day.year % 100 or day.year % 400 == 0)):
        return (day.month, day.day) == (2, 28)
    return (born.month, born.day) == (day.month, day.day)


def _coupon(rule: Rule, rows: list[Row], facts: Facts) -> Cuts | None:
    own, terms = _own(rule, rows), rule["terms"]
    if not any(coupon["rule"] == rule["id"] and _is_usable(coupon, facts) for coupon in facts["coupons"]):
        return None
    base = _base(terms.get("base", "after_order"), own, rows)
    return _off_order(rule, own, rows) if base >= minor(terms.get("min_amount", "0")) else None


def _is_usable(coupon: dict[str, Any], facts: Facts) -> bool:
    return (
        not coupon["used"]
        and coupon["place"] in ("", *facts["places"])
        and coupon["customer"] in ("", facts["customer"])
        and (coupon["until"] is None or facts["at"] < coupon["until"])
    )


def _off_order(rule: Rule, own: list[int], rows: list[Row]) -> Cuts:
    amount, terms = sum(rows[n].amount for n in own), rule["terms"]
    off = minor(terms["amount"]) if "amount" in terms else amount - _cut(amount, {"percent": terms["percent"]})
    return _spread(off, own, rows)


def _spread(off: int, own: list[int], rows: list[Row]) -> Cuts:
    """By what each line costs, the largest remainders first; what a line cannot bear goes to the others."""
    shares = dict.fromkeys(own, 0)
    left = min(max(off, 0), sum(rows[n].room for n in own))
    while left:
        bearing = [n for n in own if rows[n].room > shares[n]]
        together = sum(rows[n].amount for n in bearing)
        exact = {n: Fraction(left * rows[n].amount, together) for n in bearing}
        parts = {n: whole(share) for n, share in exact.items()}
        missing = left - sum(parts.values())
        for n in sorted(bearing, key=lambda n: (parts[n] - exact[n], own.index(n)))[:missing]:
            parts[n] += 1
        for n in bearing:
            part = min(parts[n], rows[n].room - shares[n])
            shares[n], left = shares[n] + part, left - part
    return shares


def _cut(price: int, cut: dict[str, str]) -> int:
    if "price" in cut:
        return minor(cut["price"])
    if "amount" in cut:
        return max(0, price - minor(cut["amount"]))
    return whole(price * (100 - Fraction(cut["percent"])) / 100 + Fraction(1, 2))


def minor(text: str) -> int:
    return int(Fraction(text) * 100)


KINDS: dict[str, Callable[[Rule, list[Row], Facts], Cuts | None]] = {
    "base_table": _base_table, "region_tier": _region_tier, "channel": _channel, "level_price": _level_price,
    "time_slot": _time_slot, "weekday": _weekday, "season_book": _season_book, "quantity_break": _quantity_break,
    "logistic_surcharge": _logistic_surcharge, "moat": _offered, "clearance": _offered,
    "member_percent": _member_percent, "member_price": _member_price, "limited_time": _limited_time,
    "limited_quantity": _limited_quantity, "every_n": _every_n, "second_half": _second_half, "bundle": _bundle,
    "gift": _gift, "threshold_step": _threshold_step, "new_customer": _new_customer, "birthday": _birthday,
    "coupon": _coupon, "decoy_coupon": _coupon,
}  # fmt: skip
