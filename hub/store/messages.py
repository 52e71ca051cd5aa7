"""A message of the inbox as a value: on its way in, and as stored. Pure."""

from __future__ import annotations

from dataclasses import field
from datetime import datetime
from typing import Literal

from hub.kernel.dataclass import dataclass

State = Literal["pending", "processed", "quarantined", "dead"]
Source = Literal["push", "pull"]


@dataclass(frozen=True, slots=True)
class Arrival:
    """One verified message on its way into the inbox. `plaintext` is what the platform said, decrypted, as
    bytes. source: whether the platform pushed it, or we pulled it. express: it brings a greeting's code, which dies
    within seconds. cut_from: the size in bytes of what came, where only its hint is kept."""

    connection_id: str
    channel: str
    account: str
    dedupe_key: str
    plaintext: bytes = field(repr=False)
    source: Source = "push"
    express: bool = False
    cut_from: int = 0


@dataclass(frozen=True, slots=True)
class InboxItem:
    """A message as stored. `counted` is the state in which the counters know it, "" when they do not know it
    yet; shard: in which of their shards, None for that of its id. cut_from: as of an Arrival."""

    message_id: str
    connection_id: str
    channel: str
    account: str
    dedupe_key: str
    plaintext: bytes = field(repr=False)
    received_at: datetime
    status: State
    counted: str = ""
    attempts: int = 0
    reason: str = ""
    source: Source = "push"
    cut_from: int = 0
    shard: int | None = None


def id_at(place: str) -> str:
    """The message id of a place (`<time>#<message id>`) in a list of recent messages."""
    return place.rpartition("#")[2]
