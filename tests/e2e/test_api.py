"""The whole API as its document describes it: whatever is sent, an answer in words and never a stack trace."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from itertools import product
from typing import Any

import pytest
import requests
from openapi_spec_validator import OpenAPIV31SpecValidator

from hub.channels.registry import inbound_channels
from hubctl.dev import Options, Ready, running_hub
from hubctl.reference import reference
from hubctl.state import LocalState

pytestmark = pytest.mark.e2e

METHODS = ("get", "put", "post", "patch", "delete")
SECONDS = 30.0
DOORS = [f"/webhooks/{name}/{{connection}}" for name in inbound_channels()]  # they speak their platforms' languages
ODD_IDS = ("nobody", "a" * 300, "%00", "..%2f..", "%F0%9F%98%80", "%FF", "a%0Ab", "１")
ODD_BODIES = (b"", b"{}", b"[]", b"null", b"{", b"\xff", b"[" * 5000, b'{"nonsense/~": 1}', b'{"name": 1, "name": 2}')
ROOMS_WITH_JOBS = ("customers", "directory", "notifications", "settlement", "tickets", "webhooks")
NEEDED = {"connection_id": "con_X", "day": "2026-11-21", "thing": "tkt_X"}
NEEDED |= {"form": "repair", "customer": "cus_x", "month": "2026-11", "redirect_uri": "https://desk.example.com/"}
NEEDED |= {"from": "2026-11-21", "to": "2026-11-21"}
OF_A_FORM = {"/f/{key}", "/forms/{key}/submissions", "/forms/submissions/{submission_id}"}
"""What a body may hold here is said by a form that a tenant made."""
ODD_VALUES = ("", "x", "１", "-1", "NaN", "a" * 300, "%00", "9" * 40, "0001-01-01T00:00:00%2B14:00", "9999-12-31")


class Api:
    """The API of a running hub, and its operations."""

    def __init__(self, ready: Ready, state: LocalState) -> None:
        self.base, self.tenant, self.token, self.state = ready.base_url, ready.tenant, ready.token, state
        self.http = requests.Session()
        self.http.trust_env = False
        self.document = self.send("GET", "/openapi.json").json()
        self.operations = [
            (method.upper(), path, item[method])
            for path, item in self.document["paths"].items()
            for method in METHODS
            if method in item and path not in DOORS
        ]

    def send(self, method: str, path: str, body: bytes | None = None, as_: str | None = None) -> requests.Response:
        """One call, as an administrator unless `as_` says otherwise; "" is nobody."""
        token = self.token if as_ is None else as_
        headers = {"Content-Type": "application/json"} | ({"Authorization": f"Bearer {token}"} if token else {})
        return self.http.request(method, self.base + path, data=body, headers=headers, timeout=SECONDS)

    def lists(self) -> list[str]:
        """The paths of all lists with cursors."""
        return [
            path
            for method, path, operation in self.operations
            if method == "GET" and "{" not in path and "cursor" in query_names(operation)
        ]


def query_names(operation: dict[str, Any]) -> list[str]:
    return [each["name"] for each in operation.get("parameters", ()) if each["in"] == "query"]


def needed(operation: dict[str, Any]) -> str:
    """What a list can't be asked without, as a query's end."""
    names = [each["name"] for each in operation["parameters"] if each["in"] == "query" and each.get("required")]
    return "".join(f"&{name}={NEEDED[name]}" for name in names)


def filled(path: str, value: str) -> str:
    return re.sub(r"{\w+}", value, path)


def wrong_with(answer: requests.Response) -> str:
    """What an answer to an odd request does wrong, "" for nothing."""
    if answer.status_code < 400:
        return ""
    where = f"{answer.request.method} {answer.request.url} {(answer.request.body or b'')[:40]!r}: {answer.status_code}"
    if answer.status_code >= 500 or "Traceback" in answer.text:
        return where
    problem = answer.json() if "application/problem+json" in answer.headers["content-type"] else {}
    told = re.search(r"[一-鿿].* · [A-Z]", problem.get("title", ""))
    return "" if told and problem["status"] == answer.status_code and problem["instance"] else f"{where} {answer.text}"


@pytest.fixture(scope="module", name="api")
def _api(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Api]:
    options = Options(state=LocalState(tmp_path_factory.mktemp("api") / ".hub"), watch=False)
    with running_hub(options) as hub:
        yield Api(hub.ready, options.state)


def test_the_served_document_is_the_code_s_and_valid(api: Api) -> None:
    """OpenAPI 3.1, as generated from the routes."""
    assert api.document == json.loads(json.dumps(reference()))
    assert [error.message for error in OpenAPIV31SpecValidator(api.document).iter_errors()] == []


def test_nothing_but_what_is_public_opens_without_credentials(api: Api) -> None:
    """Every operation that is not said to be public answers 401, and says how to sign in."""
    closed = [(method, path) for method, path, operation in api.operations if operation.get("security") != []]
    answers = [api.send(method, filled(path, "x"), b"{}", as_="") for method, path in closed]
    assert {(answer.status_code, answer.headers.get("WWW-Authenticate")) for answer in answers} == {(401, "Bearer")}
    assert [wrong_with(answer) for answer in answers if wrong_with(answer)] == []
    public = {path for _, path, operation in api.operations if operation.get("security") == []}
    signing_in = {"/auth/tokens", "/auth/wecom", "/auth/login", "/auth/login/local", "/auth/login/link"}
    pages = {"/docs", "/docs/{file}", "/docs/plain", "/openapi.json", "/t/{link}", "/t/for/{thing}", "/{file}"}
    uploads = {"/t/{link}/uploads", "/t/{link}/uploads/{upload_id}/done"}
    asked = {"/f/{key}", "/notifications/surveys/{token}"} | uploads
    files = {f"/jobs/{room}/files/{{link}}" for room in ROOMS_WITH_JOBS}
    assert public == signing_in | {"/auth/refresh", "/auth/logout"} | pages | asked | files


def test_odd_ids_are_not_found_in_words(api: Api) -> None:
    """Ids that do not exist, are too long or hold control characters: an answer below 500, in two languages."""
    paths = [(method, path) for method, path, _ in api.operations if method == "GET" and "/{" in path[1:]]
    answers = [api.send(method, filled(path, odd)) for (method, path), odd in product(paths, ODD_IDS)]
    assert [wrong for wrong in map(wrong_with, answers) if wrong] == []


def test_odd_bodies_are_refused_in_words(api: Api) -> None:
    """Broken, ambiguous, empty or foreign bodies: an answer below 500, in two languages."""
    wanting = [(method, path) for method, path, operation in api.operations if "requestBody" in operation]
    answers = [api.send(method, filled(path, "nobody"), odd) for (method, path), odd in product(wanting, ODD_BODIES)]
    assert [wrong for wrong in map(wrong_with, answers) if wrong] == []


def test_unknown_fields_are_named(api: Api) -> None:
    """A field that nobody knows is a 422 with its JSON pointer, on every operation that takes a body."""
    for method, path, operation in api.operations:
        if "requestBody" in operation and path not in OF_A_FORM:
            answer = api.send(method, filled(path, "nobody"), b'{"nonsense/~": 1}')
            named = [error["pointer"] for error in answer.json()["errors"]]
            assert (answer.status_code, "/nonsense~1~0" in named) == (422, True), f"{method} {path}: {answer.text}"


def test_odd_queries_are_refused_in_words(api: Api) -> None:
    """Every query value of every list: out of range, in other scripts, too long, a moment before time."""
    asked = [
        f"{filled(path, 'nobody')}?{name}={odd}"
        for method, path, operation in api.operations
        if method == "GET"
        for name, odd in product(query_names(operation), ODD_VALUES)
    ]
    assert [wrong for wrong in (wrong_with(api.send("GET", path)) for path in asked) if wrong] == []


def test_a_cursor_of_another_list_is_refused(api: Api) -> None:
    """A cursor is good for its own list alone; with any other it is a 422 that names it."""
    entry = b'{"lines":[{"account":"expense:manual","amount":"1.00"},{"account":"payable:person:a","amount":"-1.00"}],'
    for _ in range(2):
        api.send("POST", "/settlement/ledger/entries", entry + b'"reason":{"zh":"a","en":"a"}}')
        api.send("POST", "/tickets", b'{"type":"consult","customer_id":"cus_a"}')
    given = {path: api.send("GET", f"{path}?limit=1").json().get("next_cursor") for path in api.lists()}
    cursors = {path: cursor for path, cursor in given.items() if cursor}
    assert {"/settlement/ledger/entries", "/tickets", "/webhooks/connections", "/directory/people"} <= set(cursors)
    connection = api.send("GET", "/webhooks/connections?limit=1").json()["data"][0]["id"]
    wrong = set()
    for path, (owner, cursor) in product(api.lists(), cursors.items()):
        operation = self_described(api, path)
        if "cursor" in query_names(operation) and path != owner:
            asked = needed(operation).replace(NEEDED["connection_id"], connection)
            answer = api.send("GET", f"{path}?cursor={cursor}{asked}")
            body = answer.json() if "json" in answer.headers["Content-Type"] else {}
            pointers = [error["pointer"] for error in body.get("errors", ())]
            if (answer.status_code, pointers) != (422, ["query:cursor"]):
                wrong.add((path, answer.status_code, *pointers))
    assert wrong == set()


def self_described(api: Api, path: str) -> dict[str, Any]:
    return next(operation for method, known, operation in api.operations if (method, known) == ("GET", path))


def test_a_method_that_a_path_has_not_says_which_it_has(api: Api) -> None:
    """405 with Allow, on every path."""
    for path in {path for _, path, _ in api.operations}:
        answer = api.send("TRACE", filled(path, "x"))
        assert (answer.status_code, wrong_with(answer), bool(answer.headers["Allow"])) == (405, "", True), path


def test_each_sees_the_tickets_of_their_region_alone(api: Api) -> None:
    """For an agent of 广东 a ticket of 上海 is not there."""
    made = api.send("POST", "/tickets", b'{"type":"repair","customer_id":"cus_a","region":"310101"}').json()
    agent = api.state.token(api.tenant, sub="agt_zed", roles=("agent",), region="440000")
    asked = [("GET", ""), ("GET", "/timeline"), ("GET", "/explain"), ("POST", "/acknowledge"), ("POST", "/pause")]
    answers = [api.send(method, f"/tickets/{made['id']}{rest}", b"{}", as_=agent) for method, rest in asked]
    assert [answer.status_code for answer in answers] == [404] * len(asked)
    assert made["id"] not in api.send("GET", "/tickets", as_=agent).text
