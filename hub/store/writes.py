"""Writes of DynamoDB as values: made first, then done alone or together in a transaction.

Expressions are DynamoDB's own. `#state` in one means the attribute `state` unless `names` says otherwise; `:now` is
looked up in `values`, whose names have the colon too: `Update(key, "SET #state = :to", {":to": "done"})`.

when: the condition, "" for none. table: another table than the one that is asked to write.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import field
from typing import Any

from hub.kernel.dataclass import dataclass
from hub.store.items import Item, raw_item

Key = tuple[str, str]
"""Partition key and sort key, `pk` and `sk`."""
Texts = Mapping[str, str]
NEW = "attribute_not_exists(pk)"
"""The condition of a thing that must be made once."""

_NAME = re.compile(r"#\w+")


@dataclass(frozen=True, slots=True)
class Put:
    """Put `item`, which carries pk and sk, in place of whatever has its key."""

    item: Item
    when: str = ""
    values: Item = field(default_factory=dict)
    names: Texts = field(default_factory=dict)
    table: str = ""

    @property
    def key(self) -> Key:
        """The key of what is put."""
        return self.item["pk"], self.item["sk"]

    def params(self) -> dict[str, Any]:
        """The call's parameters but the table's name."""
        return {"Item": raw_item(self.item)} | expressions(self.values, self.names, when=self.when)


@dataclass(frozen=True, slots=True)
class Update:
    """Change one item, or make it. change: an UpdateExpression."""

    key: Key
    change: str
    values: Item = field(default_factory=dict)
    when: str = ""
    names: Texts = field(default_factory=dict)
    table: str = ""

    def params(self) -> dict[str, Any]:
        """The call's parameters but the table's name."""
        return {"Key": raw_key(self.key)} | expressions(self.values, self.names, when=self.when, change=self.change)


@dataclass(frozen=True, slots=True)
class Delete:
    """Delete one item, if it is there."""

    key: Key
    when: str = ""
    values: Item = field(default_factory=dict)
    names: Texts = field(default_factory=dict)
    table: str = ""

    def params(self) -> dict[str, Any]:
        """The call's parameters but the table's name."""
        return {"Key": raw_key(self.key)} | expressions(self.values, self.names, when=self.when)


@dataclass(frozen=True, slots=True)
class Check:
    """A part of a transaction that only has a condition."""

    key: Key
    when: str
    values: Item = field(default_factory=dict)
    names: Texts = field(default_factory=dict)
    table: str = ""

    def params(self) -> dict[str, Any]:
        """The call's parameters but the table's name."""
        return {"Key": raw_key(self.key)} | expressions(self.values, self.names, when=self.when)


Write = Put | Update | Delete | Check


def raw_key(key: Key) -> dict[str, Any]:
    """The key in DynamoDB's form."""
    return {"pk": {"S": key[0]}, "sk": {"S": key[1]}}


def expressions(
    values: Item, names: Texts, *, when: str = "", change: str = "", key: str = "", only: str = ""
) -> dict[str, Any]:
    """The expressions of a call with what their `#names` and `:values` stand for. A condition that fails tells the
    item that it met."""
    texts = {
        "ConditionExpression": when,
        "UpdateExpression": change,
        "KeyConditionExpression": key,
        "ProjectionExpression": only,
    }
    params: dict[str, Any] = {name: text for name, text in texts.items() if text}
    if when:
        params["ReturnValuesOnConditionCheckFailure"] = "ALL_OLD"
    used = sorted({name for text in texts.values() for name in _NAME.findall(text)})
    if used:
        params["ExpressionAttributeNames"] = {name: names.get(name, name[1:]) for name in used}
    if values:
        params["ExpressionAttributeValues"] = raw_item(values)
    return params
