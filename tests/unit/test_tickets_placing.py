"""Where a ticket is worked on: the first source that says so."""

from __future__ import annotations

from typing import Any

import pytest

from functions.tickets.intake.placing import Site, named_site, settle_site

NAMED, ACCOUNT, CUSTOMER = (
    Site("named", "310115"),
    Site("account", "330100", "hz1"),
    Site("customer", "320500", "sz1"),
)
DEFAULT = Site("default", "440100")


@pytest.mark.parametrize(
    ("sites", "expected"),
    [
        ((NAMED, ACCOUNT, CUSTOMER, DEFAULT), Site("named", "310115", "")),
        ((Site("named"), ACCOUNT, CUSTOMER, DEFAULT), Site("account", "330100", "hz1")),
        ((Site("named"), Site("account"), CUSTOMER, DEFAULT), Site("customer", "320500", "sz1")),
        ((Site("named"), Site("account"), Site("customer"), DEFAULT), Site("default", "440100", "")),
        ((Site("named"), Site("account"), Site("customer"), Site("default")), Site("default", "base", "")),
    ],
)
def test_message_then_account_then_customer_then_default(sites: tuple[Site, ...], expected: Site) -> None:
    """In this order, and it is said which of them it was."""
    assert settle_site(sites) == expected


def test_a_store_serves_where_its_region_agrees() -> None:
    """A shop of 上海 keeps a customer who writes from 浦东; one of 杭州 does not get them."""
    shanghai = Site("account", "310000", "sh1")
    assert settle_site((NAMED, shanghai, DEFAULT)) == Site("named", "310115", "sh1")
    assert settle_site((NAMED, ACCOUNT, Site("customer", "310115", "pd1"), DEFAULT)) == Site("named", "310115", "pd1")


def test_a_wide_place_does_not_lose_the_narrow_one_it_came_through() -> None:
    """Who writes "上海" to the account of 浦东 is in 浦东."""
    assert settle_site((Site("named", "310000"), Site("account", "310115", "pd1"), DEFAULT)) == Site(
        "named", "310115", "pd1"
    )


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ({"text": "浦东的冰柜不制冷"}, Site("named", "310115")),
        ({"region": "320500", "store_id": "sz1", "text": "浦东的冰柜"}, Site("named", "320500", "sz1")),
        ({"label": "北京市朝阳区建国路1号", "text": ""}, Site("named", "110105")),
        ({"fields": {"所在城市": "苏州"}, "text": "想了解一下"}, Site("named", "320500")),
        ({"person": {"address": "南京市鼓楼区"}}, Site("named", "320106")),
        ({"region": "上海", "text": 5, "fields": ["苏州"]}, Site("named")),
    ],
)
def test_a_place_is_named_by_a_field_or_by_words(content: dict[str, Any], expected: Site) -> None:
    """A code that the sender gives, else an address, a place on the map, words, or the fields of a form."""
    assert named_site(content, "base") == expected


def test_where_it_came_in_decides_between_places_of_one_name() -> None:
    """朝阳区, written to an account of 北京."""
    assert named_site({"text": "朝阳区的店"}, "110000") == Site("named", "110105")
