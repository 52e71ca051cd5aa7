"""Turns in the room's table: `<t>#endpoint#<id>` / `turn`. Who has its lease is the only one that sends there.

Whoever has something new for an endpoint wakes it: the turn is due at once, and `wakes` counts. A turn that ends looks
whether it was woken meanwhile, in the very write that ends it, so nothing new is ever left lying. One whose process
died is due when its lease ends; the sweep finds it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from functions.outbound.deliveries.replays import Replay
from functions.outbound.deliveries.turns import Health
from hub.kernel.clock import parse_rfc3339, rfc3339
from hub.kernel.dataclass import dataclass
from hub.store.due import due_by, due_keys, next_due
from hub.store.table import Delete, Item, Key, Lost, Table, Update, Write

LEASE = timedelta(seconds=90)
"""Longer than a function may take."""
DUE = "turns"
DUE_LIMIT = 100
"""Of each shard so many turns are begun at once."""
MOMENTS = ("failing_since", "not_before", "recovered_at", "last_error_at")


@dataclass(frozen=True)
class Turn:
    """A turn, as its holder read it. notice: why the endpoint was disabled, while nobody was told of it yet."""

    endpoint_id: str
    lease: str
    wakes: int
    health: Health
    notice: str = ""
    replay: Replay | None = None


@dataclass(frozen=True)
class Turns:
    """The turns of one tenant."""

    tenant: str
    table: Table

    def wake(self, endpoint_id: str, now: datetime, token: str) -> bool:
        """There is something new for an endpoint. Whether somebody has to be called to it: nobody holds its lease, and
        nobody was called since. token: of this call's."""
        change = (
            "SET due_pk = :pk, due_at = :at, #schema = :one, #called = if_not_exists(#called, :token) ADD wakes :one"
        )
        item = self.table.update(self.key(endpoint_id), change, self._woken(endpoint_id, now) | {":token": token})
        return item["called"] == token and str(item.get("lease_until", "")) <= rfc3339(now)

    def take(self, endpoint_id: str, lease: str, now: datetime) -> Turn | None:
        """Hold the lease; None where somebody else does, or where nothing is due any more: of several who come for one
        thing, one finds it. lease: a token of this call's."""
        until = rfc3339(now + LEASE)
        values = {":lease": lease, ":until": until, ":now": rfc3339(now), ":one": 1}
        values[":pk"] = due_keys(self.tenant, DUE, endpoint_id, now)["due_pk"]
        change = (
            "SET lease = :lease, lease_until = :until, due_pk = :pk, due_at = :until, #schema = :one REMOVE #called"
        )
        free = "due_at <= :now AND (attribute_not_exists(lease_until) OR lease_until <= :now)"
        try:
            return _turn(self.table.update(self.key(endpoint_id), change, values, free))
        except Lost:
            return None

    def read(self, endpoint_id: str) -> Turn:
        """As it is now, whoever holds it."""
        return _turn(self.table.get(self.key(endpoint_id)) or {"pk": self.key(endpoint_id)[0]})

    def settle(self, turn: Turn, health: Health, writes: Sequence[Write] = (), **more: Any) -> Turn:
        """Write what a wave came to, on the condition that the lease is still held; all of it or nothing. more:
        `notice`, `replay`. Raises Lost."""
        changed = replace(turn, health=health, **more)
        self.table.transact(self.update_of(changed), *writes)
        return changed

    def update_of(self, turn: Turn) -> Update:
        """The write of a turn as its holder leaves it."""
        values = {":health": _of_health(turn.health), ":notice": turn.notice, ":lease": turn.lease}
        values[":replay"] = turn.replay.to_item() if turn.replay else {}
        change = "SET health = :health, notice = :notice, #replay = :replay"
        return Update(self.key(turn.endpoint_id), change, values, "lease = :lease", {"#replay": "replay"})

    def release(self, turn: Turn, next_at: datetime | None) -> bool:
        """End the turn, to look again at `next_at`. False where somebody woke the endpoint since it was read, or holds
        the lease by now: then nothing is written."""
        values: dict[str, Any] = {":lease": turn.lease, ":wakes": turn.wakes}
        change = "REMOVE lease, lease_until, #called, due_pk, due_at"
        if next_at:
            due = due_keys(self.tenant, DUE, turn.endpoint_id, next_at)
            values |= {":pk": due["due_pk"], ":at": due["due_at"]}
            change = "SET due_pk = :pk, due_at = :at REMOVE lease, lease_until, #called"
        held = "lease = :lease AND (wakes = :wakes OR attribute_not_exists(wakes))"
        try:
            self.table.update(self.key(turn.endpoint_id), change, values, held)
        except Lost:
            return False
        return True

    def give_up(self, turn: Turn, now: datetime) -> None:
        """Let the next one have it at once, whatever was woken."""
        due = due_keys(self.tenant, DUE, turn.endpoint_id, now)
        values = {":lease": turn.lease, ":pk": due["due_pk"], ":at": due["due_at"]}
        change = "SET due_pk = :pk, due_at = :at REMOVE lease, lease_until, #called"
        try:
            self.table.update(self.key(turn.endpoint_id), change, values, "lease = :lease")
        except Lost:
            return

    def fresh_health(self, endpoint_id: str, now: datetime, replay: Replay | None = None) -> Update:
        """Part of a transaction: the endpoint is tried anew, and at once; with what a replay asks for."""
        change = "SET health = :none, #replay = :replay, #schema = :one, due_pk = :pk, due_at = :at ADD wakes :one"
        values = self._woken(endpoint_id, now) | {":none": {}, ":replay": replay.to_item() if replay else {}}
        return Update(self.key(endpoint_id), change, values, names={"#replay": "replay"})

    def ask_replay(self, endpoint_id: str, replay: Replay, now: datetime) -> Update:
        """Part of a transaction: have deliveries sent again, unless a replay goes on."""
        change = "SET #replay = :replay, #schema = :one, due_pk = :pk, due_at = :at ADD wakes :one"
        values = self._woken(endpoint_id, now) | {":none": {}, ":replay": replay.to_item()}
        free = "attribute_not_exists(#replay) OR #replay = :none"
        return Update(self.key(endpoint_id), change, values, free, {"#replay": "replay"})

    def _woken(self, endpoint_id: str, now: datetime) -> dict[str, Any]:
        due = due_keys(self.tenant, DUE, endpoint_id, now)
        return {":one": 1, ":pk": due["due_pk"], ":at": due["due_at"]}

    def drop(self, endpoint_id: str) -> Delete:
        """Part of a transaction: there is no such endpoint any more."""
        return Delete(self.key(endpoint_id))

    def due(self, now: datetime) -> list[str]:
        """The endpoints whose turn it is."""
        return [pk.rpartition("#")[2] for pk, _ in due_by(self.table, self.tenant, DUE, now, DUE_LIMIT)]

    def next_due(self) -> datetime:
        """When the first of them is due."""
        return next_due(self.table, self.tenant, DUE)

    def key(self, endpoint_id: str) -> Key:
        """Its item's key."""
        return f"{self.tenant}#endpoint#{endpoint_id}", "turn"


def _turn(item: Item) -> Turn:
    replay = item.get("replay")
    return Turn(
        endpoint_id=str(item["pk"]).rpartition("#")[2],
        lease=str(item.get("lease", "")),
        wakes=int(item.get("wakes", 0)),
        health=_health(item.get("health") or {}),
        notice=str(item.get("notice", "")),
        replay=Replay.from_item(replay) if replay else None,
    )


def _of_health(health: Health) -> Item:
    moments = {name: getattr(health, name) for name in MOMENTS}
    texts = {name: rfc3339(moment) for name, moment in moments.items() if moment}
    return {"failures": health.failures, "last_error": health.last_error, **texts}


def _health(item: Item) -> Health:
    moments = {name: parse_rfc3339(str(item[name])) for name in MOMENTS if item.get(name)}
    return Health(failures=int(item.get("failures", 0)), last_error=str(item.get("last_error", "")), **moments)
