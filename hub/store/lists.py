"""Lists keyed by scope (范围): what a page may show is what its key says, so nothing is read and then left out.

An item that is listed carries one sparse key a level, each for a month, and one order for all of them:

    l_tenant                            <tenant>#<list>#base#<month>#<shard 0-3>
    l_province l_city l_district        <tenant>#<list>#<region code>#<month>
    l_store l_person                    <tenant>#<list>#<id>#<month>
    l_at                                <rfc3339>#<id>

What a single place may be filled with by the thousand within a minute is `spread_out`: then each of these keys ends
with one of so many shards, and a page is merged from all of them.

`by_tenant by_province by_city by_district by_store by_person` are the indexes over them, keys only. A page is merged
from the partitions that a scope names, newest first, month by month, and its items are then read in one batch.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from heapq import merge
from itertools import groupby, islice
from typing import Any
from zlib import crc32

from hub.kernel import regions
from hub.kernel.clock import rfc3339
from hub.kernel.errors import Invalid, Problem
from hub.kernel.positions import no_such_cursor
from hub.store.table import Index, Item, Key, Table

SHARDS = 4
LEVELS = ("tenant", "province", "city", "district", "store", "person")
LIST_INDEXES: Mapping[str, Index] = {level: Index(f"by_{level}", f"l_{level}", "l_at") for level in LEVELS}
LIST_ATTRIBUTES = (*(f"l_{level}" for level in LEVELS), "l_at")
REACHES_BACK = timedelta(days=2 * 366)
"""So far a list goes back where nobody says since when."""
PARTITIONS_LIMIT = 200
"""A month of a page is merged from at most so many partitions: who has more stores asks by region."""
QUERIES_LIMIT, SPREAD_QUERIES_LIMIT = 64, 512
"""After so many queries a page begins no further month: it may be short, even empty, and says where it goes on."""

_POSITION = re.compile(r"\d{4}-(0[1-9]|1[0-2])(-\d\d.{0,200})?")


@dataclass(frozen=True, slots=True)
class Within:
    """The scope of a list: everything in any of these. region: a code with all below it, "base" the whole tenant, ""
    none."""

    region: str = ""
    stores: tuple[str, ...] = ()
    people: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ListQuery:
    """One page of a list. name: which list, facets included (`tickets-open`).

    now: business time; the list begins with its month. since, until: only what is between (until itself is not).
    position: where an earlier page ended. spread: into how many shards its keys are spread out, 1 for not at all.
    """

    tenant: str
    name: str
    within: Within
    now: datetime
    limit: int
    since: datetime | None = None
    until: datetime | None = None
    position: Mapping[str, Any] | None = None
    spread: int = 1


@dataclass(frozen=True, slots=True)
class ListPage:
    """items: plain, newest first. position: where the next page starts, None at the end."""

    items: list[dict[str, Any]]
    position: dict[str, str] | None


def list_keys(
    tenant: str, name: str, item_id: str, at: datetime, *, region: str = regions.BASE, store: str = "", person: str = ""
) -> dict[str, str]:
    """The index attributes of an item: where it is listed, and as of when. An attribute that is not in the answer is
    to be removed from the item.

    at: what the list is ordered by; its month is part of the keys. person: whose own it is.
    """
    l_at = f"{rfc3339(at)}#{item_id}"
    month = l_at[:7]
    places = _region_levels(region) | {"store": store, "person": person}
    keys = {f"l_{level}": f"{tenant}#{name}#{place}#{month}" for level, place in places.items() if place}
    shard = crc32(item_id.encode()) % SHARDS
    return {"l_tenant": f"{tenant}#{name}#{regions.BASE}#{month}#{shard}", **keys, "l_at": l_at}


def spread_out(keys: Mapping[str, str], item_id: str, shards: int) -> dict[str, str]:
    """The same index attributes (list_keys), of a list that is spread into so many shards."""
    shard = crc32(item_id.encode()) % shards
    spread = {name: f"{key}#{shard}" for name, key in keys.items() if name not in ("l_at", "l_tenant")}
    return {"l_tenant": f"{keys['l_tenant'].rpartition('#')[0]}#{shard}", **spread, "l_at": keys["l_at"]}


def read_list(table: Table, query: ListQuery) -> ListPage:
    """One page. Raises Invalid for a position that is none and for too wide a scope, Retry.

    May be two seconds behind: what has left the list, or the scope, meanwhile is left out, so a page may be short.
    """
    rows, position = _Walk(table, query).page()
    by_key = {(item["pk"], item["sk"]): item for item in table.get_many(row.key for row in rows)}
    items = [by_key[row.key] for row in rows if row.key in by_key and row.holds(by_key[row.key])]
    return ListPage(items, position)


@dataclass(frozen=True, slots=True, order=True)
class _Row:
    """A key that an index told, by its order. places: the key attribute of the index and the partition, and those of
    every other that told it too."""

    at: str
    key: Key
    places: tuple[tuple[str, str], ...] = field(compare=False)

    def holds(self, item: Item) -> bool:
        """Whether the item itself still says what an index said."""
        return item.get("l_at") == self.at and any(item.get(name) == partition for name, partition in self.places)


class _Walk:
    """From the newest month of a query to its oldest, until a page is full."""

    def __init__(self, table: Table, query: ListQuery) -> None:
        self.table, self.query = table, query
        self.until = _start(query)
        self.since = rfc3339(query.since or query.now - REACHES_BACK)
        self.queries, self.most = 0, QUERIES_LIMIT if query.spread == 1 else SPREAD_QUERIES_LIMIT

    def page(self) -> tuple[list[_Row], dict[str, str] | None]:
        """The rows, and where the next page starts."""
        rows: list[_Row] = []
        limit, month = self.query.limit, _month_before(self.until)
        while month >= self.since[:7]:
            count = limit + 1 - len(rows)
            rows += islice(self._month(month, count), count)
            if len(rows) > limit:
                return rows[:limit], self._position(rows[limit - 1].at)
            if self.queries >= self.most and month > self.since[:7]:
                return rows, self._position(month)
            month = _previous(month)
        return rows, None

    def _position(self, before: str) -> dict[str, str]:
        """A position is good for its own list alone."""
        return {"list": self.query.name, "before": before}

    def _month(self, month: str, count: int) -> Iterator[_Row]:
        """All rows of a month, newest first, each once. count: how many of them will be taken, as a rule."""
        partitions = list(_partitions(self.query, month))
        size = max(10, 2 * count // len(partitions)) if len(partitions) > 1 else count
        rows = merge(*(self._partition(level, pk, month, size) for level, pk in partitions), reverse=True)
        for row, same in groupby(rows):
            yield replace(row, places=tuple(place for other in same for place in other.places))

    def _partition(self, level: str, pk: str, month: str, size: int) -> Iterator[_Row]:
        index, start = LIST_INDEXES[level], None
        between = max(self.since, month), min(self.until, f"{month}~")
        while between[0] <= between[1]:
            self.queries += 1
            page = self.table.query(pk, index=index, sk_between=between, newest_first=True, limit=size, start=start)
            for item in page.items:
                if item["l_at"] != self.until:
                    yield _Row(item["l_at"], (item["pk"], item["sk"]), ((index.hash, pk),))
            start = page.start
            if start is None:
                return


def _partitions(query: ListQuery, month: str) -> Iterator[tuple[str, str]]:
    """The level and the key of each partition that the scope names."""
    prefix, within = f"{query.tenant}#{query.name}", query.within
    if within.region == regions.BASE:
        for shard in range(query.spread if query.spread > 1 else SHARDS):
            yield "tenant", f"{prefix}#{regions.BASE}#{month}#{shard}"
        return
    suffixes = [f"#{shard}" for shard in range(query.spread)] if query.spread > 1 else [""]
    places = [([*_region_levels(within.region)][-1], within.region)] if within.region else []
    places += [("store", store) for store in dict.fromkeys(within.stores)]
    places += [("person", person) for person in dict.fromkeys(within.people)]
    for level, place in places:
        yield from ((level, f"{prefix}#{place}#{month}{suffix}") for suffix in suffixes)


def _region_levels(code: str) -> dict[str, str]:
    """The region's code at each level, from the province inward: {"province": "310000", "city": "310100"}."""
    inward = regions.path(code)[-2::-1] if code != regions.BASE else ()
    return dict(zip(LEVELS[1:4], inward, strict=False))


def _start(query: ListQuery) -> str:
    """The text before which the page begins."""
    if len(query.within.stores) + len(query.within.people) > PARTITIONS_LIMIT:
        rule = f"must narrow the list to {PARTITIONS_LIMIT} stores at most"
        raise Invalid("too wide a list", problems=[Problem("query:store", rule)])
    newest = rfc3339(query.until) if query.until else _following(rfc3339(query.now)[:7])
    if not query.position:
        return newest
    before, named = query.position.get("before"), query.position.get("list")
    if named != query.name or not isinstance(before, str) or not _POSITION.fullmatch(before):
        raise no_such_cursor()
    return min(newest, before)


def _month_before(text: str) -> str:
    """The last month that holds anything before this text: "2026-06" → "2026-05", "2026-06-03T…" → "2026-06"."""
    return _previous(text) if len(text) == 7 else text[:7]


def _previous(month: str) -> str:
    year, number = int(month[:4]), int(month[5:7])
    return f"{year:04}-{number - 1:02}" if number > 1 else f"{year - 1:04}-12"


def _following(month: str) -> str:
    year, number = int(month[:4]), int(month[5:7])
    return f"{year:04}-{number + 1:02}" if number < 12 else f"{year + 1:04}-01"
