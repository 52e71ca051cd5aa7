"""Past quotes rehearsed with a proposed offer: a day of a store's, so many times faster than it went by."""

from __future__ import annotations

from datetime import timedelta
from time import perf_counter

from benchmarks.harness import Ratio
from functions.pricing.books.books import Book, PriceTable, Row, Service
from functions.pricing.offers.offers import Offer
from functions.pricing.offers.rehearsal import PastQuote, rehearse
from functions.pricing.places.places import Spot
from functions.pricing.quotes.quotes import Ground
from hub.contracts.pricing import QuoteRequest
from tests.support.carts import MONDAY_10, plan, strategy

DAY_SECONDS = 86_400
QUOTES = 1000
"""Of one store in one day: more than one in a minute and a half."""


def run() -> list[Ratio]:
    """Price each twice, with four strategies in force."""
    held = (strategy("member_percent"), strategy("threshold_step"), strategy("moat"), strategy("region_tier"))
    table = PriceTable.of([Row("base", 2500)])
    book = Book("CNY", {"fruit_tea": Service("fruit_tea", "鲜果茶", "Fruit tea", table)})
    ground = Ground(book, 1, Spot("310101", "s1"), {"fruit_tea": table}, plan=plan(*held))
    request = QuoteRequest.model_validate({"service": "fruit_tea", "store": "s1", "customer_level": "gold"})
    quotes = [PastQuote(request, MONDAY_10 + timedelta(seconds=nth * DAY_SECONDS / QUOTES)) for nth in range(QUOTES)]
    start = perf_counter()
    answer = rehearse(OFFER, quotes, ground)
    seconds = perf_counter() - start
    assert answer.quotes == QUOTES
    return [Ratio("a day of past quotes rehearsed, times faster than real time", DAY_SECONDS / seconds, 1000, True)]


OFFER = Offer(
    id="ofr_1", kind="moat", strategy="c/moat", store="s1", region="310101", service="fruit_tea", currency="CNY",
    was_minor=2500, price_minor=1550, floor_minor=0, made_at=MONDAY_10, hours=24, cooldown_hours=0, state="proposed",
    why="",
)  # fmt: skip
