"""Lanes in the room's table: whose turn it is.

`<tenant>#promotions#<connection>` / `lane` has `turn`, the number of the turn that the lane waits for; `next_at`, when
it is to begin; and `asked`, how often somebody has queued something. An open lane has `next_at`, and stands in a list
of shards, `<tenant>#lanes#<shard>`. Each step is one write, on the condition that it still is that one's turn.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from functions.webhooks.promotions.items_table import Partition
from hub.kernel.clock import rfc3339
from hub.kernel.dataclass import dataclass
from hub.store.sharded import shard_pk, shard_pks
from hub.store.table import Index

TURN_TAKES = timedelta(seconds=60)
"""A turn that was begun is over by then: the function's time is up."""
OVERDUE = timedelta(seconds=30)
"""A turn that is not begun so long after its time is lost."""
LANES_LIMIT = 500
"""Of each shard of the list so many are known at once."""
LIST = "lanes"
BY_LIST = Index("by_list", "list_pk", "list_sk")


@dataclass(frozen=True, slots=True)
class Lanes:
    """The lanes of one tenant. All methods raise Retry."""

    items: Partition

    def ask(self, connection_id: str) -> None:
        """Something was queued: whoever drains the lane looks again before it is closed."""
        self.items.update(connection_id, "lane", "ADD asked :one", {":one": 1})

    def open(self, connection_id: str, now: datetime) -> int | None:
        """The number of the turn that has to be begun now, None when the lane is being drained."""
        values = {
            ":now": rfc3339(now),
            ":overdue": rfc3339(now - OVERDUE),
            ":list": shard_pk(self.items.tenant, LIST, connection_id),
            ":connection": connection_id,
            ":none": 0,
            ":one": 1,
        }
        sets = "SET turn = if_not_exists(turn, :none) + :one, next_at = :now, list_pk = :list, list_sk = :connection"
        free = "attribute_not_exists(next_at) OR next_at < :overdue"
        lane = self.items.update(connection_id, "lane", f"{sets}, #schema = :one", values, free)
        return int(lane["turn"]) if lane else None

    def take_turn(self, connection_id: str, number: int, now: datetime) -> int | None:
        """Begin a turn: from now on the lane waits for the next one. How often somebody has queued something so far;
        None when it is not this one's turn."""
        values = {":number": number, ":one": 1, ":until": rfc3339(now + TURN_TAKES)}
        mine = "turn = :number AND attribute_exists(next_at)"
        lane = self.items.update(connection_id, "lane", "SET turn = turn + :one, next_at = :until", values, mine)
        return int(lane.get("asked", 0)) if lane else None

    def hand_over(self, connection_id: str, number: int, next_at: datetime) -> bool:
        """When the next turn is to begin. False when somebody else has begun it."""
        values = {":number": number, ":next": rfc3339(next_at)}
        return self.items.update(connection_id, "lane", "SET next_at = :next", values, "turn = :number") is not None

    def close(self, connection_id: str, number: int, queued: int) -> bool:
        """The lane is empty. False when something was queued meanwhile, or somebody else has begun the next turn."""
        values, mine = {":number": number, ":asked": queued}, "turn = :number AND asked = :asked"
        change = "REMOVE next_at, list_pk, list_sk"
        return self.items.update(connection_id, "lane", change, values, mine) is not None

    def opened(self) -> list[str]:
        """The connections whose lanes are not empty; may be two seconds behind."""
        lists = shard_pks(self.items.tenant, LIST)
        pages = (self.items.table.query(pk, index=BY_LIST, limit=LANES_LIMIT, only=("list_sk",)) for pk in lists)
        return [item["list_sk"] for page in pages for item in page.items]
