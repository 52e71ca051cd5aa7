"""How TOP signs API calls: https://developer.alibaba.com/docs/doc.htm?articleId=101617 (its example passes)."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping

from hub.channels.signing import joined, wrapped_md5


def sign_call(app_secret: str, params: Mapping[str, str]) -> str:
    """The `sign` of a call, by its own `sign_method`: hmac is HMAC-MD5 with no secret around, md5 the older one."""
    if params.get("sign_method") != "hmac":
        return wrapped_md5(app_secret, params)
    return hmac.new(app_secret.encode(), joined(params).encode(), hashlib.md5).hexdigest().upper()
