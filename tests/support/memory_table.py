"""A table in memory with hub.store.table's interface, which counts its reads and writes: for property tests."""

from __future__ import annotations

from bisect import bisect_left, insort
from collections.abc import Iterable, Mapping, Sequence
from threading import Lock
from types import NoneType
from typing import Any

from hub.store.items import plain_value, raw_value
from hub.store.rehearsal import foreseen, is_rehearsal
from hub.store.table import Check, Delete, Index, Item, Key, Lost, Page, Put, Update


class MemoryTable:
    """Conditions are `attribute_not_exists(name)`, `attribute_exists(name)`, `name = :value`, `name < :value`, or such
    joined by OR; items are copied as DynamoDB would."""

    def __init__(self) -> None:
        self.items: dict[Key, dict[str, Any]] = {}
        self.partitions: dict[str, list[str]] = {}
        self.indexed: dict[str, dict[Any, dict[Key, None]]] = {}
        self.read: list[Key] = []
        self.transactions = 0
        self.written = 0
        self._lock = Lock()

    def get(self, key: Key, *, consistent: bool = True, only: Sequence[str] = ()) -> dict[str, Any] | None:
        self.read.append(key)
        return _stored(self.items[key]) if key in self.items else None

    def get_many(self, keys: Iterable[Key], *, consistent: bool = False) -> list[dict[str, Any]]:
        return [item for item in map(self.get, dict.fromkeys(keys)) if item is not None]

    def put(
        self, item: Item, when: str = "", values: Item | None = None, names: Any = None, *, with_item: bool = True
    ) -> None:
        self.transact(Put(item, when, values or {}))

    def update(self, key: Key, change: str, values: Item | None = None, when: str = "", names: Any = None) -> Any:
        write = Update(key, change, values or {}, when, names or {})
        self.transact(write)
        return foreseen(self.get(key), write) if is_rehearsal() else self.get(key)

    def delete(self, key: Key, when: str = "", values: Item | None = None, names: Any = None) -> None:
        self.transact(Delete(key, when, values or {}))

    def query(
        self,
        pk: str,
        *,
        limit: int,
        index: Index | None = None,
        start: Item | None = None,
        newest_first: bool = False,
        **keys: Any,
    ) -> Page:
        if index:
            return self._query_index(index, pk, limit, keys, newest_first)
        named = [sk for sk in self.partitions.get(pk, ()) if _inside(sk, keys)]
        names = named[::-1] if newest_first else named
        if start:
            names = names[names.index(start["sk"]) + 1 :]
        more = {"pk": pk, "sk": names[limit - 1]} if len(names) > limit else None
        return Page([item for sk in names[:limit] if (item := self.get((pk, sk)))], more)

    def _query_index(self, index: Index, pk: str, limit: int, keys: Mapping[str, Any], newest_first: bool) -> Page:
        """All there are at once, however many: no page of an index is ever continued."""
        if index.hash not in self.indexed:
            self.indexed[index.hash] = {}
            for key, item in self.items.items():
                self._index(key, item, index.hash)
        items = [self.items[key] for key in self.indexed[index.hash].get(pk, ())]
        within = [item for item in items if _inside(str(item[index.range]), keys)]
        return Page(sorted(within, key=lambda item: str(item[index.range]), reverse=newest_first), None)

    def query_all(self, pk: str, *, limit: int, **options: Any) -> list[dict[str, Any]]:
        return self.query(pk, limit=limit, **options).items

    def transact(self, *writes: Put | Delete | Check | Update, token: str = "", made: str = "") -> None:
        with self._lock:
            for index, write in enumerate(writes):
                held = self.items.get(_key(write))
                if not _holds(held, write.when, write.values):
                    raise Lost(held, index)
            if is_rehearsal():
                return
            self.transactions += 1
            for write in writes:
                if isinstance(write, Check):
                    continue
                self.written += 1
                item = _changed(self.items.get(_key(write)), write)
                self._take_away(_key(write))
                if item is not None:
                    self.items[_key(write)] = _stored(dict(item))
                    insort(self.partitions.setdefault(_key(write)[0], []), _key(write)[1])
                    for name in self.indexed:
                        self._index(_key(write), item, name)

    def _index(self, key: Key, item: Mapping[str, Any], name: str) -> None:
        """An index that was asked once knows its items by their keys from then on."""
        if name in item:
            self.indexed[name].setdefault(item[name], {})[key] = None

    def _take_away(self, key: Key) -> None:
        if (item := self.items.pop(key, None)) is not None:
            partition = self.partitions[key[0]]
            del partition[bisect_left(partition, key[1])]
            for name, by_value in self.indexed.items():
                by_value.get(item.get(name), {}).pop(key, None)


