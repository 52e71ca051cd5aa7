"""The walk over every route of a room (谁能走到哪): whoever is elsewhere finds nothing there, in every role.

A room gives a `Sample`: how to make its things in one place, which ids they have, and what to send. The walk calls each
route for those who are there and those who are not, and holds the answers side by side.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import Any, get_args

from pydantic import BaseModel

from hub.contracts.base import Role
from hub.contracts.classes import Classified, FieldClass, Keyed
from hub.edge.access.fields import fields_of, mark_of
from hub.edge.access.policy import packaged_policy
from hub.edge.room import Room
from hub.edge.routes import PLACED, Route
from tests.support.http import Answer, call, token

REGION, STORE, PERSON = "310101", "s1", "li"
"""Where a sample's things are, and whose own they are."""
ROLES: tuple[str, ...] = get_args(Role)
BOSS = "boss"

Ids = Mapping[str, str]


@dataclass(frozen=True)
class Sample:
    """One room on a stage of its own.

    stage: makes the room's things in REGION, STORE and for PERSON, inside a simulated account; answers the values of
    path parameters by which they are found. bodies, queries: what a route needs, by (method, path); a body is {} where
    none is given. no_list: lists that stay empty, with the reason. place_by_place: the paths of routes whose answer has
    one result a place, so that nobody is refused as a whole. found_by: of things that lie in no store, or in no region
    either, by their path: which of `insiders` find them.
    """

    room: Room[Any]
    stage: Callable[[], AbstractContextManager[Ids]]
    bodies: Mapping[tuple[str, str], Any] = field(default_factory=dict)
    queries: Mapping[tuple[str, str], Mapping[str, str]] = field(default_factory=dict)
    no_list: Mapping[str, str] = field(default_factory=dict)
    place_by_place: tuple[str, ...] = ()
    found_by: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


@dataclass(frozen=True)
class Walk:
    """A sample on its stage."""

    sample: Sample
    ids: Ids

    def routes(self, *scopes: str) -> Iterator[Route]:
        """The room's routes of these scopes."""
        return (route for route in self.sample.room.http_routes if route.scope in scopes)

    def things(self) -> Iterator[Route]:
        """Routes about one thing that belongs somewhere, found by the ids of their path."""
        found = (route for route in self.routes(*PLACED) if "{" in route.path and route.subject)
        return (route for route in found if route.path not in self.sample.place_by_place)

    def lists(self) -> Iterator[Route]:
        """Routes that list things which belong somewhere."""
        return (route for route in self.routes(*PLACED) if route.method == "GET" and route.subject is None)

    def makers(self) -> Iterator[Route]:
        """Routes that make a thing in a place that the caller names."""
        places = self.sample.place_by_place
        named = (route for route in self.routes("region", "store") if "{" not in route.path and route.subject)
        return (route for route in named if route.path not in places)

    def ask(self, route: Route, as_: str, ids: Ids | None = None, query: Ids | None = None, key: str = "") -> Answer:
        """One call of a route, for the sample's things or those of `ids`; with an Idempotency-Key, if any."""
        where = route.method, route.path
        path = re.sub(r"{(\w+)}", lambda name: (ids or self.ids)[name[1]], route.path)
        body = self.sample.bodies.get(where, {}) if route.body is not None else None
        wanted = {
            **{name: self._filled(text) for name, text in self.sample.queries.get(where, {}).items()},
            **(query or {}),
        }
        return call(self.sample.room, route.method, path, body, as_=as_, query=wanted or None, key=key)

    def _filled(self, text: str) -> str:
        return text.format(**self.ids)

    def unknown(self) -> Ids:
        """Ids of the same shape that never were."""
        return {name: _other(value) for name, value in self.ids.items()}


def keep_files(room: Room[Any]) -> None:
    """The bucket in which a room's jobs lay their files."""
    room.host.client("s3").create_bucket(Bucket=room.host.settings.files_bucket)


def start_job(room: Room[Any], path: str) -> str:
    """An export of a list of the room's that is the sample's person's own: its id."""
    owner = token("supervisor", sub=PERSON, region=REGION)
    made = call(room, "POST", f"/jobs/{room.app_name}/exports", {"list": path}, as_=owner)
    assert made.status == 202, made.text
    return str(made.json["id"])


