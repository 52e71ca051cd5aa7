"""Large answers leave packed (gzip) for whoever takes them so: a function may answer six megabytes, and a front end
waits for every one of them. The tag of an answer is that of what it says, packed or not. Pure.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Mapping
from typing import Any

PACKED_FROM_BYTES = 32 * 1024
"""What is smaller is not worth the milliseconds."""
LEVEL = 6
ACCEPT, VARY = "accept-encoding", "Vary"
_CODING = re.compile(r"\s*(gzip|x-gzip|\*)\s*(?:;\s*q=(\d(?:\.\d{0,3})?)\s*)?", re.IGNORECASE)


def takes_gzip(accept_encoding: str) -> bool:
    """Whether a caller who says this takes gzip: named, or `*`, and not with a weight of nothing."""
    matches = filter(None, map(_CODING.fullmatch, accept_encoding.split(",")))
    weights = {match[1].lower(): float(match[2] or 1) for match in matches}
    named = weights.get("gzip", weights.get("x-gzip", weights.get("*", 0.0)))
    return named > 0


def packed(answer: Mapping[str, Any], accept_encoding: str) -> dict[str, Any]:
    """An answer as API Gateway takes it, packed where that is worth it and the caller takes it."""
    body, headers = answer.get("body") or "", dict(answer.get("headers") or {})
    if answer.get("isBase64Encoded") or not isinstance(body, str) or len(body) < PACKED_FROM_BYTES:
        return dict(answer)
    varies = ", ".join(filter(None, (headers.get(VARY, ""), "Accept-Encoding")))
    if not takes_gzip(accept_encoding):
        return {**answer, "headers": {**headers, VARY: varies}}
    import gzip  # seldom needed: most answers are small

    content = base64.b64encode(gzip.compress(body.encode(), LEVEL, mtime=0)).decode()
    headers |= {VARY: varies, "Content-Encoding": "gzip"}
    return {**answer, "headers": headers, "body": content, "isBase64Encoded": True}
