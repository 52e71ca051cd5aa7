"""How Douyin shop signs: MD5 over pushes, HMAC-SHA256 over API calls.

https://op.jinritemai.com/docs/guide-docs/ (message push, API call; as its official Go and Java SDKs implement them).
"""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Mapping
from typing import Any


def sign_push(app_key: str, app_secret: str, body: bytes) -> str:
    """The `event-sign` header: lower-case hex MD5 over key, raw body and secret."""
    return hashlib.md5(app_key.encode() + body + app_secret.encode(), usedforsecurity=False).hexdigest()


def sign_call(app_key: str, app_secret: str, *, method: str, param_json: str, timestamp: str) -> str:
    """The `sign` of an API call, version 2, hmac-sha256. The access token is not part of it."""
    base = f"app_key{app_key}method{method}param_json{param_json}timestamp{timestamp}v2"
    return hmac.new(app_secret.encode(), f"{app_secret}{base}{app_secret}".encode(), hashlib.sha256).hexdigest()


def canonical_json(params: Mapping[str, Any]) -> str:
    """Parameters as they are signed and sent: keys sorted at every level, no blanks, nothing escaped."""
    return json.dumps(params, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
