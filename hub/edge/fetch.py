"""The one guarded way to a URL that a tenant gave us: POST, and what came back.

https, or http to this very machine where the hub itself runs on it. The name is resolved once, each of its addresses
has to be public (hub.channels.guard), and the connection goes to the address that was checked; the name is what TLS
verifies and what `Host` says. No redirect is followed, all of it takes `limit_seconds` at most, and of the answer
ANSWER_LIMIT_BYTES are read.
"""

from __future__ import annotations

import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import field
from functools import lru_cache
from http.client import HTTPConnection, HTTPException
from ipaddress import ip_address
from typing import Protocol
from urllib.parse import urlsplit

from hub.channels.guard import (
    ADDRESSES_LIMIT,
    TRIES_LIMIT,
    Dial,
    PrivateAddress,
    Resolve,
    checked_addresses,
    system_resolve,
)
from hub.kernel.dataclass import dataclass
from hub.kernel.errors import HubError, Invalid, Problem, Retry

LIMIT_SECONDS = 15.0
ANSWER_LIMIT_BYTES = 64 * 1024
URL_LIMIT = 2000
PORTS = {"https": 443, "http": 80}

__all__ = ["Fetch", "Fetched", "Fetcher", "PrivateAddress", "Unanswered"]


class Unanswered(Retry):
    """No answer. reason: timeout, unreachable, tls, unreadable or unresolved."""

    code = "unanswered"

    def __init__(self, reason: str) -> None:
        super().__init__(reason, reason=reason)
        self.reason = reason


