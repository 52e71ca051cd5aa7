"""C089: whoever is of 华北 scans every list of the hub among 1,000 random items, at each level of the tree, and never
receives one of 华南.

A list either lies somewhere, and is scanned; or tells of all regions at once, and is for who reaches all of them; or is
one of definitions and documents, in which nothing lies (DEFINITIONS).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from importlib import import_module
from random import Random
from typing import Any

import pytest
from annotated_types import Le
from pydantic import BaseModel

from hub.edge.routes import PLACED, Route
from hubctl.reference import ROOMS
from tests.support.access import ROLES, may_ask
from tests.support.aws import account
from tests.support.hosts import install
from tests.support.http import call, token
from tests.support.scattered import COUNTS, NORTH, SCATTERED, SOUTH, Made, Scattering, Things

SEED, PAGES = 89, 20
DEFINITIONS = {
    "/directory/roles": "the catalogue", "/directory/regions": "the codes that there are",
    "/directory/fields/{field}": "who sees a field", "/webhooks/channels": "what can be connected",
    "/webhooks/event-types": "what can be heard of",
    "/pricing/strategies": "the catalogue", "/tickets/actions": "the catalogue",
    "/pricing/coupons": "of one customer, who is named: what one holds, wherever it is used",
}  # fmt: skip
"""Lists of what is the same in every region."""
OF_THE_CALLER = ("/auth/me", "/auth/may")
READERS = ("supervisor", "finance", "integrator", "administrator")

DOCUMENTS, JOBS = "hub.documents.operations", "hub.jobs.operations"

NAMED = {
    "region": "440000", "store": "s440106", "assignee": "p_south", "recipient": "p_south", "party": "region:440106",
    "run": "440000.2026-11-20",
}  # fmt: skip


@pytest.fixture(scope="module", params=sorted(SCATTERED), name="scene")
def _scene(request: pytest.FixtureRequest) -> Iterator[tuple[Scattering, Things]]:
    scattering = SCATTERED[request.param]
    with scattering.stage(Random(SEED)) as things:
        yield scattering, things


def lists_of(scattering: Scattering) -> list[Route]:
    """Every route that lists things which belong somewhere."""
    routes = scattering.room.http_routes
    lists = [r for r in routes if r.scope in PLACED and r.method == "GET" and r.subject is None]
    return [route for route in lists if route.path not in OF_THE_CALLER]


def reader_of(route: Route) -> str:
    """A role that oversees what the list holds."""
    return next(role for role in READERS if may_ask(route, role))


def longest_page(query: type[BaseModel]) -> str:
    """As many as one page may hold."""
    return str(next(rule.le for rule in query.model_fields["limit"].metadata if isinstance(rule, Le)))


def scan(scattering: Scattering, route: Route, as_: str, asked: Mapping[str, str] | None = None) -> str:
    """All that a list tells, page after page; asked: for what of it, which may be refused."""
    text, query = "", {**scattering.queries.get(route.path, {}), **(asked or {})}
    if route.query is not None and "limit" in route.query.model_fields:
        query["limit"] = longest_page(route.query)
    for _ in range(PAGES):
        answer = call(scattering.room, "GET", route.path, as_=as_, query=query or None)
        if answer.status != 200:
            assert asked, answer.text
            return text + answer.text
        text += answer.text
        cursor = answer.json.get("next_cursor") if answer.text.startswith("{") else ""
        if not cursor:
            return text
        query["cursor"] = cursor
    raise AssertionError("the list does not end")


def northerners(things: Things) -> dict[str, dict[str, Any]]:
    """Rights: of each province of 华北, of a city and a district in it, and of all stores of 华北 at once."""
    stores = sorted({one.store for made in things.values() for one in made if one.store and is_in(one, NORTH)})
    people: dict[str, dict[str, Any]] = {f"{two}0000": {"region": f"{two}0000"} for two in NORTH}
    people |= {code: {"region": code} for code in ("130100", "130102", "110105")}
    return people | ({"every store": {"region": "base", "stores": tuple(stores)}} if stores else {})


def southern(things: Things, told: str) -> list[Made]:
    """The things of 华南 that an answer tells of."""
    return [one for made in things.values() for one in made if is_in(one, SOUTH) and one.mark in told]


def is_in(one: Made, provinces: tuple[str, ...]) -> bool:
    return one.region.startswith(provinces)


def reaches(rights: dict[str, Any], one: Made) -> bool:
    """Whether a thing is theirs to see: it lies in one of their stores, or where their region's code says."""
    if "stores" in rights:
        return one.store in rights["stores"]
    return one.region.startswith(rights["region"].removesuffix("00").removesuffix("00"))


