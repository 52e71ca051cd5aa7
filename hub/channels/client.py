"""What every platform's client does the same way: one JSON call whose failures are ours, and where tokens come from.

Tokens and signatures travel in query strings, so no error here carries a URL.
"""

from __future__ import annotations

import json
from typing import Any, Protocol

import requests

from hub.kernel.errors import Retry


class TokenSource(Protocol):
    """Who keeps the access token. force: the last one answered is refused by the platform, get a new one."""

    def get(self, force: bool) -> str: ...


def exchange(
    session: requests.Session, channel: str, method: str, base_url: str, path: str, *, code_field: str, **request: Any
) -> dict[str, Any]:
    """One call, and the JSON object that came back; `code_field` must hold a whole number wherever it stands.

    Raises Retry: `<channel>-unreachable` (no answer, or an HTTP error), `<channel>-unreadable` (not such an object).
    """
    try:
        response = session.request(method, base_url + path, allow_redirects=False, **request)
        answer = json.loads(response.content)
    except requests.RequestException as failure:
        raise Retry(f"{channel}-unreachable", path=path, failure=type(failure).__name__) from None
    except ValueError:
        raise Retry(f"{channel}-unreadable", path=path, status=response.status_code) from None
    if not isinstance(answer, dict) or not isinstance(answer.get(code_field, 0), int):
        raise Retry(f"{channel}-unreadable", path=path, status=response.status_code)
    if response.status_code >= 400:
        raise Retry(f"{channel}-unreachable", path=path, status=response.status_code)
    return answer
