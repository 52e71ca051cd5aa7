"""Sends in memory, with the table's rule: a write holds only on the version that was read."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime

from functions.notifications.sends.bundling import FINAL
from functions.notifications.sends.delivery import Send


@dataclass
class MemorySends:
    """What SendTable does, in a dict."""

    kept: dict[str, Send] = field(default_factory=dict)
    due_ids: set[str] = field(default_factory=set)

    def read(self, send_id: str) -> Send | None:
        return self.kept.get(send_id)

    def write(self, send: Send) -> Send | None:
        known = self.kept.get(send.notice.id)
        if (known.version if known else 0) != send.version:
            return None
        stored = replace(send, version=send.version + 1)
        self.kept[send.notice.id] = stored
        return stored

    def put_due(self, send: Send) -> None:
        self.due_ids.add(send.notice.id)

    def due(self, now: datetime) -> list[Send]:
        found = [self.kept[send_id] for send_id in sorted(self.due_ids)]
        return [send for send in found if (send.release_at or now) <= now]

    def drop_due(self, send: Send) -> None:
        self.due_ids.discard(send.notice.id)

    def settled(self) -> bool:
        return all(send.state in FINAL for send in self.kept.values())
