"""A table in memory with hub.store.table's interface, for floods that a simulated DynamoDB takes hours for.

It knows the expressions that are used with it: `SET a = :a … ADD b :b … REMOVE c`, and conditions of
attribute_exists, attribute_not_exists, = and <= joined by AND and OR. Any other is an error.
"""

from __future__ import annotations

import re
from bisect import bisect_left, insort
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from hub.store.table import Delete, Index, Item, Key, Lost, Page, Put, Update, Write

INDEXES = (Index("", "pk", "sk"), Index("by_list", "list_pk", "list_sk"), Index("by_due", "due_pk", "due_at"))
_SECTION = re.compile(r"\b(SET|ADD|REMOVE)\b")
_WITHIN = re.compile(r"(\(#?\w+), (:\w+\))")
_TERM = re.compile(r"(attribute_(?:not_)?exists)\((#?\w+)\)|(#?\w+) (=|<=) (:\w+)")


class FastTable:
    """Items by their keys, and each index in order."""

    def __init__(self, name: str = "fast") -> None:
        self.name = name
        self.calls: Counter[str] = Counter()
        self._items: dict[Key, dict[str, Any]] = {}
        self._rows: dict[str, dict[str, list[tuple[str, Key]]]] = {index.name: defaultdict(list) for index in INDEXES}

    def get(self, key: Key, **_: Any) -> dict[str, Any] | None:
        self.calls["get"] += 1
        item = self._items.get(key)
        return None if item is None else dict(item)

    def get_many(self, keys: Iterable[Key], **_: Any) -> list[dict[str, Any]]:
        self.calls["get_many"] += 1
        return [dict(self._items[key]) for key in dict.fromkeys(keys) if key in self._items]

    def put(self, item: Item, when: str = "", values: Item | None = None, names: Any = None, **_: Any) -> None:
        self.calls["put"] += 1
        self._do((Put(item, when, values or {}, names or {}),))

    def update(
        self, key: Key, change: str, values: Item | None = None, when: str = "", names: Any = None
    ) -> dict[str, Any]:
        self.calls["update"] += 1
        self._do((Update(key, change, values or {}, when, names or {}),))
        return dict(self._items[key])

    def delete(self, key: Key, when: str = "", values: Item | None = None, names: Any = None) -> None:
        self.calls["delete"] += 1
        self._do((Delete(key, when, values or {}, names or {}),))

    def transact(self, *writes: Write, **_: Any) -> None:
        self.calls["transact"] += 1
        assert len(writes) <= 100
        assert len({_key(write) for write in writes}) == len(writes)
        self._do(writes)

    def query(
        self, pk: str, *, limit: int, index: Index | None = None, newest_first: bool = False,
        sk_between: tuple[str, str] | None = None, sk_before: str = "", sk_prefix: str = "", **_: Any,
    ) -> Page:  # fmt: skip
        self.calls["query"] += 1
        rows = self._rows[index.name if index else ""][pk]
        low, high = sk_between or (sk_prefix, sk_before or "\U0010ffff")
        span = rows[bisect_left(rows, (low, ("", ""))) : bisect_left(rows, (high, ("\U0010ffff", "")))]
        span = [row for row in (span[::-1] if newest_first else span) if row[0] != sk_before]
        return Page([dict(self._items[key]) for _, key in span[:limit]], None)

    def query_all(self, pk: str, *, limit: int, **options: Any) -> list[dict[str, Any]]:
        return self.query(pk, limit=limit, **options).items

    def _do(self, writes: Sequence[Write]) -> None:
        for number, write in enumerate(writes):
            item = self._items.get(_key(write))
            if write.when and not _holds(item, write):
                raise Lost(item, number)
        for write in writes:
            key = _key(write)
            before = self._items.pop(key, None)
            after = None if isinstance(write, Delete) else _after(before, write, key)
            if after is not None:
                self._items[key] = after
            self._index(key, before, after)

    def _index(self, key: Key, before: Item | None, after: Item | None) -> None:
        for index in INDEXES:
            old, new = _place(index, before), _place(index, after)
            if old == new:
                continue
            rows = self._rows[index.name]
            if old:
                del rows[old[0]][bisect_left(rows[old[0]], (old[1], key))]
            if new:
                insort(rows[new[0]], (new[1], key))


def _key(write: Write) -> Key:
    return (write.item["pk"], write.item["sk"]) if isinstance(write, Put) else write.key


def _place(index: Index, item: Item | None) -> tuple[str, str] | None:
    return (item[index.hash], item[index.range]) if item and index.hash in item and index.range in item else None


def _after(before: Item | None, write: Write, key: Key) -> dict[str, Any]:
    if isinstance(write, Put):
        return dict(write.item)
    assert isinstance(write, Update)
    item: dict[str, Any] = dict(before or {"pk": key[0], "sk": key[1]})
    parts = _SECTION.split(write.change)[1:]
    for verb, text in zip(parts[::2], parts[1::2], strict=True):
        for clause in _WITHIN.sub(r"\1; \2", text).strip().rstrip(",").split(", "):
            _apply(item, verb, clause.strip(), write)
    return item


def _apply(item: dict[str, Any], verb: str, clause: str, write: Update) -> None:
    if verb == "REMOVE":
        item.pop(_name(clause, write.names), None)
    elif verb == "SET":
        name, _, value = clause.partition(" = ")
        first = re.fullmatch(r"if_not_exists\((#?\w+); (:\w+)\)", value)
        known = item.get(_name(first[1], write.names)) if first else None
        item[_name(name, write.names)] = write.values[first[2] if first else value] if known is None else known
    else:
        name, value = clause.split(" ")
        item[_name(name, write.names)] = item.get(_name(name, write.names), 0) + write.values[value]


def _holds(item: Item | None, write: Write) -> bool:
    """A condition: ORs within brackets, ANDs around them, or ANDs of ORs alone."""
    known = item or {}

    def term(match: re.Match[str]) -> str:
        if match[1]:
            there = _name(match[2], write.names) in known
            return str(there == (match[1] == "attribute_exists"))
        value, operand = known.get(_name(match[3], write.names)), write.values[match[5]]
        return str(value == operand if match[4] == "=" else value is not None and value <= operand)

    text = _TERM.sub(term, write.when).replace("AND", "and").replace("OR", "or")
    assert set(re.findall(r"\w+", text)) <= {"True", "False", "and", "or"}, write.when
    return bool(eval(text))  # noqa: S307 - True, False, and, or, and brackets: asserted above


def _name(name: str, names: Mapping[str, str]) -> str:
    return names.get(name, name.removeprefix("#"))
