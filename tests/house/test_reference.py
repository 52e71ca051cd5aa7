"""The API's reference: generated, packaged, valid, whole."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator
from importlib import import_module
from typing import Any

import pytest
from jsonschema_rs import Registry, validator_for
from openapi_spec_validator import OpenAPIV31SpecValidator

from functions.directory.reference import render_reference
from functions.webhooks.accept import MANIFEST
from hub.edge.answers import STATUS
from hub.kernel.errors import HubError
from hubctl.describing import field_words, undescribed
from hubctl.reference import PACKAGED, ROOMS, reference

DRAFTS = re.compile(r"/(draft|lint|compare)$")
INSIDE = ("repeated",)
"""Codes that no answer has: the edge tells what the first request did."""
METHODS = ("get", "put", "post", "patch", "delete")


@pytest.fixture(scope="module", name="document")
def _document() -> dict[str, Any]:
    generated: dict[str, Any] = reference()
    return generated


def operations(document: dict[str, Any]) -> dict[tuple[str, str], dict[str, Any]]:
    return {
        (method.upper(), path): item[method]
        for path, item in document["paths"].items()
        for method in METHODS
        if method in item
    }


def test_what_is_packaged_is_what_the_routes_say(document: dict[str, Any]) -> None:
    """/openapi.json serves the routes as they are now: `make generate` was not forgotten."""
    assert json.loads(PACKAGED.read_text(encoding="utf-8")) == json.loads(json.dumps(document))


def test_it_is_valid_openapi(document: dict[str, Any]) -> None:
    """OpenAPI 3.1, so any client generator can read it."""
    assert document["openapi"].startswith("3.1")
    assert [error.message for error in OpenAPIV31SpecValidator(document).iter_errors()] == []


def test_no_two_schemas_have_one_name(document: dict[str, Any]) -> None:
    """Documents' as well as contracts': a client is not made to write where a class of ours stands."""
    assert [name for name in document["components"]["schemas"] if "__" in name] == []


def test_every_route_of_every_room_and_of_the_front_door_is_in_it(document: dict[str, Any]) -> None:
    """Nothing is served that is not written down, and nothing is written down that is not served."""
    rooms = [import_module(f"functions.{name}.app").room for name in ROOMS]
    served = {(route.method, route.path) for room in rooms for route in room.http_routes}
    served |= {(method, path) for entry in MANIFEST["entries"] for path in entry["paths"] for method in ("GET", "POST")}
    assert set(operations(document)) == served


def test_every_route_lies_under_the_paths_that_its_room_is_given() -> None:
    """The stack routes a room's paths to it; a route outside them would never be called."""
    for room in (import_module(f"functions.{name}.app").room for name in ROOMS):
        given = re.compile("|".join([*(f"{path}(/.*)?" for path in room.paths), *map(re.escape, room.exact_paths)]))
        assert [route.path for route in room.http_routes if not given.fullmatch(route.path)] == []


NO_REHEARSAL = {
    "reads, tries or rehearses only": """
        rehearse rehearse_rules learn_rules rehearse_offer try_action select_stores check_order""",
    "each of its items has its own": "batch",
    "looks, and mends only where that is said": "check_up test_connection",
    "is previewed before it is applied": "export_list import_file apply_import cancel_job migrate_all",
    "keeps a file or a sheet, which nothing hangs on yet": "begin_upload end_upload keep_sheet",
    "says that one has seen it": "acknowledge acknowledge_send",
    "makes a secret, which would be shown and not hold": "make_key make_link rotate_secret",
    "signs in and out": "sign_out_everywhere",
    "opens what is shown at once, and is told to those who watch": "break_glass",
    "sends again what was sent, under its own id": """
        replay_delivery replay_deliveries send_test replay_message replay_messages""",
    "hands on to a platform what people have decided": "queue_promotions",
}


def test_every_call_can_be_rehearsed_or_has_its_reason() -> None:
    """In every room: what changes something understands `?dry_run=1`; no reason is given for what does."""
    reasons = {name for names in NO_REHEARSAL.values() for name in names.split()}
    changing = {
        (name, route.handler.__name__): bool(route.dry_run)
        for name in ROOMS
        for route in import_module(f"functions.{name}.app").room.http_routes
        if route.method != "GET" and not route.is_public and not DRAFTS.search(route.path)
    }
    assert {handler for (_, handler), dry_run in changing.items() if not dry_run} == reasons


