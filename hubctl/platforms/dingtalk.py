"""A double of DingTalk's (钉钉) custom robot: one POST, signed as the vendor's page says, twenty messages a minute.

The signature is checked by an implementation of its own: HMAC-SHA256 over "<milliseconds>\\n<secret>", keyed with the
secret. HTTP 200 always; the verdict is `errcode`.
"""

from __future__ import annotations

import time
from base64 import b64encode
from collections.abc import Callable, Mapping, Sequence
from hmac import compare_digest, digest
from typing import Any

from hubctl.platforms.recorder import PlatformCall, Reply

PER_MINUTE = 20
DEAF_SECONDS = 600
AGE_LIMIT_SECONDS = 3600


class Double:
    """apps: settings of the connections, a robot each (access_token, secret). now: real time, epoch seconds."""

    def __init__(self, apps: Sequence[Mapping[str, Any]], now: Callable[[], float] = time.time) -> None:
        self.robots = {str(app["access_token"]): str(app.get("secret") or "") for app in apps}
        self.now = now
        self.sent: list[dict[str, Any]] = []
        self._times: dict[str, list[float]] = {}
        self._deaf_until: dict[str, float] = {}

    def answer(self, call: PlatformCall) -> Reply:
        """DingTalk's answer to a call."""
        token = call.query.get("access_token", "")
        if call.path != "/robot/send" or token not in self.robots:
            return _verdict(400101, "access_token不存在")
        if not self._is_signed(call, self.robots[token]):
            return _verdict(310000, "sign not match")
        kind = call.body.get("msgtype")
        if not isinstance(call.body.get(str(kind)), dict):
            return _verdict(400105, "unsupported msgtype")
        if self._is_too_fast(token):
            return _verdict(130101, "send too fast, exceed 20 times per minute")
        self.sent.append(call.body)
        return _verdict(0, "ok")

    def control(self, what: str, body: Any) -> Reply:
        """`messages`: what was posted so far, oldest first."""
        del body
        return Reply({"messages": self.sent}) if what == "messages" else Reply({"error": f"no control {what}"}, 404)

    def expire_tokens(self) -> None:
        """A robot's token never expires."""

    def _is_signed(self, call: PlatformCall, secret: str) -> bool:
        if not secret:
            return True
        stamp = call.query.get("timestamp", "")
        if not stamp.isdigit() or abs(int(stamp) / 1000 - self.now()) > AGE_LIMIT_SECONDS:
            return False
        expected = b64encode(digest(secret.encode(), "\n".join((stamp, secret)).encode(), "sha256")).decode()
        return compare_digest(expected, call.query.get("sign", ""))

    def _is_too_fast(self, token: str) -> bool:
        now = self.now()
        if now < self._deaf_until.get(token, 0.0):
            return True
        recent = [moment for moment in self._times.get(token, []) if moment > now - 60]
        if len(recent) >= PER_MINUTE:
            self._deaf_until[token] = now + DEAF_SECONDS
            return True
        self._times[token] = [*recent, now]
        return False


def _verdict(code: int, message: str) -> Reply:
    return Reply({"errcode": code, "errmsg": message})
