"""Floors: nothing sells below them, whatever the book and its factors come to, and a draft that would is refused."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise, product
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from functions.pricing.books.book_kind import BOOKS, book_of
from functions.pricing.books.books import Case, factored_minor, price_minor_at, resolve_price
from functions.pricing.context import Context
from functions.pricing.places.places import Area, Places, Spot, Store, chain_of
from hub.contracts.pricing_books import BookDocument
from hub.documents.linting import check
from hub.kernel.errors import Invalid

NAME = {"zh": "茶", "en": "Tea"}
STORES = (Store("s1", "310101"), Store("s2", "410305"))
PLACES = Places.of([Area("near", "district", "近", "Near", stores=frozenset({"s1"}))])
GOLD = {"place": "base", "price": "3.99", "level": "gold"}
SPOTS = [Spot(region) for region in ("base", "310000", "310101", "310104", "410000", "410300", "410305", "440100")]
SPOTS += [Spot(store.region, store.id) for store in STORES]
CASES = [Case(*each, 1, 0) for each in product((1, 5), ("", "app"), ("", "gold"))]


class Known:
    """The stores, as the room knows them."""

    def every_store(self) -> Sequence[Store]:
        return STORES

    def find(self, store_id: str) -> Store | None:
        return next((store for store in STORES if store.id == store_id), None)


def findings(document: dict[str, Any]) -> list[tuple[str, str]]:
    context = Context(Known(), sheets=None, old_books=None, places=lambda: PLACES, areas=lambda: PLACES.by_place)  # type: ignore[arg-type] # no sheets
    return [(each.pointer, each.rule) for each in check(BOOKS, "standard", document, context).errors]


def tea(*factors: dict[str, Any], **more: Any) -> dict[str, Any]:
    named = [{"id": f"f{nth}", "input": "adjustment", "name": NAME, **each} for nth, each in enumerate(factors)]
    return {"services": {"tea": {"name": NAME, **more}}, "factors": named, "tiers": {"410300": 3}}


@pytest.mark.parametrize(
    ("document", "expected"),
    [
        (tea(prices={"base": "5.00"}, floors={"base": "6.00"}),
         ("/services/tea/prices/base", "comes to 5.00 in base, below its floor 6.00")),
        (tea({"mode": "plus", "values": {"tier:3": "-2.00"}}, prices={"base": "5.00"}, floors={"base": "4.00"}),
         ("/services/tea/prices/base", "comes to 3.00 in 410300, below its floor 4.00")),
        (tea(prices={"base": "9.00"}, floors={"base": "4.00"}, rows=[GOLD]),
         ("/services/tea/rows/0", "comes to 3.99 in base, below its floor 4.00")),
        (tea(prices={"base": "9.00"}, floors={"area:near": "9.50"}),
         ("/services/tea/prices/base", "comes to 9.00 in store:s1, below its floor 9.50")),
    ],
)  # fmt: skip
def test_a_price_below_its_floor_is_refused_at_the_draft(document: dict[str, Any], expected: tuple[str, str]) -> None:
    """By the price itself, with a factor of the city's tier, in a row for one level, in a business district."""
    assert findings(document) == [expected]


def test_a_guide_price_below_a_floor_is_refused_where_it_holds() -> None:
    """It is shown in marketplaces whatever else holds: there it would sell below the floor."""
    document = tea(prices={"base": "9.00"}, floors={"base": "6.00"}, guide="5.99")
    assert findings(document) == []
    assert findings({**document, "guide_channels": ["jd"]}) == [("/services/tea/guide", "is below a floor of 6.00")]


WHERE = st.sampled_from(["base", "310000", "310101", "410000", "410300", "410305", "tier:3", "store:s2", "area:near"])
PRICE = st.integers(0, 900).map(lambda minor: f"{minor / 100:.2f}")
ROW = st.fixed_dictionaries({"place": WHERE, "price": PRICE}, optional={
    "level": st.just("gold"), "channel": st.just("app"), "min_quantity": st.just(5)})  # fmt: skip
FACTOR = st.one_of(
    st.fixed_dictionaries(
        {"mode": st.just("plus"), "values": st.dictionaries(WHERE, PRICE.map("-{}".format), min_size=1)}
    ),
    st.fixed_dictionaries({"mode": st.just("times"), "values": st.dictionaries(WHERE, PRICE, min_size=1)}),
)


@given(
    prices=st.dictionaries(WHERE, PRICE, min_size=1),
    floors=st.dictionaries(WHERE, PRICE),
    rows=st.lists(ROW, max_size=3, unique_by=lambda row: row["place"]),
    factors=st.lists(FACTOR, max_size=2),
)
def test_never_below_the_floor(prices: Any, floors: Any, rows: Any, factors: Any) -> None:
    """Whatever a book says, no quote in any place for anybody lies below the floor there; and where one would without
    it, the draft has been refused. Against every place and case by brute force."""
    rows = [row for row in rows if len(row) > 2 or row["place"] not in prices]
    document = tea(*factors, prices=prices, floors=floors, rows=rows)
    book = book_of(BookDocument.model_validate(document))
    service = book.services["tea"]
    assert service.table is not None
    would_be_below = False
    for spot, case in product(SPOTS, CASES):
        chain = chain_of(spot, PLACES, book.tiers)
        floor = service.table.floor(chain)
        if (row := service.table.nearest(chain, case)) is None:
            continue
        unheld, minor = (
            factored_minor(book, "tea", chain, row),
            price_minor_at(book, service, service.table, chain, case),
        )
        resolution = resolve_price(book, service, service.table, chain, case)
        assert minor == resolution.price.amount_minor == max(unheld, floor)
        assert resolution.lifted == (unheld < floor)
        would_be_below |= unheld < floor
    assert not would_be_below or findings(document)


