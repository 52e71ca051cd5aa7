"""The inbox (收件箱): every message that a platform told us, raw, stored once. botocore alone: the front door
imports it.

An item is `<tenant>#<message id>` / `message`. The message id is a hash of the tenant, the connection and the
dedupe key, so the key *is* the dedupe key: a new message costs one conditional put, a repeat one put that
fails.

What still waits (or was given up) carries `pending_pk`, the hash key of a sparse index: `<tenant>#pending`,
`<tenant>#quarantined` or `<tenant>#dead`. A processed message has none.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from hub.kernel.clock import parse_rfc3339, rfc3339
from hub.kernel.errors import Invalid, Problem, Retry
from hub.kernel.ids import hashed_id
from hub.store.messages import Arrival, InboxItem, State

__all__ = ["KEEP", "SORT", "Arrival", "Inbox", "InboxItem", "State", "to_item"]

KEEP = timedelta(days=90)
"""After this a stored message, and the memory that it was delivered, are gone. No platform repeats for that
long."""
SORT = "message"
_NEW = "attribute_not_exists(pk)"
_KNOWN = frozenset({"ConditionalCheckFailedException", "TransactionConflictException"})
"""It is there; or it is there and being settled just now: only transactions on stored messages exist."""


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
        item = self._item(arrival, business_now, wall_now)
        try:
            self.client.put_item(TableName=self.table, Item=item, ConditionExpression=_NEW)
        except ClientError as error:
            if error.response["Error"]["Code"] in _KNOWN:
                return False
            raise Retry("inbox refused a write", connection_id=arrival.connection_id, reason=str(error)) from error
        except BotoCoreError as error:
            raise Retry("inbox does not answer", connection_id=arrival.connection_id, reason=str(error)) from error
        return True

    def read(self, message_id: str) -> InboxItem | None:
        """The message as it is now (strongly consistent), or None. Raises Retry."""
        try:
            answer = self.client.get_item(TableName=self.table, Key=self.key(message_id), ConsistentRead=True)
        except (ClientError, BotoCoreError) as error:
            raise Retry("inbox does not answer", message_id=message_id) from error
        return to_item(answer["Item"]) if "Item" in answer else None

    def list_waiting(
        self, state: State, before: datetime, limit: int, start: Mapping[str, Any] | None = None
    ) -> tuple[list[str], dict[str, Any] | None]:
        """Ids of messages in this state since before that (wall) moment, oldest first, and where the next
        page starts.

        Reads the sparse index, which may be a moment behind. Raises Retry, and Invalid for a start that is none
        of this list.
        """
        query: dict[str, Any] = {
            "TableName": self.table,
            "IndexName": "by_pending",
            "KeyConditionExpression": "pending_pk = :state AND pending_since < :before",
            "ExpressionAttributeValues": {
                ":state": {"S": f"{self.tenant}#{state}"},
                ":before": {"S": rfc3339(before)},
            },
            "Limit": limit,
        }
        if start:
            query["ExclusiveStartKey"] = dict(start)
        try:
            page = self.client.query(**query)
        except (ClientError, BotoCoreError) as error:
            if start and isinstance(error, ClientError) and error.response["Error"]["Code"] == "ValidationException":
                rule = "must be the next_cursor of an earlier page of this list"
                raise Invalid("no such cursor", problems=[Problem("query:cursor", rule)]) from None
            raise Retry("inbox does not answer", state=state) from error
        return [item["pk"]["S"].rpartition("#")[2] for item in page["Items"]], page.get("LastEvaluatedKey")

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
            "pending_pk": f"{self.tenant}#pending",
            "pending_since": rfc3339(wall_now),
        }
        if arrival.source != "push":
            texts["source"] = arrival.source
        return {
            **self.key(message_id),
            **{name: {"S": text} for name, text in texts.items()},
            "plaintext": {"B": arrival.plaintext},
            **({"express": {"BOOL": True}} if arrival.express else {}),
            "expires_at": {"N": str(int((wall_now + KEEP).timestamp()))},
            "schema": {"N": "1"},
        }


def to_item(raw: Mapping[str, Any]) -> InboxItem:
    """From DynamoDB's own form."""
    return InboxItem(
        message_id=raw["message_id"]["S"],
        connection_id=raw["connection_id"]["S"],
        channel=raw["channel"]["S"],
        account=raw["account"]["S"],
        dedupe_key=raw["dedupe_key"]["S"],
        plaintext=bytes(raw["plaintext"]["B"]),
        received_at=parse_rfc3339(raw["received_at"]["S"]),
        status=raw["status"]["S"],
        counted=raw.get("counted", {}).get("S", ""),
        attempts=int(raw.get("attempts", {}).get("N", "0")),
        reason=raw.get("reason", {}).get("S", ""),
        source=raw.get("source", {}).get("S", "push"),
    )
