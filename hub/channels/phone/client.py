"""Calls through a service of the tenant's own (语音外呼): one signed POST a call, by https://www.standardwebhooks.com .

What is posted: {"type": "call.requested", "call_id", "to", "text"}. The service answers 2xx, with {"call_id"} if it
has a number of its own for it, and knows a repeat by `webhook-id`: the same call is made once. The address is the
tenant's, so it is called by a gateway that checks it.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from hub.channels.base import Settings
from hub.channels.client import TOO_MANY, ApiClient, ErrorTable, PlatformGone, PlatformMisconfigured, TokenSource
from hub.channels.outbound import PHONE, PHONE_RULE, Sent, check_message, cut_text
from hub.kernel.errors import Invalid, Problem, Retry

API = "call"
TEXT_LIMIT_BYTES = 1000
"""About two minutes of speech."""
MISCONFIGURED = frozenset({401, 403, 404, 405, 413, 415})


class Answer(Protocol):
    """What a service answered: its HTTP status, and the first of its body."""

    @property
    def status(self) -> int: ...
    @property
    def body(self) -> bytes: ...


class Gateway(Protocol):
    """Who posts to an address that a tenant gave us."""

    def post(self, url: str, body: bytes, headers: Mapping[str, str]) -> Answer:
        """What came back. Raises Retry where nothing did, PrivateAddress."""


class Client(ApiClient):
    """One call service. settings: url (https), secret (whsec_…). base_url: of a double that the operator runs."""

    CHANNEL = "phone"
    ERRORS = ErrorTable(channel="phone")
    OWN_ADDRESS = True

    def __init__(
        self, settings: Settings, tokens: TokenSource | None = None, *, gateway: Gateway | None = None, **options: Any
    ) -> None:
        super().__init__(settings, tokens, **options)
        self._url = f"{self._base_url}/call" if self._base_url else str(settings["url"])
        self._gateway = gateway

    def call(self, receivers: Sequence[str], text: str, *, send_id: str) -> Sent:
        """Have one phone called and `text` read out, cut at 1000 bytes. send_id: the call's own; the same one is called
        once. Raises Retry, PlatformMisconfigured, PlatformGone (422: no such number), PrivateAddress, Invalid."""
        if not send_id:
            raise Invalid("message", problems=[Problem("/send_id", "must be given: the service knows a repeat by it")])
        check_message(receivers, send_id, least=1, most=1, form=PHONE, rule=PHONE_RULE)
        call = {"type": "call.requested", "call_id": send_id, "to": receivers[0]}
        body = json.dumps({**call, "text": cut_text(text, TEXT_LIMIT_BYTES)}, ensure_ascii=False).encode()
        if self._budget is not None:
            self._budget.take(API)
        try:
            return Sent(self._post(send_id, body))
        finally:
            if self._budget is not None:
                self._budget.done(API)

    def _post(self, send_id: str, body: bytes) -> str:
        """The service's own number of the call, ours where it says none."""
        timestamp = int(self.wall_now().timestamp())
        headers = {
            "content-type": "application/json; charset=utf-8",
            "webhook-id": send_id,
            "webhook-timestamp": str(timestamp),
            "webhook-signature": sign(str(self.settings["secret"]), send_id, timestamp, body),
        }
        if self._gateway is None:
            raise PlatformMisconfigured(self.CHANNEL, reason="no way to an address of the tenant's own")
        answer = self._gateway.post(self._url, body, headers)
        _raise_for(answer.status)
        try:
            return _number(json.loads(answer.body or b"{}")) or send_id
        except ValueError:
            return send_id


def sign(secret: str, message_id: str, timestamp: int, body: bytes) -> str:
    """`webhook-signature` as Standard Webhooks has it: HMAC-SHA256 keyed with the bytes behind `whsec_`."""
    key = base64.b64decode(secret.removeprefix("whsec_"))
    digest = hmac.new(key, f"{message_id}.{timestamp}.".encode() + body, hashlib.sha256).digest()
    return "v1," + base64.b64encode(digest).decode()


def _raise_for(status: int) -> None:
    if 200 <= status < 300:
        return
    if status in MISCONFIGURED:
        raise PlatformMisconfigured("phone", status=status)
    if 400 <= status < 500 and status not in (408, TOO_MANY):
        raise PlatformGone("phone", status=status)
    raise Retry("phone-unreachable", after_seconds=30, status=status)


def _number(answer: Any) -> str:
    number = answer.get("call_id") if isinstance(answer, Mapping) else None
    return str(number)[:64] if isinstance(number, str | int) else ""
