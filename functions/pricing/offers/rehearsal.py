"""Rehearsal (试算回放): what past quotes of a store would have come to with an offer that is only proposed. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime

from functions.pricing.offers.offers import Offer
from functions.pricing.offers.views import change_percent
from functions.pricing.quotes.quotes import Ground, make_quote
from functions.pricing.strategies.cart import PriceOffer
from hub.contracts.pricing import QuoteRequest
from hub.contracts.pricing_offers import RehearsalView
from hub.kernel.dataclass import dataclass
from hub.kernel.errors import Invalid
from hub.kernel.money import Money


@dataclass(frozen=True, slots=True)
class PastQuote:
    """What was asked for, and when."""

    request: QuoteRequest
    at: datetime


def rehearse(offer: Offer, quotes: Iterable[PastQuote], ground: Ground) -> RehearsalView:
    """Each quote priced twice at its own moment, by the book and the campaigns on which `ground` stands: without the
    offer, and with it. What cannot be priced any more is left out, and counted."""
    others = {place: held for place, held in ground.offers.items() if held.id != offer.id}
    without, with_it = replace(ground, offers=others), replace(ground, offers={**others, **_as_held(offer)})
    count = changed = left_out = was_minor = now_minor = 0
    for quote in quotes:
        try:
            was, now = (_total_minor(quote, each) for each in (without, with_it))
        except Invalid:
            left_out += 1
            continue
        count, changed = count + 1, changed + (was != now)
        was_minor, now_minor = was_minor + was, now_minor + now
    return RehearsalView(
        offer_id=offer.id,
        quotes=count,
        changed=changed,
        left_out=left_out,
        was=str(Money(was_minor, offer.currency)),
        now=str(Money(now_minor, offer.currency)),
        change_percent=f"{change_percent(was_minor, now_minor):f}",
        currency=offer.currency,
    )


def _as_held(offer: Offer) -> Mapping[tuple[str, str], PriceOffer]:
    held = PriceOffer(offer.id, offer.kind, offer.price_minor, offer.strategy)
    return {(offer.service, offer.kind): held}


def _total_minor(quote: PastQuote, ground: Ground) -> int:
    request = quote.request.model_copy(update={"at": quote.at})
    made = make_quote("", request, ground, quote.at)
    return Money.parse(made.quote.total, made.quote.currency).amount_minor
