"""How Xiaohongshu signs: MD5 over a line of system parameters and the app secret.

Calls: https://open.xiaohongshu.com/document/developer/file/39 (read 2026-09). Pushes: one public controller is all that
was found, with its check turned off; the rule here is taken from it and was never seen to hold.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping

VERSION = "2.0"


def sign_call(app_id: str, app_secret: str, *, method: str, timestamp: str) -> str:
    """The `sign` of an API call, lower-case hex. Neither the token nor the business parameters are part of it."""
    return _md5(f"{method}?appId={app_id}&timestamp={timestamp}&version={VERSION}{app_secret}")


def sign_push(app_key: str, app_secret: str, *, path: str, query: Mapping[str, str], timestamp: str) -> str:
    """The `sign` header of a push, lower-case hex: path, sorted query with app-key and timestamp in it, secret.

    The body is not part of it.
    """
    signed = {**query, "app-key": app_key, "timestamp": timestamp}
    return _md5(f"{path}?{'&'.join(f'{name}={signed[name]}' for name in sorted(signed))}{app_secret}")


def _md5(text: str) -> str:
    return hashlib.md5(text.encode("utf-8", "surrogatepass"), usedforsecurity=False).hexdigest()
