"""Promotions and their lanes in the room's table, and the promoter wired from the room's tools.

    <tenant>#promotions#<connection> / promotion#<id>     a promotion, in its latest wording, and how far it got
    <tenant>#promotions#<connection> / due#<time>#<place> a place in the lane, while it waits: put with its promotion
    <tenant>#promotions#<connection> / lane               whose turn it is (`turn`), by when (`next_at`), and how often
                                                          somebody has queued something (`asked`)

An open lane has `next_at`, and stands in the list `<tenant>#lanes`. All that decides is read consistently, or written
on the condition that it still is so.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta
from typing import Any, cast

from boto3.dynamodb.types import TypeDeserializer, TypeSerializer
from botocore.exceptions import BotoCoreError, ClientError

from functions.webhooks.promotions import (
    Due,
    Outcome,
    Promoter,
    Promotion,
    PromotionClient,
    Stored,
    Turn,
    digest_of,
    due_key,
)
from functions.webhooks.wiring_port import Tools
from hub.channels.registry import CHANNELS
from hub.channels.registry import client as channel_client
from hub.edge.room import Room
from hub.kernel.clock import parse_rfc3339, rfc3339
from hub.kernel.errors import Invalid, Problem, Retry

TURN_TAKES = timedelta(seconds=60)
"""A turn that was begun is over by then: the function's time is up."""
OVERDUE = timedelta(seconds=30)
"""A turn that is not begun so long after its time is lost."""
KEPT = timedelta(days=90)
"""After its end, a promotion is shown for so long."""
LANES_LIMIT = 500
_MINE = "digest = :digest AND #state = :sending"
_FAILED = "SET #state = :failed, reason = :reason"
_SENT = "SET #state = :sent, reason = :none, sent_at = :now, platform_id = :id"
_REFUSED = ("ConditionalCheckFailedException", "TransactionCanceledException")
_write = TypeSerializer().serialize
_read = TypeDeserializer().deserialize
Item = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Lanes:
    """The lanes of one tenant. client: a botocore DynamoDB client. All methods raise Retry."""

    table: str
    client: Any = field(repr=False)
    tenant: str

    def find(self, connection_id: str, promotion_id: str) -> Stored | None:
        """A promotion as it is now."""
        key = self._key(connection_id, f"promotion#{promotion_id}")
        found = self._do("get_item", TableName=self.table, Key=key, ConsistentRead=True) or {}
        return _stored(_plain(found["Item"])) if "Item" in found else None

    def enqueue(self, connection_id: str, promotion: Promotion, place: int, now: datetime) -> None:
        """Queue a promotion that is new, or failed, or waits with another wording. place: in this call."""
        digest = digest_of(promotion)
        due = {"promotion_id": promotion.id, "digest": digest, "schema": 1}
        row = self._key(connection_id, due_key(now, place, promotion.id)) | _written(due)
        put = {"Put": {"TableName": self.table, "Item": row}}
        queued = {"Update": self._queued(connection_id, promotion, digest, now)}
        self._do("transact_write_items", TransactItems=[queued, put])

    def page(
        self, connection_id: str, limit: int, start: Mapping[str, Any] | None
    ) -> tuple[list[Stored], dict[str, Any] | None]:
        """Promotions by their ids, and where the next page starts. Raises Invalid for a start that is none of these."""
        options = {"Limit": limit, **({"ExclusiveStartKey": dict(start)} if start else {})}
        try:
            found = self._query(connection_id, "promotion#", **options)
        except Retry as error:
            if start and error.facts.get("reason") == "ValidationException":
                rule = "must be the next_cursor of an earlier page of this list"
                raise Invalid("no such cursor", problems=[Problem("query:cursor", rule)]) from None
            raise
        return [_stored(_plain(item)) for item in found["Items"]], found.get("LastEvaluatedKey")

    def next_due(self, connection_id: str) -> Due | None:
        """The first place in the lane, None when it is empty."""
        items = self._query(connection_id, "due#", Limit=1)["Items"]
        return Due(items[0]["sk"]["S"], items[0]["promotion_id"]["S"], items[0]["digest"]["S"]) if items else None

    def begin(self, connection_id: str, due: Due) -> Stored | None:
        """Note that it is being sent; as it was before. None when it was settled, or worded anew, since it took this
        place."""
        values = {":sending": "sending", ":queued": "queued", ":digest": due.digest}
        mine = "digest = :digest AND #state IN (:queued, :sending)"
        done = self._set_state(connection_id, due, "SET #state = :sending", values, mine, ReturnValues="ALL_OLD")
        return _stored(_plain(done["Attributes"])) if done else None

    def put_back(self, connection_id: str, due: Due) -> None:
        """It was not sent, and waits on."""
        values = {":sending": "sending", ":queued": "queued", ":digest": due.digest}
        self._set_state(connection_id, due, "SET #state = :queued", values, _MINE)

    def settle(self, connection_id: str, due: Due, outcome: Outcome, now: datetime) -> None:
        """Note what came of it, and clear its place."""
        values = {":digest": due.digest, ":sending": "sending"}
        if outcome.reason:
            change, values = _FAILED, {**values, ":failed": "failed", ":reason": outcome.reason}
        else:
            change = _SENT
            values |= {":sent": "sent", ":none": "", ":now": rfc3339(now), ":id": outcome.platform_id}
        self._set_state(connection_id, due, change, values, _MINE)
        self.drop(connection_id, due)

    def drop(self, connection_id: str, due: Due) -> None:
        """Clear a place."""
        self._do("delete_item", TableName=self.table, Key=self._key(connection_id, due.key))

    def ask(self, connection_id: str) -> None:
        """Something was queued: whoever drains the lane looks again before it is closed."""
        self._update(connection_id, "lane", "ADD asked :one", {":one": 1})

    def open_lane(self, connection_id: str, now: datetime) -> int | None:
        """The number of the turn that has to be begun now, None when the lane is being drained."""
        values = {
            ":now": rfc3339(now),
            ":overdue": rfc3339(now - OVERDUE),
            ":list": f"{self.tenant}#lanes",
            ":connection": connection_id,
            ":none": 0,
            ":one": 1,
        }
        sets = "SET turn = if_not_exists(turn, :none) + :one, next_at = :now, list_pk = :list, list_sk = :connection"
        free = "attribute_not_exists(next_at) OR next_at < :overdue"
        names = {"#schema": "schema"}
        done = self._update(
            connection_id,
            "lane",
            f"{sets}, #schema = :one",
            values,
            ConditionExpression=free,
            ExpressionAttributeNames=names,
            ReturnValues="UPDATED_NEW",
        )
        return int(done["Attributes"]["turn"]["N"]) if done else None

    def take_turn(self, connection_id: str, number: int, now: datetime) -> int | None:
        """Begin a turn: from now on the lane waits for the next one. How often somebody has queued something so far;
        None when it is not this one's turn."""
        values = {":number": number, ":one": 1, ":until": rfc3339(now + TURN_TAKES)}
        mine = "turn = :number AND attribute_exists(next_at)"
        change = "SET turn = turn + :one, next_at = :until"
        done = self._update(connection_id, "lane", change, values, ConditionExpression=mine, ReturnValues="ALL_NEW")
        return int(done["Attributes"].get("asked", {"N": "0"})["N"]) if done else None

    def hand_over(self, connection_id: str, number: int, next_at: datetime) -> bool:
        """When the next turn is to begin. False when somebody else has begun it."""
        values = {":number": number, ":next": rfc3339(next_at)}
        mine = {"ConditionExpression": "turn = :number"}
        return self._update(connection_id, "lane", "SET next_at = :next", values, **mine) is not None

    def close_lane(self, connection_id: str, number: int, asked: int) -> bool:
        """The lane is empty. False when something was queued meanwhile, or somebody else has begun the next turn."""
        values, mine = {":number": number, ":asked": asked}, "turn = :number AND asked = :asked"
        change = "REMOVE next_at, list_pk, list_sk"
        return self._update(connection_id, "lane", change, values, ConditionExpression=mine) is not None

    def open_lanes(self) -> list[str]:
        """The connections whose lanes are not empty; may be two seconds behind."""
        found = self._do(
            "query",
            TableName=self.table,
            IndexName="by_list",
            KeyConditionExpression="list_pk = :list",
            ExpressionAttributeValues={":list": {"S": f"{self.tenant}#lanes"}},
            Limit=LANES_LIMIT,
        )
        return [item["list_sk"]["S"] for item in found["Items"]] if found else []

    def _set_state(
        self, connection_id: str, due: Due, change: str, values: Mapping[str, Any], condition: str, **options: Any
    ) -> Item | None:
        return self._update(
            connection_id,
            f"promotion#{due.promotion_id}",
            change,
            values,
            ConditionExpression=condition,
            ExpressionAttributeNames={"#state": "state"},
            **options,
        )

    def _queued(self, connection_id: str, promotion: Promotion, digest: str, now: datetime) -> Item:
        """The update that queues it, on the condition that there is something to send."""
        item = {
            **asdict(promotion),
            "starts_at": rfc3339(promotion.starts_at),
            "ends_at": rfc3339(promotion.ends_at),
            "goods": list(promotion.goods),
            "connection_id": connection_id,
            "digest": digest,
            "state": "queued",
            "reason": "",
            "platform_id": "",
            "queued_at": rfc3339(now),
            "schema": 1,
            "expires_at": int((max(promotion.ends_at, now) + KEPT).timestamp()),
        }
        sets = ", ".join(f"#{name} = :{name}" for name in item)
        return {
            "TableName": self.table,
            "Key": self._key(connection_id, f"promotion#{promotion.id}"),
            "UpdateExpression": f"SET {sets} REMOVE sent_at ADD version :one",
            "ConditionExpression": "attribute_not_exists(pk) OR #state = :failed"
            " OR (#state = :waits AND #digest <> :digest)",
            "ExpressionAttributeNames": {f"#{name}": name for name in item},
            "ExpressionAttributeValues": _written({f":{name}": value for name, value in item.items()})
            | _written({":one": 1, ":failed": "failed", ":waits": "queued"}),
        }

    def _query(self, connection_id: str, prefix: str, **options: Any) -> Item:
        values = {":pk": {"S": self._pk(connection_id)}, ":prefix": {"S": prefix}}
        query = {"KeyConditionExpression": "pk = :pk AND begins_with(sk, :prefix)", "ExpressionAttributeValues": values}
        return cast(Item, self._do("query", TableName=self.table, ConsistentRead=True, **query, **options))

    def _update(
        self, connection_id: str, sort: str, change: str, values: Mapping[str, Any], **options: Any
    ) -> Item | None:
        """One write; None when its condition does not hold."""
        return self._do(
            "update_item",
            TableName=self.table,
            Key=self._key(connection_id, sort),
            UpdateExpression=change,
            ExpressionAttributeValues=_written(values),
            **options,
        )

    def _do(self, operation: str, **request: Any) -> Item | None:
        """One call; None when a condition does not hold. Raises Retry."""
        with _passing():
            return cast(Item, getattr(self.client, operation)(**request))
        return None

    def _pk(self, connection_id: str) -> str:
        return f"{self.tenant}#promotions#{connection_id}"

    def _key(self, connection_id: str, sort: str) -> Item:
        return {"pk": {"S": self._pk(connection_id)}, "sk": {"S": sort}}


