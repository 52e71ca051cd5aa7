"""Every route of every room, in every role: what is elsewhere is not there, and nothing beyond the policy is shown."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import pytest

from hub.edge.cursors import encode
from hubctl.reference import ROOMS
from tests.support.access import (
    BOSS,
    ROLES,
    Walk,
    beyond_policy,
    insiders,
    may_ask,
    outsiders,
    refusal_of,
    same_but_for_ids,
)
from tests.support.access_samples import SAMPLES
from tests.support.http import token


@pytest.fixture(scope="module", params=sorted(SAMPLES), name="walk")
def _walk(request: pytest.FixtureRequest) -> Iterator[Walk]:
    sample = SAMPLES[request.param]
    with sample.stage() as ids:
        yield Walk(sample, ids)


def test_every_room_is_walked() -> None:
    """Each room has a sample."""
    assert set(ROOMS) == set(SAMPLES)


def test_every_route_says_its_scope(walk: Walk) -> None:
    """None is left undeclared."""
    assert [route.path for route in walk.sample.room.http_routes if route.scope is None] == []


def test_a_thing_elsewhere_is_not_there(walk: Walk) -> None:
    """In each role and from each elsewhere: a 404 that is byte for byte that of an id which never was; who may not ask
    at all hears that for both alike."""
    wrong = []
    for route in walk.things():
        for role in ROLES:
            for where, as_ in outsiders(role).items():
                known, unknown = walk.ask(route, as_), walk.ask(route, as_, walk.unknown())
                expected = refusal_of(route, role)
                if known.status != expected or not same_but_for_ids(known, unknown, walk.ids, walk.unknown()):
                    wrong.append((role, where, route.method, route.path, known.status, unknown.status))
    assert wrong == []


def test_a_thing_within_reach_is_there(walk: Walk) -> None:
    """The sample is real: an administrator of the tenant gets past the gate at each of its things, and those of its
    province and store find what they may read. What lies in no store is not there for who is bound to one."""
    missing: list[tuple[str, ...]] = [(r.path,) for r in walk.things() if walk.ask(r, token(sub=BOSS)).status == 404]
    for route in (route for route in walk.things() if route.method == "GET"):
        for role in (role for role in ROLES if may_ask(route, role)):
            if route.scope == "own" and role not in ("administrator", *route.overseers):
                continue
            finders = walk.sample.found_by.get(route.path, tuple(insiders(role)))
            missing += [(role, where, route.path) for where, as_ in insiders(role).items()
                        if (walk.ask(route, as_).status == 404) is (where in finders)]  # fmt: skip
    assert missing == []


def test_a_list_holds_nothing_from_elsewhere(walk: Walk) -> None:
    """Empty for whoever is elsewhere, with no word of more; not empty for whoever is there."""
    wrong: list[tuple[str, ...]] = []
    for route in walk.lists():
        if not route.answer or "data" not in route.answer.model_fields:
            continue
        whole = walk.ask(route, token(sub=BOSS)).json["data"]
        if not whole and route.path not in walk.sample.no_list:
            wrong.append(("nothing to find", route.path))
        for role in (role for role in ROLES if may_ask(route, role)):
            for where, as_ in outsiders(role).items():
                answer = walk.ask(route, as_)
                if answer.status == 200 and (answer.json["data"] or answer.json["has_more"]):
                    wrong.append((role, where, route.path))
    assert wrong == []


def test_a_dry_run_writes_nothing(walk: Walk) -> None:
    """Whatever it answers, and whoever asks: the room's table is as it was."""
    room, wrong = walk.sample.room, []
    scan = partial(room.host.client("dynamodb").scan, TableName=room.host.settings.table)
    for route in (route for route in room.http_routes if route.dry_run):
        before = _items(scan)
        answer = walk.ask(route, token(sub=BOSS), query={"dry_run": "1"})
        wrong += [] if _items(scan) == before else [(route.method, route.path, answer.status)]
    assert wrong == []


