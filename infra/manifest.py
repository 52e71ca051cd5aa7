"""What a bundle says of itself: build/<function>/manifest.json, read off its room by `hubctl build`."""

import json
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

Kind = Literal["http", "accept", "events", "changes", "forward", "task", "schedule", "queue"]


class Entry(BaseModel):
    """One Lambda function of a bundle and what calls it."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    name: str = Field(pattern=r"^[a-z][a-z0-9-]*$")
    kind: Kind
    handler: str = Field(pattern=r"^functions(\.[a-z_][a-z0-9_]*){3,5}$")
    paths: tuple[str, ...] = ()  # http: the path and all below it; accept: exactly these
    exact_paths: tuple[str, ...] = ()  # http: exactly these, with nothing below
    subscriptions: tuple[str, ...] = ()
    schedule: str = ""
    queue: str = ""
    batch: int = Field(default=10, ge=1, le=10)  # queued: so many messages a call
    concurrency: int = Field(default=5, ge=2, le=1000)  # queued: so many functions side by side
    followed: tuple[str, ...] = ()  # forward: what the sort keys begin with that it reads; (): any
    layer: str = Field(default="", pattern=r"^[a-z]*$")  # http: one more layer than all have, of what it alone needs
    timeout: int = Field(default=60, ge=1, le=900)  # seconds
    memory: int = Field(default=512, ge=128, le=10_240)  # MB


class Manifest(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")

    function: str = Field(pattern=r"^[a-z]+$")
    schema_: Literal[1] = Field(alias="schema")
    entries: tuple[Entry, ...]

    def of_kind(self, *kinds: Kind) -> tuple[Entry, ...]:
        """The entries of these kinds, in the manifest's order."""
        return tuple(entry for entry in self.entries if entry.kind in kinds)


def read_manifests(build: Path) -> dict[str, Manifest]:
    """All bundles under `build` by function name, in a stable order; raises FileNotFoundError if there are none."""
    paths = sorted(build.glob("*/manifest.json"))
    if not paths:
        raise FileNotFoundError(f"no */manifest.json under {build}: run `hubctl build` first")
    manifests = (Manifest.model_validate(json.loads(path.read_text(encoding="utf-8"))) for path in paths)
    return {manifest.function: manifest for manifest in manifests}
