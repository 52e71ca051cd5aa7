"""One POST over TLS to an address that a tenant gave us, checked by hub.channels.guard; redirects are not followed."""

from __future__ import annotations

import http.client
import socket
import ssl
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

from hub.channels.guard import Dial, Resolve, connect, system_resolve
from hub.kernel.errors import Invalid, Problem, Retry

ANSWER_LIMIT_BYTES = 64 * 1024
LIMIT_SECONDS = 10.0
TLS_PORT = 443


@dataclass(frozen=True)
class Posted:
    """What came back: the status, and the first of the body."""

    status: int
    body: bytes


class GuardedGateway:
    """resolve, dial: see hub.channels.guard. tls: makes the context that verifies the name."""

    def __init__(
        self,
        resolve: Resolve = system_resolve,
        dial: Dial = socket.create_connection,
        tls: Callable[[], ssl.SSLContext] = ssl.create_default_context,
    ) -> None:
        self._resolve, self._dial, self._tls = resolve, dial, tls

    def post(self, url: str, body: bytes, headers: Mapping[str, str]) -> Posted:
        """What came back. Raises Invalid for no https URL, PrivateAddress, Retry for no answer."""
        parts = urlsplit(url)
        if parts.scheme != "https" or not parts.hostname:
            raise Invalid("address", problems=[Problem("/url", "must be an https URL")])
        port = parts.port or TLS_PORT
        connection = http.client.HTTPSConnection(parts.hostname, port, timeout=LIMIT_SECONDS)
        try:
            plain = connect(parts.hostname, port, resolve=self._resolve, dial=self._dial, timeout_seconds=LIMIT_SECONDS)
            connection.sock = self._tls().wrap_socket(plain, server_hostname=parts.hostname)
            path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
            connection.request("POST", path, body=body, headers=dict(headers))
            response = connection.getresponse()
            return Posted(response.status, response.read(ANSWER_LIMIT_BYTES))
        except (OSError, http.client.HTTPException) as failure:
            raise Retry("phone-unreachable", after_seconds=30, failure=type(failure).__name__) from None
        finally:
            connection.close()
