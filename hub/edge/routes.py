"""One HTTP operation as a room declares it: validation, authorisation, replies and OpenAPI all come from here."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel

from hub.edge.requests import Request


@dataclass(frozen=True)
class Route:
    """One HTTP operation, as declared.

    handler: (desk, request) → the answer. replay: (desk, request, id of what was made) → the answer to a repeat.
    """

    method: str
    path: str
    handler: Callable[[Any, Request], Any]
    summary: str
    roles: tuple[str, ...] = ()
    public: bool = False
    body: type[BaseModel] | None = None
    query: type[BaseModel] | None = None
    answer: Any = None
    status: int = 200
    replay: Callable[[Any, Request, str], Any] | None = None


def replay_of(route: Route, routes: Iterable[Route]) -> Callable[[Any, Request, str], Any] | None:
    """How a repeat is answered without doing it again: the route's own way, or as the GET of what its path names.

    None where there is neither: the handler runs again, with ids that stay the same.
    """
    if route.replay is not None:
        return route.replay
    for shown in routes:
        reads = shown.method == "GET" and shown.query is None and shown.answer is route.answer is not None
        if reads and f"{route.path}/".startswith(f"{shown.path}/"):
            return _as_read(shown)
    return None


def _as_read(shown: Route) -> Callable[[Any, Request, str], Any]:
    return lambda desk, request, _resource_id: shown.handler(desk, request)
