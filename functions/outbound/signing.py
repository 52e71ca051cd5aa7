"""Standard Webhooks (https://www.standardwebhooks.com, specification 1.0.0): secrets and signatures. Pure.

Signed is `<webhook-id>.<webhook-timestamp>.<body>`: `v1,<base64 of HMAC-SHA256>` by each secret that lives, and
`v1a,<base64 of ed25519>` where the endpoint asks for it, parted by blanks.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
from collections.abc import Iterable

from hub.kernel.errors import Invalid, Problem

SECRET_PREFIX, PUBLIC_PREFIX = "whsec_", "whpk_"
SECRET_BYTES = range(24, 65)
NEW_BYTES = 32
KEY_BYTES = 32


def write_secret(randomness: bytes) -> str:
    """A secret of NEW_BYTES random bytes."""
    return SECRET_PREFIX + base64.b64encode(randomness[:NEW_BYTES]).decode()


def read_secret(secret: str) -> bytes:
    """The key that a secret stands for. Raises Invalid (pointer: /secret)."""
    try:
        if not secret.startswith(SECRET_PREFIX):
            raise ValueError
        key = base64.b64decode(secret.removeprefix(SECRET_PREFIX), validate=True)
        if len(key) not in SECRET_BYTES:
            raise ValueError
    except (ValueError, binascii.Error):
        rule = "must be whsec_ and the base64 of 24 to 64 random bytes"
        raise Invalid("secret", problems=[Problem("/secret", rule)]) from None
    return key


def public_key(private_key: str) -> str:
    """`whpk_…` of an ed25519 key (base64 of its 32 bytes)."""
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey  # few endpoints ask for it

    key = Ed25519PrivateKey.from_private_bytes(base64.b64decode(private_key))
    return PUBLIC_PREFIX + base64.b64encode(key.public_key().public_bytes_raw()).decode()


def sign(message_id: str, timestamp: int, body: bytes, secrets: Iterable[str], private_key: str = "") -> str:
    """The value of `webhook-signature`."""
    content = f"{message_id}.{timestamp}.".encode() + body
    signatures = [
        "v1," + base64.b64encode(hmac.new(read_secret(secret), content, hashlib.sha256).digest()).decode()
        for secret in secrets
    ]
    if private_key:
        from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey  # as above

        key = Ed25519PrivateKey.from_private_bytes(base64.b64decode(private_key))
        signatures.append("v1a," + base64.b64encode(key.sign(content)).decode())
    return " ".join(signatures)
