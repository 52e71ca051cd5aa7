"""Price books: which version is in force, and which price a region gets."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from random import Random
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from functions.pricing.books import (
    Service,
    Version,
    check_withdrawal,
    resolve_price,
    version_at,
    version_or_next,
)
from functions.pricing.drafts import preset_versions
from hub.kernel.errors import Conflict, Invalid, NotFound
from hub.kernel.money import Money

SHANGHAI = ZoneInfo("Asia/Shanghai")
PRESET = preset_versions("standard")[0]


def book(number: int, valid_from: datetime, prices: dict[str, int], tiers: dict[str, int] | None = None) -> Version:
    service = Service("wash", "洗护", "Wash", prices)
    return Version(number, valid_from, services={"wash": service}, tiers=tiers or {})


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
    found = resolve_price(PRESET, "fruit_tea", region)
    used = [step.level for step in found.steps if step.used]
    assert (str(found.price), used) == (price, [level])


def test_the_path_shows_every_place_from_the_district_outward() -> None:
    """The explanation lists district, city, tier, province and base, also behind the price that is used."""
    steps = resolve_price(PRESET, "fruit_tea", "410305").steps
    assert [(step.region, step.level, step.used) for step in steps] == [
        ("410305", "district", False),
        ("410300", "city", False),
        ("tier:3", "tier", True),
        ("410000", "province", False),
        ("base", "base", False),
    ]


@pytest.mark.parametrize(("region", "minor"), [("310000", 3000), ("310101", 3000), ("410000", 2200), ("410305", 2200)])
def test_a_municipality_is_a_city_too(region: str, minor: int) -> None:
    """上海 asked for by its province's code has the tier of its city; 河南 is no city and has none."""
    version = book(1, datetime(2026, 1, 1, tzinfo=UTC), {"base": 2200, "tier:1": 3000}, {"310100": 1, "410100": 1})
    assert resolve_price(version, "wash", region).price == Money(minor)


def test_a_citys_own_price_comes_before_its_tiers() -> None:
    """A city with a price of its own does not get its tier's."""
    version = book(1, datetime(2026, 1, 1, tzinfo=UTC), {"410300": 1900, "tier:3": 1800}, {"410300": 3})
    assert resolve_price(version, "wash", "410305").price == Money(1900)


def test_an_unknown_service_is_refused_with_the_known_ones() -> None:
    """The refusal names /service and what there is."""
    with pytest.raises(Invalid) as refused:
        resolve_price(PRESET, "haircut", "310000")
    assert [(p.pointer, p.rule) for p in refused.value.problems] == [
        ("/service", "must be one of: fruit_tea, repair_visit")
    ]


def test_a_region_without_any_price_is_refused() -> None:
    """Where no place on the way has a price, nothing is made up."""
    with pytest.raises(Invalid) as refused:
        resolve_price(book(1, datetime(2026, 1, 1, tzinfo=UTC), {"310000": 1}), "wash", "410300")
    assert refused.value.problems[0].pointer == "/region"


def test_a_book_switches_at_its_exact_second_in_the_tenants_zone() -> None:
    """The winter book of 2026-12-01 00:00 Asia/Shanghai: 23:59:59 old, 00:00:00 new."""
    autumn = book(1, datetime(2026, 9, 1, tzinfo=SHANGHAI), {"base": 100})
    winter = book(2, datetime(2026, 12, 1, tzinfo=SHANGHAI), {"base": 200})
    moments = [
        datetime(2026, 11, 30, 23, 59, 59, tzinfo=SHANGHAI),
        datetime(2026, 12, 1, 0, 0, 0, tzinfo=SHANGHAI),
    ]
    assert [version_at([winter, autumn], moment).number for moment in moments] == [1, 2]


def test_a_withdrawal_brings_back_the_version_before_and_keeps_the_history() -> None:
    """A withdrawn version is in force at no moment; the one before it is again."""
    start = datetime(2026, 12, 1, tzinfo=UTC)
    old, wrong = book(1, start - timedelta(days=90), {"base": 100}), book(2, start, {"base": 999})
    withdrawal = Version(3, start, withdraws=2)
    assert version_at([old, wrong, withdrawal], start + timedelta(days=1)) == old


@pytest.mark.parametrize(("number", "error"), [(9, NotFound), (3, NotFound), (1, Conflict)])
def test_what_cannot_be_withdrawn(number: int, error: type[Exception]) -> None:
    """No unknown version, no withdrawal, and never the last one with prices."""
    start = datetime(2026, 12, 1, tzinfo=UTC)
    versions = [book(1, start, {"base": 1}), book(2, start, {"base": 2}), Version(3, start, withdraws=2)]
    with pytest.raises(error):
        check_withdrawal(versions, number)


def test_a_book_that_starts_later_shows_what_will_be() -> None:
    """Before a book's first version there is the next one to look at, though no price."""
    start = datetime(2026, 12, 1, tzinfo=UTC)
    versions = [book(1, start + timedelta(days=1), {"base": 1}), book(2, start, {"base": 2})]
    assert version_or_next(versions, start - timedelta(days=9)).number == 2


def test_before_the_first_version_there_is_no_price() -> None:
    """A moment before every valid_from has no book."""
    start = datetime(2026, 12, 1, tzinfo=UTC)
    with pytest.raises(NotFound):
        version_at([book(1, start, {"base": 1})], start - timedelta(microseconds=1))


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
    version, expected = book(1, datetime(2026, 1, 1, tzinfo=UTC), prices, tiers), walk(prices, tiers, region)
    if expected is None:
        with pytest.raises(Invalid):
            resolve_price(version, "wash", region)
        return
    found = resolve_price(version, "wash", region)
    used = [step.price for step in found.steps if step.used]
    assert (found.price, used) == (Money(expected), [Money(expected)])


@given(starts=st.lists(st.integers(0, 5), min_size=1, max_size=8), order=st.randoms(), at=st.integers(0, 6))
def test_the_version_in_force_does_not_depend_on_the_order_of_publishing(
    starts: list[int], order: Random, at: int
) -> None:
    """Walking all seconds in order, each (valid_from, number) takes over in turn; any listing order agrees."""
    epoch = datetime(2026, 1, 1, tzinfo=UTC)
    versions = [book(i, epoch + timedelta(seconds=s), {"base": i}) for i, s in enumerate(starts, start=1)]
    expected = None
    for second in range(at + 1):
        started = [version for version in versions if version.valid_from == epoch + timedelta(seconds=second)]
        expected = started[-1] if started else expected
    order.shuffle(versions)
    if expected is None:
        with pytest.raises(NotFound):
            version_at(versions, epoch + timedelta(seconds=at))
        return
    assert version_at(versions, epoch + timedelta(seconds=at)) == expected


@given(st.lists(st.integers(0, 100), min_size=2, max_size=6, unique=True))
def test_each_version_holds_until_the_second_before_the_next(starts: list[int]) -> None:
    """Between two neighbours the older one holds to the last second, and nothing in between is without a price."""
    epoch = datetime(2026, 1, 1, tzinfo=UTC)
    versions = [book(i, epoch + timedelta(seconds=s), {"base": i}) for i, s in enumerate(sorted(starts), start=1)]
    for old, new in pairwise(versions):
        assert version_at(versions, new.valid_from - timedelta(seconds=1)) == old
        assert version_at(versions, new.valid_from) == new
