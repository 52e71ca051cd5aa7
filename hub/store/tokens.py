"""One access token per connection, shared by every process and refreshed by one of them.

The item `<tenant>#token#<connection>` holds the token, when it ends, and a short lease for whoever refreshes it.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from botocore.exceptions import ClientError

from hub.kernel.errors import Retry

RENEW_AT = 0.85
"""Refreshed at this share of its life: platforms end tokens early now and then."""
LEASE_SECONDS = 10
Fetched = tuple[str, int]
"""A token and its life in seconds."""


class TokenCache:
    """The token of one connection. `fetch` asks the platform for a new one; `wall` is real time in epoch seconds."""

    def __init__(
        self,
        table: str,
        key: str,
        dynamodb: Any,
        fetch: Callable[[], Fetched],
        wall: Callable[[], float] = time.time,
    ) -> None:
        self._table, self._dynamodb, self._fetch, self._wall = table, dynamodb, fetch, wall
        self._key = {"pk": {"S": key}, "sk": {"S": "token"}}
        self._held: tuple[str, float] = ("", 0.0)

    def get(self, force: bool = False) -> str:
        """A live token; `force` when the platform just refused the one that this cache gave.

        Raises Retry while another process is refreshing and nothing usable is stored.
        """
        refused = self._held[0] if force else ""
        if not force and self._wall() < self._held[1]:
            return self._held[0]
        stored = self._stored()
        if stored and stored[0] != refused and self._wall() < stored[1]:
            self._held = stored
            return stored[0]
        return self._refresh()

    def _stored(self) -> tuple[str, float] | None:
        item = self._dynamodb.get_item(TableName=self._table, Key=self._key, ConsistentRead=True).get("Item") or {}
        return (item["token"]["S"], float(item["renew_at"]["N"])) if "token" in item else None

    def _refresh(self) -> str:
        if not self._lease():
            raise Retry("another process is refreshing the token", after_seconds=1)
        token, life_seconds = self._fetch()
        renew_at = self._wall() + life_seconds * RENEW_AT
        self._dynamodb.put_item(
            TableName=self._table,
            Item={**self._key, "token": {"S": token}, "renew_at": {"N": str(renew_at)}, "schema": {"N": "1"}},
        )
        self._held = (token, renew_at)
        return token

    def _lease(self) -> bool:
        now = self._wall()
        try:
            self._dynamodb.update_item(
                TableName=self._table,
                Key=self._key,
                UpdateExpression="SET lease_until = :until",
                ConditionExpression="attribute_not_exists(lease_until) OR lease_until < :now",
                ExpressionAttributeValues={
                    ":until": {"N": str(now + LEASE_SECONDS)},
                    ":now": {"N": str(now)},
                },
            )
        except ClientError as error:
            if error.response["Error"]["Code"] != "ConditionalCheckFailedException":
                raise
            return False
        return True
