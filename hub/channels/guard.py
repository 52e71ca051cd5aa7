"""The one way to an address that a tenant gave us (a mail server, a webhook): checked before each connection, and the
connection goes to the very address that was checked.

Otherwise a tenant could name a host inside our network, or one whose name answers with a public address while it is
checked and with 169.254.169.254 when it is called (DNS rebinding). So nothing between the check and the connection
looks the name up again; the name is still what TLS verifies and what the Host header says.
"""

from __future__ import annotations

import re
import socket
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, NoReturn, Protocol

import requests
from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.exceptions import ConnectTimeoutError, NewConnectionError

from hub.kernel.addresses import is_public
from hub.kernel.errors import Invalid, Problem, Refuse, Retry

Resolve = Callable[[str, int], Sequence[str]]
"""The addresses of a host, in the order in which to try them. Raises OSError, as getaddrinfo does."""

Dial = Callable[[tuple[str, int], float | None], socket.socket]
"""Opens a connection to an address (never a name)."""

ADDRESSES_LIMIT = 32
TRIES_LIMIT = 3
_LABEL = r"[A-Za-z0-9_](?:[A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?"
_HOST = re.compile(rf"(?=.{{1,253}}\Z)(?:{_LABEL}\.)*{_LABEL}\.?|(?=[^:]*:)[0-9A-Fa-f:.]{{2,45}}", re.ASCII)


class PrivateAddress(Refuse):
    """A host that a tenant named leads, by at least one of its addresses, to where only we should get."""

    code = "private-address"


def system_resolve(host: str, port: int) -> tuple[str, ...]:
    """What this machine's resolver says."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return tuple(dict.fromkeys(str(address[0]) for *_, address in found))


def checked_addresses(host: str, port: int, resolve: Resolve = system_resolve) -> tuple[str, ...]:
    """The addresses of a host, all of them public.

    Raises PrivateAddress if only one is not: who controls the name may pick. Raises Invalid for what is no host name,
    and Retry(`host-unresolved`) when there is no answer.
    """
    bare = host[1:-1] if host.startswith("[") and host.endswith("]") else host
    if not _HOST.fullmatch(bare):
        raise Invalid("address", problems=[Problem("/host", "must be a host name or an IP address")])
    try:
        addresses = tuple(resolve(bare, port))
    except (OSError, UnicodeError) as failure:
        raise Retry("host-unresolved", after_seconds=60, host=bare, failure=type(failure).__name__) from None
    if not addresses:
        raise Retry("host-unresolved", after_seconds=60, host=bare)
    if len(addresses) > ADDRESSES_LIMIT or not all(is_public(address) for address in addresses):
        raise PrivateAddress(host=bare)
    return addresses


def connect(
    host: str,
    port: int,
    *,
    resolve: Resolve = system_resolve,
    dial: Dial = socket.create_connection,
    timeout_seconds: float | None = None,
) -> socket.socket:
    """A TCP connection to the first checked address that answers, of three at most.

    Raises what `checked_addresses` does, and OSError.
    """
    failure: OSError = OSError("no address")
    for address in checked_addresses(host, port, resolve)[:TRIES_LIMIT]:
        try:
            return dial((address, port), timeout_seconds)
        except OSError as error:
            failure = error
    raise failure


def guarded_session(resolve: Resolve = system_resolve, dial: Dial = socket.create_connection) -> requests.Session:
    """A session for addresses that tenants gave us: http and https, each connection checked as it is made, a redirect's
    too. It goes through no proxy, whatever the environment says: a proxy would look names up itself."""
    session = requests.Session()
    session.trust_env = False
    for scheme in ("http://", "https://"):
        session.mount(scheme, _GuardedAdapter(partial(connect, resolve=resolve, dial=dial)))
    return session


class Connect(Protocol):
    """What `connect` is once its resolver is given."""

    def __call__(self, host: str, port: int, *, timeout_seconds: float | None) -> socket.socket: ...


class _GuardedAdapter(HTTPAdapter):
    def __init__(self, connect: Connect) -> None:
        self._connect = connect
        super().__init__(max_retries=0)

    def init_poolmanager(self, *args: Any, **options: Any) -> None:
        super().init_poolmanager(*args, **options)
        self.poolmanager.pool_classes_by_scheme = _pools(self._connect)

    def proxy_manager_for(self, proxy: str, **options: Any) -> NoReturn:
        """No proxy: it would connect to an address that nobody checked."""
        del proxy, options
        raise PrivateAddress(reason="a proxy")


def _pools(connect: Connect) -> dict[str, type[HTTPConnectionPool]]:
    """Connection pools whose connections differ in one thing: where their socket comes from."""

    class Plain(HTTPConnection):
        def _new_conn(self) -> socket.socket:
            return _socket_of(self, connect)

    class Secure(HTTPSConnection):
        def _new_conn(self) -> socket.socket:
            return _socket_of(self, connect)

    class PlainPool(HTTPConnectionPool):
        ConnectionCls = Plain

    class SecurePool(HTTPSConnectionPool):
        ConnectionCls = Secure

    return {"http": PlainPool, "https": SecurePool}


def _socket_of(connection: HTTPConnection, connect: Connect) -> socket.socket:
    timeout = connection.timeout if isinstance(connection.timeout, int | float) else None
    try:
        return connect(connection.host, connection.port, timeout_seconds=timeout)
    except TimeoutError as error:
        raise ConnectTimeoutError(connection, "the connection timed out") from error
    except OSError as error:
        raise NewConnectionError(connection, type(error).__name__) from error
