"""Settling (了结): a stored message changes state and the counters follow, in one transaction or not at all.

Each inbox item remembers in `counted` the state in which the counters know it. A move absent→x adds one to
accepted and to x; a→b takes one from a and adds one to b. The transaction holds only while `counted` is what
we read, so running it twice counts once, and accepted = pending + processed + quarantined + dead at every
moment.

Counters of a connection are spread over days and shards, so that a busy shop's messages do not queue for one item. A
message is always counted on the day on which it came, and in the same shard: whatever becomes of it, its row balances.
A batch of new messages is counted in one shard, which they remember: one write counts what a connection has in it.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any, NamedTuple
from zlib import crc32

from functions.webhooks.inbox.counters_table import SHARDS, Counters, addition
from hub.kernel.clock import rfc3339
from hub.kernel.dataclass import dataclass
from hub.kernel.errors import Retry
from hub.store.inbox import SORT, waiting_pk
from hub.store.messages import InboxItem, State
from hub.store.table import Busy, Key, Lost, Table, Update

BATCH_LIMIT = 10
"""So many messages settle in one transaction: ten writes, and one a connection's counter."""
TRIES = 6
BACKOFF_SECONDS = 0.03
"""A transaction that meets another on the same counter is cancelled: it is tried again, each time a little later."""

_COUNTED = {True: "counted = :was", False: "attribute_exists(pk) AND attribute_not_exists(counted)"}


Verdict = tuple[InboxItem, State, str]
"""A message as read, the state that it comes to, and why."""


class Move(NamedTuple):
    """A message as read on its way to a state. shard: of the counters that know it."""

    item: InboxItem
    state: State
    reason: str
    shard: int


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
        return self._settle((Move(item, state, reason, _shard(item)),), now)

    def settle_together(self, verdicts: Sequence[Verdict], now: datetime) -> bool:
        """Move messages that no counter knows yet, at most BATCH_LIMIT, and their counters: all or none. False when
        one of them had moved on. Raises Retry when DynamoDB is busy."""
        shard = crc32(verdicts[0][0].message_id.encode()) % SHARDS
        return self._settle([Move(*verdict, shard) for verdict in verdicts], now)

    def _settle(self, moves: Sequence[Move], now: datetime) -> bool:
        writes = (*(self._move(move, now) for move in moves), *self._count(moves))
        for turn in range(TRIES):
            self.sleep(turn * BACKOFF_SECONDS)
            try:
                self.messages.transact(*writes)
            except Lost:  # only the messages' own writes have conditions
                return False
            except Busy:
                continue
            return True
        raise Retry("too many messages settle at once", message_id=moves[0].item.message_id)

    def _note(self, item: InboxItem, reason: str) -> bool:
        """Same state, tried once more: nothing to count."""
        change = "ADD attempts :one SET reason = :reason"
        values = {":one": 1, ":reason": reason, ":was": item.counted}
        try:
            self.messages.update(self._key(item), change, values, when=_COUNTED[True])
        except Lost:
            return False
        return True

    def _move(self, move: Move, now: datetime) -> Update:
        item, state = move.item, move.state
        sets = "SET #status = :state, counted = :state, reason = :reason, #shard = :shard"
        values: dict[str, Any] = {":state": state, ":reason": move.reason, ":one": 1, ":shard": move.shard}
        if state == "processed":
            change = f"{sets} ADD attempts :one REMOVE pending_pk, pending_since"
        else:
            change = f"{sets}, pending_pk = :list, pending_since = :since ADD attempts :one"
            values |= {":list": waiting_pk(self.counters.tenant, state, item.message_id), ":since": rfc3339(now)}
        if item.counted:
            values |= {":was": item.counted}
        return Update(self._key(item), change, values, _COUNTED[bool(item.counted)])

    def _count(self, moves: Sequence[Move]) -> list[Update]:
        """The counters' part, one write a counter. What else is told of a message (that it was pulled, when the last
        one came) rides along: it costs no write of its own."""
        numbers, facts = dict[Key, Counter[str]](), dict[Key, dict[str, str]]()
        for item, state, _, shard in moves:
            key = self.counters.key(item.connection_id, item.received_at, shard)
            counted = numbers.setdefault(key, Counter(changes=1))
            counted[state] += 1
            counted[item.counted or "accepted"] += -1 if item.counted else 1
            if not item.counted:
                counted.update(pulled=1) if item.source == "pull" else None
                latest = facts.setdefault(key, {"last_delivery_at": ""})
                latest["last_delivery_at"] = max(latest["last_delivery_at"], rfc3339(item.received_at))
        table = self.counters.table.name
        return [addition(key, counted, facts.get(key, {}), table) for key, counted in numbers.items()]

    def _key(self, item: InboxItem) -> Key:
        return f"{self.counters.tenant}#{item.message_id}", SORT


def _shard(item: InboxItem) -> int:
    if item.shard is not None:
        return item.shard
    return crc32(item.message_id.encode()) % SHARDS
