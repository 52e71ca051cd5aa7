"""What the hub says of deadlines: a rung of a ladder fired, a clock has used up its time."""

from typing import Literal

from pydantic import Field

from hub.contracts.base import Moment, NoticeChannel, PersonId, Priority, RegionCode, TicketType
from hub.contracts.envelope import Event


class RungFired(Event):
    """A rung of a ticket's ladder fired. tickets → notifications."""

    type: Literal["rung.fired"] = "rung.fired"
    ticket_id: str
    ticket_type: TicketType
    priority: Priority
    rung: str
    due_at: Moment
    recipients: tuple[PersonId, ...]
    fallback: bool = Field(default=False, description="nobody of the rung's audience is there: these administrate")
    clock: str = Field(default="", description="whose rung it is: one of the ticket's clocks; '' for its ladder's own")
    channel: NoticeChannel | Literal[""] = Field(default="", description="by which it goes first, '' for any")


class SlaBreached(Event):
    """One of a ticket's clocks has used up what its policy gives it. Nobody is told by this alone: rungs tell.
    tickets → outbound."""

    type: Literal["sla.breached"] = "sla.breached"
    ticket_id: str
    ticket_type: TicketType
    priority: Priority
    region: RegionCode
    store_id: str = ""
    clock: str = Field(description="its name: handling, or as the policy calls it, with a number where there are more")
    measures: Literal["handling", "first_reply", "next_reply", "node", "resolution"]
    team: str = Field(default="", description="the department that answers for it")
    visit_id: str = Field(default="", description="whose time it is, where it measures a node")
    budget_seconds: int
    due_at: Moment
