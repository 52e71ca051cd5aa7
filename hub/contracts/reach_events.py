"""Events of whoever is to be reached: how a customer is, and who of us is on duty from now on."""

from typing import Literal

from pydantic import Field

from hub.contracts.base import PersonId, Priority, Slug
from hub.contracts.classes import Contact
from hub.contracts.envelope import Event
from hub.contracts.rosters import RecurringShift, Shift, ShiftSwap


class RosterChanged(Event):
    """A team's duty roster (值班表) was replaced. directory → tickets, notifications."""

    type: Literal["roster.changed"] = "roster.changed"
    team: Slug
    version: int
    shifts: tuple[Shift, ...]
    recurring: tuple[RecurringShift, ...] = ()
    swaps: tuple[ShiftSwap, ...] = ()
    hand_over: bool = False


class CustomerReachable(Event):
    """How a customer is reached, and what they refuse, has changed: as it is now, by all their records. customers →
    notifications."""

    type: Literal["customer.reachable"] = "customer.reachable"
    customer_id: str
    record_ids: tuple[str, ...] = Field(description="the records that are this customer, itself among them")
    sealed_contacts: Contact = Field(default="", description="names and phone, sealed: nobody reads them off the bus")
    refuses: tuple[str, ...] = Field(default=(), description="channels by which they want to hear nothing; all: every")


class CustomerLeveled(Event):
    """The level (客户等级) of a customer as it is now, by what all their records have spent. customers → tickets, whose
    work shows it."""

    type: Literal["customer.leveled"] = "customer.leveled"
    customer_id: str
    record_ids: tuple[str, ...] = Field(description="the records that are this customer, itself among them")
    level: str = Field(default="", description="'' for none")
    level_priority: Priority | None = Field(default=None, description="at least this is what their new tickets have")
    version: int = Field(description="of two words the larger is the later one")


class ShiftStarted(Event):
    """A shift of a team's roster begins (交接班). notifications → tickets, where open work changes hands."""

    type: Literal["shift.started"] = "shift.started"
    team: Slug
    on_duty: tuple[PersonId, ...]
    rostered: tuple[PersonId, ...] = Field(description="whom the roster names: whose open work is looked at")
    hand_over: bool = Field(default=False, description="open work of who is off now goes to who is on")


class ShiftHandedOver(Event):
    """Open work went from those whose shift is over to who is on now. tickets → notifications: one digest."""

    type: Literal["shift.handed_over"] = "shift.handed_over"
    team: Slug
    assignee: PersonId
    ticket_ids: tuple[str, ...]
    tickets: int = Field(description="how many they are")
    urgent: int = Field(default=0, description="how many of them are urgent")
    overdue: int = Field(default=0, description="of how many a limit has passed that nobody took up")
