"""What a 409 says of a thing that has moved on (差异): field by field how it was, how the sender wants it, how it is.

The thing is read as its own GET shows it, for this very viewer, so that nobody learns by a conflict what they may not
see. How it was in the version that the sender saw is known where that GET declares `past`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import islice
from typing import Any

from pydantic import BaseModel

from hub.edge.access import Subject, project
from hub.edge.etags import VERSION_FIELDS
from hub.edge.requests import Request
from hub.edge.routes import Route, read_by, reading_of
from hub.kernel.errors import Difference, HubError, Stale

DIFFERENCES_LIMIT = 200
Json = Any


def differences(
    desk: Any, route: Route, request: Request, routes: Sequence[Route], error: Stale
) -> tuple[Difference, ...]:
    """What the sender of a stale request has to know; () where it cannot be read any more. error: says itself what has
    changed, where it knows."""
    shown = reading_of(route, routes)
    if error.differences or shown is None:
        return error.differences
    try:
        seen, now = _states(desk, shown, request)
    except HubError:
        return ()
    return tuple(islice(_compared(seen, now, _wanted(request.body)), DIFFERENCES_LIMIT))


def _states(desk: Any, shown: Route, request: Request) -> tuple[Json, Json]:
    """The thing as it was in the version that the sender saw (None: not known) and as it is, as JSON."""
    subject = shown.subject(desk, request) if shown.subject else None
    request = replace(request, subject=subject.thing if isinstance(subject, Subject) else None)
    version = request.seen_version if request.seen_version is not None else _version_in(request.body)
    past = shown.past(desk, request, version) if shown.past and version is not None else None
    pair = past or (None, read_by(shown, desk, request))
    seen, now = (
        project(state, request.viewer, request.policy, request.place) if isinstance(state, BaseModel) else None
        for state in pair
    )
    return seen, now


def _compared(seen: Json, now: Json, yours: Mapping[str, Json]) -> Iterator[Difference]:
    before, current, yours_by_place = (dict(_leaves(state, "")) for state in (seen, now, yours))
    for pointer in dict.fromkeys((*current, *before)):
        was, held, wish = before.get(pointer), current.get(pointer), yours_by_place.get(pointer)
        if (was != held) if seen is not None else (pointer in yours_by_place and wish != held):
            yield Difference(pointer, was, wish, held)


def _leaves(value: Json, pointer: str) -> Iterator[tuple[str, Json]]:
    """Each value that is no object, by its pointer; lists are whole."""
    if not isinstance(value, dict):
        if pointer:
            yield pointer, value
        return
    for name, part in value.items():
        if pointer or name not in VERSION_FIELDS:
            yield from _leaves(part, f"{pointer}/{name.replace('~', '~0').replace('/', '~1')}")


def _wanted(body: Any) -> Mapping[str, Json]:
    return body.model_dump(mode="json", exclude_unset=True) if isinstance(body, BaseModel) else {}


def _version_in(body: Any) -> int | None:
    return next((value for name in VERSION_FIELDS if (value := getattr(body, name, None)) is not None), None)
