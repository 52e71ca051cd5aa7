"""A signature that several platforms share: MD5 over the sorted parameters between two copies of the secret."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping


def joined(params: Mapping[str, str]) -> str:
    """Names and values in the order of the names, with nothing between them."""
    return "".join(f"{name}{params[name]}" for name in sorted(params))


def wrapped_md5(secret: str, params: Mapping[str, str]) -> str:
    """Upper-case hex MD5 of secret + sorted names and values + secret, in UTF-8 (TOP, Pinduoduo, JD)."""
    base = f"{secret}{joined(params)}{secret}".encode()
    return hashlib.md5(base, usedforsecurity=False).hexdigest().upper()
