"""Fields of messages and rows: what is missing, or in other units, is refused."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.channels import reading
from hub.channels.base import NotUnderstood
from hub.kernel.money import Money
from tests.channels.support import RECEIVED_AT, stored

ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=2), inner, max_size=2),
    max_leaves=4,
)
READERS: list[Callable[..., Any]] = [
    reading.read_id,
    reading.read_whole,
    reading.read_moment,
    reading.read_moment_ms,
    reading.read_written,
    reading.read_amount,
    reading.optional_moment,
    reading.optional_written,
]


@pytest.mark.parametrize("read", READERS, ids=lambda one: one.__name__)
@given(value=ANYTHING)
def test_anything_is_read_or_not_understood(read: Callable[..., Any], value: Any) -> None:
    """Whatever a platform puts into a field, reading it never crashes."""
    with suppress(NotUnderstood):
        read({"field": value}, "field")


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (9007199254740993, "9007199254740993"),
        (" E1 ", "E1"),
        ("DHL AWB# 111111111", "DHL AWB# 111111111"),
        ("圆通 1", "圆通 1"),
        (None, ""),
        ("", ""),
        ([], ""),
    ],
)
def test_an_id_is_kept_as_it_is_written(value: object, text: str) -> None:
    """Every digit, blanks inside, and any script; nothing is nothing."""
    assert reading.optional_id({"id": value}, "id") == text


@pytest.mark.parametrize("value", [True, 1.0, "x" * 129, {"a": 1}, ["1"], "a\nb", "a\x7fb"])
def test_what_can_be_no_id_is_never_dropped(value: object) -> None:
    """Where one stands that is none, the message or row says so, whether it must have one or not."""
    for read in (reading.optional_id, reading.read_id):
        with pytest.raises(NotUnderstood, match="missing-field"):
            read({"id": value}, "id")


def test_numbers_of_parcels_are_compared_without_blanks() -> None:
    """Each stands once, in the order and the writing in which it came first."""
    numbers = ["9400 1000 0000", "SF1", "", "940010000000", " SF1", "SF 2"]
    assert reading.distinct_numbers(numbers) == ("9400 1000 0000", "SF1", "SF 2")


@pytest.mark.parametrize("value", [-1, 10**15, 1.0, True, "1e3", "１", [], None])
def test_a_whole_number_is_bounded_and_never_a_float(value: object) -> None:
    """Signs, scientific notation and other digits are refused too."""
    with pytest.raises(NotUnderstood):
        reading.read_whole({"n": value}, "n")


@pytest.mark.parametrize("value", [None, ""])
def test_nothing_has_a_default_where_one_is_given(value: object) -> None:
    """Null and an empty text are nothing; zero is a number."""
    assert reading.read_whole({"n": value}, "n", 7) == 7
    assert reading.read_amount({"n": value}, "n", default=7) == 7
    assert reading.read_whole({"n": 0}, "n", 7) == 0


def test_seconds_and_milliseconds_are_never_confused() -> None:
    """Each reader refuses the other's unit."""
    at = datetime(2026, 1, 1, 4, 45, tzinfo=UTC)
    assert reading.read_moment({"t": "1767242700"}, "t") == reading.read_moment_ms({"t": 1767242700000}, "t") == at
    for read, wrong in ((reading.read_moment, 1767242700000), (reading.read_moment_ms, 1767242700)):
        with pytest.raises(NotUnderstood):
            read({"t": wrong}, "t")
    assert reading.optional_moment({"t": 0}, "t") is None


@pytest.mark.parametrize("written", ["2026-01-01 12:45:00", "2026-01-01T04:45:00Z", "2026-01-01T12:45:00+08:00"])
def test_a_written_time_without_an_offset_is_chinas(written: str) -> None:
    """One with an offset is its own."""
    assert reading.read_written({"t": written}, "t") == datetime(2026, 1, 1, 4, 45, tzinfo=UTC)


@given(minor=st.integers(0, 10**12), currency=st.sampled_from(["CNY", "JPY", "USD"]))
def test_an_amount_comes_back_as_it_was_written(minor: int, currency: str) -> None:
    """Minor units by the currency's own exponent."""
    assert reading.read_amount({"a": str(Money(minor, currency))}, "a", currency) == minor


@pytest.mark.parametrize(("value", "currency"), [(12.3, "CNY"), ("-1.00", "CNY"), ("1.001", "CNY"), ("1.00", "KWD")])
def test_an_amount_is_never_a_float_nor_rounded(value: object, currency: str) -> None:
    """Nor negative, nor of a currency that we don't know."""
    with pytest.raises(NotUnderstood):
        reading.read_amount({"a": value}, "a", currency)


@pytest.mark.parametrize("text", [b"\xff", "", "[1]", "7", "[" * 100_000, '{"a":'])
def test_only_an_object_is_an_object(text: bytes | str) -> None:
    """Anything else is bad-json; numbers in one become texts, digit by digit."""
    with pytest.raises(NotUnderstood, match="bad-json"):
        reading.read_object(text)
    assert reading.read_object('{"id":9007199254740993}') == {"id": "9007199254740993"}


def test_half_characters_become_question_marks() -> None:
    """What cannot be stored is not let through."""
    assert reading.read_text({"t": "a\ud800"}, "t") == "a?"
    assert reading.read_text({"t": 7}, "t") == ""


def test_what_is_no_object_is_an_empty_one() -> None:
    """Lists keep their objects only."""
    assert reading.object_of({"o": [1]}, "o") == {}
    assert reading.objects_of({"o": [{"a": 1}, 7, None]}, "o") == ({"a": 1},)
    assert reading.objects_of({"o": {"a": 1}}, "o") == ()


def test_an_events_id_follows_from_the_message() -> None:
    """The same message, type and number give the same id; each differs from the others."""
    message = stored("douyin", b"{}")
    one = reading.envelope(message, "order.touched")
    assert one == reading.envelope(message, "order.touched")
    assert (one["at"], one["replay"], one["channel"]) == (RECEIVED_AT, False, "douyin")
    assert (
        len({one["id"], reading.envelope(message, "order.touched", 1)["id"], reading.envelope(message, "x")["id"]}) == 3
    )