def lanes(tools: Tools) -> Lanes:
    """The lanes in the room's table."""
    return Lanes(tools.settings.table, tools.client("dynamodb"), tools.settings.tenant)


def promoter(tools: Tools, room: Room) -> Promoter:
    """The promoter with the room's tools; its turns go through the room's queue `promotions`."""

    def client(connection_id: str) -> PromotionClient | None:
        one = tools.secrets.find(connection_id)
        return tools.platform(one) if one and one.enabled and takes_promotions(one.channel) else None

    def send(turn: Turn, delay_seconds: int) -> None:
        room.send("promotions", asdict(turn), delay_seconds=delay_seconds)

    return Promoter(lanes(tools), client, send, tools.clock.wall_now)


def takes_promotions(channel: str) -> bool:
    """Whether a channel's client can push promotions."""
    known = CHANNELS.get(channel)
    return bool(known and known.market and hasattr(channel_client(channel).Client, "push_promotion"))


@contextmanager
def _passing() -> Iterator[None]:
    """A condition that does not hold is no fault; what DynamoDB does not do now it may do later."""
    try:
        yield
    except ClientError as error:
        reasons = {one.get("Code") for one in error.response.get("CancellationReasons") or ()} - {"None"}
        code = error.response["Error"]["Code"]
        if code not in _REFUSED or reasons - {"ConditionalCheckFailed"}:
            raise Retry("promotions cannot be reached", reason=code) from error
    except BotoCoreError as error:
        raise Retry("promotions cannot be reached", reason=type(error).__name__) from error


def _written(values: Mapping[str, Any]) -> Item:
    return {name: _write(value) for name, value in values.items()}


def _plain(item: Mapping[str, Any]) -> Item:
    return {name: _read(value) for name, value in item.items()}


def _stored(item: Mapping[str, Any]) -> Stored:
    promotion = Promotion(
        id=item["id"],
        title=item["title"],
        threshold_minor=int(item["threshold_minor"]),
        reduction_minor=int(item["reduction_minor"]),
        currency=item["currency"],
        starts_at=parse_rfc3339(item["starts_at"]),
        ends_at=parse_rfc3339(item["ends_at"]),
        goods=tuple(item["goods"]),
        quantity=int(item["quantity"]),
        per_buyer=int(item["per_buyer"]),
    )
    return Stored(
        promotion=promotion,
        state=item["state"],
        reason=item["reason"],
        queued_at=parse_rfc3339(item["queued_at"]),
        sent_at=parse_rfc3339(item["sent_at"]) if item.get("sent_at") else None,
        platform_id=item["platform_id"],
        version=int(item["version"]),
    )
