"""Price books: which version is in force, and which price a region gets."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from functions.pricing.books.book_kind import BOOKS, book_of
from functions.pricing.books.books import Book, Case, PriceTable, Resolution, Row, Service, resolve_price
from functions.pricing.places.places import Spot, chain_of
from hub.contracts.pricing_books import BookDocument
from hub.kernel.errors import Invalid
from hub.kernel.money import Money

PRESET = book_of(BookDocument.model_validate(BOOKS.presets()["standard"]))


def book(prices: dict[str, int], tiers: dict[str, int] | None = None) -> Book:
    table = PriceTable.of(Row(place, price) for place, price in prices.items())
    return Book("CNY", {"wash": Service("wash", "洗护", "Wash", table)}, tiers or {})


def resolve(book: Book, key: str, region: str) -> Resolution:
    service = book.service(key)
    assert service.table is not None
    return resolve_price(book, service, service.table, chain_of(Spot(region), tiers=book.tiers), Case())


@pytest.mark.parametrize(
    ("region", "price", "level"),
    [
        ("310000", "25.00", "province"),
        ("310101", "25.00", "province"),
        ("410300", "18.00", "tier"),
        ("410305", "18.00", "tier"),
        ("330100", "22.00", "base"),
        ("base", "22.00", "base"),
    ],
)
def test_the_preset_prices_fruit_tea_by_region_and_tier(region: str, price: str, level: str) -> None:
    """鲜果茶 costs 25.00 in 上海, 18.00 in a tier 3 city and its districts, 22.00 elsewhere."""
    found = resolve(PRESET, "fruit_tea", region)
    used = [step.level for step in found.steps if step.used]
    assert (str(found.price), used) == (price, [level])


def test_the_path_shows_every_place_from_the_district_outward() -> None:
    """The explanation lists district, city, tier, province and base, also behind the price that is used."""
    steps = resolve(PRESET, "fruit_tea", "410305").steps
    assert [(step.place, step.level, step.used) for step in steps] == [
        ("410305", "district", False),
        ("410300", "city", False),
        ("tier:3", "tier", True),
        ("410000", "province", False),
        ("base", "base", False),
    ]


@pytest.mark.parametrize(("region", "minor"), [("310000", 3000), ("310101", 3000), ("410000", 2200), ("410305", 2200)])
def test_a_municipality_is_a_city_too(region: str, minor: int) -> None:
    """上海 asked for by its province's code has the tier of its city; 河南 is no city and has none."""
    version = book({"base": 2200, "tier:1": 3000}, {"310100": 1, "410100": 1})
    assert resolve(version, "wash", region).price == Money(minor)


def test_a_citys_own_price_comes_before_its_tiers() -> None:
    """A city with a price of its own does not get its tier's."""
    version = book({"410300": 1900, "tier:3": 1800}, {"410300": 3})
    assert resolve(version, "wash", "410305").price == Money(1900)


def test_an_unknown_service_is_refused_with_the_known_ones() -> None:
    """The refusal names /service and what there is."""
    with pytest.raises(Invalid) as refused:
        resolve(PRESET, "haircut", "310000")
    assert [(p.pointer, p.rule) for p in refused.value.problems] == [
        ("/service", "must be one of: fruit_tea, repair_visit")
    ]


def test_a_region_without_any_price_is_refused() -> None:
    """Where no place on the way has a price, nothing is made up."""
    with pytest.raises(Invalid) as refused:
        resolve(book({"310000": 1}), "wash", "410300")
    assert refused.value.problems[0].pointer == "/region"


PROVINCES, CITIES, DISTRICTS = ("31", "41"), ("00", "01", "03"), ("00", "01", "05")
CODES = st.builds(
    lambda p, c, d: p + c + (d if c != "00" else "00"),
    st.sampled_from(PROVINCES),
    st.sampled_from(CITIES),
    st.sampled_from(DISTRICTS),
)
PLACES = st.one_of(CODES, st.just("base"), st.sampled_from(["tier:1", "tier:2", "tier:3"]))
TIERS = st.dictionaries(st.sampled_from(["310100", "410100", "410300"]), st.integers(1, 3))


def walk(prices: dict[str, int], tiers: dict[str, int], region: str) -> int | None:
    """Brute force: score every place of the table by how near it is to the region, and take the nearest."""
    if region == "base":
        return prices.get("base")
    region = "310100" if region == "310000" else region
    city = region[:4] + "00"
    near = {"base": 0, region[:2] + "0000": 1}
    if region[2:4] != "00":
        near |= {f"tier:{tiers[city]}": 2} if city in tiers else {}
        near |= {city: 3, region: 4 if region != city else 3}
    found = [(near[place], price) for place, price in prices.items() if place in near]
    return max(found)[1] if found else None


@given(prices=st.dictionaries(PLACES, st.integers(0, 9999)), tiers=TIERS, region=st.one_of(CODES, st.just("base")))
def test_resolution_equals_brute_force(prices: dict[str, int], tiers: dict[str, int], region: str) -> None:
    """For any table, tiers and region the price is that of the nearest place, and one step is marked as used."""
    version, expected = book(prices, tiers), walk(prices, tiers, region)
    if expected is None:
        with pytest.raises(Invalid):
            resolve(version, "wash", region)
        return
    found = resolve(version, "wash", region)
    used = [step.price for step in found.steps if step.used]
    assert (found.price, used) == (Money(expected), [Money(expected)])
