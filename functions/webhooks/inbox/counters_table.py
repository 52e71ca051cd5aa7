"""The counters' rows in the room's table: added to, read, and folded when their day is long over.

    <tenant>#stats / <connection>#<yyyymmdd>#<shard>     what is counted; several shards, so that nobody queues
    <tenant>#stats / <connection>#total                  the days that were folded, summed
    <tenant>#days#<connection> / <yyyymmdd>              the same, each day for itself
    <tenant>#folds / folds                               how often a row was folded

Folding (归并) moves one row in one transaction: it goes, and its numbers are added to the total and to its day. The row
goes only as it was read (each ADD raises its `changes`), and only if no other fold came between, so nothing is
moved twice, not even a row that went and came again. Each fold raises the number of folds: a reader that finds it
raised has read a row both before and after, and reads again.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from functions.webhooks.inbox.counts import ERROR, ERROR_AT, Row, day_key, latest_facts
from hub.kernel.clock import rfc3339
from hub.kernel.errors import Retry

PAGES_LIMIT = 20
"""A page of counters is 1 MB, thousands of rows: more than all connections a tenant can have."""
FOLDS_LIMIT = 400
"""So many rows are folded in one run: at 20 ms each it stays within the function's minute."""
TRIES = 6
BACKOFF_SECONDS = 0.05
BOOKKEEPING = ("changes", "schema")
"""Numbers of a row that count nothing."""
Item = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Counters:
    """The counters of one tenant. client: a botocore DynamoDB client."""

    table: str
    client: Any = field(repr=False)
    tenant: str
    zone: str = "Asia/Shanghai"
    sleep: Callable[[float], None] = time.sleep

    def key(self, connection_id: str, at: datetime, shard: int = 0) -> dict[str, Any]:
        """Where one shard of a connection's counters lies for the day of that (business) moment."""
        return _key(f"{self.tenant}#stats", f"{connection_id}#{day_key(at, self.zone)}#{shard}")

    def add(
        self, connection_id: str, at: datetime, counts: Mapping[str, int], facts: Mapping[str, str] | None = None
    ) -> None:
        """Add to counters that no state stands behind (duplicates, rejected), and note facts beside them; an error
        is noted with its time. at: business time. Raises Retry."""
        facts = dict(facts or {})
        if ERROR in facts:
            facts[ERROR_AT] = rfc3339(at)
        update = _add(self.key(connection_id, at), {**counts, "changes": 1}, facts)
        try:
            self.client.update_item(TableName=self.table, **update)
        except (ClientError, BotoCoreError) as error:
            raise Retry("cannot count", connection_id=connection_id, reason=str(error)) from error

    def rows(self, connection_id: str = "") -> list[Row]:
        """The counters of one connection, or of all, strongly consistent. Raises Retry."""
        if not connection_id:
            return [_row(item) for item in self._settled(f"{self.tenant}#stats")]
        return [_row(item) for item in self._settled(f"{self.tenant}#stats", f"{connection_id}#", f"{connection_id}#~")]

    def days(self, connection_id: str, first: str, last: str) -> list[Row]:
        """The counters of a connection's days (`yyyymmdd`, both included), folded or not. Raises Retry."""
        live = (f"{self.tenant}#stats", f"{connection_id}#{first}", f"{connection_id}#{last}#~")
        folded = (f"{self.tenant}#days#{connection_id}", first, last)
        return [_row(item) for item in self._settled(*live, then=folded)]

    def fold(self, before: str) -> int:
        """Fold the rows of the days before that one (`yyyymmdd`), FOLDS_LIMIT at most; how many were folded. What
        moved meanwhile is left to the next run. Raises Retry."""
        folds = self._folds()
        items = self._query(f"{self.tenant}#stats")
        totals = {row.connection_id: row for row in map(_row, items) if not row.day}
        folded = 0
        for item in [item for item in items if "" < _row(item).day < before][:FOLDS_LIMIT]:
            row = _row(item)
            facts = latest_facts([row, *([totals[row.connection_id]] if row.connection_id in totals else [])])
            moved = self._move(item, row, facts, folds + folded)
            if moved is None:
                break
            if moved:
                folded += 1
                totals[row.connection_id] = Row(row.connection_id, {}, facts)
        return folded

    def _move(self, item: Item, row: Row, facts: Mapping[str, str], folds: int) -> bool | None:
        """Fold one row as read. False when it is being counted on just now, None when another run folds."""
        numbers = {name: n for name, n in row.numbers.items() if name not in BOOKKEEPING}
        guard = _add(self._guard(), {"changes": 1}, {})
        guard["ConditionExpression"] = "changes = :read" if folds else "attribute_not_exists(changes)"
        if folds:
            guard["ExpressionAttributeValues"][":read"] = {"N": str(folds)}
        gone = {
            "Key": {"pk": item["pk"], "sk": item["sk"]},
            "ConditionExpression": "changes = :read",
            "ExpressionAttributeValues": {":read": {"N": str(row.numbers.get("changes", 0))}},
        }
        total = _key(f"{self.tenant}#stats", f"{row.connection_id}#total")
        day = _key(f"{self.tenant}#days#{row.connection_id}", row.day)
        updates = (guard, _add(total, numbers, facts), _add(day, numbers, {}))
        writes: list[dict[str, Any]] = [{"Update": {"TableName": self.table, **update}} for update in updates]
        writes.append({"Delete": {"TableName": self.table, **gone}})
        try:
            self.client.transact_write_items(TransactItems=writes)
        except ClientError as error:
            if error.response["Error"]["Code"] != "TransactionCanceledException":
                raise Retry("counters cannot be folded", reason=str(error)) from error
            reasons = error.response.get("CancellationReasons") or [{}]
            return None if reasons[0].get("Code") != "None" else False
        except BotoCoreError as error:
            raise Retry("counters cannot be folded", reason=str(error)) from error
        return True

    def _settled(
        self, pk: str, first: str = "", last: str = "", then: tuple[str, str, str] | None = None
    ) -> list[Item]:
        """What lies there while nothing was folded: read again when it was."""
        for turn in range(TRIES):
            self.sleep(turn * BACKOFF_SECONDS)
            folds = self._folds()
            items = self._query(pk, first, last) + (self._query(*then) if then else [])
            if self._folds() == folds:
                return items
        raise Retry("the counters are being folded", 2)

    def _folds(self) -> int:
        try:
            answer = self.client.get_item(TableName=self.table, Key=self._guard(), ConsistentRead=True)
        except (ClientError, BotoCoreError) as error:
            raise Retry("counters do not answer", reason=str(error)) from error
        return int(answer["Item"]["changes"]["N"]) if "Item" in answer else 0

    def _query(self, pk: str, first: str = "", last: str = "") -> list[Item]:
        query: dict[str, Any] = {
            "TableName": self.table,
            "KeyConditionExpression": "pk = :pk" + (" AND sk BETWEEN :first AND :last" if first else ""),
            "ExpressionAttributeValues": {":pk": {"S": pk}},
            "ConsistentRead": True,
        }
        if first:
            query["ExpressionAttributeValues"] |= {":first": {"S": first}, ":last": {"S": last}}
        found: list[Item] = []
        for _ in range(PAGES_LIMIT):
            try:
                page = self.client.query(**query)
            except (ClientError, BotoCoreError) as error:
                raise Retry("counters do not answer", reason=str(error)) from error
            found += page["Items"]
            if "LastEvaluatedKey" not in page:
                return found
            query["ExclusiveStartKey"] = page["LastEvaluatedKey"]
        raise Retry("too many counters to read")

    def _guard(self) -> dict[str, Any]:
        return _key(f"{self.tenant}#folds", "folds")


