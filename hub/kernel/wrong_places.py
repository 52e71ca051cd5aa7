"""Where a document or a body is wrong: pydantic's findings as places in what was sent. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import field
from typing import Any

from hub.kernel.dataclass import dataclass

Place = tuple[int | str, ...]


@dataclass(frozen=True, slots=True)
class Wrong:
    """One wrong place. kind, words: pydantic's."""

    place: Place
    kind: str
    words: str = field(default="")


def wrong_places(findings: Iterable[Mapping[str, Any]], content: Any = None) -> list[Wrong]:
    """pydantic's errors, without what only follows from others. content: what was sent; of one of several shapes (a
    tagged union) pydantic names the tag within the place, where nothing in what was sent is called so."""
    wrong = [Wrong(_in(content, item["loc"], item["type"]), item["type"], item["msg"]) for item in findings]
    return [each for each in wrong if not (each.kind == "too_short" and _has_wrong_items(each.place, wrong))]


def _has_wrong_items(place: Place, wrong: Sequence[Wrong]) -> bool:
    """Whether a list only seems too short: its items that are wrong are left out before they are counted."""
    return any(len(each.place) > len(place) and each.place[: len(place)] == place for each in wrong)


def _in(content: Any, location: Place, kind: str) -> Place:
    place: list[int | str] = []
    for nth, part in enumerate(location):
        is_lacking = kind == "missing" and nth == len(location) - 1
        if isinstance(content, dict) and part not in content and part in content.values() and not is_lacking:
            continue
        place.append(part)
        content = _item(content, part)
    return tuple(place)


def _item(content: Any, part: int | str) -> Any:
    if isinstance(content, dict):
        return content.get(part)
    is_in = isinstance(content, list) and isinstance(part, int) and part < len(content)
    return content[part] if is_in else None
