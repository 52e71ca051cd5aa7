"""A hub for the end-to-end tests: in a process of its own, stopped with the session."""

import json
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from hubctl.state import ROOT

START_SECONDS = 180.0
STOP_SECONDS = 20.0
START = """
import sys
from pathlib import Path
from hubctl.dev import run_dev
run_dev(0, int(sys.argv[2]), Path(sys.argv[1]))
"""


def start_hub(directory: Path, clock_scale: int) -> tuple["subprocess.Popen[bytes]", dict[str, Any]]:
    """Starts a hub and waits until it is ready; its process and its ready JSON. Fails with what it said."""
    ready_file, said = directory / "ready.json", directory / "hub.txt"
    with said.open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, "-c", START, str(ready_file), str(clock_scale)], cwd=ROOT, stdout=output, stderr=output
        )
    deadline = time.monotonic() + START_SECONDS
    while not ready_file.exists():
        if process.poll() is not None or time.monotonic() > deadline:
            process.kill()
            pytest.fail(f"the hub did not start:\n{said.read_text(errors='replace')[-4000:]}")
        time.sleep(0.1)
    return process, json.loads(ready_file.read_text())


@pytest.fixture(scope="session")
def hub_ready(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Any]]:
    """The ready JSON of a hub whose day passes in two minutes."""
    process, ready = start_hub(tmp_path_factory.mktemp("hub"), clock_scale=720)
    yield ready
    process.send_signal(signal.SIGTERM)
    process.wait(STOP_SECONDS)
