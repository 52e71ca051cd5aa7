"""What settlement and pricing say to whoever listens: statements, pools, prices that hold from now on."""

from typing import Literal

from pydantic import Field

from hub.contracts.base import Moment, PersonId, RegionCode
from hub.contracts.envelope import Event


class StatementChanged(Event):
    """A statement was sent to its party, approved by it, or a line of it disputed. settlement → whoever listens."""

    type: Literal["statement.changed"] = "statement.changed"
    statement_id: str
    run_id: str
    party: str
    state: Literal["sent", "approved", "disputed"]
    disputes: int = Field(default=0, description="lines that are disputed and not answered")


class LineDisputed(Event):
    """A party finds a line of its statement wrong, or finance has answered that: the trace by ids, no words
    and no amounts. settlement → tickets, where it is finance's task."""

    type: Literal["line.disputed"] = "line.disputed"
    statement_id: str
    run_id: str
    party: str
    line: int
    entry_id: str
    fact_id: str
    region: RegionCode
    store_id: str = Field(default="", description="whose statement it is, '' where it is no store's")
    disputed_at: Moment
    outcome: Literal["open", "released", "corrected"]


class PoolExhausted(Event):
    """A pool of money had something left, and has nothing any more. settlement → whoever listens."""

    type: Literal["pool.exhausted"] = "pool.exhausted"
    pool: str


class PricesPublished(Event):
    """A campaign or a price book was published, reverted or withdrawn, and holds in a store from `starts_at` on: its
    guides are to know. One event a store; acknowledged in pricing. pricing → whoever reaches people."""

    type: Literal["prices.published"] = "prices.published"
    publication_id: str
    document: str = Field(description="kind/key, e.g. campaign/spring")
    number: int
    starts_at: Moment
    region: RegionCode
    store_id: str
    recipients: tuple[PersonId, ...]
