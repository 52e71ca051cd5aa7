"""Pages of lists that hold more than may be shown."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.kernel.errors import Invalid
from hub.kernel.positions import place_before, position_before, read_shown

SIZE, PAGES = 4, 3


def reader(rows: Sequence[int]) -> Any:
    """Rows by falling places, so many a call."""

    def read(limit: int, position: Mapping[str, Any] | None) -> tuple[list[tuple[str, int]], dict[str, str] | None]:
        before = place_before("list", position)
        rest = [(f"{len(rows) - index:04}", row) for index, row in enumerate(rows)]
        rest = [(place, row) for place, row in rest if not before or place < before]
        return rest[:limit], position_before("list", rest[limit - 1][0] if len(rest) > limit else "")

    return read


def pages(rows: Sequence[int], limit: int, fits: Callable[[int], bool] = bool) -> list[tuple[list[int], bool]]:
    """All pages of those that fit among the even ones, which are within reach."""
    position, found = None, list[tuple[list[int], bool]]()
    while True:
        shown, position = read_shown(
            "list", reader(rows), lambda row: row % 2 == 0, fits, limit, position, size=SIZE, pages=PAGES
        )
        found.append((shown, position is not None))
        if position is None:
            return found


@given(st.lists(st.integers(1, 9).map(lambda n: n * 2), max_size=30), st.integers(1, 6))
def test_all_that_may_be_shown_is_shown_once(rows: list[int], limit: int) -> None:
    """Page by page, in order, each full but the last."""
    found = pages(rows, limit)
    assert [row for page, _ in found for row in page] == rows
    assert all(len(page) == limit for page, more in found if more)


@given(st.lists(st.sampled_from([2, 4]), max_size=60), st.integers(1, 6))
def test_what_fits_is_found_however_much_within_reach_does_not(rows: list[int], limit: int) -> None:
    """A page may be short, and the next ones bring the rest."""
    assert [row for page, _ in pages(rows, limit, lambda row: row == 4) for row in page] == [4] * rows.count(4)


@given(st.lists(st.just(1), max_size=50), st.integers(1, 6))
def test_what_may_not_be_shown_tells_nothing(rows: list[int], limit: int) -> None:
    """However much of it there is, the answer is that of an empty list."""
    assert pages(rows, limit) == [([], False)]


@pytest.mark.parametrize(
    "position", [{"list": "other", "before": "1"}, {"before": "1"}, {"list": "list", "before": ""}]
)
def test_a_position_of_another_list_is_refused(position: dict[str, str]) -> None:
    """A position is good for the list that gave it."""
    with pytest.raises(Invalid):
        place_before("list", position)
