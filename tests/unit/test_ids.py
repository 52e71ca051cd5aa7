"""Ids: prefixed, sortable by time, and the same for the same facts."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st
from ulid import ULID

from hub.kernel.ids import derived_id, digest, fresh_id, hashed_id, is_id

NOW = datetime(2026, 11, 23, 9, tzinfo=UTC)
facts = st.lists(st.text(max_size=8), max_size=4).map(tuple)


@given(facts, facts)
def test_same_facts_same_id(left: tuple[str, ...], right: tuple[str, ...]) -> None:
    """Ids are equal exactly when their facts are, wherever one fact ends and the next begins."""
    assert (derived_id("tkt", NOW, *left) == derived_id("tkt", NOW, *right)) is (left == right)
    assert (hashed_id("vis", *left) == hashed_id("vis", *right)) is (left == right)
    assert (digest(*left) == digest(*right)) is (left == right)


def test_the_moment_is_a_fact() -> None:
    """Another moment is another id."""
    assert derived_id("tkt", NOW, "a") != derived_id("tkt", NOW + timedelta(milliseconds=1), "a")


@given(st.integers(0, 10**9), st.integers(1, 10**9), st.binary(min_size=10, max_size=16))
def test_order_of_ids_is_order_of_time(offset_ms: int, step_ms: int, randomness: bytes) -> None:
    """A later id sorts after an earlier one, whatever their random parts."""
    first = NOW + timedelta(milliseconds=offset_ms)
    earlier = fresh_id("evt", first, b"\xff" * 10)
    assert earlier < fresh_id("evt", first + timedelta(milliseconds=step_ms), randomness)


@given(st.integers(0, 2**47), st.binary(min_size=10, max_size=10))
def test_an_id_is_a_ulid(milliseconds: int, randomness: bytes) -> None:
    """As another library writes it, to the last digit."""
    at = datetime.fromtimestamp(0, UTC) + timedelta(milliseconds=milliseconds % 10**14)
    theirs = ULID.from_bytes(ULID.from_datetime(at).bytes[:6] + randomness)
    assert fresh_id("evt", at, randomness) == f"evt_{theirs}"
    assert abs(theirs.milliseconds - milliseconds % 10**14) <= 1


def test_form_of_an_id() -> None:
    """An id has its own prefix and a ULID, and nothing else passes for one."""
    made = fresh_id("tkt", NOW, bytes(10))

    assert made.startswith("tkt_01")
    assert is_id(made, "tkt")
    assert not is_id(made, "evt")
    assert not is_id(made.lower(), "tkt")
    assert not is_id(made + "\n", "tkt")
    assert not is_id("tkt_", "tkt")
