"""The ledger's table: what is stored, under which keys, and the reads and writes that decide.

| item | pk | sk |
|---|---|---|
| entry | `<t>#entry#<fact id>` | purpose: posting is one conditional put |
| line of a party | `<t>#party#<party>` | `line#<occurred at>#<entry id>`; `statement_id` once it is settled |
| statement | `<t>#party#<party>` | `statement#<id>` |
| due | `<t>#due#<party>` | `<booked at>#<entry id>`: a hint to a line that may be unsettled; the line decides |
| party | `<t>#parties` | party |
| run | `<t>#run#<id>` | `run` |
| closing | `<t>#closing` | `closing`: how far the ledger is closed, and the one run that is open |

Lines are projected from entries by the table's stream; doing it again changes nothing.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from pynamodb.attributes import UnicodeAttribute

from functions.settlement.ledger import Booking, Entry, entry_document, entry_from_document
from functions.settlement.periods import Closing, Run
from functions.settlement.statements import (
    LINES_LIMIT,
    PartyLine,
    Statement,
    line_document,
    line_from_document,
    statement_document,
    statement_from_document,
)
from hub.kernel.clock import parse_rfc3339, rfc3339
from hub.kernel.errors import Broken, Conflict, Invalid, NotFound, Problem, Retry
from hub.store.model import ByList, RoomModel, bind, saving

EARNINGS_LIMIT = 2000
"""Lines of one person and period in one answer."""
SUMMARY_LIMIT = 20_000
"""Entries that one request adds up."""
Position = dict[str, Any] | None


class EntryItem(RoomModel):
    class Meta(RoomModel.Meta):
        pass

    document = UnicodeAttribute()
    by_list = ByList()


class LineItem(RoomModel):
    class Meta(RoomModel.Meta):
        pass

    document = UnicodeAttribute()
    statement_id = UnicodeAttribute(null=True)


class DueItem(RoomModel):
    class Meta(RoomModel.Meta):
        pass

    line_sk = UnicodeAttribute()


class PartyItem(RoomModel):
    class Meta(RoomModel.Meta):
        pass


class StatementItem(RoomModel):
    class Meta(RoomModel.Meta):
        pass

    document = UnicodeAttribute()
    by_list = ByList()


class RunItem(RoomModel):
    class Meta(RoomModel.Meta):
        pass

    run_id = UnicodeAttribute()
    day = UnicodeAttribute()
    cut_off = UnicodeAttribute()
    opened_at = UnicodeAttribute()
    closed_at = UnicodeAttribute(null=True)
    by_list = ByList()


class ClosingItem(RoomModel):
    class Meta(RoomModel.Meta):
        pass

    open_run = UnicodeAttribute(null=True)
    closed_run = UnicodeAttribute(null=True)
    closed_through = UnicodeAttribute(null=True)


MODELS = (EntryItem, LineItem, DueItem, PartyItem, StatementItem, RunItem, ClosingItem)


@dataclass(frozen=True, slots=True)
class Listed:
    """One page of a list and the position of the next one."""

    items: tuple[Any, ...]
    position: Position


class Entries:
    """Journal entries and the parties' lines that are projected from them."""

    def __init__(self, tenant: str) -> None:
        self._tenant = tenant
        self._known_parties: set[str] = set()

    def post(self, entry: Entry, booking: Booking) -> tuple[Entry, Booking, bool]:
        """Post an entry, once for its fact and purpose: one conditional put. Answers what the ledger now holds for
        them, and whether it is new."""
        item = EntryItem(
            f"{self._tenant}#entry#{entry.fact_id}",
            entry.purpose,
            document=entry_document(entry, booking),
            list_pk=f"{self._tenant}#entries",
            list_sk=entry.id,
        )
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
            found = list(LineItem.query(pk, span, consistent_read=True, limit=EARNINGS_LIMIT + 1))
        if len(found) > EARNINGS_LIMIT:
            rule = f"has more than {EARNINGS_LIMIT} lines: ask for a shorter period"
            raise Invalid("period", problems=[Problem("query:period", rule)])
        return [_line(item, party) for item in found]

    def page(self, limit: int, position: Position) -> Listed:
        """Entries, the latest first; may be two seconds behind."""
        pages = EntryItem.by_list.query(
            f"{self._tenant}#entries", scan_index_forward=False, limit=limit, last_evaluated_key=position
        )
        with saving():
            found = tuple(entry_from_document(item.document) for item in pages)
        return Listed(found, pages.last_evaluated_key)

    def every(self) -> Iterator[Entry]:
        """All entries, SUMMARY_LIMIT and one at most; may be two seconds behind."""
        with saving():
            for item in EntryItem.by_list.query(f"{self._tenant}#entries", limit=SUMMARY_LIMIT + 1):
                yield entry_from_document(item.document)[0]

    def _register(self, party: str) -> None:
        """Remember that a party exists, so that runs visit it; asked of the table once a process."""
        if party not in self._known_parties:
            PartyItem(f"{self._tenant}#parties", party).create_if_absent()
            self._known_parties.add(party)


