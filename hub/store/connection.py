"""A connection (连接) as a value: one app on a platform, with its secrets. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from typing import Any

from hub.kernel.dataclass import dataclass
from hub.kernel.regions import BASE


@dataclass(frozen=True, slots=True)
class Connection:
    """One app on a platform. `settings` holds its secrets, so it is not part of the repr. region, store_id: where what
    comes by it belongs; "" no store. accounts: where that of one of its accounts does (a shop, a desk of 微信客服), by
    the platform's name for it: (region, store). marks: of the requests that changed it last, so that one which comes
    again changes nothing."""

    id: str
    channel: str
    state: str
    settings: Mapping[str, Any] = field(repr=False)
    region: str = BASE
    store_id: str = ""
    accounts: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    marks: tuple[str, ...] = ()

    def place(self, *accounts: str) -> tuple[str, str]:
        """(region, store) of what came by the first of these accounts that has a place of its own, else of all that
        comes by the connection."""
        own = (self.accounts[account] for account in accounts if account in self.accounts)
        return next(own, (self.region, self.store_id))

    @property
    def enabled(self) -> bool:
        return self.state == "enabled"
