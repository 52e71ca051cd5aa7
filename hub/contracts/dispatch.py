"""Why a ticket is what it is and whose: what `/tickets/{id}/explain` and `?explain=1` answer."""

from typing import Annotated, Literal

from pydantic import Field

from hub.contracts.base import Contract, GeoPoint, Moment, Slug
from hub.contracts.clocks import ClockView, LadderStepView


class FixBody(Contract):
    """Where somebody was, and when their phone measured that."""

    position: GeoPoint
    measured_at: Moment


class FixView(Contract):
    """`kept`: it is the latest; else a later one is known."""

    kept: bool


class VerdictView(Contract):
    """A person weighed for the work. `why` is what speaks against them, empty when they fit; `open_tickets` is counted
    of those who do."""

    person_id: str
    open_tickets: int | None
    fits: bool
    why: tuple[str, ...]


class CandidateView(Contract):
    """One who fits, with what it takes until they are there: minutes of each part as the dispatch policy weighs them,
    and their sum. `start`: from where their way was reckoned: what their phone said (fix), their base, or their region;
    `why`: what speaks against the phone."""

    person_id: str
    total: int
    travel: int
    load: int
    skill: int
    fairness: int
    lateness: int
    start: Literal["fix", "base", "region"]
    why: str = ""


class DispatchView(Contract):
    """Who would be chosen now, the five who fit best, and everybody who was weighed."""

    chosen: str
    fallback: bool
    best: tuple[CandidateView, ...] = ()
    candidates: tuple[VerdictView, ...]


class RuleTraceView(Contract):
    """An intake rule as it stands today, tried on the message that opened the ticket: does it hold, did it decide?"""

    rule_id: str
    note: str
    holds: bool
    chosen: bool


class TellTopic(Contract):
    """What a ticket is about, in a word of the tenant's own."""

    topic: Slug


class LearnRules(Contract):
    """What is learned from: resolved tickets of the last days, so many at most, the newest first."""

    days: Annotated[int, Field(ge=1, le=366)] = 90
    tickets: Annotated[int, Field(ge=1, le=20_000)] = 5000


class LayerView(Contract):
    """One of three that say what a matter is: the intake rules (base), the dated rules that have the last word while
    they last (override), and what was learned, which only suggests. `decides`: it had the last word. `rule_id`: which
    of its rules; `note`: why there is that rule; `topic`, `team`: what it says."""

    layer: Literal["base", "override", "learned"]
    decides: bool
    rule_id: str = ""
    note: str = ""
    topic: str = ""
    team: str = ""


class ExplainView(Contract):
    """Why the ticket is what and where it is. `rule_id`: the intake rule that hit, "default", or "by hand"."""

    ticket_id: str
    rule_id: str
    layers: tuple[LayerView, ...] = ()
    rules: tuple[RuleTraceView, ...]
    dispatch: DispatchView
    clock: ClockView
    ladder: tuple[LadderStepView, ...]
