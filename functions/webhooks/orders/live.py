"""Live reads (实时读取): an order as its platform has it this moment, or what it said in the last five minutes.

A decision that is taken on such an older state is tagged, read again once the platform answers, and said to be
corrected (`decision.corrected`) if the state was another. Pure: orders, platforms and tags are handed in.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from datetime import datetime, timedelta
from typing import Any, Literal, Protocol

from functions.webhooks.orders.orders import Facts, Noting
from functions.webhooks.orders.refresh import Kept, Shop
from hub.channels.base import NotUnderstood
from hub.channels.market import Row
from hub.contracts import events
from hub.kernel.clock import parse_rfc3339
from hub.kernel.dataclass import dataclass
from hub.kernel.errors import Conflict, Refuse, Retry
from hub.kernel.ids import hashed_id

CACHED = timedelta(minutes=5)
"""What a platform said longer ago is no answer."""
TIMEOUT_SECONDS = (1.0, 2.0)
"""To connect and to answer: who reads live waits three seconds at most."""
TAGS_LIMIT = 100
"""So many tagged decisions of one connection are read again in one run."""
RUN_SECONDS = 40
"""No read is begun later in a run: it stays within the function's minute."""


class PlatformUnavailable(Retry):
    """The platform does not answer, and what it said last is too old."""

    code = "platform-unavailable"


@dataclass(frozen=True, slots=True)
class LiveOrder:
    """A stored order and how fresh it is. age_seconds: since the platform said so, None where nobody knows. stale: it
    was asked and did not answer."""

    item: Mapping[str, Any]
    source: Literal["platform", "cache"]
    age_seconds: int | None
    stale: bool


@dataclass(frozen=True, slots=True)
class Tag:
    """A decision that was taken on an order's state while its platform did not answer. made_at: RFC 3339."""

    connection_id: str
    order_id: str
    decision: str
    assumed: str
    made_at: str


class Orders(Protocol):
    """The order items: functions.webhooks.orders.orders_table."""

    def find(self, identity: str) -> dict[str, Any] | None: ...
    def note_read(self, identity: str, wall_now: datetime) -> None: ...


class Refresher(Protocol):
    """What notes an order: functions.webhooks.orders.refresh."""

    def note(self, shop: Shop, entity: Kept, row: Row, noting: Noting) -> bool: ...
    def keep(self, facts: Facts, noting: Noting) -> bool: ...


class Shops(Protocol):
    """Which shop is meant: functions.webhooks.orders.shops."""

    def find(self, connection_id: str, *, timeout: tuple[float, float] | None = None) -> Shop | None: ...


class Tags(Protocol):
    """The tagged decisions: functions.webhooks.orders.tags_table."""

    def put(self, tag: Tag) -> None: ...
    def of(self, connection_id: str, limit: int) -> list[Tag]: ...
    def drop(self, tag: Tag) -> None: ...