class Runs:
    """Settlement runs, one open at a time, and how far the ledger is closed."""

    def __init__(self, tenant: str) -> None:
        self._tenant = tenant

    def closing(self) -> Closing:
        """How far the ledger is closed; strongly consistent."""
        item = self._closing_item()
        through = parse_rfc3339(item.closed_through) if item.closed_through else None
        return Closing(through, item.closed_run or "")

    def open_run_id(self) -> str:
        """The run that is open, "" when none is."""
        return self._closing_item().open_run or ""

    def find(self, run_id: str) -> Run | None:
        """A run that has opened, or None; strongly consistent."""
        try:
            return _run(self._item(run_id))
        except NotFound:
            return None

    def open(self, run: Run) -> Run:
        """Open a run, once: answers the run as it first opened. Raises Retry while another run is open."""
        if found := self.find(run.id):
            return found
        self._take(run.id)
        item = RunItem(
            f"{self._tenant}#run#{run.id}",
            "run",
            run_id=run.id,
            day=run.day.isoformat(),
            cut_off=rfc3339(run.cut_off),
            opened_at=rfc3339(run.opened_at),
            list_pk=f"{self._tenant}#runs",
            list_sk=run.day.isoformat(),
        )
        return run if item.create_if_absent() else _run(self._item(run.id))

    def close(self, run: Run, now: datetime) -> Run:
        """Close the ledger through the run's cut-off, then the run; once. It never re-opens what is closed."""
        closing = self._closing_item()
        if closing.open_run == run.id:
            closing.open_run = None
            closing.closed_run = run.id
            closing.closed_through = max(closing.closed_through or "", rfc3339(run.cut_off))
            with _contended(run.id):
                closing.save()
        item = self._item(run.id)
        if not item.closed_at:
            item.closed_at = rfc3339(now)
            with _contended(run.id):
                item.save()
        return _run(item)

    def page(self, limit: int, position: Position) -> Listed:
        """Runs, the latest day first; may be two seconds behind."""
        pages = RunItem.by_list.query(
            f"{self._tenant}#runs", scan_index_forward=False, limit=limit, last_evaluated_key=position
        )
        with saving():
            found = tuple(_run(item) for item in pages)
        return Listed(found, pages.last_evaluated_key)

    def _take(self, run_id: str) -> None:
        closing = self._closing_item()
        if closing.open_run and closing.open_run != run_id:
            raise Retry("another run is open", after_seconds=30, open=closing.open_run, wanted=run_id)
        if closing.open_run != run_id:
            closing.open_run = run_id
            with _contended(run_id):
                closing.save()

    def _closing_item(self) -> ClosingItem:
        key = (f"{self._tenant}#closing", "closing")
        try:
            with saving():
                return ClosingItem.get(*key, consistent_read=True)
        except NotFound:
            return ClosingItem(*key)

    def _item(self, run_id: str) -> RunItem:
        with saving(run=run_id):
            return RunItem.get(f"{self._tenant}#run#{run_id}", "run", consistent_read=True)


