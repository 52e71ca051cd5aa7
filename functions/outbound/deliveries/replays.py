"""Replays (重放): what is to be sent again, and how far the search for it has come. Pure.

A replay stands on its endpoint's turn and goes on page by page, each in the transaction that has its deliveries sent:
so it is done once, wherever it is interrupted.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from functions.outbound.catalogue.catalogue import fits
from functions.outbound.deliveries.deliveries import Delivery
from hub.contracts.outbound import DeliveryState
from hub.kernel.clock import parse_rfc3339, rfc3339
from hub.kernel.dataclass import dataclass

STATES: dict[str, tuple[DeliveryState, ...]] = {
    "failed": ("failed",),
    "held": ("held",),
    "all": ("failed", "held", "delivered"),
}
PAGE = 20
"""Two writes each: far within what a transaction takes."""


@dataclass(frozen=True)
class Replay:
    """which: failed, held or all. step: at which of its states and months the search is, after: behind which place of
    that list."""

    id: str
    which: str
    events: tuple[str, ...]
    since: datetime
    until: datetime
    step: int = 0
    after: str = ""

    def means(self, delivery: Delivery) -> bool:
        """Whether a delivery, as it is now, is to be sent again; what this replay had sent already is not."""
        in_span = self.since <= delivery.created_at < self.until
        return (
            delivery.state in STATES[self.which]
            and in_span
            and not delivery.test
            and delivery.replay != self.id
            and fits(self.events, delivery.event_type)
        )

    def steps(self, months: Sequence[str]) -> list[tuple[DeliveryState, str]]:
        """The lists to go through, in order."""
        return [(state, month) for state in STATES[self.which] for month in months]

    def next_page(self, place: str) -> Replay:
        """Further behind a place; with none, at the next list."""
        return replace(self, after=place) if place else replace(self, step=self.step + 1, after="")

    def to_item(self) -> dict[str, Any]:
        """As it is kept."""
        return {
            "id": self.id,
            "which": self.which,
            "events": list(self.events),
            "since": rfc3339(self.since),
            "until": rfc3339(self.until),
            "step": self.step,
            "after": self.after,
        }

    @classmethod
    def from_item(cls, item: Any) -> Replay:
        """As it was kept."""
        return cls(
            id=item["id"],
            which=item["which"],
            events=tuple(item["events"]),
            since=parse_rfc3339(item["since"]),
            until=parse_rfc3339(item["until"]),
            step=int(item["step"]),
            after=item["after"],
        )
