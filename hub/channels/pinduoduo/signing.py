"""How Pinduoduo signs API calls, and the path of its message socket.

https://open.pinduoduo.com/application/document/browse?idStr=8EC06C399636041E (its published example passes).
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping
from urllib.parse import quote

from hub.channels.signing import wrapped_md5


def sign_call(client_secret: str, params: Mapping[str, str]) -> str:
    """The `sign` of a call. An empty text and an older `sign` are no part of it."""
    return wrapped_md5(client_secret, {name: value for name, value in params.items() if value and name != "sign"})


def socket_path(client_id: str, client_secret: str, milliseconds: int) -> str:
    """The path of wss://message-api.pinduoduo.com by which a relay opens PMC, good for this moment."""
    base = f"{client_id}{milliseconds}{client_secret}".encode()
    digest = hashlib.md5(base, usedforsecurity=False).hexdigest()
    return f"/message/{client_id}/{milliseconds}/{quote(base64.b64encode(digest.encode()), safe='')}"
