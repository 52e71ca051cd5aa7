"""The front door's own settings: three names and the clock's, read without pydantic."""

from __future__ import annotations

import os
from collections.abc import Mapping

from hub.kernel.clock import Clock, clock_from
from hub.kernel.dataclass import dataclass


@dataclass(frozen=True, slots=True)
class DoorSettings:
    """What the stack tells the front door. tally_queue_url: where refusals and repeats are counted."""

    tenant: str
    inbox_table: str
    tally_queue_url: str
    clock: Clock

    @classmethod
    def load(cls, environment: Mapping[str, str] | None = None) -> DoorSettings:
        """Read `environment` (default: the process's). Raises KeyError naming what is missing."""
        source = os.environ if environment is None else environment
        return cls(
            tenant=source["HUB_TENANT"],
            inbox_table=source["HUB_INBOX_TABLE"],
            tally_queue_url=source["HUB_TALLY_QUEUE_URL"],
            clock=clock_from(source.get("HUB_CLOCK_SCALE", ""), source.get("HUB_CLOCK_ORIGIN", "")),
        )
