"""Two clocks, always passed in, never read from the side.

`business_now` is the time of tickets, deadlines, prices and periods. On one machine it may run scaled, or stepped: then
it stands still while anything is at work, and each call carries it. `wall_now` is the time of signatures, tokens, TTLs
and rate limits: always real.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import field
from datetime import UTC, datetime, timedelta
from typing import Protocol

from hub.kernel.dataclass import dataclass
from hub.kernel.errors import Broken, Invalid, Problem

UNTIL_CALLED = datetime.max.replace(tzinfo=UTC)
"""What a scheduled function answers that has nothing to do before its room is called: nothing is due by itself."""
CARRIED = "call"
"""As `HUB_CLOCK_ORIGIN`: business time is what each call carries."""


class Clock(Protocol):
    """What code asks the time of. Both answers are timezone-aware UTC datetimes."""

    def business_now(self) -> datetime: ...

    def wall_now(self) -> datetime: ...


@dataclass(frozen=True)
class ScaledClock:
    """Business time = origin_business + (wall - origin_wall) * scale. With the defaults both clocks agree.

    origin_wall, origin_business: epoch seconds, fixed when a local hub starts, equal in every process of it.
    wall: the source of real time, in epoch seconds.
    """

    scale: int = 1
    origin_wall: float = 0.0
    origin_business: float = 0.0
    wall: Callable[[], float] = field(default=time.time)

    def business_now(self) -> datetime:
        elapsed = (self.wall() - self.origin_wall) * self.scale
        return datetime.fromtimestamp(self.origin_business, UTC) + timedelta(seconds=elapsed)

    def wall_now(self) -> datetime:
        return datetime.fromtimestamp(self.wall(), UTC)


class CallTime:
    """The business time that the calls of this process carry, as its worker says before it begins one.

    One value for the whole process: business time moves only while no call is in flight, so calls side by side, and
    the threads that a call starts, all carry the same.
    """

    def __init__(self) -> None:
        self._moment: datetime | None = None

    def carry(self, moment: datetime) -> None:
        """The call that begins now happens at `moment`."""
        self._moment = moment

    def __call__(self) -> datetime:
        if self._moment is None:
            raise Broken("business time is carried by calls, and no call has begun")
        return self._moment


CALL_TIME = CallTime()


@dataclass(frozen=True)
class CarriedClock:
    """Business time is what the present call carries: it stands still within the call. Wall time is real."""

    carried: Callable[[], datetime] = CALL_TIME
    wall: Callable[[], float] = field(default=time.time)

    def business_now(self) -> datetime:
        return self.carried()

    def wall_now(self) -> datetime:
        return datetime.fromtimestamp(self.wall(), UTC)


def clock_from(scale: str, origin: str) -> Clock:
    """From `HUB_CLOCK_SCALE` ("720") and `HUB_CLOCK_ORIGIN`: "<wall epoch>/<business epoch>", "call" for a stepped
    hub, "" for real time.

    Raises Invalid when the two do not parse, or a scale other than 1 has no origin.
    """
    if origin == CARRIED and scale in ("", "1"):
        return CarriedClock()
    try:
        factor = int(scale or "1")
        wall, business = (float(part) for part in (origin or "0/0").split("/"))
    except ValueError:
        problem = Problem("HUB_CLOCK_ORIGIN", "must be '<wall epoch>/<business epoch>', scale a whole number")
        raise Invalid("clock settings do not parse", problems=[problem]) from None
    if factor < 1 or (factor != 1 and not origin):
        raise Invalid("clock", problems=[Problem("HUB_CLOCK_SCALE", "must be 1 or more, above 1 with an origin")])
    return ScaledClock(scale=factor, origin_wall=wall, origin_business=business)


@dataclass
class StepClock:
    """A clock that stands still until it is told to move: for tests and simulations."""

    now: datetime

    def business_now(self) -> datetime:
        return self.now

    def wall_now(self) -> datetime:
        return self.now

    def advance(self, **delta: float) -> datetime:
        """Move forward by timedelta keywords (`hours=2, seconds=1`) and answer the new time."""
        self.now += timedelta(**delta)
        return self.now


def rfc3339(moment: datetime) -> str:
    """UTC with microseconds, always the same width, so that text order is time order."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def parse_rfc3339(text: str) -> datetime:
    """The moment in `text`, which must carry an offset. Raises Invalid otherwise."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise Invalid(
            "not a time", problems=[Problem("", "must be RFC 3339, e.g. 2026-12-01T00:00:00+08:00")]
        ) from None
    if moment.tzinfo is None:
        raise Invalid("no offset", problems=[Problem("", "must carry an offset, e.g. +08:00")])
    return moment.astimezone(UTC)
