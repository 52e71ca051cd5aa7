"""Why a ticket is what it is and whose: what `/tickets/{id}/explain` and `?explain=1` answer."""

from typing import Literal

from hub.contracts.base import Contract, GeoPoint, Moment
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


class ExplainView(Contract):
    """Why the ticket is what and where it is. `rule_id`: the intake rule that hit, "default", or "by hand"."""

    ticket_id: str
    rule_id: str
    rules: tuple[RuleTraceView, ...]
    dispatch: DispatchView
    clock: ClockView
    ladder: tuple[LadderStepView, ...]
