"""The doubles behind one port: /<channel>/… for the hub, /_control/… for the demo and the tests.

A channel's double is the class `Double` of the module here with its name, made with the settings of the connections
that it shall know. What it can be told (`POST /_control/<channel>/<what>`) is its own; misbehaving is the same for all
(`POST /_control/fail`).
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping, Sequence
from importlib import import_module
from importlib.util import find_spec
from typing import Any, Protocol, cast
from urllib.parse import parse_qsl

from pydantic import ValidationError

from hub.channels.registry import CHANNELS
from hubctl.platforms.recorder import FaultOrder, PlatformCall, Recorder, Reply
from hubctl.serving import Receive, Scope, Send, answer_lifespan, read_body, send_json, send_text

BODY_BYTES_MAX = 4 * 1024 * 1024
HANG_SECONDS = 30.0
RECORDED = "/_control/recorded"
FAIL = "/_control/fail"
Settings = Mapping[str, Any]


class Double(Protocol):
    """One platform."""

    def answer(self, call: PlatformCall) -> Reply: ...

    def control(self, what: str, body: Any) -> Reply: ...

    def expire_tokens(self) -> None: ...


def make_double(channel: str, apps: Sequence[Settings]) -> Double | None:
    """The double of a channel, None where there is none."""
    name = f"hubctl.platforms.{channel}"
    if channel not in CHANNELS or find_spec(name) is None:
        return None
    return cast(Double, import_module(name).Double(tuple(apps)))


class Platforms:
    """The ASGI app. apps: a channel's name to the settings of its connections."""

    def __init__(self, apps: Mapping[str, Sequence[Settings]]) -> None:
        self.recorder = Recorder()
        self._apps = {channel: list(known) for channel, known in apps.items()}
        self._doubles: dict[str, Double | None] = {}

    def double(self, channel: str) -> Double | None:
        """The double of a channel, made when it is first asked for."""
        if channel not in self._doubles:
            self._doubles[channel] = make_double(channel, self._apps.get(channel, ()))
        return self._doubles[channel]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            return await answer_lifespan(receive, send)
        if scope["type"] != "http":
            return None
        reply = await self._reply(scope, receive)
        if isinstance(reply.body, str):
            return await send_text(send, reply.status, reply.body, reply.headers)
        return await send_json(send, reply.status, reply.body, reply.headers)

    async def _reply(self, scope: Scope, receive: Receive) -> Reply:
        raw = await read_body(receive, BODY_BYTES_MAX)
        try:
            text = (raw or b"").decode("utf-8")
        except ValueError:
            return Reply({"error": "the body is no UTF-8"}, 400)
        query = dict(parse_qsl(scope["query_string"].decode("latin-1"), keep_blank_values=True))
        headers = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in scope["headers"]}
        if scope["path"].startswith("/_control/"):
            return self._control(scope["method"], scope["path"], query, text)
        _, channel, below = scope["path"].split("/", 2) if scope["path"].count("/") > 1 else ("", "", "")
        body = fields_of(text, headers.get("content-type", ""))
        return await self._call(PlatformCall(channel, f"/{below}", query, text, body, scope["method"], headers))

    async def _call(self, call: PlatformCall) -> Reply:
        double = self.double(call.channel)
        if double is None:
            return Reply({"error": f"no double of {call.channel}"}, 404)
        fault = self.recorder.fault_of(call)
        if fault == "expire_token":
            double.expire_tokens()
        if fault == "timeout":
            await asyncio.sleep(HANG_SECONDS)
        refusals = {"500": Reply({"error": "ordered to fail"}, 500), "throttle": Reply({"error": "too many"}, 429)}
        reply = refusals.get(fault or "") or double.answer(call)
        self.recorder.record(call, reply)
        return reply

    def _control(self, method: str, path: str, query: dict[str, str], text: str) -> Reply:
        if (method, path) == ("GET", RECORDED):
            return Reply({"calls": self.recorder.recorded(query.get("channel", ""))})
        try:
            body = json.loads(text or "{}")
        except ValueError:
            return Reply({"error": "the body is no JSON"}, 400)
        if (method, path) == ("POST", FAIL):
            return self._order_fault(body)
        channel, _, what = path.removeprefix("/_control/").partition("/")
        if method != "POST" or not what:
            return Reply({"error": f"no control {method} {path}"}, 404)
        return self._add_app(channel, body) if what == "apps" else self._tell(channel, what, body)

    def _add_app(self, channel: str, settings: Any) -> Reply:
        """Let the platform know one more app; what its double remembered is gone."""
        self._apps.setdefault(channel, []).append(settings)
        self._doubles.pop(channel, None)
        return Reply({"apps": len(self._apps[channel])})

    def _tell(self, channel: str, what: str, body: Any) -> Reply:
        double = self.double(channel)
        return double.control(what, body) if double else Reply({"error": f"no double of {channel}"}, 404)

    def _order_fault(self, body: Any) -> Reply:
        try:
            fault = FaultOrder.model_validate(body)
        except ValidationError as error:
            return Reply({"error": str(error)}, 422)
        self.recorder.order(fault)
        return Reply(fault.model_dump())


def fields_of(text: str, content_type: str) -> dict[str, Any]:
    """The JSON object or the form in a body, {} where it is neither."""
    if "x-www-form-urlencoded" in content_type:
        return dict(parse_qsl(text, keep_blank_values=True))
    try:
        body = json.loads(text or "{}")
    except ValueError:
        return {}
    return body if isinstance(body, dict) else {}
