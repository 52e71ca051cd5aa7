"""The ledger's entries in the table, each with a line in the bucket of every party that it concerns."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from datetime import date, datetime, timedelta
from heapq import merge
from typing import Any

from functions.settlement.ledger.books import books_of
from functions.settlement.ledger.ledger import Booking, Entry, entry_document, entry_from_document
from functions.settlement.ledger.lines import PartyLine, line_document, line_from_document, party_lines, region_of
from functions.settlement.runs.calendars import Period, bucket_order
from functions.settlement.tables import (
    BY_LIST,
    SEALED,
    SEALED_IS,
    SPREAD,
    UNSEALED,
    bucket_pks,
    buckets_pk,
    entry_key,
    party_pk,
    seal_key,
    shard_of,
)
from hub.kernel.clock import parse_rfc3339, rfc3339
from hub.kernel.errors import Invalid, NotFound, Retry
from hub.kernel.positions import no_such_cursor, place_before, position_before
from hub.kernel.regions import BASE
from hub.store.lists import ListQuery, Within, list_keys, read_list, spread_out
from hub.store.paging import Position
from hub.store.rehearsal import Known, is_rehearsal
from hub.store.table import NEW, Check, Item, Key, Lost, Put, Table, Update, Write

LIST = "entries"
PROOF = "proved entries"
"""What positions call the same list where it is added up."""
PAGE = 1000
LATEST = timedelta(days=62)
"""So long after its period a first entry may be posted."""
WHOLE = Within(BASE)
LINES_A_QUERY = 500
SUMMARY_LIMIT = 20_000
"""Entries that one request adds up."""
FACT_ENTRIES_LIMIT = 200
"""Entries of one fact: of every policy and purpose."""
BUCKETS_LIMIT = 400
"""Buckets of a party that are read at once: a year of days."""

Posted = tuple[Entry, Booking]


class Sealed(Exception):
    """The period was sealed before this was posted into it: it comes late."""


class Entries:
    """Journal entries, and the parties' lines beside them."""

    def __init__(self, tenant: str, table: Table) -> None:
        self._tenant, self._table = tenant, table
        self._known_buckets = Known[tuple[str, str]]()
        self._begun = False

    def post(
        self, entry: Entry, booking: Booking, period: Period, *, also: Sequence[Write] = (), closing: bool = False
    ) -> tuple[Posted, bool]:
        """Post an entry into a period, once for its fact, policy and purpose: one transaction. Answers what the ledger
        now holds for them, and whether it is new. also: balances that it changes. closing: by the period's own run,
        after it was sealed and before it is drained. Raises Sealed, Retry."""
        self._begin(booking.posted_at)
        lines = party_lines(entry, booking.late_for)
        for line in lines:
            self._list_bucket(period, line.party)
        seal = seal_key(self._tenant, period.run_id, shard_of(entry.id))
        is_open: Write = Check(seal, SEALED, SEALED_IS) if closing else Check(seal, UNSEALED)
        if period.is_batch and not closing:
            is_open = Update(seal, "ADD entries :one", {":one": 1}, UNSEALED)
        writes: list[Write] = [Put(self._item(entry, booking), NEW), is_open]
        writes += [Put(self._line_item(line, period.run_id)) for line in lines]
        writes += [Put(item) for item in self._in_other_books(entry, booking)]
        try:
            self._table.transact(*writes, *also, made=entry.id)
        except Lost as lost:
            known = self.find(entry)
            if known is not None:
                return known, False
            if lost.index == 1:
                raise Sealed from lost
            raise Retry("a balance is being changed", entry=entry.id) from lost
        return (entry, booking), True

    def find(self, entry: Entry) -> Posted | None:
        """What the ledger holds for an entry's fact, policy and purpose."""
        item = self._table.get(entry_key(self._tenant, entry.fact_id, entry.why.rule, entry.purpose))
        return entry_from_document(item["document"]) if item else None

    def of_fact(self, fact_id: str) -> list[Posted]:
        """Every entry that a fact made; strongly consistent."""
        pk, _ = entry_key(self._tenant, fact_id, "", "")
        items = self._table.query_all(pk, limit=FACT_ENTRIES_LIMIT, consistent=True)
        return [entry_from_document(item["document"]) for item in items]

    def get(self, entry_id: str) -> Posted:
        """An entry by its id alone; may be two seconds behind. Raises NotFound."""
        items = self._table.query(_by_id(self._tenant, entry_id), index=BY_LIST, limit=1).items
        if not items:
            raise NotFound("no such entry", entry=entry_id)
        return entry_from_document(items[0]["document"])

    def agree_with(self, lines: Iterable[PartyLine]) -> bool:
        """Whether each line is what its entry means to its party; strongly consistent."""
        by_key = {entry_key(self._tenant, line.fact_id, line.why.rule, line.purpose): line for line in lines}
        items = self._table.get_many(by_key, consistent=True)
        entries = {(item["pk"], item["sk"]): entry_from_document(item["document"])[0] for item in items}
        return all(
            key in entries and entries[key].earned_by_party().get(line.party) == line.amount
            for key, line in by_key.items()
        )

    def proved(
        self, now: datetime, position: Position | None, limit: int = PAGE
    ) -> tuple[list[Entry], list[str], Position | None]:
        """At most `limit` of all entries, the latest first: those that balance and whose lines stand with their
        parties, the ids of all others, and where the next page starts. Lines are read strongly consistent."""
        start, begun = position_before(LIST, place_before(PROOF, position)), self.since()
        if begun is None:
            return [], [], None
        query = ListQuery(self._tenant, LIST, WHOLE, now, min(limit, PAGE), begun, None, start, spread=SPREAD)
        listed = read_list(self._table, query)
        sound: list[Posted] = []
        wrong: list[str] = []
        for item in listed.items:
            try:
                sound.append(entry_from_document(item["document"]))
            except Invalid:
                wrong.append(item["list_sk"])
        lacking = self._lacking(sound)
        proved = [entry for entry, _ in sound if entry.id not in lacking]
        return proved, [*wrong, *sorted(lacking)], position_before(PROOF, place_before(LIST, listed.position))

    def _lacking(self, posted: Iterable[Posted]) -> set[str]:
        """The entries of which a line is not in its bucket, or says another amount there."""
        items = [
            (self._line_item(line, booking.run_id), line.amount)
            for entry, booking in posted
            for line in party_lines(entry, booking.late_for)
        ]
        held = {
            (item["pk"], item["sk"]): line_from_document(json.loads(item["document"]), "").amount
            for item in self._table.get_many(((item["pk"], item["sk"]) for item, _ in items), consistent=True)
        }
        return {item["sk"].rpartition("#")[2] for item, amount in items if held.get((item["pk"], item["sk"])) != amount}

    def lines(self, run_id: str, party: str, after: str = "") -> Iterator[tuple[str, PartyLine]]:
        """A bucket's lines in canonical order, each with its place, those behind `after`; strongly consistent, read as
        they are taken."""
        shards = (self._shard(pk, after) for pk in bucket_pks(self._tenant, run_id, party))
        for item in merge(*shards, key=lambda item: str(item["sk"])):
            yield item["sk"], line_from_document(json.loads(item["document"]), party)

    def lines_between(self, run_id: str, party: str, first: str, last: str) -> Iterator[tuple[str, PartyLine]]:
        """The lines of a bucket from one place to another, both included."""
        for place, line in self.lines(run_id, party, first[:-1]):
            if place > last:
                return
            if place >= first:
                yield place, line

    def buckets(self, party: str, since: date, until: date) -> list[str]:
        """The runs in whose periods a party has lines, of periods that begin in [since, until)."""
        between = (f"bucket#{since.isoformat()}", f"bucket#{until.isoformat()}")
        items = self._table.query_all(
            party_pk(self._tenant, party), sk_between=between, limit=BUCKETS_LIMIT, consistent=True
        )
        return [item["run_id"] for item in items]

    def parties(self, run_id: str, shard: int, after: str, limit: int) -> list[str]:
        """The parties of one shard that have lines in a period, in alphabetical order, those behind `after`."""
        pk = buckets_pk(self._tenant, run_id, shard)
        page = self._table.query(pk, sk_after=after, limit=limit, consistent=True)
        return [item["sk"] for item in page.items]

    def page(
        self,
        within: Within,
        now: datetime,
        limit: int,
        position: Position | None,
        since: datetime | None = None,
        until: datetime | None = None,
    ) -> tuple[list[Posted], Position | None]:
        """Entries within a scope, the latest first; may be two seconds behind. since, until: only those posted between.
        Raises Invalid for a wrong cursor."""
        begun = self.since()
        if begun is None:
            if position:
                raise no_such_cursor()
            return [], None
        first = max(begun, since or begun)
        query = ListQuery(self._tenant, LIST, within, now, limit, first, until, position, spread=SPREAD)
        entries = read_list(self._table, query)
        return [entry_from_document(item["document"]) for item in entries.items], entries.position

    def every(
        self,
        now: datetime,
        within: Within = WHOLE,
        since: datetime | None = None,
        until: datetime | None = None,
    ) -> Iterator[Entry]:
        """All entries of a scope posted by now, or in [since, until), the latest first, SUMMARY_LIMIT and one at most;
        may be two seconds behind."""
        position, left = None, SUMMARY_LIMIT + 1
        while left > 0:
            page, position = self.page(within, now, min(PAGE, left), position, since, until)
            yield from (entry for entry, _ in page)
            left -= len(page)
            if position is None:
                return

    def since(self) -> datetime | None:
        """When the first entry was posted, None before: no list goes further back."""
        item = self._table.get((f"{self._tenant}#journal", "journal"))
        return parse_rfc3339(item["since"]) if item else None

    def earliest_period(self) -> datetime | None:
        """Before which no period ended that anything was posted into; None before the first entry."""
        since = self.since()
        return since - LATEST if since else None

    def _begin(self, now: datetime) -> None:
        """The journal begins with the first entry; asked of the table once a process."""
        if not self._begun:
            with suppress(Lost):
                self._table.put(
                    {"pk": f"{self._tenant}#journal", "sk": "journal", "schema": 1, "since": rfc3339(now)}, NEW
                )
            self._begun = not is_rehearsal()

    def _item(self, entry: Entry, booking: Booking) -> Item:
        pk, sk = entry_key(self._tenant, entry.fact_id, entry.why.rule, entry.purpose)
        place = {"region": region_of(entry), "store": entry.why.facts.get("store_id", "")}
        return {
            "pk": pk,
            "sk": sk,
            "schema": 2,
            "document": entry_document(entry, booking),
            "list_pk": _by_id(self._tenant, entry.id),
            "list_sk": entry.id,
            **spread_out(list_keys(self._tenant, LIST, entry.id, booking.posted_at, **place), entry.id, SPREAD),
        }

    def _in_other_books(self, entry: Entry, booking: Booking) -> list[Item]:
        """Where an entry names books, each finds it, by the month in which it was posted."""
        if not any("book" in line.dims for line in entry.lines):
            return []
        pk, sk = entry_key(self._tenant, entry.fact_id, entry.why.rule, entry.purpose)
        month, shard = rfc3339(booking.posted_at)[:7], shard_of(entry.id, SPREAD)
        return [
            {"pk": f"{self._tenant}#book#{book}#{month}#{shard}", "sk": entry.id, "schema": 1, "entry": [pk, sk]}
            for book in sorted(books_of(entry))
        ]

    def in_book(self, book: str, month: str, limit: int) -> list[Entry]:
        """The entries that name a book, posted in a month (UTC), `limit` at most; strongly consistent."""
        keys: list[Key] = []
        for shard in range(SPREAD):
            items = self._table.query_all(f"{self._tenant}#book#{book}#{month}#{shard}", limit=limit, consistent=True)
            keys += [(item["entry"][0], item["entry"][1]) for item in items]
        items = self._table.get_many(keys[:limit], consistent=True)
        return [entry_from_document(item["document"])[0] for item in items]

    def _line_item(self, line: PartyLine, run_id: str) -> Item:
        pks = bucket_pks(self._tenant, run_id, line.party)
        return {
            "pk": pks[shard_of(line.entry_id, len(pks))],
            "sk": bucket_order(line.occurred_at, line.fact_id, line.purpose, line.entry_id),
            "schema": 2,
            "document": json.dumps(line_document(line), ensure_ascii=False, sort_keys=True),
        }

    def _list_bucket(self, period: Period, party: str) -> None:
        """Have the run of the period know of the party, and the party of the period, before a line is posted; once a
        process. Single writes: they do no harm where nothing follows them."""
        bucket = (period.run_id, party)
        if bucket in self._known_buckets:
            return
        of_party = f"bucket#{period.first.isoformat()}#{period.run_id}"
        self._table.put({"pk": party_pk(self._tenant, party), "sk": of_party, "schema": 1, "run_id": period.run_id})
        self._table.put({"pk": buckets_pk(self._tenant, period.run_id, shard_of(party)), "sk": party, "schema": 1})
        self._known_buckets.add(bucket)

    def _shard(self, pk: str, after: str) -> Iterator[dict[str, Any]]:
        start: Item | None = None
        while True:
            page = self._table.query(pk, sk_after=after, limit=LINES_A_QUERY, consistent=True, start=start)
            yield from page.items
            start = page.start
            if start is None:
                return


def placed(lines: Sequence[tuple[str, PartyLine]]) -> list[PartyLine]:
    """The lines alone."""
    return [line for _, line in lines]


def _by_id(tenant: str, entry_id: str) -> str:
    return f"{tenant}#entry-id#{entry_id}"
