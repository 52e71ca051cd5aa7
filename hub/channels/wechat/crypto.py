"""The callback cryptography of WeCom: AES-256-CBC under a sorted SHA-1 signature.

https://developer.work.weixin.qq.com/document/path/90968 (read 2024-07). Plain layout, padded to a multiple of 32:
`random(16) | length of message (4, big endian) | message | receive id`; the IV is the first half of the key.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from binascii import Error as Base64Error
from binascii import a2b_base64, b2a_base64
from collections.abc import Collection
from functools import lru_cache
from typing import TYPE_CHECKING

from hub.channels.base import Rejected

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.ciphers import Cipher
    from cryptography.hazmat.primitives.ciphers.modes import CBC

BLOCK_BYTES = 16
PAD_BYTES = 32
HEAD_BYTES = 20  # random and length
KEY_FORM = re.compile(r"[A-Za-z0-9+/]{43}")


def sign(token: str, timestamp: str, nonce: str, encrypted: str) -> str:
    """The signature, lower-case hex: SHA-1 over the four texts, sorted and joined with nothing between."""
    parts = sorted(_raw(part) for part in (token, timestamp, nonce, encrypted))
    return hashlib.sha1(b"".join(parts), usedforsecurity=False).hexdigest()


def verify_signature(signature: str, token: str, timestamp: str, nonce: str, encrypted: str) -> None:
    """Raises Rejected("bad-signature"); compares in constant time; upper-case hex is refused."""
    if not hmac.compare_digest(sign(token, timestamp, nonce, encrypted).encode(), _raw(signature)):
        raise Rejected("bad-signature")


def decrypt(aes_key: str, encrypted: str, receive_ids: Collection[str]) -> tuple[bytes, str]:
    """The message and the receive id that it was meant for. Raises Rejected for all else."""
    plain = _unpad(_decipher(aes_key, encrypted))
    end = HEAD_BYTES + int.from_bytes(plain[16:HEAD_BYTES], "big")
    if len(plain) < HEAD_BYTES or end > len(plain):
        raise Rejected("bad-ciphertext", part="length")
    receive_id = plain[end:].decode("ascii", "replace")
    if receive_id not in receive_ids:
        raise Rejected("wrong-receive-id", received=re.sub(r"[^\w.@-]", "?", receive_id)[:64])
    return plain[HEAD_BYTES:end], receive_id


def encrypt(aes_key: str, message: bytes, receive_id: str, randomness: bytes) -> str:
    """The ciphertext that `decrypt` opens, in base64. randomness: 16 bytes or more, never used twice."""
    plain = randomness[:16] + len(message).to_bytes(4, "big") + message + receive_id.encode()
    pad = PAD_BYTES - len(plain) % PAD_BYTES
    encryptor = _cipher(aes_key).encryptor()
    sealed = encryptor.update(plain + bytes([pad]) * pad) + encryptor.finalize()
    return b2a_base64(sealed, newline=False).decode()


def _decipher(aes_key: str, encrypted: str) -> bytes:
    try:
        sealed = a2b_base64(encrypted, strict_mode=True)
    except (Base64Error, ValueError):
        raise Rejected("bad-ciphertext", part="base64") from None
    if not sealed or len(sealed) % BLOCK_BYTES:
        raise Rejected("bad-ciphertext", part="blocks")
    decryptor = _cipher(aes_key).decryptor()
    return decryptor.update(sealed) + decryptor.finalize()


def _unpad(padded: bytes) -> bytes:
    """Strip 1 to 32 bytes of padding: WeCom pads to 32, which unpadders of AES libraries (at most 16) refuse."""
    pad = padded[-1]
    if not 1 <= pad <= min(PAD_BYTES, len(padded)) or padded[-pad:] != padded[-1:] * pad:
        raise Rejected("bad-ciphertext", part="padding")
    return padded[:-pad]


@lru_cache(maxsize=64)
def _cipher(aes_key: str) -> Cipher[CBC]:
    """One cipher a key, made once. 43 characters hold 258 bits; the last two are ignored, as WeCom ignores them."""
    if not KEY_FORM.fullmatch(aes_key):
        raise Rejected("bad-settings", field="encoding_aes_key")
    from cryptography.hazmat.primitives.ciphers import Cipher  # whoever only sends has this module, and no use for it
    from cryptography.hazmat.primitives.ciphers.algorithms import AES
    from cryptography.hazmat.primitives.ciphers.modes import CBC

    key = a2b_base64(aes_key + "=")
    return Cipher(AES(key), CBC(key[:BLOCK_BYTES]))


def _raw(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")
