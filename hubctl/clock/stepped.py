"""The stepped clock (步进时钟): business time that stands still until it is moved, and never goes back. Pure."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Literal

from hub.kernel.clock import rfc3339
from hub.kernel.errors import Conflict

Kind = Literal["message", "wait", "schedule", "timeout"]
"""What may be due: a delayed message, a machine's wait, a schedule, a task's time-out."""
RANKS: dict[Kind, int] = {"message": 0, "wait": 1, "schedule": 2, "timeout": 3}


@dataclass(frozen=True)
class Due:
    """Something that happens at a moment of business time. number: of its kind, in the order in which they began.

    release: lets it happen; the clock has been moved to the moment by then.
    """

    at: datetime
    kind: Kind
    number: int
    name: str
    release: Callable[[], None] = field(compare=False, repr=False)

    @property
    def order(self) -> tuple[datetime, int, int]:
        """By moment; at one moment messages, then waits, schedules, time-outs; within a kind by age."""
        return self.at, RANKS[self.kind], self.number

    @property
    def recurs(self) -> bool:
        """Whether it says nothing of work that is still to come: a schedule never ends, a time-out hardly happens."""
        return self.kind in ("schedule", "timeout")


def earliest(dues: Iterable[Due]) -> Due | None:
    """What happens next, None when nothing is due at all."""
    return min(dues, key=lambda due: due.order, default=None)


class SteppedClock:
    """Business time as it was last set; wall time is real. Threads may read it while another moves it."""

    scale = 1

    def __init__(self, start: datetime, wall: Callable[[], float] = time.time) -> None:
        self._now = start.astimezone(UTC)
        self._wall = wall
        self._lock = threading.Lock()

    def business_now(self) -> datetime:
        return self._now

    def wall_now(self) -> datetime:
        return datetime.fromtimestamp(self._wall(), UTC)

    def move_to(self, moment: datetime) -> None:
        """Raises Conflict when `moment` has passed: time never goes back."""
        with self._lock:
            if moment < self._now:
                raise Conflict("business time never goes back", now=rfc3339(self._now), asked=rfc3339(moment))
            self._now = moment.astimezone(UTC)
