"""The first success of a new integrator, in three commands: listen, receive, have a sample sent; and it verifies."""

from __future__ import annotations

import json
import os
import queue
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import requests

from hubctl.state import ROOT

HUBCTL = str(Path(sys.executable).with_name("hubctl"))
START_SECONDS, STOP_SECONDS, PATIENCE_SECONDS = 180.0, 20.0, 60.0


@contextmanager
def running(*command: str) -> Iterator[tuple[subprocess.Popen[str], queue.Queue[str]]]:
    """A command, and the lines that it prints as they come; Ctrl-C ends it."""
    env = {**os.environ, "PYTHONUNBUFFERED": "1"}
    process = subprocess.Popen(
        command, cwd=ROOT, env=env, text=True, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),
    )  # fmt: skip
    lines: queue.Queue[str] = queue.Queue()
    assert process.stdout is not None
    threading.Thread(target=lambda out: [lines.put(line.strip()) for line in out], args=(process.stdout,)).start()
    try:
        yield process, lines
    finally:
        process.send_signal(signal.SIGINT)
        try:
            process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()


@pytest.fixture(scope="module", name="ready")
def _ready(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The ready file of a hub that runs in real time."""
    ready = tmp_path_factory.mktemp("hub") / "ready.json"
    with running(HUBCTL, "dev", "--port", "0", "--ready-file", str(ready)) as (process, _):
        deadline = time.monotonic() + START_SECONDS
        while not ready.exists():
            assert process.poll() is None
            assert time.monotonic() < deadline
            time.sleep(0.1)
        yield ready


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def ask(ready: Path, method: str, path: str, body: Any = None) -> Any:
    known = json.loads(ready.read_text())
    headers = {"Authorization": f"Bearer {known['token']}"}
    answer = requests.request(method, known["base_url"] + path, json=body, headers=headers, timeout=30)
    assert answer.status_code < 300, answer.text
    return answer.json()


def test_three_commands_bring_a_verified_sample(ready: Path) -> None:
    """`hubctl listen`, the example, `hubctl events test`: the example prints the event, and listen that it took it."""
    port, example = free_port(), str(ROOT / "examples" / "receive_webhook.py")
    listen = (HUBCTL, "listen", "--forward", f"http://127.0.0.1:{port}/hook", "--ready-file", str(ready))
    with running(*listen) as (_, forwarded):
        secret = forwarded.get(timeout=PATIENCE_SECONDS).removeprefix("secret").strip()
        with running(sys.executable, example, secret, "--port", str(port)) as (_, received):
            sample = [HUBCTL, "events", "--ready-file", str(ready), "test", "ticket.opened"]
            subprocess.run(sample, cwd=ROOT, check=True, timeout=PATIENCE_SECONDS, capture_output=True)
            assert forwarded.get(timeout=PATIENCE_SECONDS).startswith("204  ticket.opened  evt_")
            assert received.get(timeout=PATIENCE_SECONDS).startswith("ticket.opened tkt_")
    assert ask(ready, "GET", "/webhooks/endpoints")["data"] == []


def test_a_server_here_is_sent_what_the_hub_says(ready: Path) -> None:
    """Registered by its own URL on this machine; a ticket that is opened arrives, verified, through bus and queue."""
    port, example = free_port(), str(ROOT / "examples" / "receive_webhook.py")
    body = {"url": f"http://127.0.0.1:{port}/hook", "events": ["ticket.*"]}
    endpoint = ask(ready, "POST", "/webhooks/endpoints", body)
    with running(sys.executable, example, endpoint["secret"], "--port", str(port)) as (_, received):
        deadline = time.monotonic() + PATIENCE_SECONDS
        while ask(ready, "POST", f"/webhooks/endpoints/{endpoint['id']}/test", {})["state"] != "delivered":
            assert time.monotonic() < deadline
        received.get(timeout=PATIENCE_SECONDS)
        time.sleep(3)  # what hears events knows of a new endpoint by then
        ticket = ask(ready, "POST", "/tickets", {"type": "consult", "customer_id": "cus_1", "region": "310101"})
        assert received.get(timeout=PATIENCE_SECONDS).startswith(f"ticket.opened {ticket['id']} ")
