"""The lean server answers what SDKs on this machine send, byte for byte, and stops without leftovers."""

from __future__ import annotations

import http.client
import socket
from collections.abc import Iterator
from contextlib import closing
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hubctl.lean_http import BadRequestError, parse_head, take_body
from hubctl.serving import Server, claim_port


async def echo(scope: Any, receive: Any, send: Any) -> None:
    """Says what came; /parts in several parts, /broken not at all."""
    if scope["type"] == "lifespan":
        while (message := await receive())["type"] != "lifespan.shutdown":
            await send({"type": f"{message['type']}.complete"})
        return
    body = (await receive())["body"]
    if scope["path"] == "/broken":
        raise RuntimeError
    told = f"{scope['method']} {scope['path']} {scope['query_string'].decode()} ".encode() + body
    headers = [(b"x-seen", dict(scope["headers"]).get(b"x-sent", b"-"))]
    await send({"type": "http.response.start", "status": 201, "headers": headers})
    if scope["path"] == "/parts":
        for part in (told[:5], b"", told[5:]):
            await send({"type": "http.response.body", "body": part, "more_body": True})
        await send({"type": "http.response.body", "body": b""})
        return
    await send({"type": "http.response.body", "body": told})


@pytest.fixture(scope="module", name="port")
def _port() -> Iterator[int]:
    server = Server("lean", echo, claim_port(), lean=True).start()
    yield server.port
    server.stop()
    with closing(socket.socket()) as probe:
        assert probe.connect_ex(("127.0.0.1", server.port)) != 0


def test_requests_on_one_connection_are_answered_in_turn(port: int) -> None:
    """Bodies with a length and in chunks, no body, HEAD, a broken handler: each is answered, and the next one too."""
    with closing(http.client.HTTPConnection("127.0.0.1", port, timeout=5)) as connection:

        def ask(method: str, path: str, body: Any = None) -> tuple[int, bytes]:
            connection.request(method, path, body, {"X-Sent": "1"})
            answer = connection.getresponse()
            return answer.status, answer.read()

        assert ask("POST", "/a%20b?c=d", b"x" * 300_000) == (201, b"POST /a b c=d " + b"x" * 300_000)
        assert ask("PUT", "/chunks", iter([b"12", b"345"])) == (201, b"PUT /chunks  12345")
        assert ask("GET", "/parts") == (201, b"GET /parts  ")
        assert ask("HEAD", "/a") == (201, b"")
        assert ask("GET", "/a") == (201, b"GET /a  ")
        assert ask("GET", "/broken")[0] == 500
    with closing(http.client.HTTPConnection("127.0.0.1", port, timeout=5)) as connection:
        connection.request("GET", "/again")
        assert connection.getresponse().status == 201


def test_a_caller_that_waits_is_told_to_go_on(port: int) -> None:
    """S3's SDK sends a body only once it hears 100."""
    with closing(socket.create_connection(("127.0.0.1", port), timeout=5)) as caller:
        caller.sendall(b"PUT /f HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\nExpect: 100-continue\r\n\r\n")
        assert caller.recv(100) == b"HTTP/1.1 100 Continue\r\n\r\n"
        caller.sendall(b"abc")
        assert caller.recv(1000).endswith(b"PUT /f  abc")


@pytest.mark.parametrize("nonsense", [b"\r\n\r\n", b"GET\r\n\r\n", b"GET / HTTP/1.1\r\nContent-Length: x\r\n\r\n"])
def test_nonsense_is_refused_and_the_connection_closed(port: int, nonsense: bytes) -> None:
    """400, and the server goes on."""
    with closing(socket.create_connection(("127.0.0.1", port), timeout=5)) as caller:
        caller.sendall(nonsense)
        assert caller.recv(1000).startswith(b"HTTP/1.1 400 ")
        assert caller.recv(1000) == b""


@given(st.lists(st.binary(min_size=1, max_size=40), max_size=5), st.integers(0, 400))
def test_a_body_in_chunks_is_taken_once_all_of_it_is_there(chunks: list[bytes], cut: int) -> None:
    """Cut anywhere it is incomplete, and nothing is taken; whole it is what was sent, and what follows stays."""
    raw = b"".join(b"%x;ext=1\r\n%b\r\n" % (len(chunk), chunk) for chunk in chunks) + b"0\r\n\r\n"
    if cut < len(raw):
        buffer = bytearray(raw[:cut])
        assert take_body(buffer, None) is None
        assert buffer == raw[:cut]
    buffer = bytearray(raw + b"GET /")
    assert take_body(buffer, None) == b"".join(chunks)
    assert buffer == b"GET /"


@given(st.binary(max_size=200))
def test_no_bytes_crash_the_reader_of_heads(raw: bytes) -> None:
    """A head, or BadRequestError."""
    try:
        parse_head(raw)
    except BadRequestError:
        return
