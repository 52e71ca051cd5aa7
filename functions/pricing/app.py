"""Pricing (价格): effective-dated price books by region, and quotes that are honoured until they expire."""

from __future__ import annotations

import re

from functions.pricing.books import (
    Version,
    check_withdrawal,
    find_same,
    latest_number,
    version_at,
    version_or_next,
    withdrawals,
)
from functions.pricing.desk import Desk, build_desk
from functions.pricing.drafts import book_view, version_from_draft
from functions.pricing.quotes import make_quote, quote_at
from hub.contracts.pricing import BookDraft, BookQuery, BookView, QuoteRequest, QuoteView
from hub.edge.requests import Request
from hub.edge.room import Room
from hub.kernel.errors import Conflict, Invalid, NotFound, Problem
from hub.store.idempotency import Idempotency

PUBLISHERS = ("finance",)
BOOK_KEY = re.compile(r"^[a-z][a-z0-9_]{0,63}$")

room = Room("pricing", paths=("/pricing",), make_desk=build_desk, idempotency=Idempotency)


@room.http(
    "GET",
    "/pricing/books/{key}",
    query=BookQuery,
    answer=BookView,
    summary="价目表 · A price book: its history, and the prices in force at a moment",
)
def show_book(desk: Desk, request: Request) -> BookView:
    """The version asked for, else the one in force at `at` or now, else the next. NotFound when there is none."""
    key, query = request.path["key"], request.query
    versions = _versions(desk, key)
    if query.version is not None:
        shown = _numbered(versions, query.version)
    else:
        shown = version_at(versions, query.at) if query.at else version_or_next(versions, request.now)
    return book_view(key, versions, shown)


@room.http(
    "PUT",
    "/pricing/books/{key}",
    body=BookDraft,
    answer=BookView,
    roles=PUBLISHERS,
    summary="发布价目表新版本 · Publish a version that takes over at its valid_from, to the second",
)
def publish_version(desk: Desk, request: Request) -> BookView:
    """A draft becomes the next version. Conflict when `after_version` is not the latest; the same draft once."""
    key, versions = _key(request), desk.books.versions(request.path["key"])
    latest, now = latest_number(versions), request.made_at or request.now
    draft = version_from_draft(request.body, latest + 1, now, request.principal.sub)
    if request.made_at and (earlier := find_same(versions, draft)):
        return book_view(key, versions, earlier)
    if request.body.after_version not in (None, latest):
        raise Conflict("the book has moved on", book=key, latest_version=latest)
    return book_view(key, (*versions, draft), desk.books.append(key, draft))


@room.http(
    "POST",
    "/pricing/books/{key}/versions/{number}/withdraw",
    answer=BookView,
    roles=PUBLISHERS,
    summary="撤回版本 · Take a version back: the one before it is in force again at once",
)
def withdraw_version(desk: Desk, request: Request) -> BookView:
    """Withdrawing is a version too, so history stays; a second time changes nothing."""
    key, versions = request.path["key"], _versions(desk, request.path["key"])
    number = _number(request.path["number"])
    check_withdrawal(versions, number)
    if number not in withdrawals(versions):
        by, at = request.principal.sub, request.now
        withdrawal = Version(latest_number(versions) + 1, at, withdraws=number, published_at=at, published_by=by)
        versions = (*versions, desk.books.append(key, withdrawal))
    return book_view(key, versions, version_or_next(versions, request.now))


@room.http(
    "POST",
    "/pricing/quotes",
    body=QuoteRequest,
    answer=QuoteView,
    status=201,
    summary="报价 · Quote a service in a region, with every place looked at",
)
def quote(desk: Desk, request: Request) -> QuoteView:
    """Made and stored at one moment: the same Idempotency-Key gives the same quote, whatever the book says by then."""
    versions, now = _versions(desk, request.body.book, pointer="/book"), request.made_at or request.now
    made = make_quote(request.new_id("quo"), request.body, versions, now)
    stored = desk.quotes.store(made, desk.wall_now())
    return quote_at(stored, request.now)


@room.http(
    "GET",
    "/pricing/quotes/{quote_id}",
    answer=QuoteView,
    summary="查询报价 · A quote as it was made, and whether it still holds",
)
def show_quote(desk: Desk, request: Request) -> QuoteView:
    """The stored quote; whether it still holds is told as of now. NotFound once it is gone."""
    return quote_at(desk.quotes.get(request.path["quote_id"]), request.now)


def _versions(desk: Desk, key: str, pointer: str = "") -> tuple[Version, ...]:
    versions = desk.books.versions(key)
    if not versions and pointer:
        raise Invalid("book", problems=[Problem(pointer, "no such price book")])
    if not versions:
        raise NotFound("no such price book", book=key)
    return versions


def _key(request: Request) -> str:
    key = request.path["key"]
    if not BOOK_KEY.match(key):
        raise Invalid("book", problems=[Problem("path:key", "must be lower-case letters, digits and _")])
    return key


def _number(text: str) -> int:
    if not text.isascii() or not text.isdigit():
        raise NotFound("no such version", version=text)
    return int(text)


def _numbered(versions: tuple[Version, ...], number: int) -> Version:
    for version in versions:
        if version.number == number and version.withdraws is None:
            return version
    raise NotFound("no such version with prices", version=number)
