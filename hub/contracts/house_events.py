"""What the hub says of the house itself: its stores, who looked behind the glass, endpoints that were switched off."""

from __future__ import annotations

from typing import Literal

from hub.contracts.base import GeoPoint, Moment, PersonId, RegionCode, StoreId
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


class EndpointDisabled(Event):
    """An integrator's endpoint was switched off: it said that it is gone (`gone`), has failed for five days
    (`failing`), or its owner is let in no more (`owner-frozen`). What it missed is kept. outbound → notifications."""

    type: Literal["endpoint.disabled"] = "endpoint.disabled"
    endpoint_id: str
    cause: Literal["gone", "failing", "owner-frozen"]
    owner: PersonId
