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

from functions.webhooks.mappings.mappings import rules_count, same
from hub.channels.base import NotUnderstood
from hub.channels.mapping import StatusTable, packaged_table
from hub.channels.registry import CHANNELS
from hub.contracts.webhooks_reconcile import MappingVersion
from hub.kernel.clock import parse_rfc3339, rfc3339
from hub.kernel.errors import NotFound
from hub.store.table import NEW, Item, Key, Put, Table, Update

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
    """The mappings of one tenant, in the room's table. wall_now: real time. All methods raise Retry."""

    store: Table
    tenant: str
    wall_now: Callable[[], datetime]
    _cached: dict[str, tuple[float, StatusTable]] = field(default_factory=dict, repr=False)

    def table(self, channel: str) -> StatusTable:
        """The active mapping, at most CACHED_SECONDS old; of this moment where it does not know a status. Raises
        NotFound for a channel without mappings."""
        wall = self.wall_now().timestamp()
        read_at, table = self._cached.get(channel, (0.0, None))
        if table is None or wall - read_at > CACHED_SECONDS:
            table = self.active(channel)
            self._cached[channel] = (wall, table)
        return LiveTable(table.document, newest=lambda: self._renewed(channel))

    def active(self, channel: str) -> StatusTable:
        """The active mapping, strongly consistent. Raises NotFound for a channel without mappings."""
        return self._version(channel, self._pointer(channel).active)

    def versions(self, channel: str) -> list[MappingVersion]:
        """The versions, newest first; the one that ships with the channel last. Raises as `active`."""
        active, packaged = self._pointer(channel).active, _packaged(channel)
        with_packaged = MappingVersion(version=packaged.version, rules=rules_count(packaged), active=active == PACKAGED)
        page = self.store.query(
            self._pk(channel), sk_prefix="v", limit=VERSIONS_LIMIT, newest_first=True, consistent=True
        )
        return [*(_shown(item, active) for item in page.items), with_packaged]

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
            "pk": self._pk(channel),
            "sk": _sk(version),
            "document": json.dumps(table.document, ensure_ascii=False, separators=(",", ":")),
            "version": version,
            "rules": rules_count(table),
            "published_at": rfc3339(now),
            "published_by": by,
            "schema": 1,
        }
        self.store.transact(Put(item, NEW), self._moved(channel, pointer, Pointer(version, version), by, now))
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
            self.store.transact(self._moved(channel, pointer, Pointer(active, pointer.latest), by, now))
            self._cached.pop(channel, None)
        return table

    def _renewed(self, channel: str) -> StatusTable:
        table = self.active(channel)
        self._cached[channel] = (self.wall_now().timestamp(), table)
        return table

    def _pointer(self, channel: str) -> Pointer:
        _packaged(channel)
        item = self.store.get((self._pk(channel), SORT))
        return Pointer(item["active"], item["latest"]) if item else Pointer()

    def _version(self, channel: str, version: int) -> StatusTable:
        if version == PACKAGED:
            return _packaged(channel)
        item = self.store.get((self._pk(channel), _sk(version)))
        if item is None:
            raise NotFound("no such version", channel=channel, version=version)
        return StatusTable(json.loads(item["document"]))

    def _moved(self, channel: str, was: Pointer, to: Pointer, by: str, now: datetime) -> Update:
        """The pointer's part: it moves from where it was read."""
        values = {":active": to.active, ":latest": to.latest, ":by": by, ":at": rfc3339(now), ":one": 1}
        moved = "SET active = :active, latest = :latest, changed_by = :by, changed_at = :at, #schema = :one"
        key: Key = (self._pk(channel), SORT)
        if was == Pointer():
            return Update(key, moved, values, NEW)
        values |= {":was": was.active, ":had": was.latest}
        return Update(key, moved, values, "active = :was AND latest = :had")

    def _pk(self, channel: str) -> str:
        return f"{self.tenant}#mapping#{channel}"


def mapped_channels() -> tuple[str, ...]:
    """The channels whose orders have states to map."""
    return tuple(name for name, channel in CHANNELS.items() if channel.market)


def _packaged(channel: str) -> StatusTable:
    if channel not in mapped_channels():
        raise NotFound("no mapping", channel=channel[:64])
    return packaged_table(channel)


def _sk(version: int) -> str:
    return f"v{version:06}"


def _shown(item: Item, active: int) -> MappingVersion:
    return MappingVersion(
        version=item["version"],
        rules=item["rules"],
        published_at=parse_rfc3339(item["published_at"]),
        published_by=item["published_by"],
        active=item["version"] == active,
    )
