"""Phone calls: signed as the standard says, once an id, and what each answer of the service means."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import pytest
from standardwebhooks import Webhook

from hub.channels.base import check_fields
from hub.channels.client import PlatformGone, PlatformMisconfigured
from hub.channels.guard import PrivateAddress
from hub.channels.outbound import Sent
from hub.channels.phone.client import Client
from hub.channels.registry import channel_document
from hub.edge.fetch import Fetched, Fetcher
from hub.kernel.errors import Invalid, Retry
from hubctl.platforms.phone import Double
from hubctl.platforms.recorder import PlatformCall

SECRET = "whsec_" + base64.b64encode(b"scrm-hub-test-secret-of-32-bytes").decode()
SETTINGS = {"url": "https://calls.example.com/hub", "secret": SECRET}


@dataclass
class Gateway:
    """Answers what it is told to, and keeps what was posted."""

    status: int = 200
    body: bytes = b""
    posted: list[tuple[str, bytes, dict[str, str]]] = field(default_factory=list)

    def post(self, url: str, body: bytes, headers: Mapping[str, str]) -> Fetched:
        self.posted.append((url, body, dict(headers)))
        return Fetched(self.status, {}, self.body)


@dataclass
class ToDouble:
    """Straight to a double."""

    double: Double

    def post(self, url: str, body: bytes, headers: Mapping[str, str]) -> Fetched:
        assert url == SETTINGS["url"]
        call = PlatformCall("phone", "/call", {}, body.decode(), json.loads(body), headers=dict(headers))
        reply = self.double.answer(call)
        return Fetched(reply.status, {}, json.dumps(reply.body).encode())


def client(gateway: Any) -> Client:
    return Client(SETTINGS, wall_now=lambda: datetime.now(UTC), gateway=gateway)


def test_a_call_is_signed_as_the_standard_says() -> None:
    """The standard's own library verifies it; the body names the call, the number and what to read out."""
    gateway = Gateway(body=b'{"call_id": "c9"}')
    assert client(gateway).call(["13800138000"], "紧急工单已超时", send_id="snd_1") == Sent("c9")
    ((url, body, headers),) = gateway.posted
    said: Any = Webhook(SECRET).verify(body, headers)
    assert url == SETTINGS["url"]
    assert said == {"type": "call.requested", "call_id": "snd_1", "to": "13800138000", "text": "紧急工单已超时"}


@pytest.mark.parametrize(
    ("status", "error"),
    [(401, PlatformMisconfigured), (404, PlatformMisconfigured), (422, PlatformGone), (429, Retry), (503, Retry)],
)
def test_what_an_answer_means(status: int, error: type[Exception]) -> None:
    """Wrong settings, a number that can't be reached, and what passes are three things."""
    with pytest.raises(error):
        client(Gateway(status)).call(["13800138000"], "x", send_id="snd_1")


def test_a_call_without_an_id_or_to_no_number_is_refused() -> None:
    """Without an id a repeat would be a second call."""
    for receivers, send_id in ((["13800138000"], ""), (["li"], "snd_1")):
        with pytest.raises(Invalid):
            client(Gateway()).call(receivers, "x", send_id=send_id)


def test_an_address_inside_is_never_called() -> None:
    """A name that leads into the network is refused before anything is said."""
    gateway = Fetcher(resolve=lambda _host, _port: ("169.254.169.254",))
    with pytest.raises(PrivateAddress):
        client(gateway).call(["13800138000"], "x", send_id="snd_1")


def test_the_double_calls_each_id_once() -> None:
    """As a service should: a repeat is answered, and calls nobody; a number may be dead."""
    double = Double([SETTINGS])
    made = client(ToDouble(double))
    assert [made.call(["13800138000"], "x", send_id="snd_1").message_id for _ in range(2)] == ["call-1", "call-1"]
    double.verdicts["13900139000"] = 422
    with pytest.raises(PlatformGone):
        made.call(["13900139000"], "x", send_id="snd_2")
    assert [call["to"] for call in double.calls.values()] == ["13800138000"]


def test_the_form_wants_https_and_a_secret() -> None:
    """Anything else is named by field."""
    fields = channel_document("phone")["settings"]
    assert check_fields(fields, SETTINGS) == []
    wrong = check_fields(fields, {"url": "http://calls.example.com", "secret": "x"})
    assert [problem.pointer for problem in wrong] == ["/url", "/secret"]
