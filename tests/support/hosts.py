"""Hosts for functional tests: a room on a simulated account, at a time that stands still."""

from __future__ import annotations

from typing import Any

from hub.edge.aws import Clients
from hub.edge.host import Host
from hub.edge.room import Room
from hub.edge.settings import Settings
from hub.kernel.clock import Clock
from tests.support.turns import clients_of


def host_of(room: Room[Any], session: Any, clock: Clock | None = None, **settings: str) -> Host:
    """A host for the room on this account. clock: real time if none; settings: what differs from the environment's."""
    loaded = Settings.load().model_copy(update=settings)
    return Host(loaded, clock or loaded.clock(), Clients(clients_of(session)), room.app_name, room.idempotency)


def install(room: Room[Any], session: Any, clock: Clock | None = None, **settings: str) -> Host:
    """Put the room on a host of this account, with a desk made from it. Answers the host."""
    return room.install(host_of(room, session, clock, **settings))
