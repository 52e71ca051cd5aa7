"""The items that documents are stored as, without their keys, and what is read of them. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from hub.documents.versions import Draft, Line, Move, Pointer, Version
from hub.kernel.clock import parse_rfc3339, rfc3339
from hub.kernel.effective import Switch

Json = Any
SCHEMA = 1
POINTER = "p#"
"""What a pointer's sort key begins with."""


def line_of_pointer(pk: str, sk: str) -> Line | None:
    """Which document's pointer in which scope this key is: for what follows a move, from the table's stream. None for
    every other item."""
    names = pk.split("#")
    return (
        Line(names[2], names[3], sk[2:]) if len(names) == 4 and names[1] == "doc" and sk.startswith(POINTER) else None
    )


def read_pointer(item: Mapping[str, Any]) -> Pointer:
    """Where a scope stands."""
    return Pointer(
        revision=item["revision"],
        latest=item["latest"],
        head=item["head"],
        plan=_switches(item["plan"]),
        moved_at=_at(item, "moved_at"),
        moved_by=item["moved_by"],
    )


def pointer_item(pointer: Pointer) -> dict[str, Any]:
    """A pointer, without its key."""
    return {
        "schema": SCHEMA,
        "revision": pointer.revision,
        "latest": pointer.latest,
        "head": pointer.head,
        "plan": _plan(pointer.plan),
        "moved_at": rfc3339(pointer.moved_at),
        "moved_by": pointer.moved_by,
    }


def read_move(item: Mapping[str, Any]) -> Move:
    """One move."""
    return Move(
        revision=item["revision"],
        what=item["what"],
        number=item["number"],
        recorded_at=_at(item, "recorded_at"),
        recorded_by=item["recorded_by"],
        valid_from=_at(item, "valid_from"),
        valid_to=_moment(item, "valid_to"),
        plan=_switches(item["plan"]),
    )


def move_item(move: Move) -> dict[str, Any]:
    """A move, without its key."""
    return {
        "schema": SCHEMA,
        "revision": move.revision,
        "what": move.what,
        "number": move.number,
        "recorded_at": rfc3339(move.recorded_at),
        "recorded_by": move.recorded_by,
        "plan": _plan(move.plan),
        **_dates(move),
    }


def read_version(item: Mapping[str, Any], content: Json) -> Version:
    """A version; content: what its item, or its parts, hold."""
    return Version(
        number=item["number"],
        content=content,
        schema=item["content_schema"],
        over={scope: int(number) for scope, number in item["over"].items()},
        valid_from=_moment(item, "valid_from"),
        valid_to=_moment(item, "valid_to"),
        published_at=_moment(item, "published_at"),
        published_by=item["published_by"],
        facts=item["facts"],
    )


def version_item(version: Version) -> dict[str, Any]:
    """A version, without its key and content."""
    published_at = rfc3339(version.published_at) if version.published_at else ""
    return {
        "schema": SCHEMA,
        "number": version.number,
        "content_schema": version.schema,
        "over": dict(version.over),
        "published_at": published_at,
        "published_by": version.published_by,
        "facts": dict(version.facts),
        **_dates(version),
    }


def read_draft(item: Mapping[str, Any], content: Json) -> Draft:
    """A draft, as `read_version`."""
    return Draft(
        revision=item["revision"],
        content=content,
        based_on=item["based_on"],
        saved_at=_at(item, "saved_at"),
        saved_by=item["saved_by"],
        valid_from=_moment(item, "valid_from"),
        valid_to=_moment(item, "valid_to"),
    )


def draft_item(draft: Draft) -> dict[str, Any]:
    """Without its key and content."""
    return {
        "schema": SCHEMA,
        "revision": draft.revision,
        "based_on": draft.based_on,
        "saved_at": rfc3339(draft.saved_at),
        "saved_by": draft.saved_by,
        **_dates(draft),
    }


def _dates(period: Draft | Version | Move) -> dict[str, str]:
    dates = {"valid_from": period.valid_from, "valid_to": period.valid_to}
    return {name: rfc3339(moment) for name, moment in dates.items() if moment}


def _moment(item: Mapping[str, Any], name: str) -> datetime | None:
    return parse_rfc3339(item[name]) if item.get(name) else None


def _at(item: Mapping[str, Any], name: str) -> datetime:
    return parse_rfc3339(item[name])


def _switches(plan: Sequence[Sequence[Any]]) -> tuple[Switch, ...]:
    return tuple(Switch(parse_rfc3339(start), None if number is None else int(number)) for start, number in plan)


def _plan(switches: Iterable[Switch]) -> list[list[Any]]:
    return [[rfc3339(switch.start), switch.number] for switch in switches]
