"""Notices that a source file changed, so that workers are replaced before their next call."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

POLL_SECONDS = 1.0
WATCHED = (".py", ".json")


def snapshot(directories: Sequence[Path]) -> dict[str, int]:
    """Every source file below these directories and when it last changed (ns)."""
    stamps = {}
    for directory in directories:
        for folder, _, names in os.walk(directory):  # a third of what `rglob` takes, each second
            for path in (os.path.join(folder, name) for name in names if name.endswith(WATCHED)):
                try:
                    stamps[path] = os.stat(path).st_mtime_ns
                except FileNotFoundError:  # an editor replaced it this instant: the next pass sees the new one
                    continue
    return stamps


@dataclass
class SourceWatch:
    """Polls the sources; `changed` is called once for all changes of a pass."""

    directories: Sequence[Path]
    changed: Callable[[], None]
    poll_seconds: float = POLL_SECONDS
    _stopped: threading.Event = field(default_factory=threading.Event)

    def start(self) -> None:
        before = snapshot(self.directories)
        threading.Thread(target=self._run, args=(before,), name="hub-watch", daemon=True).start()

    def stop(self) -> None:
        self._stopped.set()

    def _run(self, before: dict[str, int]) -> None:
        while not self._stopped.wait(self.poll_seconds):
            now = snapshot(self.directories)
            if now != before:
                before = now
                self.changed()