class LaggingTable(MemoryTable):
    """DynamoDB where nothing has arrived yet that an eventually consistent read could find: what decides must be read
    strongly consistent."""

    def get(self, key: Key, *, consistent: bool = True, only: Sequence[str] = ()) -> dict[str, Any] | None:
        return super().get(key, only=only) if consistent else None

    def get_many(self, keys: Iterable[Key], *, consistent: bool = False) -> list[dict[str, Any]]:
        return super().get_many(keys, consistent=consistent) if consistent else []

    def query(self, pk: str, *, limit: int, consistent: bool = False, **options: Any) -> Page:
        return super().query(pk, limit=limit, **options) if consistent else Page([], None)


def _stored(value: Any) -> Any:
    """A copy as DynamoDB would make it; what JSON has none of goes through DynamoDB's own form."""
    kind = type(value)
    if kind in (str, int, bool, bytes, NoneType):
        return value
    if kind is dict:
        return {name: _stored(part) for name, part in value.items()}
    if kind is list:
        return [_stored(part) for part in value]
    return plain_value(raw_value(value))


def _changed(item: Mapping[str, Any] | None, write: Put | Delete | Update) -> Item | None:
    """The item after a write; of an update, `SET name = :value` or `ADD name :value` alone."""
    if isinstance(write, Put):
        return write.item
    if isinstance(write, Delete):
        return None
    if write.change.startswith("ADD "):
        name, value = write.change.removeprefix("ADD ").split(" ")
        held = (item or {}).get(name, 0)
        return {"pk": write.key[0], "sk": write.key[1], **(item or {}), name: held + write.values[value]}
    parts = (part.partition(" = ") for part in write.change.removeprefix("SET ").split(", "))
    changed = {name.lstrip("#"): write.values[value] for name, _, value in parts}
    return {"pk": write.key[0], "sk": write.key[1], **(item or {}), **changed}


def _key(write: Put | Delete | Check | Update) -> Key:
    return write.key if isinstance(write, Delete | Check | Update) else (write.item["pk"], write.item["sk"])


def _holds(item: Mapping[str, Any] | None, when: str, values: Item) -> bool:
    return not when or any(_holds_one(item or {}, part, values) for part in when.split(" OR "))


def _holds_one(item: Mapping[str, Any], when: str, values: Item) -> bool:
    if when.startswith("attribute_not_exists("):
        return when.removeprefix("attribute_not_exists(").rstrip(")").lstrip("#") not in item
    if when.startswith("attribute_exists("):
        return when.removeprefix("attribute_exists(").rstrip(")") in item
    name, sign, value = when.split(" ")
    held = item.get(name.lstrip("#"))
    return held is not None and (held == values[value] if sign == "=" else held < values[value])


def _inside(sk: str, keys: Mapping[str, Any]) -> bool:
    first, last = keys.get("sk_between") or ("", "\uffff")
    after, before = keys.get("sk_after", ""), keys.get("sk_before") or "\uffff"
    return sk.startswith(keys.get("sk_prefix", "")) and after < sk < before and first <= sk <= last
