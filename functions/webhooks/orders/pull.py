"""Pulling (拉取): windows over a platform's update times, so that what no push told us still comes. Pure.

Each window begins a little before the watermark, for rows that were written late, and ends a little before
now, for rows that are being written. Numbered pages are read from the last to the first: an order that changes
meanwhile leaves its place, later ones move towards the front, and so are read twice rather than not at all.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta

from hub.channels.market import Feed
from hub.kernel.dataclass import dataclass

PAGES_LIMIT = 10
"""So many pages make a window: at 0.5 s each, and 15 ms to note a row, half of the function's minute."""
READS_LIMIT = 100
"""Where a list does not tell all, so many rows do, each of which is read by itself: at 0.3 s, the same half minute."""


@dataclass(frozen=True, slots=True)
class Window:
    """Update times from `start` to `end`, both included; what lies before `watermark` is read for the second
    time."""

    start: datetime
    watermark: datetime
    end: datetime

    @property
    def is_shortest(self) -> bool:
        return self.end - self.start <= timedelta(seconds=1)

    def fits(self, total: int, feed: Feed) -> bool:
        """Whether `total` rows can be read in one run. A second that cannot get shorter is read whole, page by page."""
        pages_hold = PAGES_LIMIT * feed.page_size
        return total <= (pages_hold if feed.complete or self.is_shortest else min(READS_LIMIT, pages_hold))

    def narrowed(self) -> Window:
        """A window with fewer rows: first without the overlap, then its earlier half, in whole seconds."""
        if self.start < self.watermark:
            return replace(self, start=self.watermark)
        seconds = max(1, int((self.end - self.start).total_seconds()) // 2)
        return replace(self, end=self.start + timedelta(seconds=seconds))


def plan_window(feed: Feed, watermark: datetime, now: datetime, time_scale: int = 1) -> Window | None:
    """The next window, or None when nothing is old enough yet. now: real time, in which platforms stamp their rows.
    time_scale: where business time runs scaled, a minute of it is enough for rows to settle."""
    start = watermark - feed.overlap
    end = min(start + feed.window, now - feed.lag / time_scale).replace(microsecond=0)
    return Window(start, watermark, end) if end > watermark else None


def page_numbers(total: int, feed: Feed) -> Iterator[int]:
    """The numbers of the pages that hold `total` rows, in the order in which they are read."""
    count = max(1, -(-total // feed.page_size))
    numbers = range(feed.first_page, feed.first_page + count)
    return iter(reversed(numbers) if feed.paging == "backward" else numbers)
