"""moto's DynamoDB without what takes it longest: copying and sorting tables, walking and parsing expressions, adding up
sizes; its streams."""

from __future__ import annotations

import copy
import math
import re
from collections import defaultdict
from collections.abc import Iterator
from functools import cache, lru_cache
from threading import RLock
from types import SimpleNamespace
from typing import Any

from moto.core import utils
from moto.core.models import DEFAULT_ACCOUNT_ID
from moto.core.utils import camelcase_to_underscores
from moto.dynamodb import responses
from moto.dynamodb.models import DynamoDBBackend, dynamo_type, dynamodb_backends
from moto.dynamodb.models.dynamo_type import DynamoType, Item, LimitedSizeDict
from moto.dynamodb.models.table import Table
from moto.dynamodb.models.utilities import bytesize

LONG_CLAUSES = 12
ITEM_BYTES = 400_000
_WRITING = RLock()
"""DynamoDB weighs a condition and writes in one; moto does in two, and a thread may come in between."""
INDEX_NAME = 6
"""Where `Table.query` takes the index's name, after the hash key."""
_SET = re.compile(r"(#\w+) = (if_not_exists\(\1, )?(:\w+)(?(2)\))")
_CONDITION = ("condition_expression", "return_values_on_condition_check_failure")


class QuickTable(Table):
    """A table whose queries look at their own partition, where moto's sort all items first, each time."""

    _partition: list[Item] | None = None

    def query(self, hash_key: Any, *rest: Any, hash_key_conditions: Any = None, **options: Any) -> Any:
        """As moto's own. Of an index, its hash key is the one in `hash_key_conditions`."""
        if rest[INDEX_NAME]:
            values = dict(hash_key_conditions)
            self._partition = [item for item in self._items() if _has(item, values)]
        else:
            self._partition = list(self.items.get(hash_key, {}).values())
        try:
            moto: Any = super()
            return moto.query(hash_key, *rest, hash_key_conditions=hash_key_conditions, **options)
        finally:
            self._partition = None

    def _items(self) -> Iterator[Item]:
        return (item for partition in self.items.values() for item in partition.values())

    def all_items(self) -> list[Item]:
        return super().all_items() if self._partition is None else self._partition


def _has(item: Item, values: dict[str, DynamoType]) -> bool:
    return all(name in item.attrs and item.attrs[name].value == value.value for name, value in values.items())


class QuickAttributes(LimitedSizeDict):
    """An item's attributes, whose size goes along with them: moto adds all of them up again for each one."""

    _at_most: float = math.inf
    """As if nothing had ever been replaced. A copy that moto makes knows none."""

    def __init__(self) -> None:
        super().__init__()
        self._at_most = 0

    def __setitem__(self, name: str, value: DynamoType) -> None:
        self._at_most += bytesize(name) + value.size()
        if self._at_most > ITEM_BYTES:
            super().__setitem__(name, value)  # which adds up, and refuses
        else:
            dict.__setitem__(self, name, value)


class _Part(QuickTable):
    """A table that nobody goes back to, so that the copy which moto makes to do so is no copy."""

    def __deepcopy__(self, memo: Any) -> _Part:
        return self


