"""Statements: what runs confirmed to each party, and what becomes of that."""

from __future__ import annotations

from dataclasses import replace

from functions.settlement.api.views import dispute_view, line_view, statement_view
from functions.settlement.desk import Desk
from functions.settlement.handlers.run_statements import statement_ids
from functions.settlement.room import FINANCE, room
from functions.settlement.runs.calendars import period_named
from functions.settlement.statements.disputes import Dispute, disputed, resolved
from functions.settlement.statements.files import FILE_LINES, csv_of, xlsx_of
from functions.settlement.statements.statements import Statement
from hub.contracts.http import Page
from hub.contracts.settlement import (
    DisputeAnswer,
    DisputeView,
    FileQuery,
    LineDispute,
    LinesQuery,
    PaperQuery,
    StatementLines,
    StatementPatch,
    StatementsQuery,
    StatementView,
)
from hub.edge import cursors
from hub.edge.access import Place, Subject
from hub.edge.access.listing import within
from hub.edge.answers import PDF_TYPE, XLSX_TYPE, Raw, page
from hub.edge.requests import Request
from hub.kernel.errors import Conflict, Forbidden, NotFound
from hub.kernel.positions import no_such_cursor
from hub.kernel.regions import BASE, is_region

OVERSEERS = (*FINANCE, "store_manager")
STORES = ("store", "dealer")
PAPER = "/settlement/statements/{statement_id}/pdf"
room.apart(PAPER, name="paper", layer="pdf", memory=1024)


def place_of(party: str, region: str) -> Place:
    """Where a party's statements belong: a person's are their own, a store's and a dealer's theirs (in the directory a
    dealer is a store)."""
    kind, _, name = party.partition(":")
    if kind == "region" and is_region(name):
        return Place(name)
    return Place(region, store=name if kind in STORES else "", people=(name,) if kind == "person" else ())


def stored_statement(desk: Desk, request: Request) -> Subject:
    """The statement of the path."""
    statement = desk.statements.get(request.path["statement_id"])
    return Subject(statement, (place_of(statement.party, period_named(statement.run_id).scope),))


@room.http(
    "GET",
    "/settlement/statements",
    query=StatementsQuery,
    answer=Page[StatementView],
    roles=OVERSEERS,
    scope="region",
    summary="结算单列表 · Statements within reach, or of a party or a run: their heads, the latest first",
)
def list_statements(desk: Desk, request: Request) -> Page[StatementView]:
    """Heads without lines. Of a `party` the latest first, of a `run` by its parties; else what lies within reach. Of
    what is out of reach there are none."""
    query = request.query
    position = cursors.decode(query.cursor)
    if (query.party or query.run) and not request.reach.covers(_asked(query)):
        return page((), None)
    if query.party:
        heads, before = desk.statements.of_party(query.party, query.limit, _text(position, "before"))
        return page(map(statement_view, heads), {"before": before} if before else None)
    if query.run:
        return _of_run(desk, request)
    since = desk.entries.earliest_period()
    if since is None:
        if request.query.cursor:
            raise no_such_cursor()
        return page((), None)
    heads, position = desk.statements.page(within(request.reach), request.now, query.limit, position, since)
    return page(map(statement_view, heads), position)


@room.http(
    "GET",
    "/settlement/statements/{statement_id}",
    answer=StatementView,
    scope="own",
    overseers=OVERSEERS,
    subject=stored_statement,
    summary="结算单 · One statement's head: its party's own, or any within reach for finance",
)
def show_statement(desk: Desk, request: Request) -> StatementView:
    """NotFound also for those whom it does not concern."""
    return statement_view(request.subject)


