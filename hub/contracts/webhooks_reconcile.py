"""HTTP bodies of the webhooks room: the reconcile report and replays of many messages."""

from datetime import date
from typing import Annotated

from pydantic import Field

from hub.contracts.base import Contract, Day, Moment, Slug, Words
from hub.contracts.webhooks import WaitingState

REPLAYS_LIMIT = 1000


class ReconcileQuery(Contract):
    """Which days, both included; at most 31."""

    from_: Day = Field(alias="from", description="the first day, in the tenant's zone")
    to: Day = Field(description="the last day, in the tenant's zone")


class Figures(Contract):
    """What came in, by which way, and what is known to be missing. `meanings` of the report says each in words.

    accepted = pushed + messages that were pulled = pending + processed + quarantined + dead, always and exactly.
    lost = dead + unmapped; loss_ratio = lost / known, six decimals, rounded up: never shown lower than it is.
    """

    accepted: int = 0
    pushed: int = 0
    pulled: int = 0
    recovered: int = 0
    duplicates: int = 0
    rejected: int = 0
    pending: int = 0
    processed: int = 0
    quarantined: int = 0
    dead: int = 0
    orders: int = 0
    unmapped: int = 0
    lost: int = 0
    known: int = 0
    loss_ratio: Annotated[str, Field(examples=["0.002778"])] = "0.000000"


class DayFigures(Figures):
    """The figures of one day. orders_complete: false where a day has more orders than one report counts."""

    day: date
    orders_complete: bool = True


class Reconciliation(Contract):
    """What a platform told us and what we fetched, day by day and in all."""

    connection_id: str
    channel: str
    days: tuple[DayFigures, ...]
    total: Figures
    meanings: dict[str, Words]


class MassReplay(Contract):
    """Which messages to publish again; all conditions hold together. dry_run: only count them."""

    state: WaitingState
    channel: Slug | None = None
    connection_id: Annotated[str, Field(max_length=64)] | None = None
    reason: Annotated[str, Field(max_length=64)] | None = None
    received_from: Moment | None = None
    received_to: Moment | None = Field(default=None, description="received before this moment")
    limit: int = Field(default=200, ge=1, le=REPLAYS_LIMIT)
    cursor: str = Field(default="", max_length=2048, description="next_cursor of the answer before")
    dry_run: bool = False


class MassReplayAnswer(Contract):
    """How many matched and how many were queued. There may be more while `next_cursor` is not ""."""

    matched: int
    queued: int
    next_cursor: str = ""
