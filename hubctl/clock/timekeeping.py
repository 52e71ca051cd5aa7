"""What keeps a local hub's time, from its start on: a clock that runs, real or scaled, or one that is stepped."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Protocol

from hub.kernel.clock import CARRIED, Clock, ScaledClock
from hubctl.aws_host import Invoke
from hubctl.clock.activity import Activity
from hubctl.clock.due_schedules import DueSchedules
from hubctl.clock.pace import Pace, ScaledPace, SteppedPace
from hubctl.clock.stepped import SteppedClock
from hubctl.clock.stepper import Stepper
from hubctl.clock.words import Mode
from hubctl.schedules import Job, Schedules

SETTLE_SECONDS = 6.0  # real time kept before a fixed business origin, for starting workers and seeding


class Timekeeping(Protocol):
    """One hub's time. pace: of the embedded AWS. carried: the time that calls carry, None where workers know it."""

    @property
    def clock(self) -> Clock: ...

    @property
    def pace(self) -> Pace: ...

    @property
    def carried(self) -> Callable[[], datetime] | None: ...

    @property
    def stepper(self) -> Stepper | None: ...

    def begin(self, origin: datetime | None) -> datetime:
        """The hub's time runs; its business time at readiness. origin: where it is to begin, None for now."""

    def environment(self) -> dict[str, str]:
        """What workers are told of the clock."""

    def await_origin(self) -> None:
        """Until business time has reached the origin."""

    def keep(self, jobs: Sequence[Job], invoke: Invoke) -> None:
        """Fires the schedules from now on."""

    def heard(self, bundle: str, function: str) -> None:
        """A function of a bundle is called."""

    def requested(self) -> None:
        """A request comes from outside."""

    def disturbed(self) -> None:
        """There is news on a platform that its hub does not know of."""

    def close(self) -> None: ...


def timekeeping(mode: Mode, origin: datetime | None, activity: Activity) -> Timekeeping:
    """As the mode says."""
    return SteppedTime(origin, activity) if mode.stepped else RunningTime(mode.scale, activity)


class RunningTime:
    """Business time runs by itself, so many times faster than real time."""

    carried: Callable[[], datetime] | None = None
    stepper: Stepper | None = None

    def __init__(self, scale: int, activity: Activity | None = None) -> None:
        self.clock = ScaledClock()
        self.pace: Pace = ScaledPace(lambda: self.clock, scale, activity or Activity())
        self._scale = scale
        self._schedules: Schedules | None = None

    def begin(self, origin: datetime | None) -> datetime:
        """A fixed origin falls on the moment of readiness; what is seeded before it is a little earlier."""
        wall = time.time() + (SETTLE_SECONDS if origin else 0)
        self.clock = ScaledClock(self._scale, wall, origin.timestamp() if origin else wall)
        return datetime.fromtimestamp(self.clock.origin_business, UTC)

    def environment(self) -> dict[str, str]:
        origin = f"{self.clock.origin_wall}/{self.clock.origin_business}"
        return {"HUB_CLOCK_SCALE": str(self._scale), "HUB_CLOCK_ORIGIN": origin}

    def await_origin(self) -> None:
        time.sleep(max(0.0, self.clock.origin_wall - time.time()))

    def keep(self, jobs: Sequence[Job], invoke: Invoke) -> None:
        self._schedules = Schedules(jobs, self.clock, invoke)
        self._schedules.start()

    def heard(self, bundle: str, function: str) -> None: ...

    def requested(self) -> None: ...

    def disturbed(self) -> None: ...

    def close(self) -> None:
        if self._schedules is not None:
            self._schedules.stop()


class SteppedTime:
    """Business time stands, from the very start, until somebody moves it."""

    def __init__(self, origin: datetime | None, activity: Activity) -> None:
        self.clock = SteppedClock(origin or datetime.now(UTC).replace(microsecond=0))
        pace = SteppedPace(self.clock, activity)
        self.pace: Pace = pace
        self.carried: Callable[[], datetime] | None = self.clock.business_now
        self._schedules = DueSchedules(self.clock)
        self.stepper = Stepper(self.clock, activity, pace.at_work, [pace, self._schedules])

    def begin(self, origin: datetime | None) -> datetime:  # noqa: ARG002 - it stands there already
        return self.clock.business_now()

    def environment(self) -> dict[str, str]:
        return {"HUB_CLOCK_SCALE": "1", "HUB_CLOCK_ORIGIN": CARRIED}

    def await_origin(self) -> None:
        self.stepper.settle()

    def keep(self, jobs: Sequence[Job], invoke: Invoke) -> None:
        self._schedules.keep(jobs, invoke)

    def heard(self, bundle: str, function: str) -> None:
        self._schedules.heard(bundle, function)

    def requested(self) -> None:
        self._schedules.requested()

    def disturbed(self) -> None:
        self._schedules.disturb()

    def close(self) -> None:
        self.stepper.close()