@room.http(
    "GET",
    "/settlement/statements/{statement_id}/lines",
    query=LinesQuery,
    answer=StatementLines,
    scope="own",
    overseers=OVERSEERS,
    subject=stored_statement,
    summary="结算单明细 · A page of a statement's lines, each with its reason",
)
def list_statement_lines(desk: Desk, request: Request) -> StatementLines:
    """The page that holds line `first`."""
    statement: Statement = request.subject
    first, lines = desk.statements.lines_from(statement, request.query.first)
    behind = first + len(lines)
    return StatementLines(
        statement_id=statement.id,
        first=first,
        next=behind if behind <= statement.lines else None,
        lines=tuple(map(line_view, lines)),
    )


@room.http(
    "GET",
    "/settlement/statements/{statement_id}/file",
    query=FileQuery,
    scope="own",
    overseers=OVERSEERS,
    subject=stored_statement,
    summary="结算单文件 · A statement as CSV (with BOM) or XLSX, with its hash",
)
def statement_file(desk: Desk, request: Request) -> Raw:
    """Lines from `first` on, 20,000 a file. Its hash stands in the header `X-Statement-Hash` and, in the workbook, on
    its first sheet. Forbidden for who does not see earnings."""
    statement = _seen_in_full(request)
    lines = desk.statements.every_line(statement, request.query.first, FILE_LINES)
    headers = _named(statement, request.query.format)
    if request.query.format == "csv":
        return Raw(200, csv_of(lines), "text/csv; charset=utf-8", headers)
    return Raw(200, xlsx_of(statement, lines), XLSX_TYPE, headers)


@room.http(
    "GET",
    PAPER,
    query=PaperQuery,
    scope="own",
    overseers=OVERSEERS,
    subject=stored_statement,
    summary="结算单 PDF · A statement as PDF, with its hash on every page",
)
def statement_paper(desk: Desk, request: Request) -> Raw:
    """Lines from `first` on, 2,000 a file. It is made by a function of its own, which alone has the font; a character
    that the font has not is printed as 〓. Forbidden for who does not see earnings."""
    from functions.settlement.statements.paper import PAPER_LINES, pdf_of  # of the layer of that function

    statement, first = _seen_in_full(request), request.query.first
    lines = desk.statements.every_line(statement, first, PAPER_LINES)
    content = pdf_of(statement, lines, first, desk.zone)
    return Raw(200, content, PDF_TYPE, _named(statement, "pdf"))


@room.http(
    "PATCH",
    "/settlement/statements/{statement_id}",
    body=StatementPatch,
    answer=StatementView,
    scope="own",
    roles=FINANCE,
    overseers=FINANCE,
    subject=stored_statement,
    dry_run="rehearsed",
    summary="结算单备注 · Note something on a statement; 409 once it is approved",
)
def note_statement(desk: Desk, request: Request) -> StatementView:
    """Nothing of an approved statement changes any more."""
    statement: Statement = request.subject
    statement.require("draft", "sent", "disputed")
    return statement_view(desk.statements.change(statement, replace(statement, memo=request.body.memo)))


@room.http(
    "POST",
    "/settlement/statements/{statement_id}/send",
    answer=StatementView,
    scope="own",
    roles=FINANCE,
    overseers=FINANCE,
    subject=stored_statement,
    dry_run="rehearsed",
    summary="推送结算单 · Send a draft to its party for approval",
)
def send_statement(desk: Desk, request: Request) -> StatementView:
    """A draft alone is sent; one that was stays as it is."""
    statement: Statement = request.subject
    if statement.state == "draft":
        statement = desk.statements.change(statement, replace(statement, state="sent", sent_at=request.now))
    return statement_view(statement)


@room.http(
    "POST",
    "/settlement/statements/{statement_id}/approve",
    answer=StatementView,
    scope="own",
    overseers=OVERSEERS,
    subject=stored_statement,
    dry_run="rehearsed",
    summary="确认结算单 · Approve a statement: from then on nothing of it changes; disputed lines stay frozen",
)
def approve_statement(desk: Desk, request: Request) -> StatementView:
    """By its party or finance. Conflict for a draft."""
    statement: Statement = request.subject
    if statement.state != "approved":
        statement.require("sent", "disputed")
        approved = replace(statement, state="approved", approved_at=request.now, approved_by=request.principal.sub)
        statement = desk.statements.change(statement, approved)
    return statement_view(statement)


