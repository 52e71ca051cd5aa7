"""Which pages of other origins may speak to the hub (CORS): those that the tenant names; what is open to any says so.

Nothing here lets anybody in: who asks is told by their credential alone, and cookies are not used.
Source: the Fetch standard, "CORS protocol", https://fetch.spec.whatwg.org/#http-cors-protocol. Pure.
"""

from __future__ import annotations

import re

from hub.kernel.dataclass import dataclass

ANY_PORT = ":*"
METHODS = "GET, POST, PUT, PATCH, DELETE"
ASKED_WITH = (
    "Authorization, Content-Type, Idempotency-Key, If-Match, If-None-Match, X-Client, X-Request-Id, Hub-Version, Accept"
)
TOLD = (
    "ETag, Location, Retry-After, RateLimit-Limit, RateLimit-Remaining, RateLimit-Reset, X-Request-Id, Hub-Version, "
    "Sunset, Deprecation, Idempotency-Replayed, Content-Disposition, WWW-Authenticate, Allow"
)
REMEMBERED_SECONDS = 7200
"""The longest that a browser keeps an answer to its question."""
_ORIGIN = re.compile(r"https?://[a-z0-9.-]+(:(\d{1,5}|\*))?")

Headers = dict[str, str]


@dataclass(frozen=True)
class Origins:
    """The origins that a tenant allows: `https://desk.example.com`; `http://localhost:*` is any port of that host."""

    allowed: tuple[str, ...] = ()

    @classmethod
    def read(cls, text: str) -> Origins:
        """From a setting: origins with blanks between. Raises ValueError for what is none."""
        allowed = tuple(text.lower().split())
        if wrong := [origin for origin in allowed if not _ORIGIN.fullmatch(origin)]:
            raise ValueError(f"not an origin: {wrong[0]}")
        return cls(allowed)

    def allow(self, origin: str) -> bool:
        """Whether pages of this origin may read answers."""
        return origin in self.allowed or f"{origin.rpartition(':')[0]}{ANY_PORT}" in self.allowed


def cors_headers(origins: Origins, origin: str, *, any_origin: bool = False, preflight: bool = False) -> Headers:
    """What lets a page of `origin` read this answer. preflight: the browser asks first what it may send. any_origin:
    the operation is open to pages from anywhere."""
    headers = {} if any_origin else {"Vary": "Origin"}
    if not origin or not (any_origin or origins.allow(origin.lower())):
        return headers
    headers["Access-Control-Allow-Origin"] = "*" if any_origin else origin
    if not preflight:
        return headers | {"Access-Control-Expose-Headers": TOLD}
    return headers | {
        "Access-Control-Allow-Methods": METHODS,
        "Access-Control-Allow-Headers": ASKED_WITH,
        "Access-Control-Max-Age": str(REMEMBERED_SECONDS),
    }
