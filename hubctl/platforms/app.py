"""The doubles behind one port: /wecom/… and /douyin/… for the hub, /_control/… for the demo and the tests."""

from __future__ import annotations

import asyncio
import json
from typing import Any, Protocol
from urllib.parse import parse_qsl

from pydantic import ValidationError

from hubctl.platforms import douyin, wecom
from hubctl.platforms.recorder import FaultOrder, PlatformCall, Recorder, Reply
from hubctl.serving import Receive, Scope, Send, answer_lifespan, read_body, send_json

BODY_BYTES_MAX = 4 * 1024 * 1024
HANG_SECONDS = 30.0
RECORDED = "/_control/recorded"
ORDERS = "/_control/douyin/orders"
FAIL = "/_control/fail"


class Double(Protocol):
    """One platform."""

    def answer(self, call: PlatformCall) -> Reply: ...

    def expire_tokens(self) -> None: ...


class Platforms:
    """The ASGI app."""

    def __init__(self, wecom_double: wecom.WeCom, douyin_double: douyin.Douyin) -> None:
        self.recorder = Recorder()
        self.wecom = wecom_double
        self.douyin = douyin_double
        self._doubles: dict[str, Double] = {wecom.CHANNEL: wecom_double, douyin.CHANNEL: douyin_double}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            return await answer_lifespan(receive, send)
        if scope["type"] != "http":
            return None
        reply = await self._reply(scope, receive)
        return await send_json(send, reply.status, reply.body)

    async def _reply(self, scope: Scope, receive: Receive) -> Reply:
        raw = await read_body(receive, BODY_BYTES_MAX)
        try:
            text = (raw or b"").decode("utf-8")
            body = json.loads(text or "{}")
        except ValueError:
            return Reply({"error": "the body is no JSON in UTF-8"}, 400)
        query = dict(parse_qsl(scope["query_string"].decode("latin-1"), keep_blank_values=True))
        if scope["path"].startswith("/_control/"):
            return self._control(scope["method"], scope["path"], query, body)
        _, channel, below = scope["path"].split("/", 2) if scope["path"].count("/") > 1 else ("", "", "")
        return await self._call(PlatformCall(channel, f"/{below}", query, text, body))

    async def _call(self, call: PlatformCall) -> Reply:
        double = self._doubles.get(call.channel)
        if double is None:
            return Reply({"error": f"no double of {call.channel}"}, 404)
        fault = self.recorder.fault_of(call)
        if fault == "expire_token":
            double.expire_tokens()
        if fault == "timeout":
            await asyncio.sleep(HANG_SECONDS)
        reply = Reply({"error": "ordered to fail"}, 500) if fault == "500" else double.answer(call)
        self.recorder.record(call, reply)
        return reply

    def _control(self, method: str, path: str, query: dict[str, str], body: Any) -> Reply:
        if (method, path) == ("GET", RECORDED):
            return Reply({"calls": self.recorder.recorded(query.get("channel", ""))})
        if (method, path) == ("POST", ORDERS):
            orders = body if isinstance(body, list) else [body]
            for order in orders:
                self.douyin.put_order(order)
            return Reply({"orders": [str(order["order_id"]) for order in orders]})
        if (method, path) == ("POST", FAIL):
            return self._order_fault(body)
        return Reply({"error": f"no control {method} {path}"}, 404)

    def _order_fault(self, body: Any) -> Reply:
        try:
            fault = FaultOrder.model_validate(body)
        except ValidationError as error:
            return Reply({"error": str(error)}, 422)
        self.recorder.order(fault)
        return Reply(fault.model_dump())
