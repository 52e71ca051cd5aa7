"""`hubctl listen` and `hubctl events`: what a hub says, at a server here, through no open port."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest

from examples.receive_webhook import receiver
from hubctl.documents import Hub as RunningHub
from hubctl.events import follow, forward, tapped
from tests.support.outbound import Hub, outbound_hub


class InProcess(RunningHub):
    """A hub that is asked without a network."""

    def __init__(self, hub: Hub) -> None:
        super().__init__("https://hub.test", "")
        object.__setattr__(self, "hub", hub)

    def ask(self, method: str, path: str, body: Any = None, **query: Any) -> Any:
        answer = self.hub.call(method, path, body, query={name: str(value) for name, value in query.items()})  # type: ignore[attr-defined]
        assert answer.status < 400, answer.text
        return answer.json if answer.text else None


@pytest.fixture(name="hub")
def _hub() -> Iterator[Hub]:
    with outbound_hub() as hub:
        yield hub


def test_a_tap_hears_each_event_once_and_is_gone_afterwards(hub: Hub) -> None:
    """In the order in which they came."""
    running = InProcess(hub)
    with tapped(running, ["ticket.*"]) as tap:
        hub.tell(hub.opened(1))
        hub.clock.advance(seconds=1)
        hub.tell(hub.closed(2))
        bodies: list[dict[str, Any]] = []
        follow(tap, bodies.append, seconds=0.01)
        follow(tap, bodies.append, seconds=0.01)
        assert [body["type"] for body in bodies] == ["ticket.opened", "ticket.closed"]
        assert len(running.ask("GET", "/webhooks/endpoints")["data"]) == 1
    assert running.ask("GET", "/webhooks/endpoints")["data"] == []


def test_what_is_forwarded_verifies(hub: Hub, capsys: pytest.CaptureFixture[str]) -> None:
    """By the example's receiver, with the tap's secret; nobody there is 0."""
    now = datetime.now(UTC)
    with tapped(InProcess(hub), ()) as tap:
        sample = hub.call("POST", f"/webhooks/endpoints/{tap.id}/test", {"event": "order.paid"}).json
        (body,) = tap.fetch()
        server = receiver(tap.secret, 0)
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
        port = server.server_address[1]
        try:
            status = forward(body, f"http://127.0.0.1:{port}/hook", tap.secret, now)
        finally:
            server.shutdown()
            server.server_close()
    assert (status, body["id"]) == (204, sample["event_id"])
    assert capsys.readouterr().out.startswith("order.paid ")
    assert forward(body, f"http://127.0.0.1:{port}/hook", tap.secret, now) == 0
