"""The whole hub on this machine: `hubctl dev`, and `running_hub` for the demo and the end-to-end tests."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import datetime
from pathlib import Path
from typing import NoReturn

from hubctl.assembly import Assembly, Hub, Options, Ready, Stack

__all__ = ["Hub", "Options", "Ready", "Stack", "run_dev", "running_hub"]


def run_dev(
    port: int,
    clock_scale: int,
    ready_file: Path | None = None,
    on_ready: Callable[[Ready], None] | None = None,
    business_origin: datetime | None = None,
    tenant: str = "demo",
) -> None:
    """Runs the hub until Ctrl-C or SIGTERM. Raises PortTakenError, DeployError, SeedError when it can't start."""
    options = Options(port, clock_scale, tenant, business_origin)
    try:
        with running_hub(options) as hub:
            if ready_file is not None:
                _write_ready(ready_file, hub.ready)
            if on_ready is not None:
                on_ready(hub.ready)
            threading.Event().wait()
    except KeyboardInterrupt:
        pass
    finally:
        if ready_file is not None:
            ready_file.unlink(missing_ok=True)


@contextmanager
def running_hub(options: Options | None = None, stack: Stack | None = None) -> Iterator[Hub]:
    """A hub while the block runs; afterwards neither a process nor a port of it is left, SIGTERM included.

    stack: what to deploy; by default the tenant's synthesised template.
    """
    with _sigterm_as_interrupt(), ExitStack() as cleanup:
        yield Assembly(options or Options(), stack, cleanup).start()


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
    part = path.with_suffix(".part")
    part.unlink(missing_ok=True)
    with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
        file.write(ready.model_dump_json(indent=2))
    part.replace(path)
