"""What a document's history is made of: versions that never change, moves of the pointer, and the pointer. Pure."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import field
from datetime import datetime
from typing import Any, Literal

from hub.kernel.clock import rfc3339
from hub.kernel.dataclass import dataclass
from hub.kernel.effective import BEGINNING, Record, Switch, plan

Json = Any
PRESET = 0
"""The number of what ships with the hub; in a region or a store: no overlay."""


@dataclass(frozen=True, slots=True)
class Version:
    """One version of one scope. content: the document, or an overlay; as it was stored, by the schema of then.

    over: of an overlay, the versions that it was written over, by scope. published_at: for the first time. facts: what
    the kind's `published` answered.
    """

    number: int
    content: Json
    schema: int = 1
    over: Mapping[str, int] = field(default_factory=dict)
    valid_from: datetime | None = None
    valid_to: datetime | None = None
    published_at: datetime | None = None
    published_by: str = ""
    facts: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Move:
    """One move of a scope's pointer, as it was recorded, and what is in force from then on as known then."""

    revision: int
    what: Literal["publish", "revert", "withdraw"]
    number: int
    recorded_at: datetime
    recorded_by: str
    valid_from: datetime = BEGINNING
    valid_to: datetime | None = None
    plan: tuple[Switch, ...] = ()

    @property
    def record(self) -> Record:
        """As the timeline knows it."""
        return Record(self.number, self.recorded_at, self.valid_from, self.valid_to, self.what == "withdraw")


@dataclass(frozen=True, slots=True)
class Pointer:
    """Where a scope stands. revision: how often it has moved. latest: the highest number given. head: the version last
    published, or reverted to: what a change is made on. plan: what is in force from its last move on. stored: False for
    one that follows from a preset, or from what was stored before documents were."""

    revision: int = 0
    latest: int = 0
    head: int = PRESET
    plan: tuple[Switch, ...] = ()
    moved_at: datetime = BEGINNING
    moved_by: str = ""
    stored: bool = True


@dataclass(frozen=True, slots=True)
class Draft:
    """What somebody is working on, one a scope. revision: how often it was saved. based_on: the pointer's head then."""

    revision: int
    content: Json
    based_on: int
    saved_at: datetime
    saved_by: str
    valid_from: datetime | None = None
    valid_to: datetime | None = None


@dataclass(frozen=True, slots=True)
class Line:
    """One document in one scope: what has a pointer, versions and a draft of its own."""

    kind: str
    key: str
    scope: str


@dataclass(frozen=True, slots=True)
class Past:
    """A history that was stored before it was documents': versions and moves, oldest first."""

    versions: tuple[Version, ...]
    moves: tuple[Move, ...]

    @property
    def pointer(self) -> Pointer:
        """Where it stands."""
        last, records = self.moves[-1], [move.record for move in self.moves]
        heads = [move.number for move in self.moves if move.what != "withdraw"]
        latest = max(version.number for version in self.versions)
        switches = plan(records, last.recorded_at)
        return Pointer(len(self.moves), latest, heads[-1], switches, last.recorded_at, last.recorded_by, stored=False)


def past_of(versions: Sequence[Version], active: int | None = None) -> Past | None:
    """The past of versions that were published one after the other, and of which `active` (default: the last) is in
    force since the last was published. None without versions."""
    if not versions:
        return None
    moves = [
        Move(nth, "publish", old.number, old.published_at or BEGINNING, old.published_by, old.published_at or BEGINNING)
        for nth, old in enumerate(versions, 1)
    ]
    last = moves[-1]
    if active is not None and active != last.number:
        since = last.recorded_at
        moves.append(Move(len(moves) + 1, "revert", active, since, last.recorded_by, since))
    return Past(tuple(versions), tuple(moves))


def digest(version: Version) -> str:
    """What a version says, as a hash: the same again is the same version, however its members are ordered."""
    dates = [rfc3339(moment) if moment else None for moment in (version.valid_from, version.valid_to)]
    return hashlib.sha256(canonical([version.content, dict(version.over), dates]).encode()).hexdigest()


def canonical(content: Json) -> str:
    """JSON text that is the same for the same content."""
    return json.dumps(content, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
