"""What strategies come to, by a slow walk written from the reference alone: it imports nothing of the room's, expands
what it can into single pieces, and reckons in exact fractions."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from tests.support.price_oracle_kinds import KINDS, Cuts, Facts, Row, Rule, is_about, minor, within

ORDER = {
    0: ("base_table", "region_tier", "channel", "level_price", "time_slot", "weekday", "season_book", "quantity_break",
        "logistic_surcharge", "moat", "clearance"),
    1: ("member_percent", "member_price", "limited_time", "limited_quantity", "every_n", "second_half", "bundle",
        "gift"),
    2: ("threshold_step", "new_customer", "birthday"),
    3: ("coupon", "decoy_coupon"),
}  # fmt: skip
"""The kinds by stage, in the order of the catalogue."""
STRICT = ("stack", "best", "exclusive")


@dataclass
class Outcome:
    """What came of a cart: of each line, and what each rule that counts gave."""

    amounts: list[int]
    given: dict[str, int] = field(default_factory=dict)
    """By each rule."""
    gifts: dict[str, tuple[str, int]] = field(default_factory=dict)


def walk(rules: list[Rule], rows: list[Row], facts: Facts) -> Outcome:
    """Every stage, group after group, rule after rule."""
    for row in rows:
        row.unit, row.amount, row.after_items = row.listed, row.listed * row.quantity, row.listed * row.quantity
    outcome = Outcome([])
    for stage, kinds in ORDER.items():
        if stage == 2:
            for row in rows:
                row.after_items = row.amount
        own = [rule for rule in rules if rule["kind"] in kinds]
        own.sort(key=lambda rule: (-rule.get("priority", 0), kinds.index(rule["kind"]), rule["id"]))
        names = [rule.get("group") or f"/{rule['id']}" for rule in own]
        for name in dict.fromkeys(names):
            _group([rule for rule, other in zip(own, names, strict=True) if other == name], rows, facts, outcome)
    outcome.amounts = [row.amount for row in rows]
    return outcome


def _group(rules: list[Rule], rows: list[Row], facts: Facts, outcome: Outcome) -> None:
    stacking = max((rule.get("stacking", "stack") for rule in rules), key=STRICT.index)
    if stacking == "best":
        weighed = [(rule, _cuts(rule, rows, facts, outcome)) for rule in rules]
        useful = [(rule, cuts) for rule, cuts in weighed if cuts is not None]
        best = max(useful, key=lambda pair: sum(pair[1].values()), default=None)
        if best is not None:
            _give(best[0], best[1], rows, outcome)
        return
    for rule in rules:
        cuts = _cuts(rule, rows, facts, outcome)
        if cuts is not None:
            _give(rule, cuts, rows, outcome)
            if stacking == "exclusive":
                return


def _give(rule: Rule, cuts: Cuts, rows: list[Row], outcome: Outcome) -> None:
    for number, cut in cuts.items():
        rows[number].amount -= cut
        if rule["kind"] in ORDER[0]:
            rows[number].unit = rows[number].each
    outcome.given[rule["id"]] = sum(cuts.values())
    if rule["kind"] == "gift":
        terms = rule["terms"]
        pieces = sum(row.quantity for row in rows if is_about(rule, row))
        times = pieces // terms.get("min_quantity", 1) if terms.get("repeat") else 1
        outcome.gifts[rule["id"]] = (terms["gift"], terms.get("pieces", 1) * times)


def _cuts(rule: Rule, rows: list[Row], facts: Facts, outcome: Outcome) -> Cuts | None:
    """What a rule takes off each line (negative: puts on), no line below its floor; None where it does not count."""
    if not _holds(rule, rows, facts):
        return None
    wanted = KINDS[rule["kind"]](rule, rows, facts)
    if wanted is None:
        return None
    cuts = {n: min(cut, rows[n].room) if cut > 0 else cut for n, cut in wanted.items()}
    cuts = {n: cut for n, cut in cuts.items() if cut}
    if not cuts and rule["kind"] != "gift":
        return None
    limits = rule.get("limits") or {}
    spent = facts["usage"].get(rule["id"], {}).get("spent", 0)
    if "budget" in limits and spent + sum(cuts.values()) > minor(limits["budget"]):
        return None
    together = facts["limits"] or {}
    spent = facts["usage"].get("", {}).get("spent", 0) + sum(max(0, given) for given in outcome.given.values())
    if "budget" in together and spent + max(0, sum(cuts.values())) > minor(together["budget"]):
        return None
    return cuts


def _holds(rule: Rule, rows: list[Row], facts: Facts) -> bool:
    at, day = facts["at"], facts["day"]
    period = {name: value for name, value in (facts.get("period") or {}).items() if value}
    conditions = [
        not rule.get("places") or bool({*rule["places"]} & {*facts["places"]}),
        not rule.get("channels") or facts["channel"] in rule["channels"],
        not rule.get("levels") or facts["level"] in rule["levels"],
        not rule.get("weekdays") or facts["weekday"] in rule["weekdays"],
        not rule.get("hours") or within(facts["minute"], rule["hours"]),
        any(is_about(rule, row) for row in rows),
        "first_day" not in period or day >= date.fromisoformat(period["first_day"]),
        "last_day" not in period or day <= date.fromisoformat(period["last_day"]),
        "starts_at" not in period or at >= datetime.fromisoformat(period["starts_at"]),
        "ends_at" not in period or at < datetime.fromisoformat(period["ends_at"]),
        _is_left(rule.get("limits") or {}, facts["usage"].get(rule["id"], {}), facts),
        _is_left(facts["limits"] or {}, facts["usage"].get("", {}), facts),
    ]
    return all(conditions)


def _is_left(limits: dict[str, Any], used: dict[str, int], facts: Facts) -> bool:
    """Whether a rule's limits, or the whole campaign's, leave a use."""
    return (
        ("uses" not in limits or used.get("uses", 0) < limits["uses"])
        and ("per_customer" not in limits
             or (bool(facts["customer"]) and used.get("by_customer", 0) < limits["per_customer"]))
        and ("per_store" not in limits or (bool(facts["store"]) and used.get("in_store", 0) < limits["per_store"]))
    )  # fmt: skip
