"""Status mappings (状态映射): a platform's codes to our states, as versioned data. Pure.

A document, each channel's `status.json` or a version that a tenant published:

    {"schema": 1, "channel": "douyin", "version": 1, "about": "…",
     "order": {"fields": {"order_status": ["1", "2"]},
               "rules": [{"if": {"order_status": "2"}, "state": "paid", "label": "待发货", "source": "confirmed"}]},
     "after_sale": {"fields": {…}, "rules": […], "types": {"0": "return_refund"}, "money": {"3": "succeeded"}}}

The first rule whose every condition holds decides. A condition compares a field's text: a value, a list of values,
"*" (there is one) or "" (there is none). `fields` lists the documented values of each field ("" where it may be
missing); every combination of them must find a rule. What finds none is unknown: kept, told, and never guessed.
"""

from __future__ import annotations

import json
from collections.abc import Container, Iterator, Mapping
from functools import lru_cache
from itertools import islice, product
from math import prod
from pathlib import Path
from typing import Any

from hub.channels.base import NotUnderstood
from hub.kernel.dataclass import dataclass
from hub.kernel.errors import Problem

ORDER_RANKS: Mapping[str, int] = {
    "pending_payment": 10,
    "on_hold": 20,
    "paid": 30,
    "partially_shipped": 40,
    "shipped": 50,
    "delivered": 60,
    "completed": 70,
    "cancelled": 90,
    "refunded": 95,
    "unknown": 0,
}
AFTER_SALE_RANKS: Mapping[str, int] = {
    "none": 0,
    "requested": 10,
    "seller_refused": 20,
    "platform_review": 30,
    "awaiting_return": 40,
    "awaiting_seller_receipt": 50,
    "awaiting_reship": 55,
    "reshipped": 58,
    "refunding": 60,
    "refunded": 80,
    "resolved": 80,
    "closed": 90,
    "unknown": 0,
}
"""How far along a state is. Of two truths of the same source time the higher rank holds."""
RANKS: Mapping[str, Mapping[str, int]] = {"order": ORDER_RANKS, "after_sale": AFTER_SALE_RANKS}
TYPES = frozenset(
    {"refund_only", "return_refund", "exchange", "resend", "repair", "price_protection", "cancel_before_ship"}
)
MONEY = frozenset({"none", "pending", "succeeded", "failed", "clawed_back"})
SOURCES = frozenset({"confirmed", "reported", "tenant"})
"""Where a rule comes from: official or public code, second hand, or the tenant's own."""
COMBINATIONS_LIMIT = 5_000
RULES_LIMIT = 500
SHOWN_LIMIT = 50
"""So many combinations without a rule are named."""


@dataclass(frozen=True)
class StatusTable:
    """One version of a channel's mapping. Raises nothing on reading: `lint` says what is wrong with a document."""

    document: Mapping[str, Any]

    @property
    def version(self) -> int:
        return int(self.document.get("version", 0))

    def order_state(self, fields: Mapping[str, object]) -> tuple[str, int]:
        """The state of an order and its rank. Raises NotUnderstood("unknown-status")."""
        return self._state("order", fields)

    def after_sale_state(self, fields: Mapping[str, object]) -> tuple[str, int]:
        """The state of an after-sale and its rank. Raises NotUnderstood("unknown-status")."""
        return self._state("after_sale", fields)

    def after_sale_type(self, raw: object) -> str:
        """What kind of after-sale it is; `unknown` where the code isn't listed (nothing hangs on it alone)."""
        return str(self.document.get("after_sale", {}).get("types", {}).get(text_of(raw), "unknown"))

    def money_state(self, raw: object) -> str:
        """Where its money is; `none` where the platform says nothing that is listed."""
        return str(self.document.get("after_sale", {}).get("money", {}).get(text_of(raw), "none"))

    def _state(self, kind: str, fields: Mapping[str, object]) -> tuple[str, int]:
        for rule in self.document.get(kind, {}).get("rules", ()):
            if all(_holds(expected, fields.get(name)) for name, expected in rule["if"].items()):
                return str(rule["state"]), RANKS[kind][rule["state"]]
        documented = self.document.get(kind, {}).get("fields", {})
        raise NotUnderstood("unknown-status", **{name: text_of(fields.get(name)) for name in documented})


@lru_cache(maxsize=32)
def packaged_table(channel: str) -> StatusTable:
    """The mapping that ships with a channel."""
    return StatusTable(json.loads((Path(__file__).parent / channel / "status.json").read_text(encoding="utf-8")))


def text_of(raw: object) -> str:
    """A raw value as conditions compare it: text, "" for nothing, booleans as JSON has them."""
    if raw is None or raw in ([], {}):
        return ""
    return str(raw).lower() if isinstance(raw, bool) else str(raw)


