"""Regions: the code itself says where it lies."""

from __future__ import annotations

import pytest

from hub.kernel.regions import BASE, around, covers, is_region, path


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("310101", ("310101", "310100", "310000", "base")),
        ("440300", ("440300", "440000", "base")),
        ("440000", ("440000", "base")),
        ("base", ("base",)),
    ],
)
def test_path_leads_outward(code: str, expected: tuple[str, ...]) -> None:
    """A district lies in its city, the city in its province, the province in the whole."""
    assert path(code) == expected


def test_a_region_covers_its_subtree() -> None:
    """A region covers itself and what lies in it, and nothing above or beside."""
    assert covers("310000", "310101")
    assert covers("310101", "310101")
    assert covers(BASE, "440300")
    assert not covers("310101", "310000")
    assert not covers("440000", "310101")


@pytest.mark.parametrize(
    ("codes", "smallest"),
    [
        (("310101",), "310101"),
        (("310101", "310104"), "310100"),
        (("440106", "440300"), "440000"),
        (("440106", "310101"), "base"),
        (("310101", "base"), "base"),
    ],
)
def test_what_lies_in_several_places_lies_in_what_holds_them_all(codes: tuple[str, ...], smallest: str) -> None:
    """The smallest region of all."""
    assert around(*codes) == smallest


def test_six_digits_in_no_province_are_no_region() -> None:
    """Nor are five digits, other digits than ours, or words."""
    assert all(map(is_region, ("base", "310101", "440300", "820000")))
    assert not any(map(is_region, ("", "31010", "999999", "170000", "３１０１０１", "shanghai", "3101010")))
