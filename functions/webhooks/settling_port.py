"""Settling (了结): a stored message changes state and the counters follow, in one transaction or not at all.

Each inbox item remembers in `counted` the state in which the counters know it. A move absent→x adds one to
accepted and to x; a→b takes one from a and adds one to b. The transaction holds only while `counted` is what
we read, so running it twice counts once, and accepted = pending + processed + quarantined + dead at every
moment.

Counters of a connection are spread over shards, so that a busy shop's messages do not queue for one item.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zlib import crc32

from botocore.exceptions import BotoCoreError, ClientError

from functions.webhooks.counts import Row
from hub.kernel.clock import rfc3339
from hub.kernel.errors import Retry
from hub.store.inbox import Inbox, InboxItem, State

SHARDS = 8
PAGES_LIMIT = 20
"""A page of counters is 1 MB, thousands of rows: more than all connections a tenant can have."""
TRIES = 6
BACKOFF_SECONDS = 0.03
"""A transaction that meets another on the same counter is cancelled: it is tried again, each time a little later."""

_COUNTED = {True: "counted = :was", False: "attribute_exists(pk) AND attribute_not_exists(counted)"}


@dataclass(frozen=True, slots=True)
class Settler:
    """Moves inbox items, and the counters in `stats_table` (the room's own) with them."""

    inbox: Inbox
    stats_table: str
    sleep: Callable[[float], None] = time.sleep

    def settle(self, item: InboxItem, state: State, now: datetime, reason: str = "") -> bool:
        """Move `item` (as read) to `state`. True when this call moved it, False when it had moved on
        meanwhile.

        now: wall time, from which what waits is listed. Raises Retry when DynamoDB is busy.
        """
        if item.counted == state:
            return self._note(item, reason)
        writes = [self._move(item, state, now, reason), self._count(item, state)]
        for turn in range(TRIES):
            self.sleep(turn * BACKOFF_SECONDS)
            try:
                self.inbox.client.transact_write_items(TransactItems=writes)
            except ClientError as error:
                if _moved_on(error):
                    return False
                if error.response["Error"]["Code"] != "TransactionCanceledException":
                    raise Retry("cannot settle", message_id=item.message_id, reason=str(error)) from error
            except BotoCoreError as error:
                raise Retry("cannot settle", message_id=item.message_id, reason=str(error)) from error
            else:
                return True
        raise Retry("too many messages settle at once", message_id=item.message_id)

    def add(self, connection_id: str, counts: Mapping[str, int], facts: Mapping[str, str] | None = None) -> None:
        """Add to counters that no state stands behind (duplicates, rejected), and note facts beside them.
        Raises Retry."""
        values = {f":n{i}": {"N": str(n)} for i, n in enumerate(counts.values())}
        adds = ", ".join(f"{name} :n{i}" for i, name in enumerate(counts))
        sets = ", ".join(f"{name} = :f{i}" for i, name in enumerate(facts or {}))
        values |= {f":f{i}": {"S": text} for i, text in enumerate((facts or {}).values())}
        try:
            self.inbox.client.update_item(
                TableName=self.stats_table,
                Key=self._counter(connection_id, 0),
                UpdateExpression=f"ADD {adds}" + (f" SET {sets}" if sets else ""),
                ExpressionAttributeValues=values,
            )
        except (ClientError, BotoCoreError) as error:
            raise Retry("cannot count", connection_id=connection_id, reason=str(error)) from error

    def rows(self, connection_id: str = "") -> list[Row]:
        """The counters of one connection, or of all, strongly consistent. Raises Retry."""
        query: dict[str, Any] = {
            "TableName": self.stats_table,
            "KeyConditionExpression": "pk = :pk" + (" AND begins_with(sk, :sk)" if connection_id else ""),
            "ExpressionAttributeValues": {":pk": {"S": f"{self.inbox.tenant}#stats"}},
            "ConsistentRead": True,
        }
        if connection_id:
            query["ExpressionAttributeValues"][":sk"] = {"S": f"{connection_id}#"}
        found: list[Row] = []
        for _ in range(PAGES_LIMIT):
            page = self._query(query)
            found += map(_row, page["Items"])
            if "LastEvaluatedKey" not in page:
                break
            query["ExclusiveStartKey"] = page["LastEvaluatedKey"]
        return found

    def _query(self, query: dict[str, Any]) -> dict[str, Any]:
        try:
            return dict(self.inbox.client.query(**query))
        except (ClientError, BotoCoreError) as error:
            raise Retry("counters cannot be read", reason=str(error)) from error

    def _note(self, item: InboxItem, reason: str) -> bool:
        """Same state, tried once more: nothing to count."""
        try:
            self.inbox.client.update_item(
                TableName=self.inbox.table,
                Key=self.inbox.key(item.message_id),
                UpdateExpression="ADD attempts :one SET reason = :reason",
                ConditionExpression="counted = :was",
                ExpressionAttributeValues={
                    ":one": {"N": "1"},
                    ":reason": {"S": reason},
                    ":was": {"S": item.counted},
                },
            )
        except ClientError as error:
            if error.response["Error"]["Code"] == "ConditionalCheckFailedException":
                return False
            raise Retry("cannot settle", message_id=item.message_id, reason=str(error)) from error
        except BotoCoreError as error:
            raise Retry("cannot settle", message_id=item.message_id, reason=str(error)) from error
        return True

    def _move(self, item: InboxItem, state: State, now: datetime, reason: str) -> dict[str, Any]:
        waiting = state != "processed"
        sets = "SET #status = :state, counted = :state, reason = :reason" + (
            ", pending_pk = :list, pending_since = :since" if waiting else ""
        )
        values = {":state": {"S": state}, ":reason": {"S": reason}, ":one": {"N": "1"}}
        if waiting:
            values |= {":list": {"S": f"{self.inbox.tenant}#{state}"}, ":since": {"S": rfc3339(now)}}
        if item.counted:
            values |= {":was": {"S": item.counted}}
        return {
            "Update": {
                "TableName": self.inbox.table,
                "Key": self.inbox.key(item.message_id),
                "UpdateExpression": f"{sets} ADD attempts :one"
                + ("" if waiting else " REMOVE pending_pk, pending_since"),
                "ConditionExpression": _COUNTED[bool(item.counted)],
                "ExpressionAttributeNames": {"#status": "status"},
                "ExpressionAttributeValues": values,
            }
        }

    def _count(self, item: InboxItem, state: State) -> dict[str, Any]:
        """The counter's part. The last delivery's time rides along: it costs no write of its own."""
        change = "-1" if item.counted else "1"
        values = {":one": {"N": "1"}, ":from": {"N": change}, ":at": {"S": rfc3339(item.received_at)}}
        return {
            "Update": {
                "TableName": self.stats_table,
                "Key": self._counter(item.connection_id, crc32(item.message_id.encode()) % SHARDS),
                "UpdateExpression": "ADD #to :one, #from :from SET last_delivery_at = :at",
                "ExpressionAttributeNames": {"#to": state, "#from": item.counted or "accepted"},
                "ExpressionAttributeValues": values,
            }
        }

    def _counter(self, connection_id: str, shard: int) -> dict[str, Any]:
        return {"pk": {"S": f"{self.inbox.tenant}#stats"}, "sk": {"S": f"{connection_id}#{shard}"}}


def _moved_on(error: ClientError) -> bool:
    """Whether the first part, the inbox item, was no longer as we read it."""
    reasons = error.response.get("CancellationReasons") or [{}]
    return bool(reasons[0].get("Code") == "ConditionalCheckFailed")


def _row(item: Mapping[str, Any]) -> Row:
    return Row(
        connection_id=item["sk"]["S"].partition("#")[0],
        numbers={name: int(value["N"]) for name, value in item.items() if "N" in value},
        facts={name: value["S"] for name, value in item.items() if "S" in value},
    )
