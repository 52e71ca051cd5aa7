"""What every contract event has: an id that follows from the fact, its tenant, and when it became true."""

from typing import Literal

from pydantic import Field

from hub.contracts.base import Contract, Moment, RegionCode

AttributionKey = Literal[
    "influencer", "live_room", "video", "article", "campaign", "ad", "code", "scene", "link", "store"
]
Attribution = dict[AttributionKey, str]
"""Where somebody came from (来源归因), by the platform's ids: the influencer (达人), the live room (直播间), the
article, the code's state (活码) … Only what the platform says; empty when it says nothing."""


class Event(Contract):
    """The envelope.

    id: `evt_…`, the same for the same fact. at: business time at which the fact became true.
    replay: made again from a stored message: consumers record it, but send nothing to customers and start no timers.
    """

    schema_version: Literal[1] = 1
    id: str
    tenant: str
    at: Moment
    replay: bool = False


class Placed(Contract):
    """Where something came in: the region and the store of the connection or account; "base" and "" where it has none.
    webhooks adds it to what a channel says."""

    region: RegionCode = "base"
    store_id: str = Field(default="", description="whose it is, '' where its connection says no store")


class PlatformEvent(Placed, Event):
    """Something that a platform told us on one of our connections."""

    connection_id: str
    channel: str
    account: str = Field(default="", description="the corp, app or shop that it is about, as the platform names it")
    source_at: Moment | None = Field(default=None, description="when the platform says that it happened, by its clock")