@room.http(
    "POST",
    "/settlement/statements/{statement_id}/dispute",
    body=LineDispute,
    answer=StatementView,
    scope="own",
    overseers=OVERSEERS,
    subject=stored_statement,
    dry_run="rehearsed",
    summary="对明细提出异议 · Dispute one line: it alone is frozen",
)
def dispute_line(desk: Desk, request: Request) -> StatementView:
    """Conflict for a draft, an approved statement, and a line that is disputed already."""
    statement, number = request.subject, request.body.line
    first, lines = desk.statements.lines_from(statement, number)
    if known := desk.statements.dispute(statement.id, number):
        raise Conflict("this line is disputed already", line=str(number), outcome=known.outcome)
    objection = (request.body.reason, request.principal.sub, request.now)
    changed, dispute = disputed(statement, number, lines[number - first], *objection)
    return statement_view(desk.statements.change(statement, changed, dispute))


@room.http(
    "POST",
    "/settlement/statements/{statement_id}/resolve",
    body=DisputeAnswer,
    answer=StatementView,
    scope="own",
    roles=FINANCE,
    overseers=FINANCE,
    subject=stored_statement,
    dry_run="rehearsed",
    summary="答复异议 · Answer a disputed line: it is paid, or stays frozen since a new entry corrects it",
)
def resolve_line(desk: Desk, request: Request) -> StatementView:
    """Conflict when it was answered before."""
    statement, body = request.subject, request.body
    dispute = _dispute(desk, statement, body.line)
    if dispute.outcome != "open":
        raise Conflict("this line was answered before", line=str(body.line), outcome=dispute.outcome)
    return statement_view(desk.statements.change(statement, *resolved(statement, dispute, body.outcome, body.answer)))


@room.http(
    "GET",
    "/settlement/statements/{statement_id}/disputes",
    answer=Page[DisputeView],
    scope="own",
    overseers=OVERSEERS,
    subject=stored_statement,
    summary="异议列表 · The lines of a statement that were disputed",
)
def list_disputes(desk: Desk, request: Request) -> Page[DisputeView]:
    """By their line."""
    return page(map(dispute_view, desk.statements.disputes(request.subject.id)), None)


def _seen_in_full(request: Request) -> Statement:
    """The statement, for who sees what answers would mask: a file is all or nothing."""
    if not request.sees("earning"):
        raise Forbidden("your role does not see amounts")
    statement: Statement = request.subject
    return statement


def _named(statement: Statement, kind: str) -> dict[str, str]:
    name = f"{statement.run_id}-{statement.party.replace(':', '-')}.{kind}"
    return {"Content-Disposition": f'attachment; filename="{name}"', "X-Statement-Hash": statement.hash}


def _of_run(desk: Desk, request: Request) -> Page[StatementView]:
    ids, following = statement_ids(
        desk.entries, desk.zone, request.query.run, request.query.limit, cursors.decode(request.query.cursor)
    )
    return page(map(statement_view, desk.statements.heads(ids)), following)


def _dispute(desk: Desk, statement: Statement, line: int) -> Dispute:
    dispute = desk.statements.dispute(statement.id, line)
    if dispute is None:
        raise NotFound("this line is not disputed", line=str(line))
    return dispute


def _asked(query: StatementsQuery) -> Place:
    """A party's statements are where it is, those of a run in its scope."""
    return place_of(query.party, BASE) if query.party else Place(period_named(query.run).scope)


def _text(position: dict[str, str] | None, name: str) -> str:
    if position is None:
        return ""
    if not isinstance(position.get(name), str):
        raise no_such_cursor()
    return position[name]