def test_a_thousand_things_in_every_room() -> None:
    """Every room is scanned."""
    assert sum(COUNTS.values()) == 1000
    assert set(SCATTERED) == set(ROOMS)


@pytest.mark.parametrize("name", ROOMS)
def test_no_list_is_left_out(name: str) -> None:
    """Whatever answers a list lies somewhere, is about one thing that does, tells of all, or lists no things at all:
    definitions, and documents, which the tenant shares."""
    room = import_module(f"functions.{name}.app").room
    lists = [r for r in room.http_routes if r.method == "GET" and "data" in getattr(r.answer, "model_fields", {})]
    shared = {r.path for r in lists if r.scope == "tenant" and r.handler.__module__ not in (DOCUMENTS, JOBS)}
    assert shared <= DEFINITIONS.keys()


@pytest.mark.parametrize("name", ROOMS)
def test_what_tells_of_all_regions_is_for_who_reaches_all(name: str) -> None:
    """403 for whoever is of a region, in each role that may ask."""
    room = import_module(f"functions.{name}.app").room
    with account(name) as session:
        install(room, session)
        for route in (route for route in room.http_routes if route.scope == "whole"):
            path = re.sub(r"{\w+}", "x", route.path)
            told = {
                call(room, "GET", path, as_=token(role, sub="north", region="130000")).status
                for role in ROLES if may_ask(route, role)
            }  # fmt: skip
            assert told == {403}, route.path


def test_nothing_of_the_south_and_all_of_their_own(scene: tuple[Scattering, Things]) -> None:
    """Whoever oversees finds on every list all that is theirs, and nothing of 华南, at each level of the tree."""
    scattering, things = scene
    assert {route.path for route in lists_of(scattering)} == set(things)
    for route in lists_of(scattering):
        role = reader_of(route)
        for name, rights in northerners(things).items():
            if role == "administrator" and "stores" in rights:
                continue  # no store binds them
            told = scan(scattering, route, token(role, sub="north", **rights))
            assert not southern(things, told), (name, route.path)
            own = {one.mark for one in things[route.path] if reaches(rights, one)}
            assert {one.mark for one in things[route.path] if one.mark in told} == own, (name, route.path)


def test_nor_in_any_other_role_nor_by_name(scene: tuple[Scattering, Things]) -> None:
    """In each role that may read a list; and whoever asks for a region, store, person or party of 华南 by name."""
    scattering, things = scene
    for route in lists_of(scattering):
        for role in (role for role in ROLES if may_ask(route, role) and role != "administrator"):
            as_ = token(role, sub="north", region="130000")
            assert not southern(things, scan(scattering, route, as_)), (role, route.path)
        fields = route.query.model_fields if route.query else {}
        for name, value in ((name, NAMED[name]) for name in fields if name in NAMED):
            as_ = token(reader_of(route), sub="north", region="130000")
            assert not southern(things, scan(scattering, route, as_, {name: value})), (name, route.path)


def test_who_reaches_everything_finds_everything(scene: tuple[Scattering, Things]) -> None:
    """What the others miss is there: the whole tenant's administrator finds each thing on its list."""
    scattering, things = scene
    for route in lists_of(scattering):
        told = scan(scattering, route, token(sub="boss"))
        assert [one for one in things[route.path] if one.mark not in told] == []
        assert southern(things, told)
