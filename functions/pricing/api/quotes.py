"""Quotes (报价): a price with its reasons, fixed until it expires."""

from __future__ import annotations

from functions.pricing.books.book_kind import BOOKS
from functions.pricing.desk import Desk
from functions.pricing.quotes.quotes import make_quote, quote_at
from functions.pricing.room import room
from hub.contracts.pricing import QuoteRequest, QuoteView
from hub.edge.access import Place, Subject
from hub.edge.requests import Request
from hub.kernel.errors import Invalid, Problem


def asked_place(desk: Desk, request: Request) -> Place:
    """Where the price is asked for."""
    return Place(request.body.region)


def stored_quote(desk: Desk, request: Request) -> Subject:
    """The quote of the path: it lies where its price holds, and is its maker's."""
    stored, made_by = desk.quotes.get(request.path["quote_id"])
    return Subject(stored, (Place(stored.region, people=(made_by,) if made_by else ()),))


@room.http(
    "POST",
    "/pricing/quotes",
    body=QuoteRequest,
    answer=QuoteView,
    status=201,
    scope="region",
    subject=asked_place,
    summary="报价 · Quote a service in a region, with every place looked at",
)
def quote(desk: Desk, request: Request) -> QuoteView:
    """Made and stored at one moment: the same Idempotency-Key gives the same quote, whatever the book says by then."""
    body, now = request.body, request.made_at or request.now
    reading = desk.documents.find(BOOKS, body.book, at=body.at, known_at=body.known_at)
    if reading is None:
        raise Invalid("book", problems=[Problem("/book", "no such price book, or none is in force then")])
    made = make_quote(request.new_id("quo"), body, reading.value, reading.version, now)
    stored = desk.quotes.store(made, request.principal.sub, desk.wall_now())
    return quote_at(stored, request.now)


@room.http(
    "GET",
    "/pricing/quotes/{quote_id}",
    answer=QuoteView,
    scope="region",
    subject=stored_quote,
    summary="查询报价 · A quote as it was made, and whether it still holds",
)
def show_quote(desk: Desk, request: Request) -> QuoteView:
    """The stored quote; whether it still holds is told as of now. NotFound once it is gone."""
    stored: QuoteView = request.subject
    return quote_at(stored, request.now)
