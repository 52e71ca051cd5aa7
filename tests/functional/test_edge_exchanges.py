"""What every answer carries and every request may ask: origins, request ids, tags, versions, and how often."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from datetime import UTC, datetime
from io import StringIO
from typing import Any

import pytest

from hub.contracts.base import Contract
from hub.edge.logs import MaskingFormatter
from hub.edge.requests import Request
from hub.edge.room import Room
from hub.kernel.clock import StepClock
from tests.support.aws import account
from tests.support.hosts import install
from tests.support.http import Answer, Context, call, http_event, token

DESK = "https://desk.example.com"
AT = datetime(2026, 11, 23, 2, 0, 10, tzinfo=UTC)


class Thing(Contract):
    version: int
    title: str


class ThingBody(Contract):
    title: str
    version: int | None = None


def make_room() -> Room[dict[str, Any]]:
    """Things with versions: one that a body holds a version against, one that the header alone does, one without."""
    room = Room("sample", paths=("/things",), make_desk=lambda host: {"version": 3, "host": host})

    @room.http("GET", "/things/{thing_id}", summary="s", answer=Thing)
    def show(desk: dict[str, Any], request: Request) -> Thing:
        desk["host"].logger.warning("looked at")
        return Thing(version=desk["version"], title="冰柜")

    @room.http("PUT", "/things/{thing_id}", summary="s", body=ThingBody, answer=Thing)
    def save(desk: dict[str, Any], request: Request) -> Thing:
        return Thing(version=desk["version"] + 1, title=f"against {request.body.version}")

    @room.http("POST", "/things/{thing_id}/lift", summary="s", answer=Thing, versioned=True)
    def lift(desk: dict[str, Any], request: Request) -> Thing:
        return Thing(version=desk["version"], title=f"against {request.seen_version}")

    @room.http("POST", "/things/{thing_id}/look", summary="s", answer=Thing)
    def look(desk: dict[str, Any], request: Request) -> Thing:
        return Thing(version=desk["version"], title="looked")

    @room.http("GET", "/things/{thing_id}/open", summary="s", answer=Thing, public=True, any_origin=True)
    def open_thing(desk: dict[str, Any], request: Request) -> Thing:
        return Thing(version=desk["version"], title="open")

    return room


@pytest.fixture(scope="module", name="room")
def _room() -> Iterator[Room[Any]]:
    with account("sample") as session:
        room = make_room()
        install(room, session, StepClock(AT), allowed_origins=f"{DESK} http://localhost:*", requests_per_minute=100)
        yield room


def preflight(room: Room[Any], path: str, origin: str = DESK) -> Answer:
    """The question that a browser puts before it sends a token along."""
    asked = {"origin": origin, "access-control-request-method": "GET"}
    return call(room, "OPTIONS", path, as_="", headers=asked)


def test_a_front_end_of_the_tenant_may_ask_and_read(room: Room[Any]) -> None:
    """OPTIONS is answered without a token, and the answer says what may be sent; the answer itself may be read."""
    asked = preflight(room, "/things/1")
    assert (asked.status, asked.headers["access-control-allow-origin"]) == (204, DESK)
    assert {"authorization", "if-match", "idempotency-key"} <= {
        name.strip().lower() for name in asked.headers["access-control-allow-headers"].split(",")
    }
    told = call(room, "GET", "/things/1", headers={"origin": DESK}).headers
    assert (told["access-control-allow-origin"], told["vary"]) == (DESK, "Origin")
    assert "ETag" in told["access-control-expose-headers"]


def test_a_refusal_may_be_read_as_well(room: Room[Any]) -> None:
    """Else a front end could not tell its user why."""
    refused = call(room, "GET", "/things/1", as_="", headers={"origin": DESK})
    assert (refused.status, refused.headers["access-control-allow-origin"]) == (401, DESK)


def test_a_page_of_another_origin_reads_nothing(room: Room[Any]) -> None:
    """No word allows it, neither before nor after; what is open to any is open to it, too."""
    other = "https://desk.example.com.evil.example"
    assert "access-control-allow-origin" not in preflight(room, "/things/1", other).headers
    assert "access-control-allow-origin" not in call(room, "GET", "/things/1", headers={"origin": other}).headers
    assert call(room, "GET", "/things/1/open", as_="", headers={"origin": other}).headers[
        "access-control-allow-origin"
    ] == "*"  # fmt: skip


def test_options_names_the_methods_and_no_path_that_is_not_there(room: Room[Any]) -> None:
    """Asked without an origin it is what RFC 9110 says; of nothing it is 404."""
    assert call(room, "OPTIONS", "/things/1", as_="").headers["allow"] == "GET, PUT, OPTIONS"
    assert preflight(room, "/nothing/here").status == 404


def test_every_answer_has_the_request_s_id(room: Room[Any]) -> None:
    """Good or bad, found or not: the same id as in the access log."""
    answers = [call(room, "GET", path) for path in ("/things/1", "/nothing", "/things/1/lift")]
    answers += [call(room, "GET", "/things/1", as_=""), preflight(room, "/things/1")]
    assert [answer.status for answer in answers] == [200, 404, 405, 401, 204]
    assert {answer.headers["x-request-id"] for answer in answers} == {"req-test"}


def test_what_a_request_logs_can_be_found_by_its_id(room: Room[Any]) -> None:
    """Every line of the room's log while it is answered, and none behind it."""
    lines, handler = StringIO(), logging.StreamHandler()
    handler.setStream(lines)
    handler.setFormatter(MaskingFormatter())
    logger = logging.getLogger("sample")
    logger.addHandler(handler)
    call(room, "GET", "/things/1")
    room.host.logger.warning("afterwards")
    logger.removeHandler(handler)
    logged = [json.loads(line) for line in lines.getvalue().splitlines()]
    assert [line.get("request_id") for line in logged] == ["req-test", None]


