"""Tagged decisions in the room's table, and live reads wired from the room's tools."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from functions.webhooks.desk import Tools
from functions.webhooks.orders.live import TIMEOUT_SECONDS, LiveOrders, Tag
from functions.webhooks.orders.refresh import Shop
from hub.kernel.clock import parse_rfc3339
from hub.kernel.errors import Retry
from hub.store.circuit import Circuit

KEPT_SECONDS = 7 * 86_400
"""A decision that nothing could confirm for a week is history."""
_REFUSED = "ConditionalCheckFailedException"


@dataclass(frozen=True, slots=True)
class Tags:
    """`<tenant>#decision#<connection>` / `<order>#<decision>`: there only while a decision waits to be checked."""

    table: str
    client: Any = field(repr=False)
    tenant: str

    def put(self, tag: Tag) -> None:
        """Tag a decision; taken again on the same order, the later assumption counts. Raises Retry."""
        expires_at = int(parse_rfc3339(tag.made_at).timestamp()) + KEPT_SECONDS
        texts = {name: {"S": text} for name, text in asdict(tag).items()}
        numbers = {"schema": {"N": "1"}, "expires_at": {"N": str(expires_at)}}
        with _passing():
            self.client.put_item(TableName=self.table, Item=self._key(tag) | texts | numbers)

    def of(self, connection_id: str, limit: int) -> list[Tag]:
        """Some tagged decisions on orders of a connection. Raises Retry."""
        with _passing():
            page = self.client.query(
                TableName=self.table,
                KeyConditionExpression="pk = :pk",
                ExpressionAttributeValues={":pk": {"S": f"{self.tenant}#decision#{connection_id}"}},
                ConsistentRead=True,
                Limit=limit,
            )
        names = ("connection_id", "order_id", "decision", "assumed", "made_at")
        return [Tag(*(item[name]["S"] for name in names)) for item in page["Items"]]

    def drop(self, tag: Tag) -> None:
        """It was checked. One that was tagged again meanwhile stays. Raises Retry."""
        with _passing():
            self.client.delete_item(
                TableName=self.table,
                Key=self._key(tag),
                ConditionExpression="made_at = :made_at",
                ExpressionAttributeValues={":made_at": {"S": tag.made_at}},
            )

    def _key(self, tag: Tag) -> dict[str, Any]:
        pk, sk = f"{self.tenant}#decision#{tag.connection_id}", f"{tag.order_id}#{tag.decision}"
        return {"pk": {"S": pk}, "sk": {"S": sk}}


def live_orders(tools: Tools) -> LiveOrders:
    """Live reads with the room's tools: clients that wait three seconds at most, and a circuit each connection."""
    settings, dynamodb, clock = tools.settings, tools.client("dynamodb"), tools.clock

    def shop(item: Mapping[str, Any]) -> Shop | None:
        return tools.shop(item["connection_id"], timeout=TIMEOUT_SECONDS)

    def circuit(connection_id: str) -> Circuit:
        key = f"{settings.tenant}#circuit#{connection_id}"
        return Circuit(settings.table, key, dynamodb, lambda: clock.wall_now().timestamp())

    return LiveOrders(
        tenant=settings.tenant,
        orders=tools.orders,
        refresher=tools.refresher,
        shop=shop,
        guard=lambda connection_id: circuit(connection_id).guard(),
        tags=Tags(settings.table, dynamodb, settings.tenant),
        emit=tools.emit,
        now=clock.business_now,
        wall_now=clock.wall_now,
    )


@contextmanager
def _passing() -> Iterator[None]:
    """A condition that does not hold is no fault; what DynamoDB does not do now it may do later."""
    try:
        yield
    except ClientError as error:
        if error.response["Error"]["Code"] != _REFUSED:
            raise Retry("decisions cannot be reached", reason=error.response["Error"]["Code"]) from error
    except BotoCoreError as error:
        raise Retry("decisions cannot be reached", reason=type(error).__name__) from error
