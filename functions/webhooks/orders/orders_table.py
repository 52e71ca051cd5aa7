"""Orders and after-sales in the room's table: one conditional write decides between two truths."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, cast
from zoneinfo import ZoneInfo

from botocore.exceptions import BotoCoreError, ClientError

from functions.webhooks.orders.orders import (
    AFTER_SALE_SORT,
    SORT,
    Facts,
    Noting,
    Unmapped,
    after_sale_id,
    is_paid,
    order_id,
)
from hub.channels.market import OrderFacts
from hub.kernel.clock import rfc3339
from hub.kernel.errors import Invalid, Problem, Retry
from hub.store.items import plain_item, raw_item

UNMAPPED_LIMIT = 50
"""So many orders that could not be understood are read again in one run."""
_NEWER = (
    "attribute_not_exists(pk) OR source_time < :source_time"
    " OR (source_time = :source_time AND state_rank < :state_rank)"
)
_ONCE = ("paid_noted_at", "paid_replay", "noted_at", "pulled", "list_pk", "list_sk")
"""Attributes that the first who notes them decides."""
_REFUSED = "ConditionalCheckFailedException"


@dataclass(frozen=True, slots=True)
class Orders:
    """The orders and after-sales of one tenant. client: a botocore DynamoDB client. zone: whose days lists go by."""

    table: str
    client: Any = field(repr=False)
    tenant: str
    zone: ZoneInfo

    def transition(self, facts: Facts, noting: Noting) -> bool:
        """Write `facts` if they are the later truth: one conditional write. True when they were. Raises Retry.

        That a push has told of the order is kept in any case: what only pulls know was recovered.
        """
        identity, sort = self.identity(facts, noting.channel)
        item = {**self._common(facts, noting), **self._told(facts, noting, identity)}
        names = {f"#{name}": name for name in item}
        sets = [
            f"#{name} = if_not_exists(#{name}, :{name})" if name in _ONCE else f"#{name} = :{name}" for name in item
        ]
        failed = self._update(
            identity,
            sort,
            UpdateExpression="SET " + ", ".join(sets) + " ADD version :one",
            ConditionExpression=_NEWER,
            ExpressionAttributeNames=names,
            ExpressionAttributeValues=raw_item({f":{name}": value for name, value in item.items()} | {":one": 1}),
            ReturnValuesOnConditionCheckFailure="ALL_OLD",
        )
        if failed is None:
            return True
        if noting.by == "push" and not failed.get("pushed", {}).get("BOOL"):
            self._set(identity, sort, "pushed", True)
        return False

    def note_unknown(self, unmapped: Unmapped, shop_id: str, noting: Noting) -> None:
        """Remember an order that we can't read (its state is `unknown`, unless we know a better one): it is read again
        on each pull until we can. Raises Retry."""
        key = self._unmapped_key(unmapped)
        item = {
            "connection_id": unmapped.connection_id,
            "entity": unmapped.entity,
            "number": unmapped.number,
            "order_no": unmapped.order_no,
            "reason": unmapped.reason,
            "day": self._day(noting),
            "schema": 1,
        }
        with _passing():
            self.client.put_item(TableName=self.table, Item=key | raw_item(item))
        if unmapped.entity == "order":
            self._create_unknown(unmapped, shop_id, noting)

    def list_unmapped(self, start: Mapping[str, Any] | None = None) -> tuple[list[Unmapped], dict[str, Any] | None]:
        """Some of them, and where the next ones start (None: there are no more). Raises Retry."""
        query: dict[str, Any] = {
            "TableName": self.table,
            "KeyConditionExpression": "pk = :pk",
            "ExpressionAttributeValues": {":pk": {"S": f"{self.tenant}#unmapped"}},
            "Limit": UNMAPPED_LIMIT,
        }
        if start:
            query["ExclusiveStartKey"] = dict(start)
        with _passing():
            page = self.client.query(**query)
        names = ("connection_id", "entity", "number", "order_no", "reason")
        found = [Unmapped(*(cast(Any, item[name]["S"]) for name in names)) for item in page["Items"]]
        return found, page.get("LastEvaluatedKey")

    def forget_unmapped(self, unmapped: Unmapped, channel: str, shop_id: str) -> None:
        """It was understood. What stood for it until then goes, where it turned out to be another shop's. Raises
        Retry."""
        identity = order_id(self.tenant, channel, shop_id, unmapped.number)
        try:
            with _passing():
                self.client.delete_item(
                    TableName=self.table,
                    Key=self._key(identity, SORT),
                    ConditionExpression="#state = :unknown",
                    ExpressionAttributeNames={"#state": "state"},
                    ExpressionAttributeValues={":unknown": {"S": "unknown"}},
                )
        except _Refused:
            pass
        with _passing():
            self.client.delete_item(TableName=self.table, Key=self._unmapped_key(unmapped))

    def find(self, identity: str) -> dict[str, Any] | None:
        """The stored order or after-sale with this id, None when there is none. Raises Retry."""
        sort = AFTER_SALE_SORT if identity.startswith("afs_") else SORT
        with _passing():
            found = self.client.get_item(TableName=self.table, Key=self._key(identity, sort), ConsistentRead=True)
        return plain_item(found["Item"]) if "Item" in found else None

    def note_read(self, identity: str, wall_now: datetime) -> None:
        """The platform told us at this moment that what we know of it holds. Raises Retry."""
        self._set(identity, AFTER_SALE_SORT if identity.startswith("afs_") else SORT, "read_at", rfc3339(wall_now))

    def page(
        self, connection_id: str, day: str, limit: int, start: Mapping[str, Any] | None = None, sort: str = SORT
    ) -> tuple[list[dict[str, Any]], dict[str, Any] | None]:
        """Orders (or after-sales) first noted on a day (`20261121`, business), oldest first, and where the next page
        starts. May be two seconds behind. Raises Retry, and Invalid for a start that is none of this list."""
        query: dict[str, Any] = {
            "TableName": self.table,
            "IndexName": "by_list",
            "KeyConditionExpression": "list_pk = :list",
            "ExpressionAttributeValues": {":list": {"S": self.list_name(connection_id, day, sort)}},
            "Limit": limit,
        }
        if start:
            query["ExclusiveStartKey"] = dict(start)
        try:
            with _passing():
                page = self.client.query(**query)
        except Retry as error:
            if start and error.facts.get("reason") == "ValidationException":
                rule = "must be the next_cursor of an earlier page of this list"
                raise Invalid("no such cursor", problems=[Problem("query:cursor", rule)]) from None
            raise
        return list(map(plain_item, page["Items"])), page.get("LastEvaluatedKey")

    def list_name(self, connection_id: str, day: str, sort: str = SORT) -> str:
        """The list of what a connection first noted on a day."""
        return f"{self.tenant}#{sort}s#{connection_id}#{day}"

    def identity(self, facts: Facts, channel: str) -> tuple[str, str]:
        """The id of what these facts are about, and the sort key of its item."""
        if isinstance(facts, OrderFacts):
            return order_id(self.tenant, channel, facts.shop_id, facts.order_no), SORT
        return after_sale_id(self.tenant, channel, facts.shop_id, facts.after_sale_no), AFTER_SALE_SORT

    def _common(self, facts: Facts, noting: Noting) -> dict[str, Any]:
        return {
            "schema": 1,
            "tenant": self.tenant,
            "connection_id": noting.connection_id,
            "channel": noting.channel,
            "shop_id": facts.shop_id,
            "order_no": facts.order_no,
            "state": facts.state,
            "state_rank": facts.state_rank,
            "currency": facts.currency,
            "buyer_id": facts.buyer_id,
            "source_time": rfc3339(facts.updated_at),
            "changed_at": rfc3339(noting.now),
            "replay": noting.replay,
            "read_at": rfc3339(noting.wall_now),
            "noted_at": rfc3339(noting.now),
            **({"pushed": True} if noting.by == "push" else {}),
            "pulled": noting.by == "pull",
        }

    def _told(self, facts: Facts, noting: Noting, identity: str) -> dict[str, Any]:
        sort = SORT if isinstance(facts, OrderFacts) else AFTER_SALE_SORT
        listed = {
            "list_pk": self.list_name(noting.connection_id, self._day(noting), sort),
            "list_sk": f"{rfc3339(noting.now)}#{identity}",
        }
        if not isinstance(facts, OrderFacts):
            return listed | {
                "after_sale_id": identity,
                "after_sale_no": facts.after_sale_no,
                "type": facts.type,
                "money": facts.money,
                "requested_minor": facts.requested_minor,
                "refunded_minor": facts.refunded_minor,
                "tracking_no": facts.tracking_no,
                "deadline_at": rfc3339(facts.deadline_at) if facts.deadline_at else "",
            }
        paid = {"paid_noted_at": rfc3339(noting.now), "paid_replay": noting.replay} if is_paid(facts) else {}
        return (
            listed
            | paid
            | {
                "order_id": identity,
                "amount_minor": facts.amount_minor,
                "paid_at": rfc3339(facts.paid_at) if facts.paid_at else "",
                "attribution": dict(facts.attribution),
                "tracking_nos": list(facts.tracking_nos),
                "content_ref": identity if facts.note else "",
            }
        )

    def _day(self, noting: Noting) -> str:
        return f"{noting.now.astimezone(self.zone):%Y%m%d}"

    def _create_unknown(self, unmapped: Unmapped, shop_id: str, noting: Noting) -> None:
        identity = order_id(self.tenant, noting.channel, shop_id, unmapped.number)
        facts = OrderFacts(unmapped.number, shop_id, "unknown", 0, 0, "", noting.now)
        item = {**self._common(facts, noting), **self._told(facts, noting, identity), "source_time": ""}
        try:
            with _passing():
                self.client.put_item(
                    TableName=self.table,
                    Item=self._key(identity, SORT) | raw_item(item),
                    ConditionExpression="attribute_not_exists(pk)",
                )
        except _Refused:
            if noting.by == "push":
                self._set(identity, SORT, "pushed", True)

    def _set(self, identity: str, sort: str, name: str, value: Any) -> None:
        self._update(
            identity,
            sort,
            UpdateExpression="SET #name = :value",
            ConditionExpression="attribute_exists(pk)",
            ExpressionAttributeNames={"#name": name},
            ExpressionAttributeValues=raw_item({":value": value}),
        )

    def _update(self, identity: str, sort: str, **update: Any) -> dict[str, Any] | None:
        """One write. None when it was done, else the item as it stands (empty if DynamoDB does not tell). Raises
        Retry."""
        try:
            with _passing():
                self.client.update_item(TableName=self.table, Key=self._key(identity, sort), **update)
        except _Refused as refused:
            return refused.item
        return None

    def _unmapped_key(self, unmapped: Unmapped) -> dict[str, Any]:
        sort = f"{unmapped.connection_id}#{unmapped.entity}#{unmapped.number}"
        return {"pk": {"S": f"{self.tenant}#unmapped"}, "sk": {"S": sort}}

    def _key(self, identity: str, sort: str) -> dict[str, Any]:
        return {"pk": {"S": f"{self.tenant}#{identity}"}, "sk": {"S": sort}}


class _Refused(Exception):
    """The condition of a write did not hold. item: as it stands, in DynamoDB's form."""

    def __init__(self, item: dict[str, Any]) -> None:
        super().__init__()
        self.item = item


@contextmanager
def _passing() -> Iterator[None]:
    """What DynamoDB does not do now it may do later."""
    try:
        yield
    except ClientError as error:
        if error.response["Error"]["Code"] == _REFUSED:
            raise _Refused(dict(error.response.get("Item") or {})) from None
        raise Retry("orders cannot be reached", reason=error.response["Error"]["Code"]) from error
    except BotoCoreError as error:
        raise Retry("orders cannot be reached", reason=type(error).__name__) from error
