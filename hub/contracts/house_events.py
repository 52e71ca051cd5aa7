"""What the hub says of the house itself: its people and stores, who looked behind the glass, endpoints switched off."""

from typing import Literal

from pydantic import Field

from hub.contracts.base import GeoPoint, Moment, PersonId, RegionCode, Slug, StoreId
from hub.contracts.classes import Contact
from hub.contracts.envelope import Event


class StoreChanged(Event):
    """A store (门店) was saved: where it is, and who runs it. directory → tickets, pricing,
    settlement."""

    type: Literal["store.changed"] = "store.changed"
    store_id: StoreId
    version: int
    region: RegionCode
    manager: PersonId | Literal[""] = ""
    position: GeoPoint | None = None


class GlassBroken(Event):
    """Somebody looked at a thing out of their reach, for a reason that the directory keeps. directory → customers,
    notifications."""

    type: Literal["glass.broken"] = "glass.broken"
    glass_id: str
    thing: str
    person_id: PersonId
    ends_at: Moment


class ExpertMentioned(Event):
    """A comment asked somebody to help with a ticket that may be out of their reach: they are its guest until
    `ends_at`. tickets → directory."""

    type: Literal["expert.mentioned"] = "expert.mentioned"
    ticket_id: str
    person_id: PersonId
    by: PersonId
    ends_at: Moment


class EndpointDisabled(Event):
    """An integrator's endpoint was switched off: it said that it is gone (`gone`), has failed for five days
    (`failing`), or its owner is let in no more (`owner-frozen`). What it missed is kept. outbound → notifications."""

    type: Literal["endpoint.disabled"] = "endpoint.disabled"
    endpoint_id: str
    cause: Literal["gone", "failing", "owner-frozen"]
    owner: PersonId


class PersonChanged(Event):
    """One of us joined, changed or left; enough of it for others to route by. directory → tickets, notifications."""

    type: Literal["person.changed"] = "person.changed"
    person_id: PersonId
    version: int
    active: bool
    roles: tuple[Slug, ...]
    skills: tuple[Slug, ...]
    teams: tuple[Slug, ...]
    region: RegionCode
    store_id: str = ""
    supervisor: str = ""
    wecom_userid: str = ""
    capacity: int | None = Field(default=None, description="so many open tickets they get at most")
    timezone: str = Field(default="", description="whose wall clock is theirs, '' for the tenant's")
    sealed_contacts: Contact = Field(default="", description="phone, e-mail …, sealed: nobody reads them off the bus")
