"""Why a ticket is what it is and whose: what `/tickets/{id}/explain` and `?explain=1` answer."""

from __future__ import annotations

from hub.contracts.base import Contract
from hub.contracts.clocks import ClockView, LadderStepView


class VerdictView(Contract):
    """A person weighed for the work. `why` is what speaks against them, empty when they fit; `open_tickets` is counted
    of those who do."""

    person_id: str
    open_tickets: int | None
    fits: bool
    why: tuple[str, ...]


class DispatchView(Contract):
    """Who would be chosen now, and everybody who was weighed."""

    chosen: str
    fallback: bool
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
