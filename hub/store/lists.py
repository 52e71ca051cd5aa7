"""Lists keyed by scope (范围): what a page may show is what its key says, so nothing is read and then left out.

An item that is listed carries one sparse key a level, each for a month, and one order for all of them:

    l_tenant                            <tenant>#<list>#base#<month>#<shard 0-3>
    l_province l_city l_district        <tenant>#<list>#<region code>#<month>
    l_store l_person                    <tenant>#<list>#<id>#<month>
    l_at                                <rfc3339>#<id>

What is to come, and holds only what is still open, has AHEAD for the month, and is read soonest first (`read_soonest`).
What a single place may be filled with by the thousand within a minute is `spread_out`: then each of these keys ends
with one of so many shards, and a page is merged from all of them.

`by_tenant by_province by_city by_district by_store by_person` are the indexes over them, keys only. A page is merged
from the partitions that a scope names, newest first, month by month, and its items are then read in one batch.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import field, replace
from datetime import datetime, timedelta
from heapq import merge
from itertools import groupby, islice
from typing import Any
from zlib import crc32

from hub.kernel import regions
from hub.kernel.clock import rfc3339
from hub.kernel.dataclass import dataclass
from hub.kernel.errors import Invalid, Problem
from hub.kernel.positions import no_such_cursor
from hub.store.table import Index, Item, Key, Table

SHARDS = 4
LEVELS = ("tenant", "province", "city", "district", "store", "person")
LIST_INDEXES: Mapping[str, Index] = {level: Index(f"by_{level}", f"l_{level}", "l_at") for level in LEVELS}
LIST_ATTRIBUTES = (*(f"l_{level}" for level in LEVELS), "l_at")
AHEAD = "ahead"
"""Instead of a month: what is listed by when it is due leaves its list when it is over, so no history lies under it."""
REACHES_BACK = timedelta(days=2 * 366)
"""So far a list goes back where nobody says since when."""
PARTITIONS_LIMIT = 310
"""A month of a page is merged from at most so many partitions: the 300 stores that a person may have and themselves."""
QUERIES_LIMIT, SPREAD_QUERIES_LIMIT = 64, 512
"""After so many queries a page begins no further month: it may be short, even empty, and says where it goes on."""

LOWEST, HIGHEST = " ", "~"
"""Before and behind all moments."""
_MOMENT = re.compile(r"\d{4}-\d\d-\d\d.{0,200}")
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
    tenant: str,
    name: str,
    item_id: str,
    at: datetime,
    *,
    region: str = regions.BASE,
    store: str = "",
    person: str = "",
    period: str = "",
) -> dict[str, str]:
    """The index attributes of an item: where it is listed, and as of when. An attribute that is not in the answer is
    to be removed from the item.

    at: what the list is ordered by; its month is part of the keys, or `period` in its place. person: whose own it is.
    """
    l_at = f"{rfc3339(at)}#{item_id}"
    month = period or l_at[:7]
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
    return ListPage(_still_listed(table, rows), position)


def read_soonest(table: Table, query: ListQuery) -> ListPage:
    """One page of a list that is keyed by AHEAD, the soonest first: from `since` on, before `until`. The same raises,
    and the same two seconds."""
    _require_narrow(query.within)
    after = _position_of(query, "after", _MOMENT) or (rfc3339(query.since) if query.since else LOWEST)
    until = rfc3339(query.until) if query.until else HIGHEST
    partitions = list(_partitions(query, AHEAD))
    size = max(10, 2 * query.limit // len(partitions)) if len(partitions) > 1 else query.limit + 2
    merged = merge(*(_ahead(table, level, pk, (after, until), size) for level, pk in partitions))
    rows = list(islice((_told_by_all(row, same) for row, same in groupby(merged)), query.limit + 1))
    position = {"list": query.name, "after": rows[query.limit - 1].at} if len(rows) > query.limit else None
    return ListPage(_still_listed(table, rows[: query.limit]), position)


def _ahead(table: Table, level: str, pk: str, between: tuple[str, str], size: int) -> Iterator[_Row]:
    """The rows of a partition behind the first moment and before the second, the soonest first."""
    index, start = LIST_INDEXES[level], None
    while between[0] <= between[1]:
        page = table.query(pk, index=index, sk_between=between, limit=size, start=start)
        for item in page.items:
            if item["l_at"] not in between:
                yield _Row(item["l_at"], (item["pk"], item["sk"]), ((index.hash, pk),))
        start = page.start
        if start is None:
            return


def _still_listed(table: Table, rows: Sequence[_Row]) -> list[dict[str, Any]]:
    """The items behind the rows, without those that have left the list, or the scope, meanwhile."""
    by_key = {(item["pk"], item["sk"]): item for item in table.get_many(row.key for row in rows)}
    return [by_key[row.key] for row in rows if row.key in by_key and row.holds(by_key[row.key])]


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
            yield _told_by_all(row, same)

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


def _told_by_all(row: _Row, same: Iterable[_Row]) -> _Row:
    """A row that several indexes told, once."""
    return replace(row, places=tuple(place for other in same for place in other.places))


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
    _require_narrow(query.within)
    newest = rfc3339(query.until) if query.until else _following(rfc3339(query.now)[:7])
    before = _position_of(query, "before", _POSITION)
    return min(newest, before) if before else newest


def _require_narrow(within: Within) -> None:
    if len(within.stores) + len(within.people) > PARTITIONS_LIMIT:
        rule = f"must narrow the list to {PARTITIONS_LIMIT} stores at most"
        raise Invalid("too wide a list", problems=[Problem("query:store", rule)])


def _position_of(query: ListQuery, name: str, form: re.Pattern[str]) -> str:
    """Where an earlier page of this list ended, "" for the first page. Raises Invalid for a position of another."""
    if not query.position:
        return ""
    place, named = query.position.get(name), query.position.get("list")
    if named != query.name or not isinstance(place, str) or not form.fullmatch(place):
        raise no_such_cursor()
    return place


def _month_before(text: str) -> str:
    """The last month that holds anything before this text: "2026-06" → "2026-05", "2026-06-03T…" → "2026-06"."""
    return _previous(text) if len(text) == 7 else text[:7]


def _previous(month: str) -> str:
    year, number = int(month[:4]), int(month[5:7])
    return f"{year:04}-{number - 1:02}" if number > 1 else f"{year - 1:04}-12"


def _following(month: str) -> str:
    year, number = int(month[:4]), int(month[5:7])
    return f"{year:04}-{number + 1:02}" if number < 12 else f"{year + 1:04}-01"
