"""Single and conditional writes of a connection's promotions and lane in the room's table."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from hub.kernel.errors import Retry
from hub.store.items import Raw as Item
from hub.store.items import raw_item

_REFUSED = ("ConditionalCheckFailedException", "TransactionCanceledException")


@dataclass(frozen=True, slots=True)
class Partition:
    """`<tenant>#promotions#<connection>` of one tenant's connections. client: a botocore DynamoDB client."""

    table: str
    client: Any = field(repr=False)
    tenant: str

    def pk(self, connection_id: str) -> str:
        """The partition of one connection."""
        return f"{self.tenant}#promotions#{connection_id}"

    def key(self, connection_id: str, sort: str) -> Item:
        """The key of one item, in DynamoDB's form."""
        return {"pk": {"S": self.pk(connection_id)}, "sk": {"S": sort}}

    def query(self, connection_id: str, prefix: str, **options: Any) -> Item:
        """A page of the items whose sort keys begin so, read consistently. Raises Retry."""
        values = {":pk": self.pk(connection_id), ":prefix": prefix}
        page = self.do(
            "query",
            TableName=self.table,
            ConsistentRead=True,
            KeyConditionExpression="pk = :pk AND begins_with(sk, :prefix)",
            ExpressionAttributeValues=raw_item(values),
            **options,
        )
        return page or {"Items": []}

    def update(
        self, connection_id: str, sort: str, change: str, values: Mapping[str, Any], **options: Any
    ) -> Item | None:
        """One write; None when its condition does not hold. Raises Retry."""
        return self.do(
            "update_item",
            TableName=self.table,
            Key=self.key(connection_id, sort),
            UpdateExpression=change,
            ExpressionAttributeValues=raw_item(values),
            **options,
        )

    def do(self, operation: str, **request: Any) -> Item | None:
        """One call; None when a condition does not hold. Raises Retry: what does not work now may do so later."""
        try:
            answer: Item = getattr(self.client, operation)(**request)
        except ClientError as error:
            reasons = {one.get("Code") for one in error.response.get("CancellationReasons") or ()} - {"None"}
            code = error.response["Error"]["Code"]
            if code not in _REFUSED or reasons - {"ConditionalCheckFailed"}:
                raise Retry("promotions cannot be reached", reason=code) from error
            return None
        except BotoCoreError as error:
            raise Retry("promotions cannot be reached", reason=type(error).__name__) from error
        return answer