def test_what_the_client_holds_is_not_sent_again(room: Room[Any]) -> None:
    """304 with the tag and nothing else, until something of it differs."""
    first = call(room, "GET", "/things/1")
    again = call(room, "GET", "/things/1", headers={"if-none-match": first.headers["etag"]})
    assert (first.status, again.status, again.text, again.headers["etag"]) == (200, 304, "", first.headers["etag"])
    room.desk["version"] = 4
    changed = call(room, "GET", "/things/1", headers={"if-none-match": first.headers["etag"]})
    room.desk["version"] = 3
    assert (changed.status, changed.headers["etag"].startswith('"4.')) == (200, True)


def test_a_change_is_held_against_the_version_that_was_seen(room: Room[Any]) -> None:
    """The tag of the answer that one saw goes into the body, or to a handler that knows versions."""
    seen = {"if-match": call(room, "GET", "/things/1").headers["etag"]}
    saved = call(room, "PUT", "/things/1", {"title": "x"}, headers=seen)
    lifted = call(room, "POST", "/things/1/lift", headers={"if-match": '"3"'})
    assert (saved.json["title"], lifted.json["title"]) == ("against 3", "against 3")
    assert call(room, "POST", "/things/1/lift").json["title"] == "against None"


@pytest.mark.parametrize(
    ("path", "body", "header"),
    [
        ("/things/1/look", None, '"3"'),
        ("/things/1/lift", None, "3"),
        ("/things/1", {"title": "x", "version": 2}, '"3"'),
    ],
)
def test_nobody_thinks_that_they_are_guarded_where_they_are_not(
    room: Room[Any], path: str, body: Any, header: str
) -> None:
    """An If-Match that holds nothing is a 422 that names it."""
    method = "PUT" if body else "POST"
    refused = call(room, method, path, body, headers={"if-match": header})
    assert (refused.status, refused.json["errors"][0]["pointer"]) == (422, "header:If-Match")


def test_an_answer_names_its_version(room: Room[Any]) -> None:
    """By its date; one that never was is named in a 422."""
    told = call(room, "GET", "/things/1", headers={"hub-version": "2026-11-30"})
    assert (told.status, told.headers["hub-version"]) == (200, "2026-11-01")
    refused = call(room, "GET", "/things/1", headers={"hub-version": "2019-01-01"})
    assert (refused.status, refused.json["errors"][0]["pointer"]) == (422, "header:Hub-Version")


def test_a_caller_who_asks_too_often_hears_when_to_come_back(room: Room[Any]) -> None:
    """Of a hundred a minute the hundredth is answered and the next is not; others are, and so is the next minute."""
    busy = token("agent", sub="busy")
    answers = [call(room, "GET", "/things/1", as_=busy) for _ in range(101)]
    assert [answer.status for answer in answers] == [200] * 100 + [429]
    assert [answers[0].headers[f"ratelimit-{name}"] for name in ("limit", "remaining", "reset")] == ["100", "99", "50"]
    assert (answers[99].headers["ratelimit-remaining"], answers[100].headers["retry-after"]) == ("0", "50")
    assert answers[100].json["title"].endswith("Too many requests")
    assert call(room, "GET", "/things/1", as_=token("agent", sub="calm")).status == 200
    room.host.clock.advance(seconds=50)
    assert call(room, "GET", "/things/1", as_=busy).status == 200


def test_processes_share_a_caller_s_minute(room: Room[Any]) -> None:
    """Two processes answer a hundred together, not a hundred each."""
    other = make_room()
    other.install(type(room.host)(**{
        name: getattr(room.host, name) for name in ("settings", "clock", "client", "room", "make_idempotency")
    }))  # fmt: skip
    busy = token("agent", sub="busy two")
    answers = [call(process, "GET", "/things/1", as_=busy).status for process in (room, other) * 60]
    assert (answers.count(200), answers.count(429)) == (100, 20)


def test_who_has_no_token_is_counted_by_where_they_are(room: Room[Any]) -> None:
    """A public page is limited by address."""
    event = http_event("GET", "/things/1/open")
    event["requestContext"]["http"]["sourceIp"] = "203.0.113.9"
    statuses = [room(event, Context())["statusCode"] for _ in range(101)]
    assert statuses == [200] * 100 + [429]
