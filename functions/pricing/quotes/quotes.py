"""Quotes (报价): one price with its reasons, fixed until it expires whatever the book does meanwhile.
Pure."""

from __future__ import annotations

from datetime import datetime, timedelta

from functions.pricing.books.books import Book, Resolution, Step, resolve_price
from hub.contracts.base import Words
from hub.contracts.pricing import PathStep, QuoteRequest, QuoteView
from hub.kernel.money import Money

VALID_FOR = timedelta(minutes=15)
LEVELS = {
    "district": ("区县", "district"),
    "city": ("城市", "city"),
    "tier": ("城市档位", "city tier"),
    "province": ("省份", "province"),
    "base": ("全国", "whole tenant"),
}


def make_quote(quote_id: str, request: QuoteRequest, book: Book, version: int, now: datetime) -> QuoteView:
    """The quote for a request by a version of its book, the one in force at its moment; valid for 15 minutes from
    `now`. One for another moment than `now` is a rehearsal (试算): it shows a price that was or will be, and is never
    honoured. Raises Invalid for an unknown service, or where there is no price."""
    at = request.at or now
    resolution = resolve_price(book, request.service, request.region)
    total = Money(resolution.price.amount_minor * request.quantity, book.currency)
    made = QuoteView(
        id=quote_id,
        service=request.service,
        service_name=Words(zh=resolution.service.name_zh, en=resolution.service.name_en),
        region=request.region,
        price=str(resolution.price),
        quantity=request.quantity,
        total=str(total),
        currency=book.currency,
        book=request.book,
        book_version=version,
        path=explain(resolution),
        at=at,
        created_at=now,
        valid_until=now + VALID_FOR,
        state="valid",
    )
    return quote_at(made, now)


def quote_at(quote: QuoteView, now: datetime) -> QuoteView:
    """The quote as it stands now: valid before `valid_until`, expired from then on, a rehearsal for ever; its price
    never changes."""
    lasting = "valid" if now < quote.valid_until else "expired"
    return quote.model_copy(update={"state": lasting if quote.at == quote.created_at else "rehearsal"})


def explain(resolution: Resolution) -> tuple[PathStep, ...]:
    """Each place that was looked at, nearest first, and in words why its price is or is not the one."""
    steps, decided = [], False
    for step in resolution.steps:
        why = _why(step, decided)
        decided = decided or step.used
        price = None if step.price is None else str(step.price)
        steps.append(PathStep(region=step.region, level=step.level, price=price, used=step.used, why=why))
    return tuple(steps)


def _why(step: Step, decided: bool) -> Words:
    zh, en = LEVELS[step.level]
    if step.used:
        return Words(zh=f"采用{zh}价格", en=f"the price of the {en} holds")
    if step.price is None:
        return Words(zh=f"{zh}未单独定价", en=f"the {en} has no price of its own")
    assert decided  # noqa: S101 - a price that is not used has a nearer one before it
    return Words(zh=f"已有更近的价格，{zh}价格不适用", en=f"a nearer price holds, not that of the {en}")
