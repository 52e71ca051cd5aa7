"""Books beyond what every document has: sheets, bulk changes, and tables in and out (CSV, XLSX)."""

from __future__ import annotations

import base64
from dataclasses import replace

from functions.pricing.books.book_kind import BOOKS, sheet_problems
from functions.pricing.books.books import Book
from functions.pricing.books.bulk import factor_of, foresee, show_bulk
from functions.pricing.books.guards import KEY as GUARDS_KEY
from functions.pricing.books.guards_kind import GUARDS
from functions.pricing.books.tables_of_prices import read_table, rows_of, write_table
from functions.pricing.desk import Desk
from functions.pricing.handlers.grounds import places_in, read_book, table_in
from functions.pricing.places.places import Store, selected
from functions.pricing.places.places_kind import shape_of
from functions.pricing.room import MANAGERS, room
from hub.contracts.pricing_books import (
    BulkChange,
    BulkView,
    NewSheet,
    PriceSheet,
    SheetView,
    TableFile,
    TableQuery,
    TableUpload,
    TableView,
)
from hub.documents.submissions import Submission
from hub.edge.requests import Request
from hub.kernel.errors import Forbidden, Invalid, Problem
from hub.kernel.money import Money

APPROVERS = BOOKS.approvers
"""Whose yes a change above the approval limit needs."""
SHEET_LIMIT_BYTES = 1_000_000
TABLE_LIMIT_BYTES = 4_000_000


@room.http("POST", "/pricing/sheets", summary="价目分表 · Keep the prices of one service as a sheet",
           body=NewSheet, answer=SheetView, status=201, roles=MANAGERS, scope="tenant",
           body_limit_bytes=SHEET_LIMIT_BYTES)  # fmt: skip
def keep_sheet(desk: Desk, request: Request) -> SheetView:
    """To be named in a book, so that a quote reads this service alone; the same again is the same sheet."""
    body: NewSheet = request.body
    sheet = PriceSheet(prices=body.prices, rows=body.rows, floors=body.floors)
    return SheetView(id=desk.sheets.keep(sheet, body.currency), rows=len(body.prices) + len(body.rows))


def _done_before(desk: Desk, request: Request, version: str) -> BulkView:
    """A repeat of a bulk change: as it was, from the version that it made."""
    body: BulkChange = request.body
    reading = desk.documents.version(BOOKS, request.path["key"], int(version))
    before = replace(reading.value, factors=tuple(f for f in reading.value.factors if f.id != body.id))
    return _foreseen(desk, body, before).model_copy(update={"version": int(version)})


@room.http("POST", "/pricing/books/{key}/bulk", summary="批量调价 · Change the prices of selected stores at once",
           body=BulkChange, answer=BulkView, roles=MANAGERS, scope="tenant", dry_run=True, ability="bulk",
           replay=_done_before)  # fmt: skip
def change_in_bulk(desk: Desk, request: Request) -> BulkView:
    """With `?dry_run=1` the preview: which stores, how many prices, the lowest margin, what speaks against it. Without,
    all of it holds from `valid_from` on by one pointer, or nothing does; going back is one call (`revert`). What speaks
    against it is refused, and so is an id that the book has; above the approval limit it takes an administrator."""
    body: BulkChange = request.body
    key, may_approve = request.path["key"], request.principal.has(*APPROVERS)
    reading = read_book(desk, key)
    view = _foreseen(desk, body, reading.value)
    if request.dry_run:
        return view
    if view.conflicts:
        problems = [Problem("", f"{c.store} {c.service}: {c.rule} {c.limit}".strip()) for c in view.conflicts]
        raise Invalid("guard rails", problems=problems)
    if view.needs_approval and not may_approve:
        raise Forbidden("above the approval limit: an administrator has to", change=f"{view.largest_change_percent}%")
    factor = factor_of(body, _selected(desk, body))
    document = {**reading.content, "factors": [*reading.content["factors"], factor]}
    submission = Submission(document, body.seen_version, body.valid_from, body.valid_to, may_approve)
    done = desk.documents.publish(BOOKS, key, submission, request.principal.sub)
    return view.model_copy(update={"version": done.version})