class Statements:
    """Statements, and which lines are still without one."""

    def __init__(self, tenant: str) -> None:
        self._tenant = tenant

    def parties_after(self, cursor: str, limit: int) -> list[str]:
        """Parties in alphabetical order, those after `cursor`; strongly consistent."""
        after = PartyItem.sk > cursor if cursor else None
        with saving():
            return [
                item.sk for item in PartyItem.query(f"{self._tenant}#parties", after, limit=limit, consistent_read=True)
            ]

    def due_lines(self, party: str, cut_off: datetime) -> list[PartyLine]:
        """The party's lines booked up to the cut-off that are in no statement, LINES_LIMIT at most; strongly
        consistent. Hints to lines that are settled are cleared on the way."""
        until = DueItem.sk < f"{rfc3339(cut_off)}$"  # "$" follows "#": the cut-off itself is included
        with saving(party=party):
            hints = list(DueItem.query(f"{self._tenant}#due#{party}", until, limit=LINES_LIMIT, consistent_read=True))
            pk = f"{self._tenant}#party#{party}"
            keys = [(pk, hint.line_sk) for hint in hints]
            found = {item.sk: item for item in LineItem.batch_get(keys, consistent_read=True)} if keys else {}
        for hint in hints:
            if hint.line_sk in found and found[hint.line_sk].statement_id:
                self._clear(hint)
        return [_line(item, party) for item in found.values() if not item.statement_id]

    def find(self, party: str, statement_id: str) -> Statement | None:
        """A party's statement, or None; strongly consistent."""
        try:
            with saving():
                item = StatementItem.get(
                    f"{self._tenant}#party#{party}", f"statement#{statement_id}", consistent_read=True
                )
        except NotFound:
            return None
        return statement_from_document(item.document)

    def store(self, statement: Statement) -> Statement:
        """Store a statement, once: answers the one that is stored, which may be an earlier attempt's."""
        item = StatementItem(
            f"{self._tenant}#party#{statement.party}",
            f"statement#{statement.id}",
            document=statement_document(statement),
            list_pk=f"{self._tenant}#statements",
            list_sk=statement.id,
        )
        if item.create_if_absent():
            return statement
        return self.find(statement.party, statement.id) or statement

    def settle(self, statement: Statement) -> None:
        """Mark the statement's lines as settled by it, and clear their hints; again changes nothing. Raises Broken
        should a line ever be in another statement."""
        for line in statement.lines:
            sk = f"line#{rfc3339(line.occurred_at)}#{line.entry_id}"
            with saving(statement=statement.id):
                item = LineItem.get(f"{self._tenant}#party#{line.party}", sk, consistent_read=True)
                if item.statement_id not in (None, statement.id):
                    raise Broken("a line in two statements", line=sk, first=item.statement_id, second=statement.id)
                if item.statement_id is None:
                    item.statement_id = statement.id
                    item.save()
            due_sk = f"{rfc3339(line.booked_at)}#{line.entry_id}"
            self._clear(DueItem(f"{self._tenant}#due#{line.party}", due_sk))

    def get(self, statement_id: str) -> Statement:
        """A statement by its id alone; may be two seconds behind. Raises NotFound."""
        pages = StatementItem.by_list.query(
            f"{self._tenant}#statements", StatementItem.list_sk == statement_id, limit=1
        )
        with saving():
            for item in pages:
                return statement_from_document(item.document)
        raise NotFound("no such statement", statement=statement_id)

    def page(self, prefix: str, limit: int, position: Position) -> Listed:
        """Statements whose id begins with `prefix`, the latest first; may be two seconds behind."""
        condition = StatementItem.list_sk.startswith(prefix) if prefix else None
        return self._page(
            StatementItem.by_list.query(
                f"{self._tenant}#statements",
                condition,
                scan_index_forward=False,
                limit=limit,
                last_evaluated_key=position,
            )
        )

    def page_of_party(self, party: str, prefix: str, limit: int, position: Position) -> Listed:
        """A party's statements, the latest first."""
        condition = StatementItem.sk.startswith(f"statement#{prefix}")
        pk = f"{self._tenant}#party#{party}"
        return self._page(
            StatementItem.query(pk, condition, scan_index_forward=False, limit=limit, last_evaluated_key=position)
        )

    @staticmethod
    def _page(pages: Any) -> Listed:
        with saving():
            found = tuple(statement_from_document(item.document) for item in pages)
        return Listed(found, pages.last_evaluated_key)

    @staticmethod
    def _clear(hint: DueItem) -> None:
        with saving():
            hint.delete(add_version_condition=False)


@dataclass(frozen=True)
class Store:
    """The room's table, bound."""

    entries: Entries
    runs: Runs
    statements: Statements


def connect(tenant: str, table: str) -> Store:
    """Point the models at a tenant's table. No call to AWS yet."""
    bind(table, *MODELS)
    return Store(Entries(tenant), Runs(tenant), Statements(tenant))


@contextmanager
def _contended(run_id: str) -> Iterator[None]:
    """Two steps at the same moment: the one that lost reads again. Raises Retry."""
    try:
        with saving(run=run_id):
            yield
    except Conflict:
        raise Retry("a concurrent step of a run", run=run_id) from None


def _line(item: LineItem, party: str) -> PartyLine:
    return line_from_document(json.loads(item.document), party, item.statement_id or "")


def _run(item: RunItem) -> Run:
    return Run(
        id=item.run_id,
        day=date.fromisoformat(item.day),
        cut_off=parse_rfc3339(item.cut_off),
        opened_at=parse_rfc3339(item.opened_at),
        closed_at=parse_rfc3339(item.closed_at) if item.closed_at else None,
    )
