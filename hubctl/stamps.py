"""Hashes of inputs: what was made from the same inputs need not be made again."""

from __future__ import annotations

import fcntl
import hashlib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
SKIPPED = {"__pycache__", ".DS_Store"}


def files_under(directory: Path) -> list[Path]:
    """All files below, in a stable order, without bytecode; none if the directory isn't there."""
    return sorted(path for path in directory.rglob("*") if path.is_file() and not SKIPPED & {*path.parts})


def hash_inputs(root: Path, files: Iterable[Path], *facts: str) -> str:
    """sha256 over the files' names (relative to `root`) and contents, and over what else the result depends on."""
    digest = hashlib.sha256()
    for path in files:
        name = path.relative_to(root) if path.is_relative_to(root) else Path(path.name)
        content = path.read_bytes()
        digest.update(f"{name}\0{len(content)}\0".encode() + content)
    digest.update("\0".join(facts).encode())
    return digest.hexdigest()


@contextmanager
def locked(build: Path) -> Iterator[None]:
    """Only one process at a time makes anything under `build`; the others wait, and find it made."""
    build.mkdir(parents=True, exist_ok=True)
    with (build / ".lock").open("w", encoding="utf-8") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


class Stamps:
    """What each part under `build` was made from, by the part's name."""

    def __init__(self, build: Path) -> None:
        self.directory = build / ".stamps"

    def read(self, part: str) -> str:
        """The hash of the part's inputs when it was made; empty if it never was."""
        path = self.directory / part
        return path.read_text(encoding="utf-8") if path.exists() else ""

    def differ(self, part: str, inputs: str) -> bool:
        """Whether the part must be made again."""
        return self.read(part) != inputs

    def write(self, part: str, inputs: str) -> None:
        """Remember, once the part is made."""
        self.directory.mkdir(parents=True, exist_ok=True)
        (self.directory / part).write_text(inputs, encoding="utf-8")