def outsiders(role: str) -> dict[str, str]:
    """Tokens of one role for those who are elsewhere: another province, a neighbouring district; another store, another
    team, only their own (none of which binds an administrator)."""
    elsewhere = {
        "another province": token(role, sub="out", region="440000"),
        "another district": token(role, sub="out", region="310115"),
    }
    if role != "administrator":
        elsewhere["another store"] = token(role, sub="out", region="310000", stores=("s9",))
        elsewhere["another team"] = token(role, sub="out", region="310000", teams=("t9",), level="team")
        elsewhere["only their own"] = token(role, sub="out", level="own")
    return elsewhere


def insiders(role: str) -> dict[str, str]:
    """Tokens of one role for those whose reach holds the sample; a store binds nobody who is an administrator."""
    there = {"the tenant": token(role, sub="inn"), "the province": token(role, sub="inn", region="310000")}
    if role != "administrator":
        there["the store"] = token(role, sub="inn", region="310000", stores=(STORE,))
    return there


def refusal_of(route: Route, role: str) -> int:
    """What whoever is elsewhere hears. A document is the tenant's; the region or store that it is to hold for is typed
    by the caller, so that one is no secret."""
    return 403 if not may_ask(route, role) or "{key}" in route.path else 404


def may_ask(route: Route, role: str) -> bool:
    """Whether the role gets past the first question."""
    return not route.roles or role == "administrator" or role in route.roles


def same_but_for_ids(known: Answer, unknown: Answer, ids: Ids, others: Ids) -> bool:
    """Whether two answers are byte for byte the same, once the ids that were asked for are taken out."""
    return (known.status, _without(known.text, ids)) == (unknown.status, _without(unknown.text, others))


def beyond_policy(model: type[BaseModel], shown: Any, full: Any, role: str) -> list[str]:
    """The classified fields of an answer that a role got in full and should not have, by their path. full: the same
    answer as the administrator gets it."""
    verdicts = packaged_policy().verdicts((role,))
    return [
        path
        for path, field_class, value, whole in _classified(model, shown, full, "")
        if verdicts[field_class] != "full" and value == whole and whole not in ("", None, [], {})
    ]


def _classified(model: type[BaseModel], shown: Any, full: Any, path: str) -> Iterator[tuple[str, FieldClass, Any, Any]]:
    if not isinstance(shown, dict) or not isinstance(full, dict):
        return
    for name, info in fields_of(model).items():
        if name not in shown or name not in full:
            continue
        mark = mark_of(model, name)
        if isinstance(mark, Classified):
            yield f"{path}/{name}", mark.name, shown[name], full[name]
        elif isinstance(mark, Keyed):
            yield from _keyed(mark, shown, full, name, path)
        for inner in _models(info.annotation):
            for i, (part, whole) in enumerate(_pairs(shown[name], full[name])):
                yield from _classified(inner, part, whole, f"{path}/{name}/{i}")


def _keyed(mark: Keyed, shown: Any, full: Any, name: str, path: str) -> Iterator[tuple[str, FieldClass, Any, Any]]:
    plain = packaged_policy().plain_facts
    mark = mark.as_stated(full[mark.stated]) if mark.stated else mark
    if mark.by:
        found = mark.class_of(shown[mark.by], plain)
        if found:
            yield f"{path}/{name}", found, shown[name], full[name]
        return
    for key, value in shown[name].items():
        found = None if key in mark.inner else mark.class_of(key, plain)
        if found:
            yield f"{path}/{name}/{key}", found, value, full[name].get(key)


def _pairs(shown: Any, full: Any) -> list[tuple[Any, Any]]:
    if isinstance(shown, list) and isinstance(full, list) and len(shown) == len(full):
        return list(zip(shown, full, strict=True))
    return [(shown, full)]


def _models(annotation: Any) -> Iterator[type[BaseModel]]:
    if isinstance(annotation, type) and not get_args(annotation) and issubclass(annotation, BaseModel):
        yield annotation
    for argument in get_args(annotation):
        if isinstance(argument, type) or get_args(argument):
            yield from _models(argument)


def _without(text: str, ids: Ids) -> str:
    for value in ids.values():
        text = text.replace(value, "…")
    return text


def _other(value: str) -> str:
    """The same id with its last characters changed."""
    return value[:-4] + "".join("Z" if char != "Z" else "Y" for char in value[-4:]) if len(value) > 8 else f"{value}zz"
