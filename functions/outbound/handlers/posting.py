"""Letters: an event as an endpoint may see it now, signed; and the one call that sends it."""

from __future__ import annotations

import json
import time
from dataclasses import field
from datetime import datetime

from functions.outbound.deliveries.deliveries import Attempt
from functions.outbound.deliveries.message import body_of, encode, headers_of, subject_of
from functions.outbound.desk import Desk
from functions.outbound.endpoints.endpoints import Endpoint, data_for, place_of, roles_now, told_to
from hub.contracts.envelope import Event
from hub.edge.access import Policy, Reach, reach_of
from hub.edge.fetch import ANSWER_LIMIT_BYTES, Fetch, PrivateAddress, Unanswered
from hub.kernel.dataclass import dataclass
from hub.kernel.errors import Invalid

HIDDEN = "…"
"""What stands in an attempt for the values of an endpoint's own headers."""
HEADERS_LIMIT, HEADER_NAME_LIMIT, HEADER_LIMIT = 50, 100, 500
"""Of an answer's headers so many are kept, each up to this length: what came of a wave is one write."""


@dataclass(frozen=True)
class Outgoing:
    """What is sent. own: the endpoint's own headers."""

    body: bytes = field(repr=False)
    headers: dict[str, str] = field(repr=False)
    own: dict[str, str] = field(repr=False)


@dataclass(frozen=True)
class Letters:
    """Writes what an endpoint gets: with its secrets, and the rights that it has at this moment. reach: its owner's,
    None where nobody knows of one."""

    endpoint: Endpoint
    roles: tuple[str, ...]
    reach: Reach | None
    policy: Policy
    secrets: tuple[str, ...] = field(repr=False)
    private_key: str = field(repr=False)
    own: dict[str, str] = field(repr=False)
    timestamp: int

    @classmethod
    def of(cls, desk: Desk, endpoint: Endpoint) -> Letters:
        """For an endpoint as it is now. Raises Forbidden when its owner is frozen."""
        live, owner = endpoint.live_secrets(desk.now()), desk.owner(endpoint.owner)
        headers = desk.sealer.unseal(endpoint.headers_sealed, context_of(endpoint.id, "headers"))
        return cls(
            endpoint,
            roles_now(endpoint, owner),
            reach_of(owner) if owner else None,
            desk.read_policy(),
            tuple(desk.sealer.unseal(secret.sealed, context_of(endpoint.id, secret.id)) for secret in live),
            desk.sealer.unseal(endpoint.key_sealed, context_of(endpoint.id, "key")),
            json.loads(headers or "{}"),
            int(desk.wall_now().timestamp()),
        )

    def write(self, event: Event | None) -> Outgoing | None:
        """The event for this endpoint; None where it is forgotten, out of its reach by now, or not to be told
        in its version."""
        if event is None or (self.reach is not None and not self.reach.covers(place_of(event))):
            return None
        data = data_for(self.endpoint, self.roles, event, self.policy)
        shown = told_to(self.endpoint, event, data) if data is not None else None
        if shown is None:
            return None
        body = encode(body_of(event, shown, subject_of(event)))
        headers = headers_of(event.id, self.timestamp, body, self.secrets, private_key=self.private_key)
        return Outgoing(body, headers, self.own)


def context_of(endpoint_id: str, name: str) -> str:
    """What a sealed value of an endpoint is bound to."""
    return f"{endpoint_id}/{name}"


def post(fetch: Fetch, url: str, outgoing: Outgoing, now: datetime) -> Attempt:
    """Send it. Whatever comes of it is an attempt."""
    begun = time.monotonic()
    sent = {**outgoing.headers, **dict.fromkeys(outgoing.own, HIDDEN)}

    def attempt(status: int = 0, error: str = "", headers: dict[str, str] | None = None, answer: str = "") -> Attempt:
        latency_ms = int((time.monotonic() - begun) * 1000)
        return Attempt(now, latency_ms, status, error, sent, headers or {}, answer)

    try:
        response = fetch.post(url, outgoing.body, {**outgoing.own, **outgoing.headers})
    except PrivateAddress:
        return attempt(error="private-address")
    except Unanswered as failure:
        return attempt(error=failure.reason)
    except Invalid:
        return attempt(error="url-refused")
    kept = list(response.headers.items())[:HEADERS_LIMIT]
    headers = {name[:HEADER_NAME_LIMIT]: value[:HEADER_LIMIT] for name, value in kept}
    return attempt(response.status, headers=headers, answer=_text_of(response.body))


def _text_of(body: bytes) -> str:
    """An answer as text, that is not longer than it was: what is no UTF-8 would take three bytes for each of its."""
    return body.decode("utf-8", "replace").encode()[:ANSWER_LIMIT_BYTES].decode("utf-8", "ignore")
