"""Quotes and drafts: what a caller reads, and what a publisher may write."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from pydantic import ValidationError

from functions.pricing.books.book_kind import BOOKS, book_of
from functions.pricing.places.places import Spot
from functions.pricing.quotes.quotes import Ground, make_quote, quote_at
from hub.contracts.pricing import QuoteRequest, QuoteView
from hub.contracts.pricing_books import BookDocument
from hub.kernel.errors import Invalid

NOW = datetime(2026, 11, 21, 2, 0, tzinfo=UTC)
BOOK = book_of(BookDocument.model_validate(BOOKS.presets()["standard"]))


def quoted(request: QuoteRequest) -> QuoteView:
    """A quote by the book that ships with the hub."""
    tables = {key: service.table for key, service in BOOK.services.items() if service.table}
    return make_quote("quo_1", request, Ground(BOOK, 0, Spot(request.region), tables), NOW).quote


def document(**changes: object) -> BookDocument:
    wash = {"name": {"zh": "洗护", "en": "Wash"}, "prices": {"base": "9.90"}}
    return BookDocument.model_validate({"services": {"wash": wash}, **changes})


def test_a_quote_carries_its_price_reasons_and_expiry() -> None:
    """A quote for two in 洛阳 shows the tier price, the total, why, and that it holds for 15 minutes."""
    quote = quoted(QuoteRequest(service="fruit_tea", region="410300", quantity=2))
    assert (quote.price, quote.total, quote.currency, quote.book_version) == ("18.00", "36.00", "CNY", 0)
    assert [(s.region, s.price, s.used, s.why.zh) for s in quote.path] == [
        ("410300", None, False, "城市未单独定价"),
        ("tier:3", "18.00", True, "采用城市档位价格"),
        ("410000", None, False, "省份未单独定价"),
        ("base", "22.00", False, "已有更近的价格，全国价格不适用"),
    ]
    assert quote.valid_until == NOW + timedelta(minutes=15)


def test_a_quote_is_valid_to_its_last_microsecond() -> None:
    """Valid before `valid_until`, expired at it, with the same price."""
    quote = quoted(QuoteRequest(service="fruit_tea", region="310000"))
    last = quote.valid_until - timedelta(microseconds=1)
    assert [quote_at(quote, moment).state for moment in (last, quote.valid_until)] == ["valid", "expired"]
    assert quote_at(quote, quote.valid_until).price == "25.00"


def test_a_price_of_another_moment_is_never_honoured() -> None:
    """A quote asked for yesterday or next winter shows that price as a rehearsal, and stays one."""
    asked = QuoteRequest(service="fruit_tea", region="310000", at=NOW - timedelta(days=1))
    quote = quoted(asked)
    assert (quote.state, quote_at(quote, NOW + timedelta(minutes=1)).state) == ("rehearsal", "rehearsal")


def test_a_price_that_the_currency_cannot_express_is_named() -> None:
    """JPY has no decimals: the refusal points at the price."""
    with pytest.raises(Invalid) as refused:
        book_of(document(currency="JPY"))
    assert [problem.pointer for problem in refused.value.problems] == ["/services/wash/prices/base"]


def test_a_tier_of_what_is_no_city_is_named() -> None:
    """A province has no tier: it would silently price nobody."""
    with pytest.raises(Invalid) as refused:
        book_of(document(tiers={"310000": 1, "410300": 3}))
    assert [problem.pointer for problem in refused.value.problems] == ["/tiers/310000"]


@pytest.mark.parametrize("prices", [{"base": "-1.00"}, {"base": "1.005"}, {"31": "1.00"}, {"tier:0": "1.00"}, {}])
def test_a_draft_with_impossible_prices_is_refused(prices: dict[str, str]) -> None:
    """No negative price, no third decimal, no place that is none, no service without a price."""
    with pytest.raises(ValidationError):
        document(services={"wash": {"name": {"zh": "洗护", "en": "Wash"}, "prices": prices}})
