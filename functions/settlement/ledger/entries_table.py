"""The ledger's entries in the table, and the parties' lines that are projected from them."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime

from functions.settlement.ledger.ledger import Booking, Entry, entry_document, entry_from_document
from functions.settlement.ledger.lines import PartyLine, line_document, line_from_document, region_of
from functions.settlement.tables import DueItem, EntryItem, LineItem, PartyItem
from hub.kernel.clock import rfc3339
from hub.kernel.errors import Invalid, Problem
from hub.kernel.regions import BASE
from hub.store.lists import ListQuery, Within, list_keys, read_list
from hub.store.model import saving
from hub.store.paging import Position
from hub.store.sharded import shard_pk
from hub.store.table import Table

EARNINGS_LIMIT = 2000
"""Lines of one person and period in one answer."""
LIST = "entries"
FIRST = datetime(2026, 1, 1, tzinfo=UTC)
"""No entry was posted before."""
PAGE = 1000
SUMMARY_LIMIT = 20_000
"""Entries that one request adds up."""


class Entries:
    """Journal entries and the parties' lines that are projected from them."""

    def __init__(self, tenant: str, table: Table) -> None:
        self._tenant, self._table = tenant, table
        self._known_parties: set[str] = set()

    def post(self, entry: Entry, booking: Booking) -> tuple[Entry, Booking, bool]:
        """Post an entry, once for its fact and purpose: one conditional put. Answers what the ledger now holds for
        them, and whether it is new."""
        item = EntryItem(
            f"{self._tenant}#entry#{entry.fact_id}",
            f"{entry.why.rule}#{entry.purpose}",
            document=entry_document(entry, booking),
        )
        item.list_under(list_keys(self._tenant, LIST, entry.id, booking.posted_at, region=region_of(entry)))
        if item.create_if_absent():
            return entry, booking, True
        return *self.read(item.pk, item.sk), False

    def read(self, pk: str, sk: str) -> tuple[Entry, Booking]:
        """The entry under a key of this table. Raises NotFound."""
        with saving(entry=pk):
            return entry_from_document(EntryItem.get(pk, sk, consistent_read=True).document)

    def owns(self, pk: str) -> bool:
        """Whether a key is an entry's."""
        return pk.startswith(f"{self._tenant}#entry#")

    def project(self, lines: Sequence[PartyLine]) -> None:
        """Give an entry's lines to their parties. Idempotent: a line that is there stays as it is. The hint is
        written before its line, so no line is without one, and a hint too many is cleared by the next run."""
        for line in lines:
            self._register(line.party)
            sk = f"line#{rfc3339(line.occurred_at)}#{line.entry_id}"
            due_sk = f"{rfc3339(line.booked_at)}#{line.entry_id}"
            DueItem(f"{self._tenant}#due#{line.party}", due_sk, line_sk=sk).create_if_absent()
            document = json.dumps(line_document(line), ensure_ascii=False, sort_keys=True)
            LineItem(f"{self._tenant}#party#{line.party}", sk, document=document).create_if_absent()

    def lines(self, party: str, since: datetime, until: datetime) -> list[PartyLine]:
        """A party's lines that occurred in [since, until), oldest first, strongly consistent. Raises Invalid when
        they are more than one answer holds."""
        span = LineItem.sk.between(f"line#{rfc3339(since)}", f"line#{rfc3339(until)}")
        pk = f"{self._tenant}#party#{party}"
        with saving(party=party):
            items = list(LineItem.query(pk, span, consistent_read=True, limit=EARNINGS_LIMIT + 1))
        if len(items) > EARNINGS_LIMIT:
            rule = f"has more than {EARNINGS_LIMIT} lines: ask for a shorter period"
            raise Invalid("period", problems=[Problem("query:period", rule)])
        return [line_of(item, party) for item in items]

    def page(self, query: ListQuery) -> tuple[list[tuple[Entry, Booking]], Position | None]:
        """Entries within a scope, the latest first; may be two seconds behind. Raises Invalid for a wrong cursor."""
        entries = read_list(self._table, query)
        return [entry_from_document(item["document"]) for item in entries.items], entries.position

    def every(self, now: datetime) -> Iterator[Entry]:
        """All entries posted by `now`, the latest first, SUMMARY_LIMIT and one at most; may be two seconds behind."""
        position, left = None, SUMMARY_LIMIT + 1
        while left > 0:
            query = ListQuery(self._tenant, LIST, Within(BASE), now, min(PAGE, left), FIRST, None, position)
            page, position = self.page(query)
            yield from (entry for entry, _ in page)
            left -= len(page)
            if position is None:
                return

    def _register(self, party: str) -> None:
        """Remember that a party exists, so that runs visit it; asked of the table once a process."""
        if party not in self._known_parties:
            PartyItem(shard_pk(self._tenant, "parties", party), party).create_if_absent()
            self._known_parties.add(party)


def line_of(item: LineItem, party: str) -> PartyLine:
    """A stored line."""
    return line_from_document(json.loads(item.document), party, item.statement_id or "")
