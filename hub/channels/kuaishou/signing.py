"""How Kuaishou signs API calls: MD5 or HMAC-SHA256 over the sorted parameters and the signSecret.

The signSecret (签名密钥) is not the app secret, which only tokens need. Values are signed as they are, before any URL
encoding. As the platform's own demo (kwaishop-digital-access-demo) and public SDKs do it.
"""

from __future__ import annotations

import hashlib
import hmac
from base64 import b64encode
from collections.abc import Mapping

MD5 = "MD5"
HMAC_SHA256 = "HMAC_SHA256"


def sign_call(sign_secret: str, params: Mapping[str, str]) -> str:
    """The `sign` of a call: by its `signMethod`, lower-case hex of MD5, or base64 of HMAC-SHA256."""
    joined = "&".join(f"{name}={params[name]}" for name in sorted(params) if name != "sign")
    base = f"{joined}&signSecret={sign_secret}".encode()
    if params.get("signMethod") == HMAC_SHA256:
        return b64encode(hmac.new(sign_secret.encode(), base, hashlib.sha256).digest()).decode()
    return hashlib.md5(base, usedforsecurity=False).hexdigest()
