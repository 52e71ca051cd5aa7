"""A connection (连接) as a value: one app on a platform, with its secrets. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from hub.kernel.regions import BASE


@dataclass(frozen=True, slots=True)
class Connection:
    """One app on a platform. `settings` holds its secrets, so it is not part of the repr. region, store_id: where what
    comes by it belongs; "" no store."""

    id: str
    channel: str
    state: str
    settings: Mapping[str, Any] = field(repr=False)
    region: str = BASE
    store_id: str = ""

    @property
    def enabled(self) -> bool:
        return self.state == "enabled"
