"""A ticket's clocks (时限) and the steps of its ladder, as the API shows them."""

from typing import Literal

from pydantic import Field

from hub.contracts.base import Contract, Moment


class TicketClockView(Contract):
    """One of a ticket's clocks (时限). state: `running`, `paused`, `breached` (over its time, and going on), `kept` or
    `missed` (over, within its time or not). due_at: null while it stands, and once it is over. remaining_seconds: of
    its hours, less than nothing once it is over its time."""

    id: str
    name: str = Field(description="handling: its ladder's own; else as the policy calls it")
    measures: Literal["handling", "first_reply", "next_reply", "node", "resolution"]
    state: Literal["running", "paused", "breached", "kept", "missed"]
    due_at: Moment | None
    remaining_seconds: int
    consumed_seconds: int
    budget_seconds: int
    began_at: Moment
    breached_at: Moment | None = None
    ended_at: Moment | None = None
    acknowledged_at: Moment | None = None
    team: str = Field(default="", description="the department that answers for it")
    visit_id: str = Field(default="", description="whose time it measures")
    policy: str = Field(default="", description="its policy and version, standard/3; '' for a ladder's own")
    ladder: str = Field(default="", description="its ladder and version")
    calendar: str = Field(default="", description="its calendar and version; '' for its ladder's hours")
    assumed: bool = Field(
        default=False, description="due on a day of which the calendar does not know whether it is worked"
    )


class ClockView(Contract):
    """The ticket's clock: running since when (null: paused or none), what it consumed before, and the next deadline."""

    running_since: Moment | None
    consumed_seconds: int
    next_due_at: Moment | None


class LadderStepView(Contract):
    """One step of the ladder: when it is due (null: the clock stands), and whether it fired."""

    rung: str
    after_seconds: int
    audience: str
    due_at: Moment | None
    fired: bool
