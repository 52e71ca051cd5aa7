"""Deliveries in the room's table, each for ninety days.

<t>#event#<id>              event             the event, once for all endpoints
<t>#delivery#<id>           delivery          listed by endpoint, state and month: by_list
<t>#delivery#<id>           attempt#<n>       one attempt
<t>#waiting#<endpoint>      <due>#<id>        what is to be sent, the earliest first; read consistently
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from heapq import merge
from itertools import islice
from typing import Any, get_args

from functions.outbound.deliveries.deliveries import KEPT, Attempt, Delivery, Waiting
from hub.contracts.envelope import Event
from hub.contracts.events import parse_event
from hub.contracts.outbound import DeliveryState
from hub.kernel.clock import parse_rfc3339, rfc3339
from hub.kernel.dataclass import dataclass
from hub.kernel.errors import NotFound
from hub.kernel.positions import place_before, position_before
from hub.store.table import NEW, Delete, Index, Item, Key, Lost, Put, Table, Write

BY_LIST = Index("by_list", "list_pk", "list_sk")
STATES: tuple[DeliveryState, ...] = get_args(DeliveryState)
MONTHS = 4
"""Ninety days lie in so many months."""
ATTEMPTS_LIMIT = 100
"""Of a delivery so many attempts are shown."""
COUNT_LIMIT = 1000


@dataclass(frozen=True)
class Deliveries:
    """The deliveries of one tenant."""

    tenant: str
    table: Table

    # What there is to send.

    def save_event(self, event: Event, wall: datetime) -> None:
        """Keep an event for whoever is to get it; the same again changes nothing."""
        key = self._event_key(event.id)
        self.table.put({"pk": key[0], "sk": key[1], "detail": event.model_dump_json(), **_kept(wall)})

    def events(self, ids: Iterable[str]) -> dict[str, Event]:
        """The events by their ids, of those that are still there; strongly consistent."""
        items = self.table.get_many(map(self._event_key, ids), consistent=True)
        return {event.id: event for event in (parse_event(str(item["detail"])) for item in items)}

    def begin(self, delivery: Delivery, at: datetime, now: datetime, wall: datetime) -> bool:
        """Store a new delivery: to be sent if it is pending. at: the event's own time. Whether it was new."""
        writes: list[Write] = [Put(self._item(delivery, wall), NEW)]
        if delivery.state == "pending":
            waiting = Waiting(delivery.id, delivery.event_id, delivery.key, due=now, at=at, since=now)
            writes.append(self.put_waiting(delivery.endpoint_id, waiting, wall))
        try:
            self.table.transact(*writes)
        except Lost:
            return False
        return True

    def waiting(self, endpoint_id: str, limit: int) -> list[Waiting]:
        """What is to be sent, the earliest due first; strongly consistent."""
        items = self.table.query_all(self._waiting_pk(endpoint_id), limit=limit, consistent=True)
        return [_waiting(item) for item in items]

    def count_waiting(self, endpoint_id: str) -> int:
        """How many there are, up to COUNT_LIMIT."""
        return len(self.table.query_all(self._waiting_pk(endpoint_id), limit=COUNT_LIMIT, only=("pk",)))

    # What became of it: parts of a transaction.

    def record(self, delivery: Delivery, attempt: Attempt | None, wall: datetime) -> list[Write]:
        """An attempt, if there was one, and the delivery as it is after it."""
        if attempt is None:
            return [Put(self._item(delivery, wall))]
        key = f"{self.tenant}#delivery#{delivery.id}", f"attempt#{delivery.attempts:04}"
        item = {"pk": key[0], "sk": key[1], "number": delivery.attempts, **_of_attempt(attempt), **_kept(wall)}
        return [Put(item), Put(self._item(delivery, wall))]

    def put_waiting(self, endpoint_id: str, waiting: Waiting, wall: datetime) -> Put:
        """Have a delivery sent when it is due."""
        item = {
            "pk": self._waiting_pk(endpoint_id),
            "sk": _waiting_sk(waiting),
            "delivery_id": waiting.delivery_id,
            "event_id": waiting.event_id,
            "key": waiting.key,
            "at": rfc3339(waiting.at),
            "since": rfc3339(waiting.since),
            "attempts": waiting.attempts,
            "tries": waiting.tries,
            "tried_at": rfc3339(waiting.tried_at) if waiting.tried_at else "",
            **_kept(wall),
        }
        return Put(item)

    def drop_waiting(self, endpoint_id: str, waiting: Waiting) -> Delete:
        """This one is sent, or not to be sent: on the condition that nobody else said so before."""
        return Delete((self._waiting_pk(endpoint_id), _waiting_sk(waiting)), "attribute_exists(pk)")

    def wait_again(
        self, delivery: Delivery, event_at: datetime, now: datetime, wall: datetime, replay: str = ""
    ) -> list[Write]:
        """Parts of a transaction: have a delivery that is not pending sent once more. delivery: as it was read. replay:
        which one asked for it."""
        waiting = Waiting(
            delivery.id, delivery.event_id, delivery.key, due=now, at=event_at, since=now, attempts=delivery.attempts
        )
        changed = replace(delivery, state="pending", reason="", replay=replay or delivery.replay)
        unchanged = Put(self._item(changed, wall), "#state = :seen", {":seen": delivery.state})
        return [unchanged, self.put_waiting(delivery.endpoint_id, waiting, wall)]

    # What is shown.

    def read(self, delivery_id: str) -> Delivery:
        """A delivery as it is now. Raises NotFound."""
        item = self.table.get(self._key(delivery_id))
        if item is None:
            raise NotFound("no such delivery", delivery=delivery_id)
        return _delivery(item)

    def read_many(self, ids: Iterable[str]) -> list[Delivery]:
        """Those of them that there are, as they are now."""
        return [_delivery(item) for item in self.table.get_many(map(self._key, ids), consistent=True)]

    def attempts(self, delivery_id: str) -> list[tuple[int, Attempt]]:
        """The latest attempts of a delivery, in order, by their numbers."""
        items = self.table.query_all(
            f"{self.tenant}#delivery#{delivery_id}",
            sk_prefix="attempt#",
            newest_first=True,
            consistent=True,
            limit=ATTEMPTS_LIMIT,
        )
        return [(int(item["number"]), _attempt(item)) for item in reversed(items)]

    def newest(
        self, endpoint_id: str, states: Sequence[DeliveryState], limit: int, span: tuple[datetime, datetime],
        position: Mapping[str, Any] | None,
    ) -> tuple[list[Delivery], dict[str, str] | None]:  # fmt: skip
        """A page of an endpoint's deliveries in a span of time, the newest first, and where the next one starts; up to
        two seconds behind. Raises Invalid for a position that is none."""
        low, high = rfc3339(span[0]), place_before(endpoint_id, position) or rfc3339(span[1])
        items: list[Item] = []
        for month in _months(span):
            pages = (self._month(endpoint_id, state, month, (low, high), limit + 2) for state in states)
            rows = merge(*pages, key=lambda item: str(item["list_sk"]), reverse=True)
            items += islice(rows, limit + 1 - len(items))
            if len(items) > limit:
                return [_delivery(i) for i in items[:limit]], position_before(endpoint_id, items[limit - 1]["list_sk"])
        return [_delivery(item) for item in items], None

    def oldest(
        self, endpoint_id: str, state: DeliveryState, month: str, after: str, until: str, limit: int
    ) -> tuple[list[str], str]:
        """Ids of a month's deliveries in a state, the oldest first, from behind a place on; and the last one's
        place, "" where there are none."""
        pk = f"{self.tenant}#deliveries/{endpoint_id}#{state}#{month}"
        page = self.table.query(pk, index=BY_LIST, sk_between=(f"{after}!", until), limit=limit)
        ids = [str(item["pk"]).rpartition("#")[2] for item in page.items]
        return ids, str(page.items[-1]["list_sk"]) if page.items else ""

    def _month(
        self, endpoint_id: str, state: DeliveryState, month: str, between: tuple[str, str], limit: int
    ) -> list[Item]:
        low, high = max(between[0], month), min(between[1], f"{month}~")
        if low > high:
            return []
        pk = f"{self.tenant}#deliveries/{endpoint_id}#{state}#{month}"
        page = self.table.query(pk, index=BY_LIST, sk_between=(low, high), newest_first=True, limit=limit)
        return [item for item in page.items if item["list_sk"] < between[1]]

    def _item(self, delivery: Delivery, wall: datetime) -> Item:
        pk, sk = self._key(delivery.id)
        created = rfc3339(delivery.created_at)
        return {
            "pk": pk,
            "sk": sk,
            "schema": 1,
            "endpoint_id": delivery.endpoint_id,
            "event_id": delivery.event_id,
            "event_type": delivery.event_type,
            "key": delivery.key,
            "state": delivery.state,
            "created_at": created,
            "reason": delivery.reason,
            "attempts": delivery.attempts,
            "delivered_at": rfc3339(delivery.delivered_at) if delivery.delivered_at else "",
            "test": delivery.test,
            "replay": delivery.replay,
            "list_pk": f"{self.tenant}#deliveries/{delivery.endpoint_id}#{delivery.state}#{created[:7]}",
            "list_sk": f"{created}#{delivery.id}",
            **_kept(wall),
        }

    def _key(self, delivery_id: str) -> Key:
        return f"{self.tenant}#delivery#{delivery_id}", "delivery"

    def _event_key(self, event_id: str) -> Key:
        return f"{self.tenant}#event#{event_id}", "event"

    def _waiting_pk(self, endpoint_id: str) -> str:
        return f"{self.tenant}#waiting#{endpoint_id}"


