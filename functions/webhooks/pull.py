"""Pulling (拉取): windows over a platform's update times, so that what no push told us still comes. Pure.

Each window begins a little before the watermark, for rows that were written late, and ends a little before
now, for rows that are being written. Pages are read from the last to the first: an order that changes
meanwhile leaves its place, later ones move towards the front, and so are read twice rather than not at all.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

OVERLAP = timedelta(minutes=10)
LAG = timedelta(seconds=60)
WINDOW = timedelta(days=1)
FIRST_PULL = timedelta(days=1)
"""A new connection begins this far back."""
PAGES_LIMIT = 20
"""So many pages are read in one run: at 0.5 s a page they stay within the function's minute."""


@dataclass(frozen=True, slots=True)
class Window:
    """Update times from `start` to `end`, both included; what lies before `watermark` is read for the second
    time."""

    start: datetime
    watermark: datetime
    end: datetime

    def fits(self, total: int, page_size: int) -> bool:
        """Whether `total` orders can be read in one run, or the window cannot get shorter."""
        return total <= PAGES_LIMIT * page_size or self.end - self.start <= timedelta(seconds=1)

    def narrowed(self) -> Window:
        """A window with fewer orders: first without the overlap, then its earlier half, in whole seconds."""
        if self.start < self.watermark:
            return replace(self, start=self.watermark)
        seconds = max(1, int((self.end - self.start).total_seconds()) // 2)
        return replace(self, end=self.start + timedelta(seconds=seconds))


def plan_window(watermark: datetime, now: datetime, lag: timedelta = LAG) -> Window | None:
    """The next window, or None when nothing is old enough yet. now: real time, in which platforms stamp their rows."""
    end = min(watermark + WINDOW, now - lag).replace(microsecond=0)
    return Window(watermark - OVERLAP, watermark, end) if end > watermark else None


def page_numbers(total: int, page_size: int) -> Iterator[int]:
    """Pages counted from 0, the last first; at most PAGES_LIMIT of them."""
    last = max(0, -(-total // page_size) - 1)
    return iter(range(min(last, PAGES_LIMIT - 1), -1, -1))
