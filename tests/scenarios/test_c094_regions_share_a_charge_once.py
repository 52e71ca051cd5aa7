"""C094: a charge is split over regions by its rule, sums to the whole, and is never charged twice."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.support.settlement_room import Till, handed, till


@pytest.fixture(scope="module")
def room() -> Iterator[Till]:
    with till() as made:
        shares = [{"to": f"payable:region:{code}", "share": share} for code, share in THREE]
        made.adopt("cross_region_service_split", shares=shares)
        yield made


THREE = (("440300", "0.70"), ("310000", "0.20"), ("110000", "0.10"))
XR = {"region": "440300", "home_region": "110000", "store": "s1"}


def test_seventy_twenty_ten(room: Till) -> None:
    """300.00 is 210.00, 60.00 and 30.00; the same fact again posts nothing; the ledger is off by 0."""
    fact = handed("ticket", charge="300.00", parties=XR)
    first, again = room.hand_in(fact), room.hand_in(fact)
    assert (first[0]["entries"], first[0]["known"], again[0]["known"]) == (1, False, True)
    assert room.accounts() == {
        "income:service": "300.00",
        "payable:region:110000": "-30.00",
        "payable:region:310000": "-60.00",
        "payable:region:440300": "-210.00",
    }
    summary = room.call("GET", "/settlement/ledger/summary").json
    assert (summary["entries"], summary["imbalance_minor"]) == (1, 0)


def test_thirds_by_the_declared_remainder(room: Till) -> None:
    """100.00 in thirds is 33.34, 33.33 and 33.33: the first takes what cannot be divided, as the rule declares."""
    shares = [{"to": f"payable:region:{code}", "share": "1/3"} for code, _ in THREE]
    tried = room.fill_in(
        "cross_region_service_split", [handed("ticket", 2, charge="100.00", parties=XR)], shares=shares
    )
    assert [line["amount"] for line in tried["entries"][0]["lines"]] == ["100.00", "-33.34", "-33.33", "-33.33"]