@dataclass(frozen=True)
class Fetched:
    """An answer. headers: names in lower case. body: the first ANSWER_LIMIT_BYTES of it."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class Fetch(Protocol):
    """A way out. `check` raises Invalid (pointer: /url) or PrivateAddress for what may not be called; `post` too, and
    Unanswered."""

    def check(self, url: str) -> None: ...

    def post(self, url: str, body: bytes, headers: Mapping[str, str]) -> Fetched: ...


@dataclass(frozen=True)
class Target:
    """A URL taken apart. path: with its query."""

    scheme: str
    host: str
    port: int
    path: str


@lru_cache(maxsize=1)
def _usual_tls() -> ssl.SSLContext:
    return ssl.create_default_context()


@dataclass(frozen=True)
class Fetcher:
    """The way out over the network. loopback: whether http to this machine is allowed, where the hub runs on it."""

    loopback: bool = False
    resolve: Resolve = system_resolve
    dial: Dial = socket.create_connection
    tls: Callable[[], ssl.SSLContext] = field(default=_usual_tls, repr=False)
    limit_seconds: float = LIMIT_SECONDS

    def check(self, url: str) -> None:
        """Whether the URL may be called now. Raises Invalid, PrivateAddress."""
        target = parse_url(url, self.loopback)
        try:
            self._addresses(target, time.monotonic() + self.limit_seconds)
        except Unanswered:
            raise _wrong("must have a host name that resolves") from None

    def post(self, url: str, body: bytes, headers: Mapping[str, str]) -> Fetched:
        """One POST. Raises Invalid, PrivateAddress, Unanswered."""
        target, deadline = parse_url(url, self.loopback), time.monotonic() + self.limit_seconds
        addresses = self._addresses(target, deadline)
        with _ended_at(deadline) as watch:
            try:
                watch.socket = self._connect(target, addresses, deadline)
                answer = _exchange(target, watch.socket, body, headers)
            except ssl.SSLError:
                raise Unanswered("timeout" if watch.late else "tls") from None
            except TimeoutError:
                raise Unanswered("timeout") from None
            except OSError:
                raise Unanswered("timeout" if watch.late else "unreachable") from None
            except (HTTPException, ValueError):
                raise Unanswered("timeout" if watch.late else "unreadable") from None
        if watch.late:  # what was cut off looks like an end
            raise Unanswered("timeout")
        return answer

    def _addresses(self, target: Target, deadline: float) -> tuple[str, ...]:
        """The addresses of the host, each allowed. Raises PrivateAddress, Unanswered."""
        if target.scheme == "https" or not self.loopback:
            return _within(deadline, lambda: checked_addresses(target.host, target.port, self.resolve))
        addresses = _within(deadline, lambda: tuple(self.resolve(target.host, target.port)))
        if not addresses or len(addresses) > ADDRESSES_LIMIT or not all(map(_is_loopback, addresses)):
            raise PrivateAddress(host=target.host)
        return addresses

    def _connect(self, target: Target, addresses: tuple[str, ...], deadline: float) -> socket.socket:
        """To the first address that answers. Raises OSError."""
        failure: OSError = OSError("no address")
        for address in addresses[:TRIES_LIMIT]:
            try:
                bare = self.dial((address, target.port), max(0.1, deadline - time.monotonic()))
            except OSError as error:
                failure = error
                continue
            bare.settimeout(max(0.1, deadline - time.monotonic()))
            return self.tls().wrap_socket(bare, server_hostname=target.host) if target.scheme == "https" else bare
        raise failure


def parse_url(url: str, loopback: bool = False) -> Target:
    """The URL's parts. Raises Invalid (pointer: /url) unless it is https, or http where `loopback` allows it, without
    credentials and without a fragment."""
    if len(url) > URL_LIMIT or not url.isascii() or any(char <= " " or char == "\\" for char in url):
        raise _wrong(f"must be a URL of at most {URL_LIMIT} ASCII characters without blanks")
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise _wrong("must be a URL, e.g. https://example.com/hooks") from None
    if parts.scheme not in (("https", "http") if loopback else ("https",)) or not parts.hostname:
        raise _wrong("must begin with https://")
    if "@" in parts.netloc:
        raise _wrong("must not carry credentials")
    if parts.fragment or port == 0:
        raise _wrong("must be a URL, e.g. https://example.com/hooks")
    path = f"{parts.path or '/'}{'?' if parts.query else ''}{parts.query}"
    return Target(parts.scheme, parts.hostname, port or PORTS[parts.scheme], path)


def _wrong(rule: str) -> Invalid:
    return Invalid("url", problems=[Problem("/url", rule)])


def _is_loopback(address: str) -> bool:
    try:
        return ip_address(address).is_loopback
    except ValueError:
        return False


@dataclass
class _Watch:
    """The connection under way, and whether its time ran out."""

    socket: socket.socket | None = None
    late: bool = False

    def end(self) -> None:
        """Ends the connection, whatever it waits for. `SSLSocket.shutdown` would forget TLS under its reader's feet:
        so the plain one."""
        self.late = True
        if self.socket is not None:
            try:
                socket.socket.shutdown(self.socket, socket.SHUT_RDWR)
            except OSError:
                return


@contextmanager
def _ended_at(deadline: float) -> Iterator[_Watch]:
    """Inside, the connection is cut at the deadline: one that sends a byte a second would never time out by itself."""
    watch = _Watch()
    timer = threading.Timer(max(0.0, deadline - time.monotonic()), watch.end)
    timer.daemon = True
    timer.start()
    try:
        yield watch
    finally:
        timer.cancel()
        if watch.socket is not None:
            watch.socket.close()


def _within(deadline: float, resolve: Callable[[], tuple[str, ...]]) -> tuple[str, ...]:
    """What a resolver answers until the deadline; it has no time-out of its own. Raises what it raises, Unanswered."""
    outcome: list[tuple[str, ...] | BaseException] = []

    def run() -> None:
        try:
            outcome.append(resolve())
        except (HubError, OSError, UnicodeError) as error:
            outcome.append(error)

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    thread.join(max(0.0, deadline - time.monotonic()))
    answer = outcome[0] if outcome else None
    if isinstance(answer, tuple):
        return answer
    if isinstance(answer, PrivateAddress):
        raise answer
    if isinstance(answer, Invalid):
        raise _wrong("must name a host, e.g. https://example.com/hooks") from None
    raise Unanswered("unresolved")


def _exchange(target: Target, connected: socket.socket, body: bytes, headers: Mapping[str, str]) -> Fetched:
    connection = HTTPConnection(target.host, target.port)
    connection.default_port = PORTS[target.scheme]
    connection.sock = connected
    connection.request("POST", target.path, body=body, headers={**headers, "Connection": "close"})
    response = connection.getresponse()
    received = response.read(ANSWER_LIMIT_BYTES)
    return Fetched(response.status, {name.lower(): value for name, value in response.getheaders()}, received)
