"""The one way to an address that a tenant gave us (a mail server): checked before each connection, and the
connection goes to the very address that was checked.

Otherwise a tenant could name a host inside our network, or one whose name answers with a public address while it is
checked and with 169.254.169.254 when it is called (DNS rebinding). So nothing between the check and the connection
looks the name up again; the name is still what TLS verifies.
"""

from __future__ import annotations

import re
import socket
from collections.abc import Callable, Sequence
from typing import Protocol

from hub.kernel.addresses import is_public
from hub.kernel.errors import Invalid, Problem, Refuse, Retry

Resolve = Callable[[str, int], Sequence[str]]
"""The addresses of a host, in the order in which to try them. Raises OSError, as getaddrinfo does."""

Dial = Callable[[tuple[str, int], float | None], socket.socket]
"""Opens a connection to an address (never a name)."""


class Connect(Protocol):
    """What `connect` is once its resolver is given."""

    def __call__(self, host: str, port: int, *, timeout_seconds: float | None) -> socket.socket: ...


ADDRESSES_LIMIT = 32
TRIES_LIMIT = 3
_LABEL = r"[A-Za-z0-9_](?:[A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?"
_HOST = re.compile(rf"(?=.{{1,253}}\Z)(?:{_LABEL}\.)*{_LABEL}\.?|(?=[^:]*:)[0-9A-Fa-f:.]{{2,45}}", re.ASCII)


class PrivateAddress(Refuse):
    """A host that a tenant named leads, by at least one of its addresses, to where only we should get."""

    code = "private-address"


def system_resolve(host: str, port: int) -> tuple[str, ...]:
    """What this machine's resolver says."""
    addresses = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return tuple(dict.fromkeys(str(address[0]) for *_, address in addresses))


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