def months_of(span: tuple[datetime, datetime]) -> list[str]:
    """The months that a span touches, the oldest first; MONTHS at most."""
    return _months(span)[::-1]


def _months(span: tuple[datetime, datetime]) -> list[str]:
    year, month = span[1].year, span[1].month
    months: list[str] = []
    for _ in range(MONTHS):
        months.append(f"{year:04}-{month:02}")
        if months[-1] <= rfc3339(span[0])[:7]:
            break
        year, month = (year, month - 1) if month > 1 else (year - 1, 12)
    return months


def _kept(wall: datetime) -> dict[str, int]:
    return {"expires_at": int((wall + KEPT).timestamp())}


def _waiting_sk(waiting: Waiting) -> str:
    return f"{rfc3339(waiting.due)}#{waiting.delivery_id}"


def _waiting(item: Item) -> Waiting:
    return Waiting(
        delivery_id=item["delivery_id"],
        event_id=item["event_id"],
        key=item["key"],
        due=parse_rfc3339(str(item["sk"]).partition("#")[0]),
        at=parse_rfc3339(item["at"]),
        since=parse_rfc3339(item["since"]),
        attempts=int(item["attempts"]),
        tries=int(item["tries"]),
        tried_at=parse_rfc3339(item["tried_at"]) if item["tried_at"] else None,
    )


def _delivery(item: Item) -> Delivery:
    return Delivery(
        id=str(item["pk"]).rpartition("#")[2],
        endpoint_id=item["endpoint_id"],
        event_id=item["event_id"],
        event_type=item["event_type"],
        key=item["key"],
        state=item["state"],
        created_at=parse_rfc3339(item["created_at"]),
        reason=item["reason"],
        attempts=int(item["attempts"]),
        delivered_at=parse_rfc3339(item["delivered_at"]) if item["delivered_at"] else None,
        test=bool(item["test"]),
        replay=item["replay"],
    )


def _of_attempt(attempt: Attempt) -> Item:
    return {
        "at": rfc3339(attempt.at),
        "latency_ms": attempt.latency_ms,
        "status": attempt.status,
        "error": attempt.error,
        "request_headers": dict(attempt.request_headers),
        "answer_headers": dict(attempt.answer_headers),
        "answer": attempt.answer,
    }


def _attempt(item: Item) -> Attempt:
    return Attempt(
        at=parse_rfc3339(item["at"]),
        latency_ms=int(item["latency_ms"]),
        status=int(item["status"]),
        error=item["error"],
        request_headers=item["request_headers"],
        answer_headers=item["answer_headers"],
        answer=item["answer"],
    )
