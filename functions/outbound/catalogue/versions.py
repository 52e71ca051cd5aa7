"""Versions of the events' schema (事件版本): an endpoint is told an event in the version that it was registered for,
whatever the hub itself speaks by then. Pure.

What is newer is told as it was before, step by step (OLDER); where nobody wrote how, the event is held for the
endpoint, and its delivery says so: nothing is left out in silence, and nothing is told in a shape that nobody expects.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

CURRENT = 1
"""The version that the hub's events have."""
UNTOLD = "schema-version"
"""Why an event is held that cannot be told in an endpoint's version."""
Step = Callable[[str, Mapping[str, Any]], dict[str, Any]]
"""(the event's name, its data) → its data, a version older."""
OLDER: Mapping[int, Step] = {}
"""By the version that it comes from."""


def told_in(
    name: str, data: Mapping[str, Any], version: int, target: int, older: Mapping[int, Step] = OLDER
) -> dict[str, Any] | None:
    """An event's data, which has `version`, in the version that is wanted; None where it cannot be told in it."""
    payload = dict(data)
    for number in range(version, target, -1):
        step = older.get(number)
        if step is None:
            return None
        payload = {**step(name, payload), "schema_version": number - 1}
    return payload if target <= version else None


def can_tell(version: int, target: int, older: Mapping[int, Step] = OLDER) -> bool:
    """Whether events of a version can be told in the one that is wanted."""
    return target <= version and all(number in older for number in range(version, target, -1))
