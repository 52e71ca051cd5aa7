"""A double of a call service: it verifies the signature by the `standardwebhooks` rules, and calls each id once."""

from __future__ import annotations

import time
from base64 import b64decode, b64encode
from collections.abc import Callable, Mapping, Sequence
from hmac import compare_digest, digest
from typing import Any

from hubctl.platforms.recorder import PlatformCall, Reply

AGE_LIMIT_SECONDS = 300


class Double:
    """apps: settings of the connections (secret). now: real time, epoch seconds. calls: what was called, by id.
    verdicts: a number to the status that it meets."""

    def __init__(self, apps: Sequence[Mapping[str, Any]], now: Callable[[], float] = time.time) -> None:
        self.secrets = [str(app["secret"]) for app in apps]
        self.now = now
        self.calls: dict[str, dict[str, Any]] = {}
        self.verdicts: dict[str, int] = {}

    def answer(self, call: PlatformCall) -> Reply:
        """The service's answer to a call."""
        if not self._is_signed(call):
            return Reply({"error": "not verified"}, 401)
        number = str(call.body.get("to", ""))
        if number in self.verdicts:
            return Reply({"error": "can't be called"}, self.verdicts[number])
        self.calls.setdefault(call.headers["webhook-id"], call.body)
        return Reply({"call_id": f"call-{len(self.calls)}"})

    def control(self, what: str, body: Any) -> Reply:
        """`calls`: what was called so far. `numbers`: {number: status}, what a number meets from now on."""
        if what == "numbers":
            self.verdicts |= {str(number): int(status) for number, status in dict(body).items()}
            return Reply({"numbers": sorted(self.verdicts)})
        return Reply({"calls": [*self.calls.values()]}) if what == "calls" else Reply({"error": f"no {what}"}, 404)

    def expire_tokens(self) -> None:
        """A secret never expires."""

    def _is_signed(self, call: PlatformCall) -> bool:
        stamp, number = call.headers.get("webhook-timestamp", ""), call.headers.get("webhook-id", "")
        if not stamp.isdigit() or abs(int(stamp) - self.now()) > AGE_LIMIT_SECONDS or not number:
            return False
        signed = f"{number}.{stamp}.{call.text}".encode()
        signature = call.headers.get("webhook-signature", "")
        keys = (b64decode(secret.removeprefix("whsec_")) for secret in self.secrets)
        return any(compare_digest(signature, "v1," + b64encode(digest(key, signed, "sha256")).decode()) for key in keys)
