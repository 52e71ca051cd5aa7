"""The lean mouth to DynamoDB: one table through a botocore client, items as plain values. The front door imports it.

Every method raises Retry where DynamoDB does not do it now, and Broken where it can't read what we sent; what has a
condition raises Lost (a Conflict), with the item as it stands.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import field
from typing import Any
from uuid import uuid4

from hub.kernel.dataclass import dataclass
from hub.kernel.errors import Broken, Retry
from hub.kernel.positions import no_such_cursor
from hub.store.ahead import ahead_now
from hub.store.faults import Busy, Lost, passing, translated
from hub.store.items import Item, plain_item, raw_item
from hub.store.marks import Repeated, ride_on
from hub.store.rehearsal import NEVER, foreseen, is_rehearsal
from hub.store.writes import NEW, Check, Delete, Key, Put, Texts, Update, Write, expressions, raw_key

__all__ = [
    "NEW",
    "Busy",
    "Check",
    "Delete",
    "Index",
    "Item",
    "Key",
    "Lost",
    "Page",
    "Put",
    "Table",
    "Update",
    "Write",
    "passing",
    "translated",
]

BATCH_LIMIT = 100
"""BatchGetItem and TransactWriteItems take at most so many items."""
PUT_BATCH_LIMIT = 25
"""BatchWriteItem takes at most so many, of 16 MB in all."""
REHEARSED_LIMIT = BATCH_LIMIT - 1
"""So many writes leave room for the condition that fails."""
BATCH_TRIES = 5
"""So often what a batch left out is asked for, 50 ms later each time."""
BACKOFF_SECONDS = 0.05
PAGES_LIMIT = 100
"""`query_all` reads at most so many pages."""


@dataclass(frozen=True, slots=True)
class Index:
    """A global secondary index and the attributes that are its keys."""

    name: str
    hash: str
    range: str


_BASE = Index("", "pk", "sk")


@dataclass(frozen=True, slots=True)
class Page:
    """What one query read. start: where the next page starts (plain), None at the end."""

    items: list[dict[str, Any]]
    start: dict[str, Any] | None


@dataclass(frozen=True, slots=True)
class Table:
    """One table. client: a botocore DynamoDB client."""

    name: str
    client: Any = field(repr=False)
    sleep: Callable[[float], None] = field(default=time.sleep, repr=False)

    def get(self, key: Key, *, consistent: bool = True, only: Sequence[str] = ()) -> dict[str, Any] | None:
        """The item, or only some attributes of it; None when there is none."""
        ahead = ahead_now()
        if ahead is not None and not only:
            is_at_hand, item_ahead = ahead.take(self.name, key)
            if is_at_hand:
                return None if item_ahead is None else dict(item_ahead)
        aliases = _aliases(only)
        params = {"Key": raw_key(key), "ConsistentRead": consistent}
        params |= expressions({}, aliases, only=", ".join(aliases))
        item = self._call(self.client.get_item, params).get("Item")
        return None if item is None else plain_item(item)

    def get_many(self, keys: Iterable[Key], *, consistent: bool = False) -> list[dict[str, Any]]:
        """The items of these keys that there are, in the order of the keys; each once."""
        distinct = list(dict.fromkeys(keys))
        ahead = ahead_now()
        at_hand = {key: ahead.take(self.name, key) for key in distinct} if ahead is not None else {}
        by_key = {key: dict(item) for key, (is_there, item) in at_hand.items() if is_there and item is not None}
        by_key |= self._by_key([key for key in distinct if not at_hand.get(key, (False, None))[0]], consistent)
        return [by_key[key] for key in distinct if key in by_key]

    def read_ahead(self, keys: Iterable[Key], *, consistent: bool = True) -> None:
        """Have these items at hand for whoever gets them in this batch (hub.store.ahead)."""
        ahead, distinct = ahead_now(), list(dict.fromkeys(keys))
        if ahead is not None and len(distinct) > 1:
            by_key = self._by_key(distinct, consistent)
            ahead.keep(self.name, {key: by_key.get(key) for key in distinct})

    def _by_key(self, keys: Sequence[Key], consistent: bool) -> dict[Key, dict[str, Any]]:
        by_key: dict[Key, dict[str, Any]] = {}
        for begin in range(0, len(keys), BATCH_LIMIT):
            for item in self._get_batch(keys[begin : begin + BATCH_LIMIT], consistent):
                by_key[item["pk"], item["sk"]] = item
        return by_key

    def put(
        self,
        item: Item,
        when: str = "",
        values: Item | None = None,
        names: Texts | None = None,
        *,
        with_item: bool = True,
    ) -> None:
        """Put `item`, which carries pk and sk. with_item: whether Lost shall carry the item that stands in the way."""
        write = Put(item, when, values or {}, names or {})
        if is_rehearsal():
            self._transact((write,), "")
            return
        self._forget(write)
        params = write.params()
        if not with_item:
            params.pop("ReturnValuesOnConditionCheckFailure", None)
        self._call(self.client.put_item, params)

    def put_many(self, items: Sequence[Item]) -> None:
        """Put items, whatever lies there; not all or none, so it may be done again. Raises Retry where one is left."""
        if is_rehearsal():
            return
        self._forget(*map(Put, items))
        for begin in range(0, len(items), PUT_BATCH_LIMIT):
            self._put_batch([{"PutRequest": {"Item": raw_item(item)}} for item in items[begin:][:PUT_BATCH_LIMIT]])

    def update(
        self, key: Key, change: str, values: Item | None = None, when: str = "", names: Texts | None = None
    ) -> dict[str, Any]:
        """Change the item, or make it, by an UpdateExpression; answers the whole item as it is then."""
        write = Update(key, change, values or {}, when, names or {})
        if is_rehearsal():
            self._transact((write,), "")
            return foreseen(self.get(key), write)
        self._forget(write)
        params = write.params()
        response = self._call(self.client.update_item, params | {"ReturnValues": "ALL_NEW"})
        return plain_item(response["Attributes"])

    def delete(self, key: Key, when: str = "", values: Item | None = None, names: Texts | None = None) -> None:
        """Delete the item, if it is there."""
        write = Delete(key, when, values or {}, names or {})
        if is_rehearsal():
            self._transact((write,), "")
            return
        self._forget(write)
        self._call(self.client.delete_item, write.params())

    def query(
        self,
        pk: str,
        *,
        limit: int,
        index: Index | None = None,
        sk_prefix: str = "",
        sk_between: tuple[str, str] | None = None,
        sk_before: str = "",
        sk_after: str = "",
        start: Item | None = None,
        newest_first: bool = False,
        consistent: bool = False,
        only: Sequence[str] = (),
    ) -> Page:
        """One page: at most `limit` items of a partition (of the table, or of an index), in the order of the sort key.

        sk_between: both ends belong to it; sk_before, sk_after: the end does not. only: of each item these attributes.
        start: an earlier page's; raises Invalid for one that is none of this query's, since it comes from a caller, and
        sends none of another partition.
        """
        by, aliases = index or _BASE, _aliases(only)
        if start and not _lies_in(start, by, pk):
            raise no_such_cursor()
        condition, values = _range(sk_prefix, sk_between, sk_before, sk_after)
        params = {
            **expressions(
                {":pk": pk} | values,
                {"#pk": by.hash, "#sk": by.range} | aliases,
                key=f"#pk = :pk{condition}",
                only=", ".join(aliases),
            ),
            "Limit": limit,
            "ScanIndexForward": not newest_first,
            "ConsistentRead": consistent,
            **({"IndexName": index.name} if index else {}),
            **({"ExclusiveStartKey": raw_item(start)} if start else {}),
        }
        try:
            response = self._call(self.client.query, params)
        except Broken:
            if not start:
                raise
            raise no_such_cursor() from None
        last = response.get("LastEvaluatedKey")
        return Page(list(map(plain_item, response["Items"])), plain_item(last) if last else None)

    def query_all(self, pk: str, *, limit: int, **options: Any) -> list[dict[str, Any]]:
        """The first `limit` items of a query (the same options), over as many pages as they take."""
        items: list[dict[str, Any]] = []
        start: Item | None = None
        for _ in range(PAGES_LIMIT):
            page = self.query(pk, limit=limit - len(items), start=start, **options)
            items, start = items + page.items, page.start
            if start is None or len(items) >= limit:
                return items
        raise Broken("more pages than a query may take", table=self.name, pages=PAGES_LIMIT)

    def transact(self, *writes: Write, token: str = "", made: str = "") -> None:
        """All of these or none, at most a hundred; and the mark of the request that this is part of (hub.store.marks),
        for which `made` is what came of it. token: the same one within ten minutes does nothing again.

        Lost says by `index` which one's condition failed. Raises Repeated when the request was done before.
        """
        ride = ride_on(self.name)
        if ride is None:
            self._transact(writes, token)
            return
        try:
            self._transact((ride.write(made), *writes), token)
        except Lost as lost:
            if lost.index == 0:
                raise Repeated("done before") from lost
            raise Lost(lost.item, lost.index - 1, **lost.facts) from lost
        ride.carried = True

    def _transact(self, writes: Sequence[Write], token: str) -> None:
        """What nobody answered is sent once more under the same token: had it been done, it is not done again."""
        if is_rehearsal():
            self._rehearse(writes)
            return
        self._forget(*writes)
        params = {"TransactItems": [*map(self._part, writes)], "ClientRequestToken": token or uuid4().hex}
        try:
            self._send(params)
        except Busy:
            raise
        except Retry:
            self._send(params)

    def _rehearse(self, writes: Sequence[Write]) -> None:
        """Raises what the transaction would raise, and never writes. One that is full leaves no room for the condition
        that fails: it goes in two parts."""
        for begin in range(0, len(writes), REHEARSED_LIMIT):
            some = writes[begin : begin + REHEARSED_LIMIT]
            try:
                self._send({"TransactItems": [*map(self._part, some), self._part(NEVER)]})
            except Lost as lost:
                if lost.index < len(some):
                    raise Lost(lost.item, begin + lost.index, **lost.facts) from lost

    def _forget(self, *writes: Write) -> None:
        """What is written, whatever comes of it, is not as it was read ahead."""
        if (ahead := ahead_now()) is not None:
            for write in writes:
                ahead.forget(write.table or self.name, (write.key,))

    def _part(self, write: Write) -> dict[str, Any]:
        return {_VERBS[type(write)]: {"TableName": write.table or self.name} | write.params()}

    def _send(self, params: Mapping[str, Any]) -> None:
        with passing("DynamoDB"):
            self.client.transact_write_items(**params)

    def _call(self, method: Callable[..., Any], params: Mapping[str, Any]) -> Mapping[str, Any]:
        with passing("DynamoDB"):
            response: Mapping[str, Any] = method(TableName=self.name, **params)
        return response

    def _get_batch(self, keys: Sequence[Key], consistent: bool) -> list[dict[str, Any]]:
        request: Any = {self.name: {"Keys": [raw_key(key) for key in keys], "ConsistentRead": consistent}}
        items: list[dict[str, Any]] = []
        for turn in range(BATCH_TRIES):
            self.sleep(turn * BACKOFF_SECONDS)
            with passing("DynamoDB"):
                response = self.client.batch_get_item(RequestItems=request)
            items += map(plain_item, response["Responses"].get(self.name, ()))
            request = response.get("UnprocessedKeys")
            if not request:
                return items
        raise Retry("DynamoDB: too busy", reason="UnprocessedKeys")

    def _put_batch(self, puts: Sequence[Mapping[str, Any]]) -> None:
        request: Any = {self.name: puts}
        for turn in range(BATCH_TRIES):
            self.sleep(turn * BACKOFF_SECONDS)
            with passing("DynamoDB"):
                request = self.client.batch_write_item(RequestItems=request).get("UnprocessedItems")
            if not request:
                return
        raise Retry("DynamoDB: too busy", reason="UnprocessedItems")


_VERBS = {Put: "Put", Update: "Update", Delete: "Delete", Check: "ConditionCheck"}


def _lies_in(start: Item, by: Index, pk: str) -> bool:
    """Whether a start is one of this partition: the keys of the table and the index, and nothing else."""
    return start.keys() == {"pk", "sk", by.hash, by.range} and start[by.hash] == pk


def _aliases(names: Sequence[str]) -> dict[str, str]:
    """What a projection onto these attributes calls them, whatever their names are."""
    return {f"#a{number}": name for number, name in enumerate(names)}


def _range(prefix: str, between: tuple[str, str] | None, before: str, after: str) -> tuple[str, dict[str, str]]:
    """The condition on the sort key, and its values."""
    if between:
        return " AND #sk BETWEEN :from AND :to", {":from": between[0], ":to": between[1]}
    for text, condition in ((prefix, "begins_with(#sk, :sk)"), (before, "#sk < :sk"), (after, "#sk > :sk")):
        if text:
            return f" AND {condition}", {":sk": text}
    return "", {}
