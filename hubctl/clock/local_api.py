"""The clock over HTTP, on the gateway's port and for this machine alone: `/_local/clock`.

GET /_local/clock                                   what time it is, what is at work, what comes next
POST /_local/clock/advance  {"by": "2h"}            let so much business time pass; "0s": let what is at work end
POST /_local/clock/until    {"moment": "2026-12-01T00:00"}
POST /_local/clock/run      {"at_most": "7d"}       until nothing is to come but schedules and time-outs
A POST answers once the time is reached. Errors are problem+json.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo

from hub.edge.answers import PROBLEM_TYPE, problem
from hub.kernel.clock import Clock, rfc3339
from hub.kernel.errors import Conflict, Forbidden, HubError, Invalid, Malformed, NotAllowed, NotFound, Problem
from hubctl.clock.stepper import RUN_AT_MOST, Passed, Stepper
from hubctl.clock.words import Mode, parse_length, parse_moment
from hubctl.http_api import HttpAnswer, HttpRequest

PATH = "/_local/clock"
DUE_SHOWN = 20
LOOPBACK_HOSTS = ("127.0.0.1", "localhost", "[::1]")


@dataclass(frozen=True)
class LocalClock:
    """Answers for one hub's clock. stepper: None where it runs by itself."""

    mode: Mode
    clock: Callable[[], Clock]
    stepper: Stepper | None
    zone: ZoneInfo

    def answer(self, request: HttpRequest) -> HttpAnswer:
        """Never raises what a caller can have caused."""
        try:
            _require_local(request)
            return _json(200, self._run(request.method, request.path.removeprefix(PATH).strip("/"), request.body))
        except HubError as error:
            return _problem(error, request.path)

    def show(self) -> dict[str, Any]:
        """The clock as it is now."""
        view: dict[str, Any] = {"clock": str(self.mode), "now": rfc3339(self.clock().business_now())}
        view["local"] = self.clock().business_now().astimezone(self.zone).isoformat()
        if self.stepper is None:
            return view
        due = self.stepper.due()
        shown = [{"at": rfc3339(item.at), "kind": item.kind, "name": item.name} for item in due[:DUE_SHOWN]]
        return view | {"at_work": self.stepper.at_work(), "due": shown, "due_count": len(due)}

    def _run(self, method: str, what: str, raw: bytes) -> dict[str, Any]:
        if what not in ("", "advance", "until", "run"):
            raise NotFound("no such path", path=f"{PATH}/{what}")
        if method != ("POST" if what else "GET"):
            raise NotAllowed("no such method here", method=method)
        if not what:
            return self.show()
        stepper, body = self._stepped(), _read(raw)
        match what:
            case "advance":
                passed = stepper.advance(parse_length(_field(body, "by")))
            case "until":
                passed = stepper.until(parse_moment(_field(body, "moment"), self.zone, self.clock().business_now()))
            case _:
                passed = stepper.run(parse_length(_field(body, "at_most")) if "at_most" in body else RUN_AT_MOST)
        return _told(passed) | self.show()

    def _stepped(self) -> Stepper:
        if self.stepper is None:
            raise Conflict(f"this hub's clock is {self.mode}: only a stepped one is moved (hubctl dev --clock stepped)")
        return self.stepper


def _told(passed: Passed) -> dict[str, Any]:
    return {"from": rfc3339(passed.start), "fired": passed.fired}


def _require_local(request: HttpRequest) -> None:
    """From this machine, and not by a page of another site that a browser has open."""
    headers = {name.lower(): value for name, value in request.headers}
    host = headers.get("host", "").rpartition(":")[0] or headers.get("host", "")
    if request.client not in ("127.0.0.1", "::1") or host not in LOOPBACK_HOSTS or "origin" in headers:
        raise Forbidden("only for this machine")


def _read(raw: bytes) -> Mapping[str, Any]:
    try:
        body = json.loads(raw or b"{}")
    except ValueError:
        raise Malformed("the body is no JSON") from None
    if not isinstance(body, dict):
        raise Invalid("body", problems=[Problem("", "must be a JSON object")])
    return body


def _field(body: Mapping[str, Any], name: str) -> str:
    value = body.get(name, "")
    if not isinstance(value, str) or not value:
        raise Invalid("body", problems=[Problem(f"/{name}", "is needed, as text")])
    return value


def _problem(error: HubError, path: str) -> HttpAnswer:
    answer = problem(error, path)
    return _json(answer.status, answer.model_dump(mode="json"), PROBLEM_TYPE)


def _json(status: int, body: object, kind: str = "application/json") -> HttpAnswer:
    return HttpAnswer(status, [("content-type", kind)], json.dumps(body, ensure_ascii=False).encode())
