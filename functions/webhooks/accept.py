"""The front door (前门): verify a platform's delivery, store each of its messages once, give the platform's
own answer.

Its one rule: success is said only when everything that the delivery brought is stored, or was stored before.

This function starts cold in front of a platform that waits one second, so it stays lean: the standard
library, botocore and cryptography. API Gateway has already matched the one route there is, so not even
Chalice is here.
"""

from __future__ import annotations

import base64
import json
import logging
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import field
from functools import lru_cache
from os import urandom
from typing import Any

from botocore.config import Config
from botocore.session import get_session

from functions.webhooks.settings import DoorSettings
from hub.channels.base import MESSAGE_LIMIT_BYTES, Accepted, Answer, Delivery, Received, Rejected
from hub.channels.hints import fit
from hub.channels.registry import codec, inbound_channels
from hub.edge.http_api import is_http_event, query_values, raw_body, request_path
from hub.kernel.clock import Clock, rfc3339
from hub.kernel.dataclass import dataclass
from hub.kernel.errors import HubError, Retry
from hub.store.connection import Connection
from hub.store.inbox import Inbox
from hub.store.messages import Arrival
from hub.store.secrets import ConnectionSecrets
from hub.store.table import passing

MESSAGES_LIMIT = 200
"""A relay packs up to 200 messages into a delivery, Douyin 50. What is stored one by one must be done within five
seconds."""
TRY_AGAIN_SECONDS = "2"
NOBODY = "nobody"
"""No connection's id."""

MANIFEST: Mapping[str, Any] = {
    "function": "accept",
    "schema": 1,
    "entries": [
        {
            "name": "http",
            "kind": "accept",
            "handler": "functions.webhooks.accept.handler",
            "paths": [f"/webhooks/{channel}/{{connection}}" for channel in inbound_channels()],
            "timeout": 5,
            "memory": 512,
        }
    ],
}

ANSWERS: Mapping[str, Answer] = {"wrong-channel": Answer(404), "too-large": Answer(413), "too-many": Answer(413)}
"""What the door itself refuses, before a channel's own door or after it."""
_AWS = Config(
    connect_timeout=0.5,
    read_timeout=1.5,
    retries={"mode": "standard", "total_max_attempts": 2},
    user_agent="scrm-hub",  # hub.edge.aws says why
)  # two tries fit into the platforms' five seconds
_LOG = logging.getLogger(__name__)


def handler(event: Mapping[str, Any], context: object = None) -> dict[str, Any]:
    """An HTTP API event (payload 2.0) to its answer. Any other event warms the function: it wires, and opens the way to
    the secrets."""
    del context
    door = open_door()
    if is_http_event(event):
        return door.answer(event)
    door.secrets.find(NOBODY)
    return {}


@dataclass(frozen=True)
class Door:
    """What the door needs: secrets, the inbox, a queue for its tally (a botocore SQS client), and the
    time."""

    secrets: ConnectionSecrets
    inbox: Inbox
    queue: Any = field(repr=False)
    tally_url: str
    clock: Clock

    def answer(self, event: Mapping[str, Any]) -> dict[str, Any]:
        """The platform's own answer; 404 and 413 without a word, 503 when we could not store: the platform
        repeats. Whatever a connection refuses is told to its counters."""
        _, channel, connection_id = (*request_path(event).strip("/").split("/"), "", "")[:3]
        if channel not in inbound_channels():
            return _say(Answer(404))
        try:
            connection = self.secrets.find(connection_id)
            return _say(self._admit(connection, channel, event) if connection else Answer(404))
        except Retry as error:
            _LOG.warning("not stored: %s", error)
            return _say(Answer(503)) | {"headers": {"retry-after": TRY_AGAIN_SECONDS}}

    def _admit(self, connection: Connection, channel: str, event: Mapping[str, Any]) -> Answer:
        """A disabled connection takes in too: what comes for it is kept until it is enabled."""
        try:
            return self._take(connection, channel, event)
        except Rejected as rejected:
            if not _is_visit(event):
                self._tally(connection.id, kind="rejected", code=rejected.reason)
            if rejected.reason in ANSWERS:
                return ANSWERS[rejected.reason]
            return codec(channel).refuse(rejected)

    def _take(self, connection: Connection, channel: str, event: Mapping[str, Any]) -> Answer:
        """Raises Rejected, and Retry when not all of it is stored."""
        if connection.channel != channel:
            raise Rejected("wrong-channel", channel=channel)
        if _body_size(event) > codec(channel).BODY_LIMIT_BYTES:
            raise Rejected("too-large", limit_bytes=codec(channel).BODY_LIMIT_BYTES)
        accepted = self._open(connection, _delivery(event, self.clock))
        if len(accepted.messages) > MESSAGES_LIMIT:
            raise Rejected("too-many", limit=MESSAGES_LIMIT)
        self._store(connection, accepted)
        for reason, count in Counter(accepted.refused).items():
            self._tally(connection.id, kind="rejected", code=reason, count=count)
        return accepted.answer if connection.enabled else accepted.unspoken or accepted.answer

    def _open(self, connection: Connection, delivery: Delivery) -> Accepted:
        """What the delivery brings. Raises Rejected, once it does not verify with the newest secrets either."""
        door = codec(connection.channel)
        try:
            return door.accept(delivery, connection.settings)
        except Rejected:
            newer = None if _is_unsigned(delivery.method, delivery.query) else self.secrets.newer(connection)
            if newer is None:
                raise
            return door.accept(delivery, newer.settings)

    def _store(self, connection: Connection, accepted: Accepted) -> None:
        """One conditional put a message. Raises Rejected before any for one that is too large, and Retry at the first
        that DynamoDB does not take."""
        arrivals = [_arrival(connection, message) for message in accepted.messages]
        now, wall_now = self.clock.business_now(), self.clock.wall_now()
        repeats = [arrival for arrival in arrivals if not self.inbox.store(arrival, now, wall_now)]
        if repeats:
            self._tally(connection.id, kind="duplicate", count=len(repeats))

    def _tally(self, connection_id: str, **facts: str | int) -> None:
        """Tell the counters. A tally that gets lost is a count too low, never a message: it fails no
        delivery."""
        message = {"connection": connection_id, "at": rfc3339(self.clock.business_now()), **facts}
        try:
            with passing("the tally's queue"):
                body = json.dumps({"for": "tally", "body": message})  # hub.edge.bus.for_another
                self.queue.send_message(QueueUrl=self.tally_url, MessageBody=body)
        except HubError as error:
            _LOG.warning("not tallied: connection=%s %s", connection_id, error)


