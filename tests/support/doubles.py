"""A platform's double: in process, as a session whose requests go straight to it, or served on a port."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import requests

from hubctl.platforms.app import Double, Platforms, fields_of
from hubctl.platforms.recorder import PlatformCall
from hubctl.serving import Server, claim_port

BASE_URL = "http://platform.test"


class DoubleSession(requests.Session):
    """Give it to a client together with `base_url=BASE_URL`. calls: what was asked, oldest first."""

    def __init__(self, double: Double, channel: str) -> None:
        super().__init__()
        self.double, self.channel = double, channel
        self.calls: list[PlatformCall] = []

    def request(self, method: str, url: str, **request: Any) -> requests.Response:  # type: ignore[override]
        given = {name: request[name] for name in ("params", "data", "json", "headers") if name in request}
        prepared = requests.Request(method, url, **given).prepare()
        parts = urlsplit(prepared.url or "")
        raw = prepared.body or b""
        text = raw.decode() if isinstance(raw, bytes) else raw
        headers = {name.lower(): value for name, value in prepared.headers.items()}
        query = dict(parse_qsl(parts.query, keep_blank_values=True))
        body = fields_of(text, headers.get("content-type", ""))
        call = PlatformCall(self.channel, parts.path, query, text, body, method, headers)
        self.calls.append(call)
        reply = self.double.answer(call)
        response = requests.Response()
        response.status_code = reply.status
        response.headers.update(reply.headers)
        said = reply.body if isinstance(reply.body, str) else json.dumps(reply.body, ensure_ascii=False)
        response._content = said.encode()
        return response


def session_of(double: Double, channel: str) -> DoubleSession:
    return DoubleSession(double, channel)


@contextmanager
def serving(apps: Mapping[str, Sequence[Mapping[str, Any]]]) -> Iterator[tuple[str, Platforms]]:
    """All doubles on a port of their own: their URL, and what they remember. apps: settings by channel."""
    platforms = Platforms(apps)
    server = Server("platforms", platforms, claim_port()).start()
    try:
        yield server.url, platforms
    finally:
        server.stop()