def _key(pk: str, sk: str) -> dict[str, Any]:
    return {"pk": {"S": pk}, "sk": {"S": sk}}


def _add(key: Mapping[str, Any], numbers: Mapping[str, int], facts: Mapping[str, str]) -> dict[str, Any]:
    """An update that adds numbers and sets texts."""
    adds = ", ".join(f"#n{i} :n{i}" for i in range(len(numbers)))
    sets = ", ".join(f"#f{i} = :f{i}" for i in range(len(facts)))
    names = {f"#n{i}": name for i, name in enumerate(numbers)} | {f"#f{i}": name for i, name in enumerate(facts)}
    values: dict[str, Any] = {f":n{i}": {"N": str(n)} for i, n in enumerate(numbers.values())}
    values |= {f":f{i}": {"S": text} for i, text in enumerate(facts.values())}
    return {
        "Key": dict(key),
        "UpdateExpression": (f"ADD {adds}" if adds else "") + (f" SET {sets}" if sets else ""),
        "ExpressionAttributeNames": names,
        "ExpressionAttributeValues": values,
    }


def _row(item: Item) -> Row:
    """From DynamoDB's own form: a shard of a day, a total, or a folded day."""
    pk, sk = item["pk"]["S"], item["sk"]["S"]
    place = (*sk.split("#"), "")[:2] if pk.endswith("#stats") else (pk.rpartition("#")[2], sk)
    return Row(
        connection_id=place[0],
        numbers={name: int(value["N"]) for name, value in item.items() if "N" in value},
        facts={name: value["S"] for name, value in item.items() if "S" in value and name not in ("pk", "sk")},
        day=place[1] if len(place[1]) == len("yyyymmdd") else "",
    )
