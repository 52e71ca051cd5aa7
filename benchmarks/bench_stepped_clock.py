"""A month on the stepped clock: 100 open tickets, each with a ladder of three rungs, and every schedule of the hub.

The hub is the local one, whole: the deployed template, workers, queues, machines. What is measured is how much faster
than real time it goes through the month, the opening included. Beside it stands the processor time of the month, of the
hub's process and its workers, which others on the machine don't change.
"""

from __future__ import annotations

import os
import tempfile
from datetime import UTC, datetime, timedelta
from pathlib import Path
from time import perf_counter, process_time
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
    """Lets a month pass over tickets that are opened at one moment, and over tickets opened six hours apart."""
    return [_month(timedelta()), _month(timedelta(hours=6))]


def _month(apart: timedelta) -> Ratio:
    with tempfile.TemporaryDirectory() as place:
        state = LocalState(Path(place) / ".hub")
        options = Options(clock=Mode(stepped=True), business_origin=BEGIN, state=state, watch=False)
        with running_hub(options) as hub:
            return _measure(hub, apart)


def _measure(hub: Hub, apart: timedelta) -> Ratio:
    assert hub.stepper is not None
    hub.stepper.advance(FIRST_PULL)  # a new connection's first pull reads a week: no month of its own
    began, busy, fired, tickets = perf_counter(), _processor_seconds(), 0, []
    for number in range(TICKETS):
        tickets.append(_open(hub, number))
        fired += hub.stepper.advance(apart).fired
    fired += hub.stepper.advance(MONTH - TICKETS * apart).fired
    seconds, busy = perf_counter() - began, _processor_seconds() - busy
    rungs = [rung for ticket in tickets for rung in _ask(hub, "GET", f"/tickets/{ticket}")["rungs"]]
    assert len(rungs) == TICKETS * RUNGS
    assert all(rung["fired_at"] == rung["due_at"] for rung in rungs)
    print(f"      30 days in {seconds:.0f} s, {busy:.0f} s of processor time, {fired} due things", flush=True)
    opened = f"opened {apart // timedelta(hours=1)} h apart" if apart else "opened at once"
    name = f"30 days with {TICKETS} tickets {opened} on the stepped clock, times faster than real time"
    return Ratio(name, MONTH.total_seconds() / seconds, MONTH.total_seconds() / SECONDS, higher_is_better=True)


def _processor_seconds() -> float:
    """What this process and its workers have used so far, as Linux tells it."""
    children = [pid for path in Path("/proc/self/task").glob("*/children") for pid in path.read_text().split()]
    stats = [Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split() for pid in children]
    return process_time() + sum(int(stat[11]) + int(stat[12]) for stat in stats) / os.sysconf("SC_CLK_TCK")


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
