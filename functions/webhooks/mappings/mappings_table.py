"""Mappings as versions in the room's table.

    <tenant>#mapping#<channel> / v<000002>     one version, never changed, as JSON text
    <tenant>#mapping#<channel> / mapping       which one is active, and who moved that when

A channel without the second item has the mapping that ships with it. When it changes, the table's stream says so, and
what waits for a newer mapping is read again.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from functions.webhooks.mappings.mappings import rules_count, same
from hub.channels.base import NotUnderstood
from hub.channels.mapping import StatusTable, packaged_table
from hub.channels.registry import CHANNELS
from hub.contracts.webhooks_reconcile import MappingVersion
from hub.kernel.clock import parse_rfc3339, rfc3339
from hub.kernel.errors import Conflict, NotFound, Retry

SORT = "mapping"
CACHED_SECONDS = 60
VERSIONS_LIMIT = 50
"""So many versions are listed, the newest."""
PACKAGED = 0
"""The pointer's word for the version that ships with the channel."""


@dataclass(frozen=True)
class LiveTable(StatusTable):
    """A table that is read again before it says that it does not know a status: a newer version may have been published
    a moment ago, by another process."""

    newest: Callable[[], StatusTable] = field(repr=False, compare=False, kw_only=True)

    def _state(self, kind: str, fields: Mapping[str, object]) -> tuple[str, int]:
        try:
            return super()._state(kind, fields)
        except NotUnderstood:
            newest = self.newest()
            if newest.document == self.document:
                raise
            return StatusTable(newest.document)._state(kind, fields)


@dataclass(frozen=True)
class Pointer:
    """Which version is active (PACKAGED: the channel's own), and the newest that was published (0: none)."""

    active: int = PACKAGED
    latest: int = 0


