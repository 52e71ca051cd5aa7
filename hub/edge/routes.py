"""One HTTP operation as a room declares it: validation, authorisation, replies and OpenAPI all come from here."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Any, Literal

from pydantic import BaseModel

from hub.edge.access.gate import SUPERVISORS
from hub.edge.access.scope import Place, Scope, Subject
from hub.edge.access.terminals import Ability
from hub.edge.requests import Request
from hub.kernel.dataclass import dataclass

BODY_LIMIT_BYTES = 256 * 1024
"""What a body may be long; a route that takes more says so."""
PLACED = ("region", "store", "own")
"""Scopes whose things belong somewhere, so that not everybody reaches each of them."""


@dataclass(frozen=True)
class Route:
    """One HTTP operation, as declared.

    handler: (desk, request) → the answer. replay: (desk, request, id of what was made) → the answer to a repeat.
    scope: what its things hang on (hub.edge.access.scope). subject: (desk, request) → the thing that the path names,
    with its places, or the place of what the body asks to make; checked before the handler runs. guests: who is a guest
    of the thing may do this, though it is no GET. overseers: who sees other people's things on a route of scope `own`.
    dry_run: whether `?dry_run=1` is understood: by the handler, which looks at `request.dry_run`, or "rehearsed": it is
    run as always, and nothing of it is written.
    explain: the roles that may ask by `?explain=1` why it is decided so: the handler looks at `request.explain`;
    "always": the answer says why in any case, asked or not.
    body_limit_bytes: of a body as it comes, 413 beyond it. versioned: `If-Match` is held against the thing's version
    by the handler (`request.seen_version`); a body with `version` or `seen_version` takes it by itself. any_origin:
    pages from anywhere may read the answer. ability: what it asks of the caller's
    terminal; None: "adjust" for what changes something that all of the tenant shares, else "work". past: of a GET:
    (desk, request, version) → its answer as it was in that version and as it is, in what can be held side by side; None
    where that is not known any more.
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
    scope: Scope | None = None
    subject: Callable[[Any, Request], Place | Subject] | None = None
    guests: bool = False
    overseers: tuple[str, ...] = SUPERVISORS
    dry_run: bool | Literal["rehearsed"] = False
    explain: tuple[str, ...] | Literal["always"] | None = None
    body_limit_bytes: int = BODY_LIMIT_BYTES
    versioned: bool = False
    any_origin: bool = False
    ability: Ability | None = None
    past: Callable[[Any, Request, int], tuple[Any, Any] | None] | None = None

    def __post_init__(self) -> None:
        """Refuses a declaration that would let its things be reached unchecked."""
        names_a_thing = "{" in self.path or self.method != "GET"
        if self.scope in PLACED and names_a_thing and self.subject is None:
            raise ValueError(f"{self.method} {self.path}: scope {self.scope} needs subject=")
        if self.scope not in PLACED and self.subject is not None:
            raise ValueError(f"{self.method} {self.path}: a subject needs scope region, store or own")

    @property
    def needs(self) -> Ability:
        """What it asks of the caller's terminal."""
        return self.ability or ("adjust" if self.scope == "tenant" and self.method != "GET" else "work")

    @property
    def is_public(self) -> bool:
        """Whether nobody has to sign in."""
        return self.public or self.scope == "public"


def replay_of(route: Route, routes: Iterable[Route]) -> Callable[[Any, Request, str], Any] | None:
    """How a repeat is answered without doing it again: the route's own way, or as the GET of what its path names.

    None where there is neither: the handler runs again, with ids that stay the same.
    """
    if route.replay is not None:
        return route.replay
    shown = reading_of(route, routes)
    return _as_read(shown) if shown else None


def reading_of(route: Route, routes: Iterable[Route]) -> Route | None:
    """The GET that shows what a route's path names, as the route itself answers it; None where there is none."""
    return next((shown for shown in routes if _shows(shown, route)), None)


def _shows(shown: Route, route: Route) -> bool:
    reads = shown.method == "GET" and _asks_nothing(shown) and shown.answer is route.answer is not None
    return reads and f"{route.path}/".startswith(f"{shown.path}/")


def _asks_nothing(shown: Route) -> bool:
    """Whether it shows one thing without a word more than its path."""
    if shown.query is None:
        return True
    return "{" in shown.path and not any(field.is_required() for field in shown.query.model_fields.values())


def read_by(shown: Route, desk: Any, request: Request) -> Any:
    """What such a GET answers to another request. What it is about is read where that request's own route did not."""
    reading = request if shown.query is None else replace(request, query=shown.query())
    if shown.subject is not None and reading.subject is None:
        subject = shown.subject(desk, reading)
        reading = replace(reading, subject=subject.thing if isinstance(subject, Subject) else None)
    return shown.handler(desk, reading)


def _as_read(shown: Route) -> Callable[[Any, Request, str], Any]:
    return lambda desk, request, _resource_id: read_by(shown, desk, request)
