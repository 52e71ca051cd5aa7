"""Sub-books, and headquarters' one table: each store sees its own, headquarters sees all as one."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from functions.settlement.api.views import book_view
from functions.settlement.desk import Desk
from functions.settlement.ledger.books import book_sums, consolidated
from functions.settlement.ledger.entries_table import SUMMARY_LIMIT
from functions.settlement.ledger.ledger import Entry
from functions.settlement.room import FINANCE, room
from hub.contracts.settlement_accounts import BookQuery, BookView
from hub.edge.access import Place, Subject
from hub.edge.requests import Request
from hub.kernel.regions import BASE
from hub.store.lists import Within


def whole_tenant(desk: Desk, request: Request) -> Place:
    """The one table is of all books."""
    return Place(BASE)


def named_store(desk: Desk, request: Request) -> Subject:
    """A store's book is the store's."""
    store = request.path["store"]
    return Subject(store, (Place(BASE, store=store),))


@room.http(
    "GET",
    "/settlement/books",
    query=BookQuery,
    answer=BookView,
    roles=FINANCE,
    scope="region",
    subject=whole_tenant,
    summary="总账一张表 · All books as one, with what stood between them eliminated",
)
def show_consolidated(desk: Desk, request: Request) -> BookView:
    """Entries posted in a month (UTC), SUMMARY_LIMIT at most; `complete` says whether those were all."""
    entries, complete = _listed(desk, Within(BASE), request.query.month)
    return book_view("hq", request.query.month, len(entries), consolidated(entries), complete)


@room.http(
    "GET",
    "/settlement/books/{store}",
    query=BookQuery,
    answer=BookView,
    roles=(*FINANCE, "store_manager"),
    scope="store",
    subject=named_store,
    summary="门店分账 · One store's book: its own accounts, what it owes other stores and is owed",
)
def show_book(desk: Desk, request: Request) -> BookView:
    """Entries of the store's own work, and those that name its book."""
    store, month = request.path["store"], request.query.month
    listed, complete = _listed(desk, Within(stores=(store,)), month)
    named = desk.entries.in_book(store, month, SUMMARY_LIMIT)
    entries = list({entry.id: entry for entry in (*listed, *named)}.values())
    return book_view(store, month, len(entries), book_sums(entries, store), complete)


def _listed(desk: Desk, scope: Within, month: str) -> tuple[list[Entry], bool]:
    since = datetime.fromisoformat(f"{month}-01").replace(tzinfo=UTC)
    until = (since + timedelta(days=32)).replace(day=1)
    entries = list(desk.entries.every(until, scope, since, until))
    return entries[:SUMMARY_LIMIT], len(entries) <= SUMMARY_LIMIT