CONDITION = st.fixed_dictionaries({"place": WHERE, "price": PRICE}, optional={
    "level": st.just("gold"), "channel": st.just("app"), "min_quantity": st.sampled_from([2, 5]),
    "weekdays": st.just([1]), "hours": st.just({"begins": "08:00", "ends": "20:00"})})  # fmt: skip
BUYERS = [Case(1, *who, day, minute) for who in product(("", "app"), ("", "gold")) for day in (1, 2)
          for minute in (0, 480, 1200)]  # fmt: skip


@given(price=PRICE, rows=st.lists(CONDITION, max_size=5))
def test_more_pieces_never_cost_more_apiece_where_the_book_declares_it(price: str, rows: Any) -> None:
    """Whichever rows and places the prices come from: where anybody anywhere would pay more apiece for more, the draft
    has been refused, and only there. Against every place, buyer and quantity by brute force."""
    document = tea(prices={"base": price}, rows=rows, falling=True)
    try:
        book = book_of(BookDocument.model_validate(document))
    except Invalid:
        return
    table = book.services["tea"].table
    assert table is not None
    goes_up = False
    for spot, buyer in product(SPOTS, BUYERS):
        chain = chain_of(spot, PLACES, book.tiers)
        found = [table.nearest(chain, replace(buyer, quantity=count)) for count in range(1, 7)]
        prices = [row.price_minor for row in found if row is not None]
        goes_up |= any(more > fewer for fewer, more in pairwise(prices))
    refused = [rule for _, rule in findings(document) if rule.startswith("must not cost more apiece")]
    assert bool(refused) == goes_up


@pytest.mark.parametrize(
    ("rows", "gap"),
    [
        ([{"channel": "app"}, {"level": "gold"}, {"min_quantity": 2}], "from 00:00 on weekday 1"),
        ([{"weekdays": [1, 2, 3, 4, 5]}], "from 00:00 on weekday 6"),
        ([{"hours": {"begins": "08:00", "ends": "22:00"}}], "from 00:00 on weekday 1"),
        ([{"hours": {"begins": "00:00", "ends": "22:00"}}, {"hours": {"begins": "22:00", "ends": "23:30"}}],
         "from 23:30 on weekday 1"),
        ([{"hours": {"begins": "08:00", "ends": "22:00"}}, {"hours": {"begins": "22:00", "ends": "08:00"}}], ""),
        ([{"weekdays": [1, 2, 3, 4, 5]}, {"weekdays": [6, 7]}], ""),
        ([{"channel": "app"}, {}], ""),
    ],
)  # fmt: skip
def test_conditions_that_leave_somebody_out_are_warned_of(rows: list[dict[str, Any]], gap: str) -> None:
    """Rows for a channel, a level, hours or days alone, and none that catches what is left: with the first gap."""
    document = tea(rows=[{"place": "base", "price": "9.00", **row} for row in rows])
    context = Context(Known(), sheets=None, old_books=None)  # type: ignore[arg-type] # no sheets
    findings_told = check(BOOKS, "standard", document, context).warnings
    warnings = [each.rule for each in findings_told if not each.rule.startswith("sells nothing")]
    text = f"has prices for base with conditions alone: {gap} whoever fits none is sold nothing"
    assert warnings == ([text] if gap else [])


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        ([{"place": "310000", "price": "9.00"}],
         ["sells nothing from 00:00 on weekday 1 in 1 stores, but to whoever fits a condition: store:s2"]),
        ([{"place": "base", "price": "9.00", "weekdays": [1, 2, 3, 4, 5]}, {"place": "area:near", "price": "9.50"}],
         ["sells nothing from 00:00 on weekday 6 in 1 stores, but to whoever fits a condition: store:s2"]),
        ([{"place": "310000", "price": "9.00", "channel": "app"}, {"place": "410000", "price": "9.00"}],
         ["sells nothing from 00:00 on weekday 1 in 1 stores, but to whoever fits a condition: store:s1"]),
        ([{"place": "310000", "price": "9.00"}, {"place": "410300", "price": "9.00"}], []),
    ],
)  # fmt: skip
def test_a_store_in_which_somebody_is_sold_nothing_is_named(rows: list[dict[str, Any]], expected: list[str]) -> None:
    """Gaps in region, time, channel and level: by what all the places of a store's chain say together."""
    context = Context(Known(), sheets=None, old_books=None, places=lambda: PLACES, areas=lambda: PLACES.by_place)  # type: ignore[arg-type] # no sheets
    found = check(BOOKS, "standard", tea(rows=rows), context).warnings
    assert [each.rule for each in found if each.rule.startswith("sells nothing")] == expected