def _foreseen(desk: Desk, body: BulkChange, before: Book) -> BulkView:
    """What a bulk change does to a book. Raises Invalid for one that selects no store."""
    stores, guards = _selected(desk, body), desk.documents.current(GUARDS, GUARDS_KEY).value
    tables = {name: table_in(desk, before, name) for name in before.services if name in (body.services or (name,))}
    rows = foresee(before, factor_of(body, stores), tables, stores, places_in(desk), guards)
    return show_bulk(rows, stores, guards, before.currency)


def _selected(desk: Desk, body: BulkChange) -> list[Store]:
    stores = selected(desk.stores.every_store(), shape_of(body))
    if not stores:
        raise Invalid("selection", problems=[Problem("", "must select a store")])
    return stores


@room.http("GET", "/pricing/books/{key}/table", summary="导出价目 · A book's prices as a table", query=TableQuery,
           answer=TableFile, roles=MANAGERS, scope="tenant")  # fmt: skip
def export_table(desk: Desk, request: Request) -> TableFile:
    """CSV, or a workbook; what it says can be handed in again."""
    key, file_format = request.path["key"], request.query.format
    book = read_book(desk, key).value
    rows = list(rows_of(book, ((name, table_in(desk, book, name)) for name in book.services)))
    content = base64.b64encode(write_table(rows, file_format)).decode()
    return TableFile(format=file_format, file_name=f"{key}.{file_format}", rows=len(rows), content_base64=content)


@room.http("POST", "/pricing/books/{key}/table", summary="导入价目 · A table of prices becomes a version",
           body=TableUpload, answer=TableView, roles=MANAGERS, scope="tenant", dry_run=True, ability="bulk",
           body_limit_bytes=TABLE_LIMIT_BYTES)  # fmt: skip
def import_table(desk: Desk, request: Request) -> TableView:
    """Each service that it names gets exactly these prices, all of them or none: 422 says every row that is wrong."""
    body: TableUpload = request.body
    key = request.path["key"]
    reading = read_book(desk, key)
    sheets = read_table(_decoded(body.content_base64), body.format)
    strangers = [name for name in sheets if name not in reading.value.services]
    if strangers:
        problems = [Problem("/rows", f"{name or 'nothing'} is not sold in this book") for name in strangers]
        raise Invalid("table", problems=problems)
    currency, services = reading.value.currency, dict(reading.content["services"])
    view = TableView(rows=sum(len(sheet.rows) for sheet in sheets.values()), services=tuple(sheets))
    for name, sheet in sheets.items():
        if problems := list(sheet_problems(sheet, currency)):
            raise Invalid(
                "table", problems=[Problem(f"/{name}{problem.pointer}", problem.rule) for problem in problems]
            )
        if not request.dry_run:
            floors = table_in(desk, reading.value, name).floors_minor
            sheet = sheet.model_copy(update={"floors": {p: str(Money(m, currency)) for p, m in floors.items()}})
            own = {"prices": {}, "rows": [], "floors": {}, "sheet": desk.sheets.keep(sheet, currency)}
            services[name] = {**services[name], **own}
    if request.dry_run:
        return view
    document, may_approve = {**reading.content, "services": services}, request.principal.has(*APPROVERS)
    submission = Submission(document, body.seen_version, body.valid_from, body.valid_to, may_approve)
    done = desk.documents.publish(BOOKS, key, submission, request.principal.sub)
    return view.model_copy(update={"version": done.version})


def _decoded(content: str) -> bytes:
    try:
        return base64.b64decode(content, validate=True)
    except ValueError:
        raise Invalid("table", problems=[Problem("/content_base64", "must be Base64")]) from None