@dataclass(frozen=True)
class LiveOrders:
    """Reads orders live. guard: the circuit around a call of a connection (hub.store.circuit). now, wall_now: business
    and real time."""

    tenant: str
    orders: Orders
    refresher: Refresher
    shops: Shops
    guard: Callable[[str], AbstractContextManager[None]]
    tags: Tags
    emit: Callable[..., None]
    now: Callable[[], datetime]
    wall_now: Callable[[], datetime]

    def stored(self, item: Mapping[str, Any]) -> LiveOrder:
        """The order as we know it; nobody is asked."""
        return LiveOrder(item, "cache", _age_seconds(item, self.wall_now()), stale=False)

    def read(self, item: Mapping[str, Any]) -> LiveOrder:
        """A stored order as its platform has it now; where it does not answer, what it said in the last five minutes.

        Raises PlatformUnavailable past that, Conflict when its connection is gone, and what the platform refuses.
        """
        wall_now = self.wall_now()
        try:
            return LiveOrder(self._reread(item), "platform", 0, stale=False)
        except Retry as error:
            age_seconds = _age_seconds(item, wall_now)
            if age_seconds is None or age_seconds > CACHED.total_seconds():
                raise _unavailable(item, error) from error
            return LiveOrder(item, "cache", age_seconds, stale=True)

    def check(self, item: Mapping[str, Any], decision: str) -> LiveOrder:
        """As `read`, for a decision: taken on a stale state it is tagged, to be checked when the platform answers."""
        order = self.read(item)
        if order.stale:
            made_at = self.wall_now().isoformat()
            tag = Tag(item["connection_id"], item["order_id"], decision, order.item["state"], made_at)
            self.tags.put(tag)
        return order

    def recheck(self, connection_ids: list[str]) -> None:
        """Read the orders of tagged decisions again, and say which decisions stood on a state that had changed.

        A connection that still does not answer is left for the next run. Each run begins with another connection, so
        that many which hang do not always keep the same ones waiting. Raises Retry where tags cannot be read or the bus
        does not take an event: the tags stay, and the event's id is the same the next time.
        """
        started_at = self.wall_now()
        first = int(started_at.timestamp()) // 60 % max(1, len(connection_ids))
        for connection_id in (*connection_ids[first:], *connection_ids[:first]):
            for tag in self.tags.of(connection_id, TAGS_LIMIT):
                if self.wall_now() - started_at > timedelta(seconds=RUN_SECONDS):
                    return
                if not self._recheck(tag):
                    break

    def _recheck(self, tag: Tag) -> bool:
        """Check one decision. False when its platform still does not answer."""
        item = self.orders.find(tag.order_id)
        try:
            state = self._reread(item)["state"] if item else tag.assumed
        except Retry:
            return False
        except Refuse:
            return True
        if item and state != tag.assumed:
            self.emit(self._corrected(tag, item["channel"], state))
        self.tags.drop(tag)
        return True

    def _corrected(self, tag: Tag, channel: str, state: str) -> events.DecisionCorrected:
        return events.DecisionCorrected(
            id=hashed_id("evt", self.tenant, "decision.corrected", tag.decision, tag.order_id, tag.assumed),
            tenant=self.tenant,
            at=self.now(),
            decision=tag.decision,
            connection_id=tag.connection_id,
            channel=channel,
            order_id=tag.order_id,
            assumed=tag.assumed,
            state=state,
        )

    def _reread(self, item: Mapping[str, Any]) -> Mapping[str, Any]:
        """The order, read from its platform and noted. Raises Retry, also where we can't tell what it means."""
        shop = self.shops.find(item["connection_id"], timeout=TIMEOUT_SECONDS)
        if shop is None:
            raise Conflict("the order's connection is disabled or gone", connection_id=item["connection_id"])
        with self.guard(shop.connection_id):
            row = shop.client.read("order", item["order_no"], item["order_no"])
        noting = shop.noting(self.now(), self.wall_now(), "pull")
        try:
            facts = shop.reader.canonical_order(row.detail, shop.table)
        except NotUnderstood as error:
            self.refresher.note(shop, "order", row, noting)
            raise Retry("the order's state is not mapped yet", reason=error.reason) from error
        if not self.refresher.keep(facts, noting):
            self.orders.note_read(item["order_id"], noting.wall_now)
        return self.orders.find(item["order_id"]) or item


def _age_seconds(item: Mapping[str, Any], wall_now: datetime) -> int | None:
    if not item.get("read_at"):
        return None
    return max(0, int((wall_now - parse_rfc3339(item["read_at"])).total_seconds()))


def _unavailable(item: Mapping[str, Any], error: Retry) -> PlatformUnavailable:
    minutes = int(CACHED.total_seconds()) // 60
    detail = f"the platform does not answer, and what it said last is older than {minutes} minutes"
    return PlatformUnavailable(detail, error.after_seconds, order_id=item["order_id"], cause=error.detail)
