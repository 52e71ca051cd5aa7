"""Caps (防打扰): how many messages one person gets, and when the next may leave (C123). Pure.

Of each window the last place is the digest's: what is more than the places before it waits until the window is over,
and leaves as one. A window with one place has it for whoever comes first. What is urgent never waits.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Protocol

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
CAPPED = ("low", "normal")
"""Priorities that wait for a place."""


class Cap(Protocol):
    """How many in which span."""

    @property
    def per_window(self) -> int: ...
    @property
    def window_seconds(self) -> int: ...
    @property
    def per_hour(self) -> int: ...
    @property
    def per_day(self) -> int: ...


def place_at(moments: Sequence[datetime], now: datetime, cap: Cap) -> datetime:
    """When one more message may leave: `now`, or when the first of those that fill a span is out of it."""
    window = timedelta(seconds=cap.window_seconds)
    limits = ((window, cap.per_window), (HOUR, cap.per_hour), (DAY, cap.per_day))
    waits = (_free_at(moments, now, span, most) for span, most in limits if most)
    return max((moment for moment in waits if moment is not None), default=now)


def kept(moments: Sequence[datetime], now: datetime) -> list[datetime]:
    """Those that still count."""
    return sorted(moment for moment in moments if moment > now - DAY)


def _free_at(moments: Sequence[datetime], now: datetime, span: timedelta, most: int) -> datetime | None:
    inside = sorted(moment for moment in moments if moment > now - span)
    return inside[0] + span if inside and len(inside) >= most - 1 else None
