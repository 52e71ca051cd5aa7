"""API keys (密钥): what a machine signs in with. Shown once, kept only as a hash."""

from __future__ import annotations

import base64

SECRET_BYTES = 32


def write_key(prefix: str, randomness: bytes) -> str:
    """A key with its prefix, from SECRET_BYTES random bytes. Raises ValueError for fewer."""
    if len(randomness) < SECRET_BYTES:
        raise ValueError(f"a key needs {SECRET_BYTES} random bytes")
    return prefix + base64.urlsafe_b64encode(randomness[:SECRET_BYTES]).decode().rstrip("=")
