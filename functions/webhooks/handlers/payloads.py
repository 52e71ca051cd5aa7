"""What the room's own queues carry: each kind of message is a model, and its `kind` says which."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import ConfigDict, Field, TypeAdapter

from hub.channels.market import Entity
from hub.contracts import events
from hub.contracts.base import Contract
from hub.contracts.webhooks_reconcile import MassReplay

# The queue `pulls`.


class PullFeed(Contract):
    """Pull what changed in one feed of one shop."""

    kind: Literal["feed"] = "feed"
    connection_id: str
    entity: Entity


class PullConversations(Contract):
    """Read every conversation of a connection from where it was read to."""

    kind: Literal["conversations"] = "conversations"
    connection_id: str


class ReadUnmapped(Contract):
    """Read orders again that nobody understood: one page of them. pages: with this one. start: where it begins."""

    kind: Literal["unmapped"] = "unmapped"
    pages: int = 1
    start: dict[str, Any] | None = None


class ReadTouched(Contract):
    """Read what a platform told of just now, whose API lags behind its pushes."""

    kind: Literal["touched"] = "touched"
    event: Annotated[events.OrderTouched | events.AfterSaleTouched, Field(discriminator="type")]


Pull = PullFeed | PullConversations | ReadUnmapped | ReadTouched

# The queue `replays`.


class ReplayMessage(Contract):
    """Publish one stored message again."""

    kind: Literal["message"] = "message"
    message_id: str


class ReplayWaiting(Contract):
    """Queue the messages that are meant, one by one."""

    kind: Literal["waiting"] = "waiting"
    criteria: MassReplay


Replay = ReplayMessage | ReplayWaiting

_LATER = ConfigDict(defer_build=True)
_PULL: TypeAdapter[Pull] = TypeAdapter(Annotated[Pull, Field(discriminator="kind")], config=_LATER)
_REPLAY: TypeAdapter[Replay] = TypeAdapter(Annotated[Replay, Field(discriminator="kind")], config=_LATER)


def parse_pull(payload: Mapping[str, Any]) -> Pull:
    """A message of the queue `pulls`. Raises pydantic.ValidationError."""
    return _PULL.validate_python(payload)


def parse_replay(payload: Mapping[str, Any]) -> Replay:
    """A message of the queue `replays`. Raises pydantic.ValidationError."""
    return _REPLAY.validate_python(payload)


def body_of(message: Pull | Replay) -> dict[str, Any]:
    """As a queue carries it."""
    return message.model_dump(mode="json")
