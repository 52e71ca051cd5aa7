"""Statements: what runs confirmed to each party."""

from __future__ import annotations

from functions.settlement.api.views import statement_view
from functions.settlement.desk import Desk
from functions.settlement.room import FINANCE, room
from functions.settlement.runs.periods import statement_prefix
from hub.contracts.http import Page
from hub.contracts.settlement import StatementsQuery, StatementView
from hub.edge import cursors
from hub.edge.access import Place, Subject
from hub.edge.answers import page
from hub.edge.requests import Request
from hub.kernel.errors import Invalid, Problem
from hub.kernel.regions import BASE


def asked_party(desk: Desk, request: Request) -> Place:
    """A party's statements are its own; those of all parties are the whole tenant's."""
    return Place(BASE, people=_people(request.query.party or ""))


def stored_statement(desk: Desk, request: Request) -> Subject:
    """The statement of the path."""
    statement = desk.statements.get(request.path["statement_id"])
    return Subject(statement, (Place(BASE, people=_people(statement.party)),))


@room.http(
    "GET",
    "/settlement/statements",
    query=StatementsQuery,
    answer=Page[StatementView],
    roles=FINANCE,
    scope="region",
    subject=asked_party,
    summary="结算单列表 · Statements, the latest first, of a party or a run",
)
def list_statements(desk: Desk, request: Request) -> Page[StatementView]:
    """Of everybody, of a `party`, of a `run`; Invalid when the run has not opened."""
    query = request.query
    start, prefix = cursors.decode(query.cursor), _prefix(desk, query.run)
    if query.party:
        statements, position = desk.statements.page_of_party(query.party, prefix, query.limit, start)
    else:
        statements, position = desk.statements.page(prefix, query.limit, start)
    return page(map(statement_view, statements), position)


@room.http(
    "GET",
    "/settlement/statements/{statement_id}",
    answer=StatementView,
    scope="own",
    overseers=FINANCE,
    subject=stored_statement,
    summary="结算单 · One statement: its party's own, or any for finance",
)
def show_statement(desk: Desk, request: Request) -> StatementView:
    """NotFound also for those whom it does not concern."""
    return statement_view(request.subject)


def _people(party: str) -> tuple[str, ...]:
    kind, _, name = party.partition(":")
    return (name,) if kind == "person" else ()


def _prefix(desk: Desk, run_id: str) -> str:
    if not run_id:
        return ""
    run = desk.runs.find(run_id)
    if run is None:
        raise Invalid("run", problems=[Problem("query:run", "must be a run that has opened")])
    return statement_prefix(run)
