"""A bulk change that is sent twice stands once."""

from __future__ import annotations

from functions.pricing.books.bulk import standing_place

CITY = {"id": "city", "values": {"310000": "1.10"}}
SPRING = {"id": "spring", "values": {"store:s1": "0.95"}}


def test_the_same_change_is_known_by_its_id_and_what_it_does() -> None:
    """At its place among the book's factors; the same id with other values, or another id, is another change."""
    assert standing_place([CITY, SPRING], SPRING) == 1
    assert standing_place([CITY, SPRING], {"id": "spring", "values": {"store:s1": "0.90"}}) is None
    assert standing_place([CITY], SPRING) is None