class QuickDynamoDB(DynamoDBBackend):
    """moto copies every table of a transaction whole, to go back to when it fails: a day of orders would take hours.

    Here a transaction runs in a backend of its own, which holds only the items that it names; what came of them is
    taken over when it succeeded. And of an update, moto walks the clauses for each clause: long ones of the plain form
    `SET #a = :a, #b = if_not_exists(#b, :b) ADD c :one` are done here.
    """

    __module__ = DynamoDBBackend.__module__  # moto looks beside it for the URLs that it answers

    def create_table(self, *arguments: Any, **options: Any) -> Any:
        """As moto's own."""
        table: Any = super().create_table(*arguments, **options)
        table.__class__ = QuickTable
        return table

    def transact_write_items(self, transact_items: list[dict[str, Any]]) -> None:
        """As moto's own, with the same errors; of two at once one comes after the other."""
        with _WRITING:
            self._transact(transact_items)

    def put_item(self, *arguments: Any, **options: Any) -> Item:
        """As moto's own."""
        with _WRITING:
            return super().put_item(*arguments, **options)

    def delete_item(self, *arguments: Any, **options: Any) -> Item | None:
        """As moto's own."""
        with _WRITING:
            return super().delete_item(*arguments, **options)

    def update_item(self, *arguments: Any, **options: Any) -> Item:
        """As moto's own."""
        with _WRITING:
            return self._update(*arguments, **options)

    def _transact(self, transact_items: list[dict[str, Any]]) -> None:
        named = [(op["TableName"], self._key(op)) for item in transact_items for op in item.values()]
        scratch = DynamoDBBackend(self.region_name, self.account_id)
        for name in {name for name, _ in named if name in self.tables}:
            scratch.tables[name] = self._part(name, [key for other, key in named if other == name])
        scratch.transact_write_items(transact_items)
        for item, (name, key) in zip(transact_items, named, strict=True):
            if "ConditionCheck" not in item:
                self._take_over(name, key, scratch)

    def _update(
        self,
        table_name: str,
        key: dict[str, Any],
        update_expression: str,
        expression_attribute_names: dict[str, Any],
        expression_attribute_values: dict[str, Any],
        *rest: Any,
        **options: Any,
    ) -> Item:
        names, values = expression_attribute_names, expression_attribute_values
        sets, _, add = (update_expression or "").removeprefix("SET ").partition(" ADD ")
        found = list(_SET.finditer(sets))
        if len(found) < LONG_CLAUSES or ", ".join(one[0] for one in found) != sets or add.count(" ") > 1:
            return super().update_item(table_name, key, update_expression, names, values, *rest, **options)
        current = self.get_item(table_name, key)
        item = {**key} if current is None else dict(current.to_json()["Attributes"])
        for one in found:
            if not one[2] or names[one[1]] not in item:
                item[names[one[1]]] = values[one[3]]
        if add:
            name, number = add.split(" ")
            item[name] = {"N": str(int(item.get(name, {"N": "0"})["N"]) + int(values[number]["N"]))}
        condition: dict[str, Any] = {name: options[name] for name in _CONDITION if name in options}
        return self.put_item(
            table_name, item, expression_attribute_names=names, expression_attribute_values=values, **condition
        )

    def _key(self, op: dict[str, Any]) -> dict[str, Any]:
        if "Key" in op or op["TableName"] not in self.tables:
            return dict(op.get("Key") or {})
        return {name: op["Item"][name] for name in self.tables[op["TableName"]].table_key_attrs}

    def _part(self, name: str, keys: list[dict[str, Any]]) -> Any:
        """The table with nothing in it but these items, and without its stream."""
        part: Any = copy.copy(self.tables[name])
        part.__class__, part.items, part.stream_shard = _Part, defaultdict(dict), None
        for key in keys:
            found = self.get_item(name, key)
            if found is not None:
                part.items[found.hash_key][found.range_key] = copy.deepcopy(found)
        return part

    def _take_over(self, name: str, key: dict[str, Any], scratch: DynamoDBBackend) -> None:
        made = scratch.get_item(name, key)
        if made is not None:
            table, before = self.tables[name], self.get_item(name, key)
            table.items[made.hash_key][made.range_key] = made
            if table.stream_shard is not None:
                table.stream_shard.add(before, made)
        elif self.get_item(name, key) is not None:
            self.delete_item(name, key)


def quicken_dynamodb() -> None:
    """From now on moto's DynamoDB is the quick one in every simulated account of this process."""
    dynamodb_backends.backend = QuickDynamoDB
    dynamo_type.LimitedSizeDict = QuickAttributes  # type: ignore[misc]
    looks_up: Any = responses  # names in what it parsed, and changes none of it
    looks_up.UpdateExpressionParser = SimpleNamespace(make=lru_cache(1000)(looks_up.UpdateExpressionParser.make))
    utils.camelcase_to_underscores = cache(camelcase_to_underscores)


def read_stream(region: str, table: str, start: int) -> list[dict[str, Any]]:
    """What a table's stream has told from its record `start` on, as Lambda gets it. The stream must be on."""
    shard = dynamodb_backends[DEFAULT_ACCOUNT_ID][region].tables[table].stream_shard
    arn = f"arn:aws:dynamodb:{region}:{DEFAULT_ACCOUNT_ID}:table/{table}/stream/1"
    return [{**record.to_json(), "eventSourceARN": arn} for record in (shard.items[start:] if shard else ())]
