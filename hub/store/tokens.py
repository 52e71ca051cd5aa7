"""One access token per connection, shared by every process and refreshed by one of them.

The item `<tenant>#token#<connection>` holds the token, what renews it, when to renew it, when it ends, and a short
lease for whoever refreshes it.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import field
from decimal import Decimal
from typing import Any

from hub.kernel.dataclass import dataclass
from hub.kernel.errors import HubError, Refuse, Retry
from hub.store.sealed_tokens import SealedTokens
from hub.store.sealing import Sealer
from hub.store.table import Item, Lost, Table

RENEW_AT = 0.85
"""Refreshed at this share of its life: platforms end tokens early now and then."""
LEASE_SECONDS = 30
"""Longer than a platform is waited for, twice: where it refuses what renews a token, it is asked without."""
Fetched = tuple[str, int, str]
"""A token, its life in seconds, and what renews it ("" nothing)."""


@dataclass(frozen=True, slots=True)
class _Held:
    """A token, when to renew it and when it ends, in epoch seconds, and what renews it."""

    value: str = field(default="", repr=False)
    renew_at: float = 0.0
    ends_at: float = 0.0
    renewal: str = field(default="", repr=False)


class TokenCache:
    """The token of one connection. `wall` is real time in epoch seconds; `sealer` seals what is stored.

    fetch: asks the platform for a new one. It is given what the last one said that renews it, "" the first time, and
    again where the platform refuses that: a shop that authorised us anew did so in the connection's settings.
    """

    def __init__(
        self,
        table: str,
        key: str,
        dynamodb: Any,
        fetch: Callable[[str], Fetched],
        wall: Callable[[], float] = time.time,
        sealer: Sealer | None = None,
    ) -> None:
        bare = Table(table, dynamodb)
        self._table: Table | SealedTokens = SealedTokens(bare, sealer) if sealer else bare
        self._fetch, self._wall = fetch, wall
        self._key = (key, "token")
        self._held = _Held()

    def get(self, force: bool = False) -> str:
        """A live token; `force` when the platform just refused the one that this cache gave.

        A token that is due for renewal serves to its end while another process renews it, or the platform does not
        answer. Raises Retry when nothing usable is stored then, and what `fetch` raises.
        """
        refused = self._held.value if force else ""
        if not force and self._wall() < self._held.renew_at:
            return self._held.value
        stored = self._stored()
        usable = stored.value not in ("", refused)
        if usable and self._wall() < stored.renew_at:
            self._held = stored
            return stored.value
        try:
            return self._refresh(refused)
        except Retry:
            if usable and self._wall() < stored.ends_at:
                return stored.value
            raise

    def _stored(self) -> _Held:
        return _held(self._table.get(self._key) or {})

    def _refresh(self, refused: str) -> str:
        """A new token, under the lease; the stored one where another process renewed it before this one had the lease:
        what renewed that one may work only once."""
        until = _exact(self._wall() + LEASE_SECONDS)
        leased = self._lease(until)
        if leased is None:
            raise Retry("another process is refreshing the token", after_seconds=1)
        stored = _held(leased)
        if stored.value not in ("", refused) and self._wall() < stored.renew_at:
            self._release(until)
            self._held = stored
            return stored.value
        try:
            token, life_seconds, renewal = self._ask(stored.renewal)
        except HubError:
            self._release(until)
            raise
        now = self._wall()
        self._held = _Held(token, now + life_seconds * RENEW_AT, now + life_seconds, renewal)
        self._share(self._held, until)
        return token

    def _ask(self, renewal: str) -> Fetched:
        try:
            return self._fetch(renewal)
        except Refuse:
            if not renewal:
                raise
            return self._fetch("")

    def _share(self, held: _Held, until: Decimal) -> None:
        """Store it, unless the lease ran out and another process has it: then the later token is everybody's."""
        values = {
            ":token": held.value,
            ":renewal": held.renewal,
            ":renew": _exact(held.renew_at),
            ":ends": _exact(held.ends_at),
            ":one": 1,
            ":mine": until,
        }
        sets = "SET #token = :token, renewal = :renewal, renew_at = :renew, ends_at = :ends, #schema = :one"
        self._update(f"{sets} REMOVE lease_until", "lease_until = :mine", values)

    def _lease(self, until: Decimal) -> Item | None:
        """The item as it is under the lease; None while another process has it."""
        free = "attribute_not_exists(lease_until) OR lease_until < :now"
        values = {":until": until, ":now": _exact(self._wall())}
        return self._update("SET lease_until = :until", free, values)

    def _release(self, until: Decimal) -> None:
        self._update("REMOVE lease_until", "lease_until = :mine", {":mine": until})

    def _update(self, change: str, condition: str, values: Item) -> Item | None:
        """One conditional write, and the item then; None when the condition does not hold. Raises Retry."""
        try:
            return self._table.update(self._key, change, values, when=condition)
        except Lost:
            return None


def _held(item: Item) -> _Held:
    if "token" not in item:
        return _Held()
    return _Held(
        value=item["token"],
        renew_at=float(item["renew_at"]),
        ends_at=float(item.get("ends_at", item["renew_at"])),
        renewal=item.get("renewal", ""),
    )


def _exact(seconds: float) -> Decimal:
    return Decimal(str(seconds))
