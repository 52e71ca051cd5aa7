"""A dispatch table of 200 rules: the compiled table against zen-engine and against a plain loop over the rules.

zen-engine (https://github.com/gorules/zen) is a decision engine in Rust. It gets its own table format, content compiled
beforehand and tracing off; the plain loop gets its tests as operator and operand, cheapest field first. All three must
name the same rule for all facts before anything is timed.
"""

from __future__ import annotations

import json
import operator
from collections.abc import Callable, Mapping
from random import Random
from typing import Any

from zen import ZenDecision, ZenDecisionContent, ZenEngine

from benchmarks.harness import Ratio, best_seconds
from hub.rules import DecisionTable, decide

RULES, FACTS, FACTS_FOR_ZEN = 200, 2000, 400
REPEATS = 20  # turns of milliseconds: some of them find the machine quiet
TYPES = ["install", "repair", "maintain", "return", "exchange", "complain", "consult", "recall"]
CHANNELS = ["wecom", "douyin", "phone", "web"]
BRANDS = ["midea", "gree", "haier", "hisense", "aux", "tcl"]
PROVINCES = ["11", "12", "31", "32", "33", "44", "50", "51"]
FLOORS = [0, 100, 500, 1000, 5000]
SAME: dict[str, list[Any]] = {"channel": CHANNELS, "brand": BRANDS, "vip": [True, False], "type": TYPES}
"""Fields that rules compare for equality, and about half of the rules leave each of them open."""

Test = tuple[str, Callable[[Any, Any], bool], Any]
Facts = Mapping[str, Any]


def run() -> list[Ratio]:
    """Ratios of time per decision; higher is better."""
    random = Random(20261123)
    rules = [_make_rule(random, number) for number in range(RULES)]
    facts = [_make_facts(random) for _ in range(FACTS)]
    table, plain, zen = _compile(rules), _plain(rules), _zen(rules)
    expected = [decide(table, each).rule_id for each in facts]
    assert expected == [_loop(plain, each) for each in facts]
    assert expected == [zen.evaluate(each)["result"].get("rule") for each in facts]
    seconds = best_seconds(
        REPEATS,
        compiled=lambda: [decide(table, each) for each in facts],
        loop=lambda: [_loop(plain, each) for each in facts],
        zen=lambda: [zen.evaluate(each) for each in facts[:FACTS_FOR_ZEN]],
    )
    compiled = seconds["compiled"] / FACTS
    return [
        Ratio("200-rule table against zen-engine", seconds["zen"] / FACTS_FOR_ZEN / compiled, 50, True),
        Ratio("200-rule table against a plain loop", seconds["loop"] / FACTS / compiled, 4, True),
    ]


def _make_rule(random: Random, number: int) -> dict[str, Any]:
    floor = random.choice(FLOORS)
    same = {name: random.choice(values) if random.random() < 0.5 else None for name, values in SAME.items()}
    span = {"floor": floor, "ceiling": floor * 5 or 100}
    return {"id": f"r{number}", "province": random.choice(PROVINCES), **same, **span}


def _make_facts(random: Random) -> dict[str, Any]:
    region = f"{random.choice(PROVINCES)}{random.randint(1, 12):02d}{random.randint(1, 9):02d}"
    same = {name: random.choice(values) for name, values in SAME.items()}
    return {**same, "region": region, "amount": random.randint(0, 20_000)}


def _compile(rules: list[dict[str, Any]]) -> DecisionTable:
    def when(rule: dict[str, Any]) -> dict[str, Any]:
        same = {name: {"eq": rule[name]} for name in SAME if rule[name] is not None}
        amount = {"gte": rule["floor"], "lt": rule["ceiling"]}
        return {**same, "region": {"within": f"{rule['province']}0000"}, "amount": amount}

    enums = {name: {"enum": SAME[name]} for name in ("type", "channel", "brand")}
    doc = {
        "key": "dispatch",
        "version": 1,
        "schema": {**enums, "vip": "boolean", "region": "region", "amount": "number"},
        "rules": [{"id": rule["id"], "when": when(rule), "then": rule["id"]} for rule in rules],
    }
    return DecisionTable.parse(doc)


def _plain(rules: list[dict[str, Any]]) -> list[tuple[str, list[Test]]]:
    def tests(rule: dict[str, Any]) -> list[Test]:
        same = [(name, operator.eq, rule[name]) for name in SAME if rule[name] is not None]
        bounds = [("amount", operator.ge, rule["floor"]), ("amount", operator.lt, rule["ceiling"])]
        return [*same, ("region", str.startswith, rule["province"]), *bounds]

    return [(rule["id"], tests(rule)) for rule in rules]


def _loop(rules: list[tuple[str, list[Test]]], facts: Facts) -> str | None:
    for rule_id, tests in rules:
        for name, test, wanted in tests:
            if not test(facts[name], wanted):
                break
        else:
            return rule_id
    return None


def _zen(rules: list[dict[str, Any]]) -> ZenDecision:
    names = [*SAME, "region", "amount"]
    content = {
        "hitPolicy": "first",
        "inputs": [{"id": name, "name": name, "field": name} for name in names],
        "outputs": [{"id": "rule", "name": "rule", "field": "rule"}],
        "rules": [_zen_row(rule) for rule in rules],
    }
    nodes = [
        {"id": "in", "name": "in", "type": "inputNode"},
        {"id": "table", "name": "table", "type": "decisionTableNode", "content": content},
        {"id": "out", "name": "out", "type": "outputNode"},
    ]
    edges = [
        {"id": "e1", "type": "edge", "sourceId": "in", "targetId": "table"},
        {"id": "e2", "type": "edge", "sourceId": "table", "targetId": "out"},
    ]
    return ZenEngine().create_decision(ZenDecisionContent(json.dumps({"nodes": nodes, "edges": edges})))


def _zen_row(rule: dict[str, Any]) -> dict[str, str]:
    same = {n: "" if rule[n] is None else json.dumps(rule[n]) for n in SAME}
    region = f"startsWith($, '{rule['province']}')"
    amount = f"[{rule['floor']}..{rule['ceiling']})"
    return {"_id": rule["id"], **same, "region": region, "amount": amount, "rule": json.dumps(rule["id"])}
