"""A month on the stepped clock: 100 open tickets, each with a ladder of three rungs, and every schedule of the hub.

The hub is the local one, whole: the deployed template, workers, queues, machines. What is measured is how much faster
than real time it goes through the month, the opening included.
"""

from __future__ import annotations

import tempfile
from datetime import UTC, datetime, timedelta
from pathlib import Path
from time import perf_counter
from typing import Any

import requests

from benchmarks.harness import Ratio
from hubctl.clock.words import Mode
from hubctl.dev import Hub, Options, running_hub
from hubctl.state import LocalState

TICKETS, RUNGS = 100, 3
BEGIN = datetime(2026, 11, 23, 1, 50, tzinfo=UTC)
FIRST_PULL = timedelta(minutes=10)
MONTH = timedelta(days=30)
SECONDS = 60.0


def run() -> list[Ratio]:
    """Opens the tickets at one moment and lets a month pass."""
    with tempfile.TemporaryDirectory() as place:
        state = LocalState(Path(place) / ".hub")
        options = Options(clock=Mode(stepped=True), business_origin=BEGIN, state=state, watch=False)
        with running_hub(options) as hub:
            return _month(hub)


def _month(hub: Hub) -> list[Ratio]:
    assert hub.stepper is not None
    hub.stepper.advance(FIRST_PULL)  # a new connection's first pull reads a week: no month of its own
    began = perf_counter()
    tickets = [_open(hub, number) for number in range(TICKETS)]
    fired = hub.stepper.advance(MONTH).fired
    seconds = perf_counter() - began
    rungs = [rung for ticket in tickets for rung in _ask(hub, "GET", f"/tickets/{ticket}")["rungs"]]
    assert len(rungs) == TICKETS * RUNGS
    assert all(rung["fired_at"] == rung["due_at"] for rung in rungs)
    print(f"      30 days in {seconds:.0f} s, {fired} due things", flush=True)
    name = f"30 days with {TICKETS} open tickets on the stepped clock, times faster than real time"
    return [Ratio(name, MONTH.total_seconds() / seconds, MONTH.total_seconds() / SECONDS, higher_is_better=True)]


def _open(hub: Hub, number: int) -> str:
    body = {"type": "repair", "customer_id": f"cus_{number}", "region": "310101"}
    return str(_ask(hub, "POST", "/tickets", body)["id"])


def _ask(hub: Hub, method: str, path: str, body: Any = None) -> Any:
    with requests.Session() as session:
        session.trust_env = False
        headers = {"authorization": f"Bearer {hub.ready.token}"}
        answer = session.request(method, hub.ready.base_url + path, json=body, headers=headers, timeout=60)
    assert answer.ok, answer.text
    return answer.json()
