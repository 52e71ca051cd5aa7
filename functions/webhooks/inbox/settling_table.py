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
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zlib import crc32

from botocore.exceptions import BotoCoreError, ClientError

from functions.webhooks.inbox.counters_table import Counters
from hub.kernel.clock import rfc3339
from hub.kernel.errors import Retry
from hub.store.inbox import Inbox, InboxItem, State

SHARDS = 8
TRIES = 6
BACKOFF_SECONDS = 0.03
"""A transaction that meets another on the same counter is cancelled: it is tried again, each time a little later."""

_COUNTED = {True: "counted = :was", False: "attribute_exists(pk) AND attribute_not_exists(counted)"}


@dataclass(frozen=True, slots=True)
class Settler:
    """Moves inbox items, and their connections' counters with them."""

    inbox: Inbox
    counters: Counters
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
        """The counter's part. What else is told of a message (that it was pulled, when the last one came) rides along:
        it costs no write of its own."""
        first = not item.counted
        pulled = first and item.source == "pull"
        names = {"#to": state, "#from": item.counted or "accepted"}
        values = {":one": {"N": "1"}, ":from": {"N": "1" if first else "-1"}}
        if first:
            values[":at"] = {"S": rfc3339(item.received_at)}
        adds = "ADD #to :one, #from :from, changes :one" + (", pulled :one" if pulled else "")
        return {
            "Update": {
                "TableName": self.counters.table,
                "Key": self.counters.key(item.connection_id, item.received_at, _shard(item)),
                "UpdateExpression": adds + (" SET last_delivery_at = :at" if first else ""),
                "ExpressionAttributeNames": names,
                "ExpressionAttributeValues": values,
            }
        }


def _shard(item: InboxItem) -> int:
    return crc32(item.message_id.encode()) % SHARDS


def _moved_on(error: ClientError) -> bool:
    """Whether the first part, the inbox item, was no longer as we read it."""
    reasons = error.response.get("CancellationReasons") or [{}]
    return bool(reasons[0].get("Code") == "ConditionalCheckFailed")
