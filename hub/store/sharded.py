"""Lists in the order of their ids, in four shards by the id's hash: no key holds all of a tenant's.

    list_pk     <tenant>#<list>#<shard 0-3>
    list_sk     <id>

A page is merged from all shards; where an id is known, its shard is. What grows by the month is listed by scope and
month (hub.store.lists).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from heapq import merge
from itertools import islice
from typing import Any, TypeVar
from zlib import crc32

from pynamodb.attributes import UnicodeAttribute
from pynamodb.pagination import ResultIterator

from hub.kernel.errors import Broken
from hub.kernel.positions import no_such_cursor
from hub.store.model import RoomModel, saving
from hub.store.paging import Position

SHARDS = 4
LOWEST, HIGHEST = " ", "\U0010ffff"
"""Before and behind all ids."""

Model = TypeVar("Model", bound=RoomModel)


def shard_pk(tenant: str, name: str, item_id: str) -> str:
    """The partition of a list in which this id stands."""
    return f"{tenant}#{name}#{crc32(item_id.encode()) % SHARDS}"


def shard_pks(tenant: str, name: str) -> tuple[str, ...]:
    """All partitions of a list."""
    return tuple(f"{tenant}#{name}#{shard}" for shard in range(SHARDS))


def read_sharded(
    query: Callable[..., ResultIterator[Model]],
    by: UnicodeAttribute,
    tenant: str,
    name: str,
    *,
    limit: int,
    start: Position | None = None,
    prefix: str = "",
    until: str = HIGHEST,
    newest_first: bool = False,
    **options: Any,
) -> tuple[list[Model], Position | None]:
    """Up to `limit` items whose id begins with `prefix`, in the order of their ids, and where the next page starts,
    None at the end.

    query: a model's or an index's `query`; by: the attribute that holds the id there. until: no id behind it. Raises
    Invalid for a start that is none of this list, Retry.
    """
    after = _after(start, name, prefix)
    low, high = prefix or LOWEST, f"{prefix}{until}"
    if after:
        low, high = (low, after) if newest_first else (after, high)
    between = by.between(low, high)

    def value(item: Model) -> str:
        return str(getattr(item, str(by.attr_name)))

    def shard(pk: str) -> Iterator[Model]:
        return query(pk, between, limit=limit + 2, scan_index_forward=not newest_first, **options)

    try:
        with saving():
            merged = merge(*map(shard, shard_pks(tenant, name)), key=value, reverse=newest_first)
            rows = (item for item in merged if value(item) != after)
            items, more = list(islice(rows, limit)), next(rows, None) is not None
    except Broken:
        if start is None:
            raise
        raise no_such_cursor() from None
    return items, {"list": name, "after": value(items[-1])} if more and items else None


def _after(start: Position | None, name: str, prefix: str) -> str:
    """The id behind which the page begins, "" for the first page."""
    if start is None:
        return ""
    after = start.get("after")
    if start.get("list") != name or not isinstance(after, str) or not after or not after.startswith(prefix):
        raise no_such_cursor()
    return after
