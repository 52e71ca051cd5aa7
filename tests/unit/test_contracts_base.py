"""What crosses a boundary: moments and amounts are written in one way, and everything else is refused."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from pydantic import Field, TypeAdapter, ValidationError

from hub.contracts.base import Amount, Contract, Day, Moment, RegionCode, misread
from hub.contracts.pricing import Price
from hub.contracts.settlement import EarningsQuery

moments: TypeAdapter[datetime] = TypeAdapter(Moment)


def test_a_moment_is_utc_inside() -> None:
    """An offset is kept as the instant that it means."""
    assert moments.validate_python("2026-11-23T02:00:00+08:00") == datetime(2026, 11, 22, 18, tzinfo=UTC)


@pytest.mark.parametrize(
    "written",
    [
        "2026-11-23T02:00:00",
        "2026-11-23",
        1_763_834_400,
        "1763834400",
        1.5,
        True,
        None,
        "0001-01-01T00:00:00+14:00",
        "9999-12-31T23:59:59-12:00",
        "1969-12-31T23:59:59Z",
        "3000-01-01T00:00:00Z",
    ],
)
def test_what_could_mean_two_moments_or_none_is_refused(written: object) -> None:
    """No offset, a bare number, or a year that arithmetic would leave: an error, never a guess or a crash."""
    with pytest.raises(ValidationError):
        moments.validate_python(written)


@pytest.mark.parametrize("written", [86_400, "86400", "0001-01-01", "9999-12-31", "2026-02-30", "2026-11-23T00:00:00Z"])
def test_a_day_is_written_out_and_lies_in_reach(written: object) -> None:
    """A number, a moment, or a day whose neighbours there are none of, is refused."""
    with pytest.raises(ValidationError):
        TypeAdapter(Day).validate_python(written)


@pytest.mark.parametrize("written", ["9999-12", "9999-12-31", "1969-12", "0000-01", "2026-13", "2026-00-01", "26-11"])
def test_a_period_lies_in_reach(written: str) -> None:
    """Its end can always be computed."""
    with pytest.raises(ValidationError):
        EarningsQuery.model_validate({"period": written})


@pytest.mark.parametrize("kind", [Amount, Price])
@pytest.mark.parametrize("written", ["1e3", "NaN", "１２", "٣", "+5", "0.001", "", "1,000", 5, 5.5, "9" * 14])
def test_money_is_a_decimal_string_in_ascii_digits(kind: object, written: object) -> None:
    """Everything else is refused, digits of other scripts included."""
    with pytest.raises(ValidationError):
        TypeAdapter(kind).validate_python(written)


def test_a_region_code_is_six_ascii_digits() -> None:
    """Full-width digits would be another key for the same region."""
    with pytest.raises(ValidationError):
        TypeAdapter(RegionCode).validate_python("３１００００")


class _Inner(Contract):
    count: int = 0
    ratio: float = 0.0
    on: bool = False
    either: bool | int = False


class _Outer(Contract):
    rows: tuple[_Inner, ...] = ()
    by_name: dict[str, _Inner] = Field(default={})
    anything: dict[str, Any] = Field(default={})


def test_true_where_a_number_is_meant_is_found_wherever_it_stands() -> None:
    """In lists and by names, as a whole number or not; a true that is meant as one is none, and a 1 is a number."""
    wrong = {
        "rows": [{"count": 1, "on": True}, {"count": True}],
        "by_name": {"a/b": {"ratio": False, "either": True}},
        "anything": {"count": True},
    }
    assert list(misread(wrong, _Outer.model_validate(wrong))) == ["/rows/1/count", "/by_name/a~1b/ratio"]
