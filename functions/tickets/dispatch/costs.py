"""Costs (派单成本): what it takes until somebody is there, in whole minutes, part by part. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime, timedelta
from typing import Literal

from functions.tickets.dispatch.loads import Load
from functions.tickets.dispatch.policy import DispatchPolicy, Weights
from hub.kernel.dataclass import dataclass
from hub.kernel.datum import Point, distance_metres
from hub.kernel.regions import BASE, path

Start = Literal["fix", "base", "region"]
MINUTE = timedelta(minutes=1)
Places = Callable[[Iterable[str]], Mapping[str, Point]]
"""(ids of stores) → where those stand whose place is known."""


def no_places(stores: Iterable[str]) -> Mapping[str, Point]:  # noqa: ARG001 - the signature of `Places`
    """Where no store says where it stands."""
    return {}


@dataclass(frozen=True)
class Way:
    """How somebody comes to the work. start: from where they are by their phone, from their base, or by their region;
    why: what speaks against the phone."""

    minutes: int
    start: Start
    why: str = ""


@dataclass(frozen=True)
class Cost:
    """Minutes of each part, weighed."""

    travel: int
    load: int
    skill: int
    fairness: int
    lateness: int
    start: Start = "region"
    why: str = ""

    @property
    def total(self) -> int:
        return self.travel + self.load + self.skill + self.fairness + self.lateness


@dataclass(frozen=True)
class Job:
    """What the work is, to whoever goes there. site: where on the map, None where nobody knows."""

    region: str
    skill: str = ""
    due_at: datetime | None = None
    site: Point | None = None


@dataclass(frozen=True)
class Candidate:
    """Who may go. base: where they are stationed."""

    region: str
    skills: tuple[str, ...]
    load: Load
    base: Point | None = None


def cost_of(job: Job, candidate: Candidate, policy: DispatchPolicy, now: datetime) -> Cost:
    """What it takes until this one is there."""
    weights: Weights = policy.weights
    way, queue = way_to(job, candidate, policy, now), candidate.load.open_tickets * policy.job_minutes
    spare = len({*candidate.skills} - {job.skill}) * policy.skill_minutes
    given_at = candidate.load.given_at
    rest = policy.idle_minutes - max(0, (now - given_at) // MINUTE) if given_at else 0  # given by a clock ahead: now
    arrives_at = now + (way.minutes + queue) * MINUTE
    late = -((job.due_at - arrives_at) // MINUTE) if job.due_at else 0
    return Cost(
        travel=way.minutes * weights.travel,
        load=queue * weights.load,
        skill=spare * weights.skill,
        fairness=max(0, rest) * weights.fairness,
        lateness=max(0, late) * weights.lateness,
        start=way.start,
        why=way.why,
    )


def way_to(job: Job, candidate: Candidate, policy: DispatchPolicy, now: datetime) -> Way:
    """From where they are by their phone, if that is not too old; else from their base; else by the steps between the
    two regions."""
    fix, why = candidate.load.fix, ""
    if job.site and fix:
        age = (now - fix.at) // MINUTE
        if now - fix.at <= policy.fix_minutes * MINUTE:
            return Way(_minutes(fix.point, job.site, policy), "fix")
        why = f"定位是 {age} 分钟前的,按驻点计 · the fix is {age} min old, so the base counts"
    if job.site and candidate.base:
        return Way(_minutes(candidate.base, job.site, policy), "base", why)
    outward = path(job.region)
    steps = outward.index(candidate.region) if candidate.region in outward else len(path(BASE)) + len(outward)
    return Way(steps * policy.step_minutes, "region", why)


def _minutes(here: Point, there: Point, policy: DispatchPolicy) -> int:
    """Rounded up."""
    return -(-int(distance_metres(here, there)) * 60 // (policy.speed_kmh * 1000))
