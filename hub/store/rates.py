"""How much a caller may ask in a minute (限流), counted in a room's own table for all of its processes.

    <tenant>#rate#<digest of caller and minute>     rate     asked: how many, those that are only leased included

A process leases a share of the minute's requests with one write and spends it by itself, so a caller who asks often
costs a write for every fiftieth request, one who asks seldom one a minute. What a process has leased and not spent is
lost to the others: the limit is never exceeded, and may be met a little early. Where counting fails nobody is refused.
"""

from __future__ import annotations

from collections.abc import Callable

from hub.kernel.dataclass import dataclass
from hub.kernel.errors import Retry
from hub.kernel.ids import digest
from hub.store.table import Table

WINDOW_SECONDS = 60
SHARES = 50
"""A lease is a fiftieth of the limit."""
CALLERS_LIMIT = 10_000
"""So many callers of a minute are remembered by one process; with more it begins anew, and leases again."""


@dataclass(frozen=True, slots=True)
class Allowance:
    """What a caller has left: of `limit`, `remaining` in this window, which ends in `reset_seconds`. limit 0: none."""

    limit: int = 0
    remaining: int = 0
    reset_seconds: int = 0
    refused: bool = False


UNLIMITED = Allowance()


@dataclass(slots=True)
class _Lease:
    left: int
    unleased: int


class Rates:
    """The counters of one tenant and room. limit: requests a minute and caller, 0: no limit. wall_epoch: real time in
    seconds."""

    def __init__(self, tenant: str, table: Table, limit: int, wall_epoch: Callable[[], float]) -> None:
        self._tenant, self._table, self._limit, self._wall_epoch = tenant, table, limit, wall_epoch
        self._window, self._leases = 0, dict[str, _Lease]()

    def take(self, caller: str) -> Allowance:
        """One request of a caller: what they have left, and whether it was one too many."""
        if not self._limit:
            return UNLIMITED
        now = int(self._wall_epoch())
        window, reset_seconds = now // WINDOW_SECONDS, WINDOW_SECONDS - now % WINDOW_SECONDS
        if window != self._window or len(self._leases) > CALLERS_LIMIT:
            self._window, self._leases = window, {}
        lease = self._leases.get(caller)
        if lease is None or (lease.left == 0 and lease.unleased > 0):
            lease = self._leases[caller] = self._lease(caller, window)
        if lease.left == 0:
            return Allowance(self._limit, 0, reset_seconds, refused=True)
        lease.left -= 1
        return Allowance(self._limit, lease.left + lease.unleased, reset_seconds)

    def _lease(self, caller: str, window: int) -> _Lease:
        share = max(1, self._limit // SHARES)
        key = f"{self._tenant}#rate#{digest(caller, str(window)).hex()}", "rate"
        values = {":share": share, ":end": (window + 2) * WINDOW_SECONDS}
        try:
            item = self._table.update(key, "ADD #asked :share SET #expires_at = :end", values)
        except Retry:
            return _Lease(share, 0)
        count = int(item["asked"])
        return _Lease(max(0, min(share, self._limit - count + share)), max(0, self._limit - count))