@dataclass(frozen=True)
class Mappings:
    """The mappings of one tenant. client: a botocore DynamoDB client. wall_now: real time."""

    table_name: str
    client: Any = field(repr=False)
    tenant: str
    wall_now: Callable[[], datetime]
    _cached: dict[str, tuple[float, StatusTable]] = field(default_factory=dict, repr=False)

    def table(self, channel: str) -> StatusTable:
        """The active mapping, at most CACHED_SECONDS old; of this moment where it does not know a status. Raises
        Retry, and NotFound for a channel without mappings."""
        wall = self.wall_now().timestamp()
        read_at, table = self._cached.get(channel, (0.0, None))
        if table is None or wall - read_at > CACHED_SECONDS:
            table = self.active(channel)
            self._cached[channel] = (wall, table)
        return LiveTable(table.document, newest=lambda: self._renewed(channel))

    def active(self, channel: str) -> StatusTable:
        """The active mapping, strongly consistent. Raises Retry, and NotFound for a channel without mappings."""
        return self._version(channel, self._pointer(channel).active)

    def versions(self, channel: str) -> list[MappingVersion]:
        """The versions, newest first; the one that ships with the channel last. Raises as `active`."""
        active, packaged = self._pointer(channel).active, _packaged(channel)
        with_packaged = MappingVersion(version=packaged.version, rules=rules_count(packaged), active=active == PACKAGED)
        query = {
            "KeyConditionExpression": "pk = :pk AND begins_with(sk, :v)",
            "ExpressionAttributeValues": {":pk": {"S": self._pk(channel)}, ":v": {"S": "v"}},
        }
        page = self._call("query", **query, ConsistentRead=True, ScanIndexForward=False, Limit=VERSIONS_LIMIT)
        return [*(_shown(item, active) for item in page["Items"]), with_packaged]

    def publish(self, channel: str, document: Mapping[str, Any], by: str, now: datetime) -> StatusTable:
        """Make a checked document the active version, as the next number; the active one where it says the same.
        Raises Conflict when somebody publishes at the same moment, and as `active`."""
        pointer, packaged = self._pointer(channel), _packaged(channel)
        active = self._version(channel, pointer.active)
        if same(document, active):
            return active
        version = max(pointer.latest, packaged.version) + 1
        table = StatusTable({**document, "schema": 1, "channel": channel, "version": version})
        item = {
            **self._key(channel, _sk(version)),
            "document": {"S": json.dumps(table.document, ensure_ascii=False, separators=(",", ":"))},
            "version": {"N": str(version)},
            "rules": {"N": str(rules_count(table))},
            "published_at": {"S": rfc3339(now)},
            "published_by": {"S": by},
            "schema": {"N": "1"},
        }
        put = {"TableName": self.table_name, "Item": item, "ConditionExpression": "attribute_not_exists(pk)"}
        self._transact({"Put": put}, self._moved(channel, pointer, Pointer(version, version), by, now))
        self._cached.pop(channel, None)
        return table

    def revert(self, channel: str, version: int, by: str, now: datetime) -> StatusTable:
        """Make an earlier version active again. Raises NotFound where there is none, Conflict as `publish`."""
        pointer = self._pointer(channel)
        try:
            table, active = self._version(channel, version), version
        except NotFound:
            table, active = _packaged(channel), PACKAGED
            if table.version != version:
                raise
        if active != pointer.active:
            self._transact(self._moved(channel, pointer, Pointer(active, pointer.latest), by, now))
            self._cached.pop(channel, None)
        return table

    def _renewed(self, channel: str) -> StatusTable:
        table = self.active(channel)
        self._cached[channel] = (self.wall_now().timestamp(), table)
        return table

    def _pointer(self, channel: str) -> Pointer:
        _packaged(channel)
        item = self._call("get_item", Key=self._key(channel, SORT), ConsistentRead=True).get("Item")
        return Pointer(int(item["active"]["N"]), int(item["latest"]["N"])) if item else Pointer()

    def _version(self, channel: str, version: int) -> StatusTable:
        if version == PACKAGED:
            return _packaged(channel)
        item = self._call("get_item", Key=self._key(channel, _sk(version)), ConsistentRead=True).get("Item")
        if item is None:
            raise NotFound("no such version", channel=channel, version=version)
        return StatusTable(json.loads(item["document"]["S"]))

    def _moved(self, channel: str, was: Pointer, to: Pointer, by: str, now: datetime) -> dict[str, Any]:
        """The pointer's part: it moves from where it was read."""
        condition = "active = :was AND latest = :had" if was != Pointer() else "attribute_not_exists(pk)"
        numbers = {":active": to.active, ":latest": to.latest, ":one": 1}
        if was != Pointer():
            numbers |= {":was": was.active, ":had": was.latest}
        values = {name: {"N": str(number)} for name, number in numbers.items()}
        sets = "SET active = :active, latest = :latest, changed_by = :by, changed_at = :at, #s = :one"
        return {
            "Update": {
                "TableName": self.table_name,
                "Key": self._key(channel, SORT),
                "UpdateExpression": sets,
                "ConditionExpression": condition,
                "ExpressionAttributeNames": {"#s": "schema"},
                "ExpressionAttributeValues": {**values, ":by": {"S": by}, ":at": {"S": rfc3339(now)}},
            }
        }

    def _transact(self, *writes: dict[str, Any]) -> None:
        try:
            self.client.transact_write_items(TransactItems=list(writes))
        except ClientError as error:
            if error.response["Error"]["Code"] == "TransactionCanceledException":
                raise Conflict("the mapping has changed since", table=self.table_name) from error
            raise Retry("mappings cannot be written", reason=str(error)) from error
        except BotoCoreError as error:
            raise Retry("mappings cannot be written", reason=str(error)) from error

    def _call(self, operation: str, **request: Any) -> dict[str, Any]:
        try:
            return dict(getattr(self.client, operation)(TableName=self.table_name, **request))
        except (ClientError, BotoCoreError) as error:
            raise Retry("mappings do not answer", reason=str(error)) from error

    def _pk(self, channel: str) -> str:
        return f"{self.tenant}#mapping#{channel}"

    def _key(self, channel: str, sk: str) -> dict[str, Any]:
        return {"pk": {"S": self._pk(channel)}, "sk": {"S": sk}}


def mapped_channels() -> tuple[str, ...]:
    """The channels whose orders have states to map."""
    return tuple(name for name, channel in CHANNELS.items() if channel.market)


def _packaged(channel: str) -> StatusTable:
    if channel not in mapped_channels():
        raise NotFound("no mapping", channel=channel[:64])
    return packaged_table(channel)


def _sk(version: int) -> str:
    return f"v{version:06}"


def _shown(item: Mapping[str, Any], active: int) -> MappingVersion:
    version = int(item["version"]["N"])
    return MappingVersion(
        version=version,
        rules=int(item["rules"]["N"]),
        published_at=parse_rfc3339(item["published_at"]["S"]),
        published_by=item["published_by"]["S"],
        active=version == active,
    )