def build_door(settings: DoorSettings, clients: Mapping[str, Any]) -> Door:
    """A door from its settings and botocore clients (dynamodb, ssm, sqs)."""
    return Door(
        secrets=ConnectionSecrets(clients["ssm"], settings.tenant, settings.clock.wall_now),
        inbox=Inbox(settings.inbox_table, clients["dynamodb"], settings.tenant),
        queue=clients["sqs"],
        tally_url=settings.tally_queue_url,
        clock=settings.clock,
    )


@lru_cache(maxsize=1)
def open_door() -> Door:
    """The door of this process, opened once."""
    session = get_session()
    names: Sequence[str] = ("dynamodb", "ssm", "sqs")
    return build_door(DoorSettings.load(), {name: session.create_client(name, config=_AWS) for name in names})


def _delivery(event: Mapping[str, Any], clock: Clock) -> Delivery:
    return Delivery(
        at=clock.wall_now().timestamp(),
        entropy=urandom(16),
        path=request_path(event),
        method=event["requestContext"]["http"]["method"],
        query=query_values(event),
        headers={name.lower(): value for name, value in (event.get("headers") or {}).items()},
        body=raw_body(event),
    )


def _arrival(connection: Connection, message: Received) -> Arrival:
    """What is kept of a message: all of it, or the hint in it. Raises Rejected where neither fits."""
    kept = fit(message.plaintext)
    if kept is None:
        raise Rejected("too-large", limit_bytes=MESSAGE_LIMIT_BYTES)
    return Arrival(
        connection_id=connection.id,
        channel=message.channel or connection.channel,
        account=message.account,
        dedupe_key=message.dedupe_key,
        plaintext=kept,
        express=message.express,
        cut_from=0 if kept is message.plaintext else len(message.plaintext),
    )


def _is_visit(event: Mapping[str, Any]) -> bool:
    """Somebody opens the URL, to warm the function or to see that it is there: no platform refused."""
    return _is_unsigned(event["requestContext"]["http"]["method"], query_values(event))


def _is_unsigned(method: str, query: Mapping[str, str]) -> bool:
    return method in ("GET", "HEAD") and not any("sign" in name for name in query)


def _body_size(event: Mapping[str, Any]) -> int:
    body = event.get("body") or ""
    if event.get("isBase64Encoded"):
        return len(body.rstrip("=")) * 3 // 4
    return len(body.encode("utf-8", "surrogateescape"))


def _say(answer: Answer) -> dict[str, Any]:
    """Payload 2.0's answer: the body's bytes exactly, as base64 only where they are no text."""
    try:
        body, encoded = answer.body.decode(), False
    except UnicodeDecodeError:
        body, encoded = base64.b64encode(answer.body).decode(), True
    headers = {"content-type": answer.content_type} if answer.body else {}
    return {"statusCode": answer.status, "headers": headers, "body": body, "isBase64Encoded": encoded}
