"""What a marketplace is, to the room that keeps orders: feeds to pull, and a client that reads.

A marketplace's folder has `orders.py` (its rows → facts.py), `status.json` (its codes → our states, see mapping.py)
and a `Client` with `read` and `page`; `FEEDS` in its client.py says how each entity is pulled.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import field
from datetime import datetime, timedelta
from typing import Any, Literal, Protocol

from hub.channels.facts import AfterSaleFacts, OrderFacts
from hub.channels.mapping import StatusTable
from hub.kernel.dataclass import dataclass
from hub.kernel.errors import Retry

Entity = Literal["order", "after_sale", "review", "message"]
"""What is pulled. Orders and after-sales become facts at once; reviews and messages go through the inbox, a row each,
and its `inbound` reads them like anything that was pushed."""
Paging = Literal["forward", "backward", "cursor"]
"""backward: numbered pages, read from the last to the first, where a row that changes meanwhile moves to page one and
would push another over the edge. cursor: the platform says what comes next."""


@dataclass(frozen=True)
class Row:
    """One entity as a list or a read told it. number: its own number on the platform, "" where it can't be read.
    order_no: where it is known."""

    number: str
    detail: Mapping[str, Any] = field(repr=False)
    order_no: str = ""


@dataclass(frozen=True)
class Rows:
    """One page. total: of all pages, None where the platform doesn't say. next_position: "" after the last page."""

    rows: tuple[Row, ...]
    total: int | None = None
    next_position: str = ""


def rows_of(items: Iterable[Any], read: Callable[[Mapping[str, Any]], Row]) -> tuple[Row, ...]:
    """Each listed item as a row. One that can't be read, for it is no object or lacks its number, becomes a row without
    a number, which is quarantined alone: it holds up none of those behind it."""
    return tuple(_row_of(item, read) for item in items)


def _row_of(item: Any, read: Callable[[Mapping[str, Any]], Row]) -> Row:
    if not isinstance(item, Mapping):
        return Row("", {"item": item})
    try:
        return read(item)
    except Retry:  # what `expect` says of a field that isn't there
        return Row("", item)


@dataclass(frozen=True)
class Feed:
    """How one entity of a marketplace is pulled.

    window: the longest that one query may span. overlap: read again before the watermark, for rows written late.
    lag: rows younger than this are left to the next run. first: how far back a new connection begins.
    complete: a row holds all that `orders.py` needs; else each row is read again by its number.
    """

    entity: Entity
    paging: Paging
    page_size: int
    first_page: int = 1
    window: timedelta = timedelta(days=1)
    overlap: timedelta = timedelta(minutes=10)
    lag: timedelta = timedelta(seconds=60)
    first: timedelta = timedelta(days=1)
    complete: bool = True


class MarketClient(Protocol):
    """The part of a marketplace's client that the hub's pulls and reads need. All raise Retry and Refuse."""

    def read(self, entity: Entity, number: str, order_no: str = "") -> Row:
        """One entity by its number, whole."""

    def page(self, entity: Entity, start: datetime, end: datetime, position: str) -> Rows:
        """One page of what changed from `start` to `end` (both real time). position: "" for the first page, else a page
        number or what the page before called `next_position`."""


class Orders(Protocol):
    """The `orders` module of each marketplace. Both raise NotUnderstood: unknown-status (never guessed),
    missing-field."""

    def canonical_order(self, detail: Mapping[str, Any], table: StatusTable) -> OrderFacts: ...

    def canonical_after_sale(self, detail: Mapping[str, Any], table: StatusTable) -> AfterSaleFacts: ...
