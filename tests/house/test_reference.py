"""The API's reference: generated, packaged, valid, whole."""

from __future__ import annotations

import json
import re
from collections import Counter
from importlib import import_module
from typing import Any

import pytest
from openapi_spec_validator import OpenAPIV31SpecValidator

from functions.directory.reference import render_reference
from functions.webhooks.accept import MANIFEST
from hubctl.describing import field_words, undescribed
from hubctl.reference import PACKAGED, ROOMS, reference

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


def test_every_operation_says_what_it_is_for_in_chinese_and_then_in_english(document: dict[str, Any]) -> None:
    """Who reads Chinese and who reads English both find what an operation is for, in the same order everywhere."""
    summaries = [operation["summary"] for operation in operations(document).values()]
    assert [
        text for text in summaries if not re.fullmatch(r"[^·]*[一-鿿][^·]* · [^·一-鿿]*[A-Za-z]{3}[^一-鿿]*", text)
    ] == []


def test_every_field_and_parameter_says_what_it_means(document: dict[str, Any]) -> None:
    """None is left to be guessed, nothing is explained that there is not, and words by name are in both languages."""
    assert [name for name, _ in undescribed(document)] == []
    names = {name for schema in document["components"]["schemas"].values() for name in schema.get("properties", {})}
    parameters = {p["name"] for o in operations(document).values() for p in o.get("parameters", ())}
    assert set(field_words()) - names - parameters == set()
    assert [name for name, words in field_words().items() if not re.fullmatch(r"[^·]*[一-鿿][^·]* · .+", words)] == []


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
