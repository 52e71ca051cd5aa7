"""The whole hub on this machine: `hubctl dev`, and `running_hub` for the demo and the end-to-end tests."""

from __future__ import annotations

import os
import signal
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from datetime import datetime
from pathlib import Path
from typing import NoReturn
from urllib.parse import urlsplit

from hubctl.assembly import Assembly, Hub, Options, Ready, Stack
from hubctl.clock.words import Mode
from hubctl.serving import LOOPBACK

__all__ = ["Hub", "Options", "Ready", "Stack", "run_dev", "running_hub", "wait_for_interrupt"]

WAKE_SECONDS = 0.2


def run_dev(
    port: int,
    clock: Mode,
    ready_file: Path | None = None,
    on_ready: Callable[[Ready], None] | None = None,
    business_origin: datetime | None = None,
    tenant: str = "demo",
    tell: Callable[[str], None] = lambda _line: None,
) -> None:
    """Runs the hub until Ctrl-C or SIGTERM. Raises PortTakenError, DeployError, SeedError when it can't start.

    `ready_file` is there while this hub answers; another hub's is left alone. `tell` hears what the start is doing.
    """
    options = Options(port, clock, tenant, business_origin, tell=tell)
    if ready_file is not None:
        _remove_stale(ready_file)
    with suppress(KeyboardInterrupt), running_hub(options) as hub, ExitStack() as cleanup:
        if ready_file is not None:
            _write_ready(ready_file, hub.ready)
            cleanup.callback(_remove_ready, ready_file, hub.ready)
        if on_ready is not None:
            on_ready(hub.ready)
        wait_for_interrupt()


@contextmanager
def running_hub(options: Options | None = None, stack: Stack | None = None) -> Iterator[Hub]:
    """A hub while the block runs; afterwards neither a process nor a port of it is left, SIGTERM included.

    stack: what to deploy; by default the tenant's synthesised template.
    """
    with _sigterm_as_interrupt(), ExitStack() as cleanup:
        yield Assembly(options or Options(), stack, cleanup).start()


def wait_for_interrupt() -> NoReturn:
    """Until Ctrl-C or SIGTERM, in short waits: when another thread happens to get the signal, the handler runs only
    once this one wakes."""
    while True:
        time.sleep(WAKE_SECONDS)


@contextmanager
def _sigterm_as_interrupt() -> Iterator[None]:
    """SIGTERM unwinds the main thread as Ctrl-C does, so that everything is stopped on the way out."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGTERM, _interrupt)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def _interrupt(_signal: int, _frame: object) -> NoReturn:
    raise KeyboardInterrupt


def _write_ready(path: Path, ready: Ready) -> None:
    """Whole or not at all, readable by its owner alone: it holds a token."""
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_suffix(".part")
    part.unlink(missing_ok=True)
    with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
        file.write(ready.model_dump_json(indent=2))
    part.replace(path)


def _remove_stale(path: Path) -> None:
    """A hub that was killed could not remove its own; nobody shall take it for a hub that is up."""
    with suppress(FileNotFoundError, ValueError):
        where = urlsplit(Ready.model_validate_json(path.read_text(encoding="utf-8")).base_url)
        with socket.socket() as probe:
            if probe.connect_ex((where.hostname or LOOPBACK, where.port or 0)):
                path.unlink()


def _remove_ready(path: Path, ready: Ready) -> None:
    """Unless another hub, started later, has written its own there."""
    with suppress(FileNotFoundError):
        if Ready.model_validate_json(path.read_text(encoding="utf-8")).base_url == ready.base_url:
            path.unlink()
