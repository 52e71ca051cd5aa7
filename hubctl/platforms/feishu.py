"""A double of Feishu's (飞书) custom bot: one POST to its own address, the signature inside the body.

The signature is checked by an implementation of its own: HMAC-SHA256 of nothing, keyed with "<seconds>\\n<secret>".
"""

from __future__ import annotations

import re
import time
from base64 import b64encode
from collections.abc import Callable, Mapping, Sequence
from hmac import compare_digest, digest
from typing import Any

from hubctl.platforms.recorder import PlatformCall, Reply

HOOK = re.compile(r"/open-apis/bot/v2/hook/([^/]+)")
BODY_BYTES_MAX = 20 * 1024
AGE_LIMIT_SECONDS = 3600
WINDOWS = ((60, 100), (1, 5))


class Double:
    """apps: settings of the connections, a bot each (hook_id, secret). now: real time, epoch seconds."""

    def __init__(self, apps: Sequence[Mapping[str, Any]], now: Callable[[], float] = time.time) -> None:
        self.bots = {str(app["hook_id"]): str(app.get("secret") or "") for app in apps}
        self.now = now
        self.sent: list[dict[str, Any]] = []
        self._times: dict[str, list[float]] = {}

    def answer(self, call: PlatformCall) -> Reply:
        """Feishu's answer to a call."""
        hook = HOOK.fullmatch(call.path)
        if hook is None or hook[1] not in self.bots:
            return _verdict(19001, "param invalid: incoming webhook access token invalid")
        if not self._is_signed(call.body, self.bots[hook[1]]):
            return _verdict(19021, "sign match fail or timestamp is not within one hour from current time")
        if len(call.text.encode()) > BODY_BYTES_MAX or call.body.get("msg_type") != "text" or not _text(call.body):
            return _verdict(9499, "Bad Request")
        if self._is_too_fast(hook[1]):
            return _verdict(11232, "frequency limited")
        self.sent.append(call.body)
        return Reply({"StatusCode": 0, "StatusMessage": "success", "code": 0, "data": {}, "msg": "success"})

    def control(self, what: str, body: Any) -> Reply:
        """`messages`: what was posted so far, oldest first."""
        del body
        return Reply({"messages": self.sent}) if what == "messages" else Reply({"error": f"no control {what}"}, 404)

    def expire_tokens(self) -> None:
        """A bot has no token."""

    def _is_signed(self, body: Mapping[str, Any], secret: str) -> bool:
        if not secret:
            return True
        stamp = str(body.get("timestamp", ""))
        if not stamp.isdigit() or abs(int(stamp) - self.now()) > AGE_LIMIT_SECONDS:
            return False
        expected = b64encode(digest("\n".join((stamp, secret)).encode(), b"", "sha256")).decode()
        return compare_digest(expected, str(body.get("sign", "")))

    def _is_too_fast(self, hook: str) -> bool:
        now = self.now()
        recent = [moment for moment in self._times.get(hook, []) if moment > now - 60]
        self._times[hook] = recent
        if any(sum(moment > now - seconds for moment in recent) >= calls for seconds, calls in WINDOWS):
            return True
        recent.append(now)
        return False


def _text(body: Mapping[str, Any]) -> str:
    content = body.get("content")
    return str(content.get("text", "")) if isinstance(content, dict) else ""


def _verdict(code: int, message: str) -> Reply:
    return Reply({"code": code, "data": {}, "msg": message})
