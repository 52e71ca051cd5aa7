"""Settling (了结): a stored message changes state and the counters follow, in one transaction or not at all.

Each inbox item remembers in `counted` the state in which the counters know it. A move absent→x adds one to
accepted and to x; a→b takes one from a and adds one to b. The transaction holds only while `counted` is what
we read, so running it twice counts once, and accepted = pending + processed + quarantined + dead at every
moment.

Counters of a connection are spread over days and shards, so that a busy shop's messages do not queue for one item. A
message is always counted on the day on which it came, and in the same shard: whatever becomes of it, its row balances.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import datetime
from typing import Any
from zlib import crc32

from functions.webhooks.inbox.counters_table import SHARDS, Counters
from hub.kernel.clock import rfc3339
from hub.kernel.errors import Retry
from hub.kernel.frozen import dataclass
from hub.store.inbox import SORT, waiting_pk
from hub.store.messages import InboxItem, State
from hub.store.table import Busy, Key, Lost, Table, Update

TRIES = 6
BACKOFF_SECONDS = 0.03
"""A transaction that meets another on the same counter is cancelled: it is tried again, each time a little later."""

_COUNTED = {True: "counted = :was", False: "attribute_exists(pk) AND attribute_not_exists(counted)"}


@dataclass(frozen=True, slots=True)
class Settler:
    """Moves inbox items, and their connections' counters with them. messages: the inbox's table."""

    messages: Table
    counters: Counters
    sleep: Callable[[float], None] = time.sleep

    def settle(self, item: InboxItem, state: State, now: datetime, reason: str = "") -> bool:
        """Move `item` (as read) to `state`. True when this call moved it, False when it had moved on
        meanwhile.

        now: wall time, from which what waits is listed. Raises Retry when DynamoDB is busy.
        """
        if item.counted == state:
            return self._note(item, reason)
        writes = (self._move(item, state, now, reason), self._count(item, state))
        for turn in range(TRIES):
            self.sleep(turn * BACKOFF_SECONDS)
            try:
                self.messages.transact(*writes)
            except Lost:  # only the message's own write has a condition
                return False
            except Busy:
                continue
            return True
        raise Retry("too many messages settle at once", message_id=item.message_id)

    def _note(self, item: InboxItem, reason: str) -> bool:
        """Same state, tried once more: nothing to count."""
        change = "ADD attempts :one SET reason = :reason"
        values = {":one": 1, ":reason": reason, ":was": item.counted}
        try:
            self.messages.update(self._key(item), change, values, when=_COUNTED[True])
        except Lost:
            return False
        return True

    def _move(self, item: InboxItem, state: State, now: datetime, reason: str) -> Update:
        sets = "SET #status = :state, counted = :state, reason = :reason"
        values: dict[str, Any] = {":state": state, ":reason": reason, ":one": 1}
        if state == "processed":
            change = f"{sets} ADD attempts :one REMOVE pending_pk, pending_since"
        else:
            change = f"{sets}, pending_pk = :list, pending_since = :since ADD attempts :one"
            values |= {":list": waiting_pk(self.counters.tenant, state, item.message_id), ":since": rfc3339(now)}
        if item.counted:
            values |= {":was": item.counted}
        return Update(self._key(item), change, values, _COUNTED[bool(item.counted)])

    def _count(self, item: InboxItem, state: State) -> Update:
        """The counter's part. What else is told of a message (that it was pulled, when the last one came) rides along:
        it costs no write of its own."""
        first = not item.counted
        values: dict[str, Any] = {":one": 1, ":from": 1 if first else -1}
        if first:
            values[":at"] = rfc3339(item.received_at)
        adds = "ADD #to :one, #from :from, changes :one" + (", pulled :one" if first and item.source == "pull" else "")
        return Update(
            self.counters.key(item.connection_id, item.received_at, _shard(item)),
            adds + (" SET last_delivery_at = :at" if first else ""),
            values,
            names={"#to": state, "#from": item.counted or "accepted"},
            table=self.counters.table.name,
        )

    def _key(self, item: InboxItem) -> Key:
        return f"{self.counters.tenant}#{item.message_id}", SORT


def _shard(item: InboxItem) -> int:
    return crc32(item.message_id.encode()) % SHARDS
