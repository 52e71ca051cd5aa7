"""The dispatch policy (派单策略) as a document: what a way, a load, spare skills, a turn and lateness weigh. Pure."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from hub.contracts.base import Contract
from hub.documents.kinds import Kind, as_it_is, no_findings

KEY = "dispatch"
Minutes = Annotated[int, Field(ge=0, le=1440)]
Weight = Annotated[int, Field(ge=0, le=100)]


class Weights(Contract):
    """What a minute of each part counts; 0: the part plays no role."""

    travel: Weight = 1
    load: Weight = 1
    skill: Weight = 1
    fairness: Weight = 1
    lateness: Weight = 1


class DispatchPolicy(Contract):
    """How those who fit are compared: by whole minutes, the fewest first.

    capacity: so many open tickets anybody has at most, unless the directory says otherwise of them; none: any number.
    job_minutes: what each open ticket takes. speed_kmh: on the way between two points of the map, as the crow flies;
    step_minutes: where one of them is not known, for each step from the ticket's region outward to the person's.
    fix_minutes: so old may be what a phone said; beyond it counts the base (驻点). skill_minutes: for each skill that
    the work does not need, so that who can do more is kept for it. idle_minutes: who got a ticket less than so long ago
    waits for the rest of it, so that everybody has their turn.
    """

    capacity: Annotated[int, Field(ge=1, le=1000)] | None = None
    job_minutes: Minutes = 30
    speed_kmh: Annotated[int, Field(ge=1, le=300)] = 30
    step_minutes: Minutes = 15
    fix_minutes: Minutes = 15
    skill_minutes: Minutes = 2
    idle_minutes: Minutes = 0
    weights: Weights = Field(default_factory=Weights)


DISPATCH_POLICY = Kind[DispatchPolicy](
    name="dispatch_policy",
    path="/tickets/dispatch",
    title="派单策略 · Dispatch policy",
    schema=DispatchPolicy,
    read=as_it_is,
    lint=no_findings,
    presets=lambda: {KEY: {}},
    only=KEY,
    readers=("supervisor", "agent", "engineer", "store_manager"),
    editors=("supervisor",),
)
