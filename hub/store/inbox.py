"""The inbox (收件箱): every message that a platform told us, raw, stored once. botocore alone: the front door
imports it.

An item is `<tenant>#<message id>` / `message`. The message id is a hash of the tenant, the connection and the
dedupe key, so the key *is* the dedupe key: a new message costs one conditional put, a repeat one put that
fails.

All of a connection's messages are listed by `<tenant>#<connection id>` and the time at which they came. What was tried
and still waits (or was given up) carries `pending_pk`, the hash key of a sparse index, in shards by the message's id:
`<tenant>#pending#<shard 0-7>`, `<tenant>#quarantined#…` or `<tenant>#dead#…`. A new message and a processed one have
none.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import field
from datetime import datetime, timedelta
from typing import Any
from zlib import crc32

from hub.kernel.clock import parse_rfc3339, rfc3339
from hub.kernel.dataclass import dataclass
from hub.kernel.ids import hashed_id
from hub.kernel.positions import no_such_cursor
from hub.store.messages import Arrival, InboxItem, State
from hub.store.table import NEW, Busy, Index, Item, Lost, Table

__all__ = ["KEEP", "SORT", "Arrival", "Inbox", "InboxItem", "State", "to_item"]

KEEP = timedelta(days=90)
"""After this a stored message, and the memory that it was delivered, are gone. No platform repeats for that
long."""
SORT = "message"
BY_CONNECTION = Index("by_connection", "connection_pk", "connection_sk")
BY_PENDING = Index("by_pending", "pending_pk", "pending_since")
SHARDS = 8
_PLACE = re.compile(r"\d{4}-\d\d-\d\dT[\d:.]+Z#msg_\w{1,64}")


@dataclass(frozen=True, slots=True)
class Inbox:
    """The inbox table of one tenant. client: a botocore DynamoDB client."""

    table: str
    client: Any = field(repr=False)
    tenant: str

    def message_id(self, connection_id: str, dedupe_key: str) -> str:
        """The same id for the same delivery, for ever."""
        return hashed_id("msg", self.tenant, connection_id, dedupe_key)

    def key(self, message_id: str) -> dict[str, Any]:
        return {"pk": {"S": f"{self.tenant}#{message_id}"}, "sk": {"S": SORT}}

    def store(self, arrival: Arrival, business_now: datetime, wall_now: datetime) -> bool:
        """Store it unless it is there: exactly one conditional put. True when it is new. Raises Retry when
        DynamoDB does not answer: then nobody may tell the platform that we have it."""
        try:
            self._items.put(self._item(arrival, business_now, wall_now), NEW, with_item=False)
        except (Lost, Busy):  # it is there, or being settled just now: only what is stored is ever in a transaction
            return False
        return True

    def read(self, message_id: str) -> InboxItem | None:
        """The message as it is now (strongly consistent), or None. Raises Retry."""
        item = self._items.get((f"{self.tenant}#{message_id}", SORT))
        return None if item is None else to_item(item)

    def read_many(self, message_ids: Sequence[str]) -> list[InboxItem]:
        """Those of these messages that there are, as they are now, in one call for a hundred. Raises Retry."""
        keys = [(f"{self.tenant}#{message_id}", SORT) for message_id in message_ids]
        return list(map(to_item, self._items.get_many(keys, consistent=True)))

    def list_waiting(
        self, state: State, before: datetime, limit: int, start: Item | None = None
    ) -> tuple[list[str], dict[str, Any] | None]:
        """Ids of messages in this state since before that (wall) moment, oldest first, and where the next
        page starts.

        Reads the shards of the sparse index, which may be a moment behind. Raises Retry, and Invalid for a start that
        is none of this list.
        """
        position = _position(start, state)
        pages = [self._waiting(state, shard, before, limit, position.get(str(shard), "")) for shard in range(SHARDS)]
        rows = sorted((f"{item['pending_since']}#{item['pk'].rpartition('#')[2]}", item) for p in pages for item in p)
        for place, item in rows[:limit]:
            position[item["pending_pk"].rpartition("#")[2]] = place
        ids = [place.rpartition("#")[2] for place, _ in rows[:limit]]
        return ids, {"list": state, **position} if len(rows) > limit else None

    def _waiting(self, state: State, shard: int, before: datetime, limit: int, after: str) -> list[dict[str, Any]]:
        """The first rows of a shard behind a place (`<since>#<message id>`), one more than `limit` at most."""
        pk, (since, _, message_id) = f"{self.tenant}#{state}#{shard}", after.partition("#")
        keys = {"pk": f"{self.tenant}#{message_id}", "sk": SORT, "pending_pk": pk, "pending_since": since}
        start = keys if after else None
        page = self._items.query(pk, index=BY_PENDING, sk_before=rfc3339(before), limit=limit + 1, start=start)
        return page.items

    def list_recent(self, connection_id: str, limit: int, before: str = "") -> list[str]:
        """Places (`<time>#<message id>`, see hub.store.messages) of a connection's messages in whatever state, the
        latest first. before: an earlier page's last. May be a moment behind. Raises Retry."""
        page = self._items.query(
            f"{self.tenant}#{connection_id}", index=BY_CONNECTION, sk_before=before, limit=limit, newest_first=True
        )
        return [item["connection_sk"] for item in page.items]

    def list_between(self, connection_id: str, after: str, before: str, limit: int) -> list[str]:
        """The first places of a connection's messages from one place or time (included) to another, the oldest first.
        May be a moment behind. Raises Retry."""
        between = after, before
        items = self._items.query_all(
            f"{self.tenant}#{connection_id}", index=BY_CONNECTION, sk_between=between, limit=limit
        )
        return [item["connection_sk"] for item in items]

    @property
    def _items(self) -> Table:
        return Table(self.table, self.client)

    def _item(self, arrival: Arrival, business_now: datetime, wall_now: datetime) -> dict[str, Any]:
        message_id = self.message_id(arrival.connection_id, arrival.dedupe_key)
        texts = {
            "message_id": message_id,
            "connection_id": arrival.connection_id,
            "channel": arrival.channel,
            "account": arrival.account,
            "dedupe_key": arrival.dedupe_key,
            "received_at": rfc3339(business_now),
            "status": "pending",
            "connection_pk": f"{self.tenant}#{arrival.connection_id}",
            "connection_sk": f"{rfc3339(business_now)}#{message_id}",
        }
        if arrival.source != "push":
            texts["source"] = arrival.source
        return {
            "pk": f"{self.tenant}#{message_id}",
            "sk": SORT,
            **texts,
            "plaintext": arrival.plaintext,
            **({"express": True} if arrival.express else {}),
            **({"cut_from": arrival.cut_from} if arrival.cut_from else {}),
            "expires_at": int((wall_now + KEEP).timestamp()),
            "schema": 1,
        }


def waiting_pk(tenant: str, state: State, message_id: str) -> str:
    """The partition in which a message in this state is listed."""
    return f"{tenant}#{state}#{crc32(message_id.encode()) % SHARDS}"


def _position(start: Item | None, state: State) -> dict[str, str]:
    """The place of each shard behind which a page begins. Raises Invalid."""
    if start is None:
        return {}
    places = {str(shard): place for shard, place in start.items() if shard != "list"}
    known = all(isinstance(place, str) and _PLACE.fullmatch(place) for place in places.values())
    if start.get("list") != state or not known:
        raise no_such_cursor()
    return places


def to_item(item: Item) -> InboxItem:
    """From the stored item."""
    return InboxItem(
        message_id=item["message_id"],
        connection_id=item["connection_id"],
        channel=item["channel"],
        account=item["account"],
        dedupe_key=item["dedupe_key"],
        plaintext=item["plaintext"],
        received_at=parse_rfc3339(item["received_at"]),
        status=item["status"],
        counted=item.get("counted", ""),
        attempts=item.get("attempts", 0),
        reason=item.get("reason", ""),
        source=item.get("source", "push"),
        cut_from=item.get("cut_from", 0),
        shard=item.get("shard"),
    )
