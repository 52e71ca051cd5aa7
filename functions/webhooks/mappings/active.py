"""The active mappings (生效映射), as orders are read by them: at most a minute old, and of this moment before a status
is called unknown. Pure: the documents are handed in."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import field
from datetime import datetime

from hub.channels.base import NotUnderstood
from hub.channels.mapping import StatusTable
from hub.kernel.dataclass import dataclass

CACHED_SECONDS = 60


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
class ActiveMappings:
    """current: a channel's mapping of this moment; raises Retry, NotFound where it has none. wall_now: real time."""

    current: Callable[[str], StatusTable]
    wall_now: Callable[[], datetime]
    _cached: dict[str, tuple[float, StatusTable]] = field(default_factory=dict, repr=False)

    def table(self, channel: str) -> StatusTable:
        """The active mapping, at most CACHED_SECONDS old; of this moment where it does not know a status. Raises as
        `current`."""
        read_at, table = self._cached.get(channel, (0.0, None))
        if table is None or self.wall_now().timestamp() - read_at > CACHED_SECONDS:
            table = self._renewed(channel)
        return LiveTable(table.document, newest=lambda: self._renewed(channel))

    def _renewed(self, channel: str) -> StatusTable:
        table = self.current(channel)
        self._cached[channel] = (self.wall_now().timestamp(), table)
        return table