def lint(document: Mapping[str, Any]) -> list[Problem]:
    """What is wrong with a mapping document, by JSON pointer; empty when it can be used and misses nothing that is
    documented."""
    return [problem for kind in RANKS if kind in document for problem in _lint_kind(kind, document[kind])]


def rows(document: Mapping[str, Any]) -> Iterator[tuple[str, str, str, str]]:
    """The mapping as rows of text: entity, condition, state, label."""
    for kind in RANKS:
        for rule in document.get(kind, {}).get("rules", ()):
            condition = " & ".join(f"{name}={_joined(expected)}" for name, expected in rule["if"].items())
            yield kind, condition, rule["state"], rule.get("label", "")


def _lint_kind(kind: str, part: Mapping[str, Any]) -> Iterator[Problem]:
    rules, fields = part.get("rules", ()), part.get("fields", {})
    if not rules or len(rules) > RULES_LIMIT:
        yield Problem(f"/{kind}/rules", f"must be 1 to {RULES_LIMIT} rules")
        return
    broken = [
        problem for i, rule in enumerate(rules) for problem in _lint_rule(f"/{kind}/rules/{i}", kind, rule, fields)
    ]
    broken += [Problem(f"/{kind}/fields/{name}", "must list a value") for name in fields if not fields[name]]
    broken += [
        Problem(f"/{kind}/{name}/{code}", "must be one of: " + ", ".join(sorted(allowed)))
        for name, allowed in (("types", TYPES), ("money", MONEY))
        for code, mapped in part.get(name, {}).items()
        if not _is_one_of(mapped, allowed)
    ]
    yield from broken
    if not broken:
        yield from _unmapped(kind, part)


def _lint_rule(pointer: str, kind: str, rule: Any, fields: Mapping[str, Any]) -> Iterator[Problem]:
    if not isinstance(rule, Mapping) or not isinstance(rule.get("if"), Mapping) or not rule["if"]:
        yield Problem(pointer, 'must be {"if": {field: value}, "state": …}')
        return
    if all(expected == "*" for expected in rule["if"].values()) and any(_is_code(fields, name) for name in rule["if"]):
        yield Problem(f"{pointer}/if", "must name a value: what nobody documented is never guessed")
    for name, expected in rule["if"].items():
        values = expected if isinstance(expected, list) else [expected]
        if name not in fields:
            yield Problem(f"{pointer}/if/{name}", "must be one of the fields: " + ", ".join(fields))
        if not values or not all(isinstance(value, str) for value in values):
            yield Problem(f"{pointer}/if/{name}", "must be a text, or a list of texts")
    if not _is_one_of(rule.get("state"), RANKS[kind]) or rule["state"] == "unknown":
        yield Problem(f"{pointer}/state", "must be one of: " + ", ".join(s for s in RANKS[kind] if s != "unknown"))
    if not _is_one_of(rule.get("source", "tenant"), SOURCES):
        yield Problem(f"{pointer}/source", "must be one of: " + ", ".join(sorted(SOURCES)))


def _is_one_of(value: object, known: Container[str]) -> bool:
    """Whatever came in its place: a list is no word."""
    return isinstance(value, str) and value in known


def _is_code(fields: Mapping[str, Any], name: str) -> bool:
    """A field of several values, unlike a time, which is there or not."""
    return len([value for value in fields.get(name, ()) if value]) > 1


def _unmapped(kind: str, part: Mapping[str, Any]) -> Iterator[Problem]:
    """Combinations of documented values that find no rule; a table too large to try is a problem itself."""
    fields = part.get("fields", {})
    if prod(map(len, fields.values())) > COMBINATIONS_LIMIT:
        yield Problem(f"/{kind}/fields", f"must have at most {COMBINATIONS_LIMIT} combinations of values")
        return
    yield from islice(_without_rule(kind, fields, StatusTable({kind: part})), SHOWN_LIMIT)


def _without_rule(kind: str, fields: Mapping[str, Any], table: StatusTable) -> Iterator[Problem]:
    for values in product(*fields.values()):
        try:
            table._state(kind, dict(zip(fields, values, strict=True)))
        except NotUnderstood:
            combination = ", ".join(f"{name}={value or '(none)'}" for name, value in zip(fields, values, strict=True))
            yield Problem(f"/{kind}/rules", f"must map {combination}")


def _holds(expected: object, raw: object) -> bool:
    text = text_of(raw)
    if isinstance(expected, list):
        return text in expected
    return bool(text) if expected == "*" else text == expected


def _joined(expected: object) -> str:
    return "|".join(expected) if isinstance(expected, list) else str(expected or "(none)")
