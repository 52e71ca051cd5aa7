"""Which of two lists of moments belong together (最近配对): the closest pair first, each moment once. Pure.

Closest are always neighbours: whatever lies between two moments is closer to one of them. So neighbours alone are held
against each other, and n moments take n log n steps.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import field
from datetime import datetime, timedelta
from heapq import heappop, heappush
from itertools import groupby, pairwise

from hub.kernel.dataclass import dataclass

Rank = tuple[timedelta, int, int]
"""How far apart two are, and their places, by which equals are told apart."""


@dataclass(slots=True, eq=False)
class _Moment:
    """What one list has of one moment. places: those that are left, the last one first."""

    at: datetime
    side: int
    places: list[int]
    before: _Moment | None = field(default=None, repr=False)
    behind: _Moment | None = field(default=None, repr=False)


def nearest_pairs(left: Sequence[datetime], right: Sequence[datetime], limit: timedelta) -> dict[int, int]:
    """Places of `left` with those of `right`; what lies further apart than `limit` stays alone. Both in order of time;
    of pairs that are equally close the first of `left` goes first, to the first of `right`."""
    heap: list[tuple[Rank, _Moment, _Moment]] = []
    pairs: dict[int, int] = {}

    def offer(before: _Moment | None, behind: _Moment | None) -> None:
        rank = _rank(before, behind)
        if before and behind and rank and rank[0] <= limit:
            heappush(heap, (rank, before, behind))

    moments = _in_a_row(left, right)
    for moment in moments:
        offer(moment, moment.behind)
    while heap:
        rank, before, behind = heappop(heap)
        if before.behind is not behind:
            continue
        if rank == _rank(before, behind):
            pairs[rank[1]] = rank[2]
            before.places.pop()
            behind.places.pop()
            for moment in (each for each in (before, behind) if not each.places):
                _take_out(moment)
                offer(moment.before, moment.behind)
        if before.behind is behind:
            offer(before, behind)
    return pairs


def _rank(before: _Moment | None, behind: _Moment | None) -> Rank | None:
    """None for two that can't be a pair."""
    if before is None or behind is None or before.side == behind.side or not (before.places and behind.places):
        return None
    left, right = (before, behind) if before.side == 0 else (behind, before)
    return behind.at - before.at, left.places[-1], right.places[-1]


def _in_a_row(left: Sequence[datetime], right: Sequence[datetime]) -> list[_Moment]:
    """The moments of both, each with its neighbours."""
    row = sorted(
        (moment for side, moments in enumerate((left, right)) for moment in _distinct(moments, side)),
        key=lambda moment: (moment.at, moment.side),
    )
    for before, behind in pairwise(row):
        before.behind, behind.before = behind, before
    return row


def _distinct(moments: Sequence[datetime], side: int) -> Iterator[_Moment]:
    for at, places in groupby(range(len(moments)), key=lambda place: moments[place]):
        yield _Moment(at, side, list(places)[::-1])


def _take_out(moment: _Moment) -> None:
    if moment.before:
        moment.before.behind = moment.behind
    if moment.behind:
        moment.behind.before = moment.before
