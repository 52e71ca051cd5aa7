"""The host: what an entry reaches for, whatever it is: settings, clocks, clients, logs, the bus, queues, who asks.

A room has one host a process. `host_from_environment` makes it on AWS and on one machine; tests make their own from
settings, a clock that stands still, and clients of a simulated account.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import field
from datetime import datetime
from functools import cached_property
from typing import Any, Protocol

from hub.contracts.envelope import Event
from hub.edge import bus
from hub.edge.access.policy import FieldPolicy, Policy, packaged_policy
from hub.edge.aws import Clients
from hub.edge.cors import Origins
from hub.edge.principals import Principals
from hub.edge.settings import Settings
from hub.kernel.clock import Clock
from hub.kernel.dataclass import dataclass
from hub.store.faults import passing
from hub.store.rates import Rates
from hub.store.rehearsal import is_rehearsal
from hub.store.table import Table

KEYS_CACHED_SECONDS = 60
POLICY_CACHED_SECONDS = 5


class Idempotency(Protocol):
    """Remembers what an Idempotency-Key was used for: hub.store.idempotency."""

    def claim(self, scope: str, fingerprint: str, now: datetime) -> Any: ...

    def riding(self, scope: str) -> AbstractContextManager[Any]: ...

    def made(self, scope: str) -> str | None: ...

    def finish(self, scope: str, resource_id: str) -> None: ...


MakeIdempotency = Callable[[str, str, Any, Callable[[], float]], Idempotency]
"""From tenant, table, a DynamoDB client and real time in epoch seconds: the class of hub.store.idempotency."""


@dataclass(frozen=True)
class HeldPolicy:
    """A field policy as it was read: when, and from which version."""

    read_at: float
    published: tuple[int, str] | None
    policy: Policy


def _policy_of(published: tuple[int, str] | None, held: HeldPolicy | None) -> Policy:
    if held is not None and held.published == published:
        return held.policy
    return Policy.of(FieldPolicy.model_validate_json(published[1])) if published else packaged_policy()


@dataclass
class Host:
    """What the entries of one room's functions share.

    client: a service's name → its botocore client, the same one each time. room: the room's name, as in its logs,
    metrics and queues. make_idempotency: what is behind Idempotency-Key; None where no route creates or changes
    anything. shared: which of the room's queues come by which other one of it (`Room`).
    """

    settings: Settings
    clock: Clock
    client: Callable[[str], Any] = field(repr=False)
    room: str
    make_idempotency: MakeIdempotency | None = None
    shared: Mapping[str, str] = field(default_factory=dict)
    _policy: HeldPolicy | None = field(default=None, repr=False)
    _signing_keys: tuple[float, str] = field(default=(0.0, ""), repr=False)
    _queue_urls: dict[str, str] = field(default_factory=dict, repr=False)

    @cached_property
    def logger(self) -> Any:
        from hub.edge.logs import make_logger  # Powertools take their time: only where there is something to say

        return make_logger(self.room)

    @cached_property
    def principals(self) -> Principals:
        return Principals(self.settings.tenant, self.settings.directory_table, self.client("dynamodb"))

    @cached_property
    def rates(self) -> Rates:
        """How much each caller may ask."""
        table = Table(self.settings.table, self.client("dynamodb"))
        wall_epoch = lambda: self.clock.wall_now().timestamp()  # noqa: E731 - as below
        return Rates(self.settings.tenant, table, self.settings.requests_per_minute, wall_epoch)

    @cached_property
    def origins(self) -> Origins:
        """Whose pages may call the API."""
        return Origins.read(self.settings.allowed_origins)

    @cached_property
    def idempotency(self) -> Idempotency | None:
        if self.make_idempotency is None:
            return None
        wall_epoch = lambda: self.clock.wall_now().timestamp()  # noqa: E731 - a one-line adapter
        return self.make_idempotency(self.settings.tenant, self.settings.table, self.client("dynamodb"), wall_epoch)

    def read_policy(self) -> Policy:
        """The field policy that holds now, at most POLICY_CACHED_SECONDS old: the tenant's, or what ships with the hub
        if it published none."""
        wall, held = self.clock.wall_now().timestamp(), self._policy
        if held is None or wall - held.read_at > POLICY_CACHED_SECONDS:
            published = self.principals.field_policy() if self.settings.directory_table else None
            self._policy = held = HeldPolicy(wall, published, _policy_of(published, held))
        return held.policy

    def now(self) -> datetime:
        """Business time, now."""
        return self.clock.business_now()

    def randomness(self) -> bytes:
        """Ten bytes for a fresh id."""
        return os.urandom(10)

    def count(self, name: str, value: int = 1) -> None:
        """Add to a CloudWatch metric of this room (namespace scrm-hub), one line in the log."""
        from hub.edge.logs import count_metric  # as above

        count_metric(self.room, self.settings.tenant, name, value)

    def emit(self, *events: Event) -> None:
        """Put contract events on the bus. Raises Retry when it did not take all; repeats are harmless."""
        if events and not is_rehearsal():
            bus.put_events(self.client("events"), self.settings.bus, events)

    def send(self, queue: str, *bodies: Mapping[str, Any], delay_seconds: int = 0) -> None:
        """Put JSON messages into one of the room's own queues (`@room.queue(queue)`, or "changes"); delay_seconds: at
        most 900. Raises Retry when it did not take all; handlers know a repeat."""
        if is_rehearsal():
            return
        carrier = self.shared.get(queue, queue)
        carried = bodies if carrier == queue else [bus.for_another(queue, body) for body in bodies]
        bus.send(self.client("sqs"), self._queue_url(carrier), carried, delay_seconds)

    def auth_keys(self) -> str:
        """The stack's signing keys, one a line, read from SSM at most once a minute. Raises Retry."""
        read_at, keys = self._signing_keys
        wall = self.clock.wall_now().timestamp()
        if not keys or wall - read_at > KEYS_CACHED_SECONDS:
            name = f"/hub/{self.settings.tenant}/auth"
            with passing("signing keys"):
                keys = self.client("ssm").get_parameter(Name=name, WithDecryption=True)["Parameter"]["Value"]
            self._signing_keys = (wall, keys)
        return keys

    def _queue_url(self, queue: str) -> str:
        if queue == "changes":
            return self.settings.changes_queue_url
        if queue not in self._queue_urls:
            name = f"hub-{self.settings.tenant}-{self.room}-{queue}"
            with passing("a queue"):
                self._queue_urls[queue] = self.client("sqs").get_queue_url(QueueName=name)["QueueUrl"]
        return self._queue_urls[queue]


def host_from_environment(room: str, make_idempotency: MakeIdempotency | None = None) -> Host:
    """The host that the stack's settings describe. No call to AWS yet. Raises pydantic.ValidationError naming what is
    missing."""
    settings = Settings.load()
    return Host(settings, settings.clock(), Clients(), room, make_idempotency)
