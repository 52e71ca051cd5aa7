"""Alibaba Cloud's signature V3 (ACS3-HMAC-SHA256). Pure.

https://help.aliyun.com/zh/sdk/product-overview/v3-request-structure-and-signature ; as alibabacloud-openapi-util 0.2.4
does it.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping
from urllib.parse import quote

ALGORITHM = "ACS3-HMAC-SHA256"


def canonical_query(query: Mapping[str, str]) -> str:
    """The parameters sorted and percent-encoded as RFC 3986 says (a blank is %20, a star %2A)."""
    return "&".join(f"{quote(name, safe='')}={quote(query[name], safe='')}" for name in sorted(query))


def authorization(
    access_key_id: str, access_key_secret: str, *, query: Mapping[str, str], headers: Mapping[str, str], body: bytes
) -> str:
    """The `authorization` header of a POST to `/`. headers: all that are signed, names in lower case."""
    names = ";".join(sorted(headers))
    lines = "".join(f"{name}:{headers[name]}\n" for name in sorted(headers))
    canonical = "\n".join(["POST", "/", canonical_query(query), lines, names, hashlib.sha256(body).hexdigest()])
    signed = f"{ALGORITHM}\n{hashlib.sha256(canonical.encode()).hexdigest()}"
    signature = hmac.new(access_key_secret.encode(), signed.encode(), hashlib.sha256).hexdigest()
    return f"{ALGORITHM} Credential={access_key_id},SignedHeaders={names},Signature={signature}"