def _items(scan: Callable[[], Any]) -> list[str]:
    """All that a table holds but how much each caller asked."""
    return sorted(str(item) for item in scan()["Items"] if "#rate#" not in str(item["pk"]))


FOREIGN = (
    {"list": "another", "before": "2026-11-20T00:00:00Z#x"},
    {"list": "another", "after": "x"},
    {"pk": "x", "sk": "x"},
)


def test_no_list_goes_on_where_another_ended(walk: Walk) -> None:
    """A cursor of another list is a 422 that names it, also where a list never began."""
    wrong = []
    for route in walk.sample.room.http_routes:
        if route.method != "GET" or route.query is None or "cursor" not in route.query.model_fields:
            continue
        if walk.ask(route, token(sub=BOSS)).status == 200:
            answers = [walk.ask(route, token(sub=BOSS), query={"cursor": encode(foreign)}) for foreign in FOREIGN]
            wrong += [
                (route.path, a.status, a.text) for a in answers if (a.status, "query:cursor" in a.text) != (422, True)
            ]
    assert wrong == []


def test_nothing_is_made_elsewhere(walk: Walk) -> None:
    """A place out of reach that a body names is refused, in each role; a thing that it names by an id is not there."""
    wrong = [
        (role, where, route.path, answer.status)
        for route in walk.makers()
        for role in ROLES
        for where, as_ in outsiders(role).items()
        if (answer := walk.ask(route, as_)).status not in (403, 404)
    ]
    assert wrong == []


def test_each_place_of_many_is_judged_by_itself(walk: Walk) -> None:
    """Where one call names many places, each of those elsewhere is refused: the answer says so, or is a refusal."""
    wrong = []
    for route in (route for route in walk.sample.room.http_routes if route.path in walk.sample.place_by_place):
        for role in ROLES:
            for where, as_ in outsiders(role).items():
                answer = walk.ask(route, as_)
                if answer.status != 403 and {result["outcome"] for result in answer.json["results"]} != {"refused"}:
                    wrong.append((role, where, route.path, answer.text))
    assert wrong == []


def test_what_the_tenant_shares_is_changed_by_none_of_a_region(walk: Walk) -> None:
    """Writes of scope tenant are refused to all who do not reach all of it."""
    wrong = [
        (role, where, route.method, route.path, answer.status)
        for route in walk.routes("tenant")
        if route.method != "GET"
        for role in ROLES
        for where, as_ in (outsiders(role) | {"the province": token(role, region="310000")}).items()
        if (answer := walk.ask(route, as_)).status != 403
    ]
    assert wrong == []


def test_no_answer_shows_more_than_the_policy(walk: Walk) -> None:
    """Each read, in each role, beside what the administrator sees of it."""
    wrong = []
    for route in walk.sample.room.http_routes:
        if route.method != "GET" or route.is_public or route.answer is None:
            continue
        full = walk.ask(route, token(sub=BOSS))
        for role in (role for role in ROLES if may_ask(route, role)):
            shown = walk.ask(route, token(role, sub=BOSS))
            if (full.status, shown.status) == (200, 200):
                wrong += [(role, path) for path in beyond_policy(route.answer, shown.json, full.json, role)]
    assert wrong == []


def test_every_route_names_a_parameter_that_it_does_not_know(walk: Walk) -> None:
    """`?dryrun=1` is nowhere taken for something that it is not, nor is `dry_run` where it is not understood."""
    wrong = []
    for route in walk.sample.room.http_routes:
        for name in ("dryrun", *(() if route.dry_run else ("dry_run",))):
            if not route.is_public:
                answer = walk.ask(route, token(sub=BOSS), query={name: "1"})
                named = answer.status == 422 and f"query:{name}" in answer.text
                wrong += [] if named else [(route.method, route.path, name, answer.status)]
    assert wrong == []
