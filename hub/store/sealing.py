"""Envelope encryption of single values: a data key from KMS seals many values, each bound to its context.

A sealed value is text: `sealed:1:` and base64 of wrapped key length, wrapped key, nonce and AES-256-GCM ciphertext.
The context (tenant, item, field) is authenticated, so a value cannot be moved to another item.
"""

from __future__ import annotations

import base64
import os
from functools import lru_cache
from typing import Any

from hub.kernel.errors import Broken
from hub.store.table import passing

PREFIX = "sealed:1:"
NONCE_BYTES = 12
USES_PER_KEY = 10_000
"""After so many values a new data key is made: a leaked one opens little."""


class Sealer:
    """Seals and unseals text with data keys under one KMS key (`key_id` may be an alias)."""

    def __init__(self, kms: Any, key_id: str, tenant: str) -> None:
        self._kms, self._key_id, self._tenant = kms, key_id, tenant
        self._plain = self._wrapped = b""
        self._uses = 0
        self._unwrap = lru_cache(maxsize=256)(self._decrypt_key)

    def seal(self, text: str, context: str) -> str:
        """`text` sealed for `context`, e.g. "tkt_…/title". "" stays "". Raises Retry when KMS does not answer."""
        if not text:
            return ""
        if not self._plain or self._uses >= USES_PER_KEY:
            self._new_key()
        self._uses += 1
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM  # most starts of a room seal and open nothing

        nonce = os.urandom(NONCE_BYTES)
        sealed = AESGCM(self._plain).encrypt(nonce, text.encode(), self._bound(context))
        blob = len(self._wrapped).to_bytes(2, "big") + self._wrapped + nonce + sealed
        return PREFIX + base64.b64encode(blob).decode()

    def unseal(self, sealed: str, context: str) -> str:
        """The text. Raises Broken when it was not sealed for this context with a key of ours, Retry without KMS."""
        if not sealed:
            return ""
        from cryptography.exceptions import InvalidTag  # as above
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM

        if not sealed.startswith(PREFIX):
            raise Broken("not a sealed value", context=context)
        blob = base64.b64decode(sealed[len(PREFIX) :])
        end = 2 + int.from_bytes(blob[:2], "big")
        nonce, body = blob[end : end + NONCE_BYTES], blob[end + NONCE_BYTES :]
        try:
            return AESGCM(self._unwrap(blob[2:end])).decrypt(nonce, body, self._bound(context)).decode()
        except InvalidTag:
            raise Broken("a sealed value does not open", context=context) from None

    def _bound(self, context: str) -> bytes:
        return f"{self._tenant}#{context}".encode()

    def _new_key(self) -> None:
        bound = {"tenant": self._tenant}
        with passing("KMS"):
            made = self._kms.generate_data_key(KeyId=self._key_id, KeySpec="AES_256", EncryptionContext=bound)
        self._plain, self._wrapped, self._uses = made["Plaintext"], made["CiphertextBlob"], 0

    def _decrypt_key(self, wrapped: bytes) -> bytes:
        bound = {"tenant": self._tenant}
        with passing("KMS"):
            plain: bytes = self._kms.decrypt(CiphertextBlob=wrapped, EncryptionContext=bound)["Plaintext"]
        return plain
