"""What was heard (事件留存): the events that rules may be about, for a month, so that a draft can be rehearsed on them.

<t>#heard#<type>#<day>#<shard 0-3>    <at>#<event>    as the bus told it: ids, enums and amounts
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, timedelta
from typing import Any
from zlib import crc32

from hub.contracts.events import Event, parse_event
from hub.kernel.clock import parse_rfc3339, rfc3339
from hub.store.table import Item, Table

SHARDS = 4
KEPT_DAYS = 31
DAY = timedelta(days=1)


class JournalTable:
    """The events of one tenant. wall_now: real time, by which the table forgets. Errors: Retry."""

    def __init__(self, tenant: str, table: Table, wall_now: Callable[[], datetime]) -> None:
        self._tenant, self._table, self._wall_now = tenant, table, wall_now
        self._kept: frozenset[str] = frozenset()

    def keep(self, event: Event) -> None:
        """Keep an event, unless it was kept with its batch. Doing it again changes nothing."""
        if event.id not in self._kept:
            self._table.put(self._item(event))

    def keep_all(self, events: Sequence[Event]) -> None:
        """Keep the events of a batch at once. Raises Retry, when some may be kept."""
        self._kept = frozenset()
        self._table.put_many([self._item(event) for event in {event.id: event for event in events}.values()])
        self._kept = frozenset(event.id for event in events)

    def _item(self, event: Event) -> Item:
        pk = self._pk(_type(event), rfc3339(event.at)[:10], crc32(event.id.encode()) % SHARDS)
        body = json.loads(event.model_dump_json())
        forget = int((self._wall_now() + KEPT_DAYS * DAY).timestamp())
        return {"pk": pk, "sk": f"{rfc3339(event.at)}#{event.id}", "event": body, "expires_at": forget}

    def newest(
        self, types: Sequence[str], since: datetime, until: datetime, limit: int, before: str = ""
    ) -> tuple[list[Event], str]:
        """Those of these types in a span, the latest `limit` before the place `before` ("": all), in their order; and
        the place of the first of them, "" where there is none before it."""
        rows: list[dict[str, Any]] = []
        span = (rfc3339(since), before or f"{rfc3339(until)}~")
        for day in _days(parse_rfc3339(before.partition("#")[0]) if before else until, since):
            of_day = [
                row
                for event_type in types
                for shard in range(SHARDS)
                for row in self._of_day(event_type, day, shard, span, limit + 2)
                if row["sk"] != before
            ]
            of_day.sort(key=lambda row: str(row["sk"]), reverse=True)
            rows += of_day[: limit + 1 - len(rows)]
            if len(rows) > limit:
                break
        place = str(rows[limit - 1]["sk"]) if len(rows) > limit else ""
        return [parse_event(row["event"]) for row in reversed(rows[:limit])], place

    def _of_day(self, event_type: str, day: str, shard: int, span: tuple[str, str], limit: int) -> list[dict[str, Any]]:
        pk = self._pk(event_type, day, shard)
        return self._table.query_all(pk, limit=limit, sk_between=span, newest_first=True)

    def _pk(self, event_type: str, day: str, shard: int) -> str:
        return f"{self._tenant}#heard#{event_type}#{day}#{shard}"


def _days(until: datetime, since: datetime) -> Iterator[str]:
    """The days (UTC) of a span, the last first."""
    moment = until
    while rfc3339(moment)[:10] >= rfc3339(since)[:10]:
        yield rfc3339(moment)[:10]
        moment -= DAY


def _type(event: Event) -> str:
    return str(getattr(event, "type", ""))