EXPLAINED = {
    "tickets": "open_by_hand read_ticket open_child assign complete reopen jump delegate take_next",
    "pricing": "quote show_quote hear_competitor hear_pulse read_offer",
    "settlement": "show_earnings show_entry",
}
OTHERWISE_EXPLAINED = {
    "tickets": {"explain_ticket", "try_action", "rehearse"},
    "settlement": {"show_what_if", "try_template"},
    "directory": {"read_field"},
}
"""Operations that do nothing but say why."""


def test_every_decision_says_why() -> None:
    """`?explain=1` on what decides who gets a ticket, what something costs, and what somebody earns; there are
    operations of their own for who sees a field and for what a policy would make of a fact."""
    understood = {name: {route.handler.__name__ for route in _routes(name) if route.explain} for name in ROOMS}
    assert {name: names for name, names in understood.items() if names} == {
        name: {*names.split()} for name, names in EXPLAINED.items()
    }
    for name, handlers in OTHERWISE_EXPLAINED.items():
        assert handlers <= {route.handler.__name__ for route in _routes(name)}


def _routes(name: str) -> list[Any]:
    return [*import_module(f"functions.{name}.app").room.http_routes]


def test_every_type_of_problem_is_written_down_with_its_status() -> None:
    """docs/http-api.md has each `type` that an error answer can have, and no other."""
    for name in ROOMS:
        _ = import_module(f"functions.{name}.app").room.http_routes
    page = (PACKAGED.parents[2] / "docs" / "http-api.md").read_text(encoding="utf-8")
    table = page.partition("`urn:scrm-hub:problem:…`")[2].partition("\n\n")[0]
    rows = re.findall(r"^\| (`.*?) \| (\d{3}) \|", table, re.MULTILINE)
    written = {code: int(status) for codes, status in rows for code in re.findall(r"`([a-z-]+)`", codes)}
    answered = {kind.code: _status(kind) for kind in _kinds(HubError) if kind.code not in INSIDE}
    assert written == answered


def _status(kind: type[HubError]) -> int:
    return next(STATUS[above][0] for above in kind.__mro__ if above in STATUS)


def _kinds(kind: type[HubError]) -> Iterator[type[HubError]]:
    for below in kind.__subclasses__():
        yield below
        yield from _kinds(below)


def test_every_operation_says_what_it_is_for_in_chinese_and_then_in_english(document: dict[str, Any]) -> None:
    """Who reads Chinese and who reads English both find what an operation is for, in the same order everywhere."""
    summaries = [operation["summary"] for operation in operations(document).values()]
    assert [
        text for text in summaries if not re.fullmatch(r"[^·]*[一-鿿][^·]* · [^·一-鿿]*[A-Za-z]{3}[^一-鿿]*", text)
    ] == []


def test_every_field_and_parameter_says_what_it_means(document: dict[str, Any]) -> None:
    """None is left to be guessed: what its contract does not say stands in hubctl/field_words.json, by name and in both
    languages."""
    assert sorted({name for name, _ in undescribed(document)}) == []
    assert [name for name, words in field_words().items() if not re.fullmatch(r"[^·]*[一-鿿][^·]* · .+", words)] == []


def test_every_operation_is_shown_by_an_example_that_its_schema_allows(document: dict[str, Any]) -> None:
    """What is sent has one everywhere; what is answered wherever the samples of the access walk get an answer."""
    lacking, wrong, registry = [], [], Registry([("urn:api", {"components": document["components"]})])
    for (method, path), operation in operations(document).items():
        sent = operation.get("requestBody", {}).get("content", {}).get("application/json")
        if sent and "example" not in sent:
            lacking.append((method, path))
        answers = [a.get("content", {}).get("application/json", {}) for a in operation["responses"].values()]
        for part in (part for part in (sent, *answers) if part and "example" in part):
            schema = validator_for({"$ref": f"urn:api{part['schema']['$ref']}"}, registry=registry)
            wrong += [(method, path, str(error)[:200]) for error in schema.iter_errors(part["example"])][:1]
    assert (lacking, wrong) == ([], [])


def test_no_two_schemas_make_one_class_of_a_client(document: dict[str, Any]) -> None:
    """Client generators name their classes by a schema's title, without its punctuation: each has its own."""
    titles = [schema["title"] for schema in document["components"]["schemas"].values()]
    classes = Counter(re.sub(r"[^a-z0-9]", "", title.lower()) for title in titles)
    assert [name for name, count in classes.items() if count > 1] == []


def test_the_page_shows_every_operation_once(document: dict[str, Any]) -> None:
    """/docs is the whole reference."""
    page = render_reference(document)
    for method, path in operations(document):
        assert page.count(f'<span class="verb">{method}</span><code>{path}</code>') == 1
