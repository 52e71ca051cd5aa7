"""`hubctl events …` and `hubctl listen`: what a hub says, on this machine, whatever lies between.

Both register an endpoint without a URL for as long as they run and fetch what it is to hear, so no port has to be open
here. `listen` signs each event with that endpoint's secret, as the hub would, and hands it to a server here.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Annotated, Any

import requests
import typer

from functions.outbound.deliveries.message import encode, headers_of
from hubctl.documents import Hub, main
from hubctl.failures import OperatorError

POLL_SECONDS = 1.0
FORWARD_SECONDS = 15.0
PAGE = 200
Names = Annotated[list[str] | None, typer.Option("--event", help="ticket.closed, ticket.*; repeat for several")]

app = typer.Typer(no_args_is_help=True, help="What a hub says to integrators: follow it, or have samples sent.")
app.callback()(main)


@dataclass
class Tap:
    """A temporary endpoint that events are fetched from."""

    hub: Hub
    id: str
    secret: str
    _seen: set[str] = field(default_factory=set)

    def fetch(self) -> list[dict[str, Any]]:
        """The bodies that came since last time, the oldest first."""
        path = f"/webhooks/endpoints/{self.id}/deliveries"
        rows = self.hub.ask("GET", path, state="held", limit=PAGE)["data"]
        fresh = [row for row in reversed(rows) if row["id"] not in self._seen]
        self._seen |= {row["id"] for row in fresh}
        return [self.hub.ask("GET", f"{path}/{row['id']}")["body"] for row in fresh]


@contextmanager
def tapped(hub: Hub, events: Sequence[str]) -> Iterator[Tap]:
    """Inside, the hub keeps these events for a tap; afterwards it knows nothing of it."""
    body = {"url": "", "events": list(events) or ["*"], "description": "hubctl"}
    made = hub.ask("POST", "/webhooks/endpoints", body)
    try:
        yield Tap(hub, made["id"], made["secret"])
    finally:
        hub.ask("DELETE", f"/webhooks/endpoints/{made['id']}")


def follow(tap: Tap, take: Callable[[dict[str, Any]], None], *, seconds: float = 0.0) -> None:
    """Hand each event to `take` as it comes, for so long, or until Ctrl-C."""
    ends_at = time.monotonic() + seconds
    try:
        while not seconds or time.monotonic() < ends_at:
            for body in tap.fetch():
                take(body)
            time.sleep(POLL_SECONDS)
    except KeyboardInterrupt:
        return


def forward(body: dict[str, Any], url: str, secret: str, now: datetime) -> int:
    """Hand an event to a server here, signed. Answers its status, 0 where nobody answers."""
    raw = encode(body)
    headers = headers_of(body["id"], int(now.timestamp()), raw, (secret,))
    try:
        return requests.post(url, raw, headers=headers, timeout=FORWARD_SECONDS, allow_redirects=False).status_code
    except requests.RequestException:
        return 0


@app.command()
def tail(context: typer.Context, event: Names = None, seconds: Annotated[float, typer.Option(min=0)] = 0.0) -> None:
    """Print what the hub says, a JSON line an event, until Ctrl-C (or for so many seconds)."""

    def show(body: dict[str, Any]) -> None:
        sys.stdout.write(json.dumps(body, ensure_ascii=False) + "\n")
        sys.stdout.flush()

    with tapped(context.obj, event or ()) as tap:
        follow(tap, show, seconds=seconds)


@app.command()
def types(context: typer.Context) -> None:
    """Every type of event, and what it says."""
    for row in context.obj.ask("GET", "/webhooks/event-types")["data"]:
        sys.stdout.write(f"{row['type']:<24} {row['description']}\n")


@app.command(name="test")
def send_samples(context: typer.Context, event: Annotated[str, typer.Argument()] = "ticket.opened") -> None:
    """Have a signed sample of an event sent to every endpoint, and say what each answered."""
    hub: Hub = context.obj
    endpoints = hub.ask("GET", "/webhooks/endpoints")["data"]
    if not endpoints:
        raise OperatorError("no endpoint is registered: docs/outbound-webhooks.md")
    for endpoint in endpoints:
        result = hub.ask("POST", f"/webhooks/endpoints/{endpoint['id']}/test", {"event": event})
        sys.stdout.write(f"{endpoint['id']} {result['state']:<10} {result['reason']}\n")


def listen(hub: Hub, url: str, events: Sequence[str], seconds: float = 0.0) -> None:
    """Forward what the hub says to a server here; a line an event with what the server answered."""
    with tapped(hub, events) as tap:
        sys.stdout.write(f"secret  {tap.secret}\n")
        sys.stdout.flush()

        def hand_on(body: dict[str, Any]) -> None:
            status = forward(body, url, tap.secret, datetime.now(UTC))
            sys.stdout.write(f"{status or 'no answer'}  {body['type']}  {body['id']}\n")
            sys.stdout.flush()

        follow(tap, hand_on, seconds=seconds)
