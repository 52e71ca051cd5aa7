"""The order items in the room's table: one conditional write decides between two truths."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from functions.webhooks.orders import SORT, OrderFacts, Unmapped, is_paid, order_id
from hub.kernel.clock import rfc3339
from hub.kernel.errors import Retry

UNMAPPED_LIMIT = 50
"""So many orders that could not be understood are read again in one run."""
_NEWER = (
    "attribute_not_exists(pk) OR source_time < :source_time"
    " OR (source_time = :source_time AND state_rank < :state_rank)"
)


@dataclass(frozen=True, slots=True)
class Orders:
    """The orders of one tenant. client: a botocore DynamoDB client."""

    table: str
    client: Any = field(repr=False)
    tenant: str

    def transition(
        self, facts: OrderFacts, *, connection_id: str, channel: str, now: datetime, replay: bool = False
    ) -> bool:
        """Write `facts` if they are the later truth: one conditional write. True when they were. Raises
        Retry.

        now: business time, kept as the moment at which we first knew that the order is paid.
        """
        texts = {
            "connection_id": connection_id,
            "channel": channel,
            "shop_id": facts.shop_id,
            "order_no": facts.order_no,
            "order_id": order_id(self.tenant, channel, facts),
            "state": facts.state,
            "buyer_id": facts.buyer_id,
            "currency": facts.currency,
            "source_time": rfc3339(facts.updated_at),
        }
        numbers = {"state_rank": facts.state_rank, "amount_minor": facts.amount_minor, "schema": 1}
        values: dict[str, Any] = {f":{name}": {"S": text} for name, text in texts.items()}
        values |= {f":{name}": {"N": str(number)} for name, number in numbers.items()}
        sets = [f"#{name} = :{name}" for name in (*texts, *numbers)]
        names = {f"#{name}": name for name in (*texts, *numbers)}
        if is_paid(facts):
            sets += [f"{name} = if_not_exists({name}, :{name})" for name in ("paid_noted_at", "paid_replay")]
            values |= {":paid_noted_at": {"S": rfc3339(now)}, ":paid_replay": {"BOOL": replay}}
        return self._write(
            Key=self._key(f"{self.tenant}#order#{channel}#{facts.shop_id}#{facts.order_no}", SORT),
            UpdateExpression="SET " + ", ".join(sets) + " ADD version :schema",
            ConditionExpression=_NEWER,
            ExpressionAttributeNames=names,
            ExpressionAttributeValues=values,
        )

    def note_unmapped(self, unmapped: Unmapped) -> None:
        """Remember an order that we could not understand: it is read again on each pull until we do. Raises
        Retry."""
        self._write(
            Key=self._unmapped_key(unmapped.connection_id, unmapped.order_no),
            UpdateExpression="SET connection_id = :connection, order_no = :order, reason = :reason, #s = :one",
            ExpressionAttributeNames={"#s": "schema"},
            ExpressionAttributeValues={
                ":connection": {"S": unmapped.connection_id},
                ":order": {"S": unmapped.order_no},
                ":reason": {"S": unmapped.reason},
                ":one": {"N": "1"},
            },
        )

    def list_unmapped(self) -> list[Unmapped]:
        """The first of them. Raises Retry."""
        try:
            page = self.client.query(
                TableName=self.table,
                KeyConditionExpression="pk = :pk",
                ExpressionAttributeValues={":pk": {"S": f"{self.tenant}#unmapped"}},
                Limit=UNMAPPED_LIMIT,
            )
        except (ClientError, BotoCoreError) as error:
            raise Retry("orders cannot be read", reason=str(error)) from error
        names = ("connection_id", "order_no", "reason")
        return [Unmapped(*(item[name]["S"] for name in names)) for item in page["Items"]]

    def forget_unmapped(self, unmapped: Unmapped) -> None:
        """It was understood. Raises Retry."""
        key = self._unmapped_key(unmapped.connection_id, unmapped.order_no)
        try:
            self.client.delete_item(TableName=self.table, Key=key)
        except (ClientError, BotoCoreError) as error:
            raise Retry("orders cannot be written", reason=str(error)) from error

    def _write(self, **update: Any) -> bool:
        try:
            self.client.update_item(TableName=self.table, **update)
        except ClientError as error:
            if error.response["Error"]["Code"] == "ConditionalCheckFailedException":
                return False
            raise Retry("orders cannot be written", reason=str(error)) from error
        except BotoCoreError as error:
            raise Retry("orders cannot be written", reason=str(error)) from error
        return True

    def _unmapped_key(self, connection_id: str, order_no: str) -> dict[str, Any]:
        return self._key(f"{self.tenant}#unmapped", f"{connection_id}#{order_no}")

    @staticmethod
    def _key(pk: str, sk: str) -> dict[str, Any]:
        return {"pk": {"S": pk}, "sk": {"S": sk}}
