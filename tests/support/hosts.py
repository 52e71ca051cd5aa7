"""Hosts for functional tests: a room on a simulated account, at a time that stands still."""

from __future__ import annotations

from typing import Any

from hub.edge.aws import Clients
from hub.edge.host import Host
from hub.edge.room import Room
from hub.edge.settings import Settings
from hub.kernel.clock import Clock


def install(room: Room[Any], session: Any, clock: Clock | None = None, **settings: str) -> Host:
    """Put the room on a host of this account. clock: real time if none; settings: what differs from the environment's.
    Answers the host, whose settings, clock and clients a test may use too."""
    loaded = Settings.load().model_copy(update=settings)
    return room.install(Host(loaded, clock or loaded.clock(), Clients(session.client), room.app_name, room.idempotency))
