"""Idempotency-Key for HTTP: what a key was used for, kept for two days in the room's own table.

A key first claims its request's fingerprint; the same key with another body is refused. The claim keeps the moment
of its first use: ids made from it are the same on every retry, so a crash between the two writes does no harm.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from botocore.exceptions import ClientError

from hub.kernel.clock import parse_rfc3339, rfc3339
from hub.kernel.errors import Invalid, Problem
from hub.kernel.ids import digest

KEPT_SECONDS = 2 * 86_400


@dataclass(frozen=True)
class Claim:
    """made_at: when the key was first used. resource_id: what it made, None until that is done."""

    made_at: datetime
    resource_id: str | None


class Idempotency:
    """The keys of one tenant and room. `wall_epoch` is a callable: seconds of real time, for the TTL."""

    def __init__(self, tenant: str, table: str, dynamodb: Any, wall_epoch: Any) -> None:
        self._tenant, self._table, self._dynamodb, self._wall_epoch = tenant, table, dynamodb, wall_epoch

    def claim(self, scope: str, fingerprint: str, now: datetime) -> Claim:
        """Claim a key (`scope` holds principal, route and key). Raises Invalid when it was used with another body."""
        item = {
            **self._key(scope),
            "fingerprint": {"S": fingerprint},
            "made_at": {"S": rfc3339(now)},
            "schema": {"N": "1"},
            "expires_at": {"N": str(int(self._wall_epoch()) + KEPT_SECONDS)},
        }
        try:
            self._dynamodb.put_item(TableName=self._table, Item=item, ConditionExpression="attribute_not_exists(pk)")
        except ClientError as error:
            if error.response["Error"]["Code"] != "ConditionalCheckFailedException":
                raise
            return self._again(scope, fingerprint)
        return Claim(now, None)

    def finish(self, scope: str, resource_id: str) -> None:
        """The request is done; `resource_id` is what a repeat renders anew."""
        self._dynamodb.update_item(
            TableName=self._table,
            Key=self._key(scope),
            UpdateExpression="SET resource_id = :r",
            ExpressionAttributeValues={":r": {"S": resource_id}},
        )

    def _again(self, scope: str, fingerprint: str) -> Claim:
        item = self._dynamodb.get_item(TableName=self._table, Key=self._key(scope), ConsistentRead=True)["Item"]
        if item["fingerprint"]["S"] != fingerprint:
            rule = "was used before with another body: use a new key for a new request"
            raise Invalid("key reused", problems=[Problem("header:Idempotency-Key", rule)])
        resource = item.get("resource_id")
        return Claim(parse_rfc3339(item["made_at"]["S"]), resource["S"] if resource else None)

    def _key(self, scope: str) -> dict[str, Any]:
        return {"pk": {"S": f"{self._tenant}#idempotency#{digest(scope).hex()}"}, "sk": {"S": "idempotency"}}
