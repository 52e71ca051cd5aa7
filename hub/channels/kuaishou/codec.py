"""The door for Kuaishou's message push (消息推送): one POST, its whole body one ciphertext.

AES-CBC with an IV of zeros over the JSON, in base64. There is no signature: that the body opens with our message
secret to JSON that names our appKey is all the proof there is. It is weak: a zero IV hides nothing of equal
beginnings, and without a MAC blocks of old pushes can be pasted together. So a push is taken for a hint, never for a
truth, and every refusal sounds the same. As the platform's own demo (kwaishop-digital-access-demo) decrypts.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import re
from binascii import Error as Base64Error
from binascii import a2b_base64, b2a_base64
from functools import lru_cache
from typing import Any

from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.ciphers.modes import CBC
from cryptography.hazmat.primitives.padding import PKCS7

from hub.channels.base import Accepted, Answer, Delivery, Received, Rejected, Settings, generations
from hub.channels.door import Door, Stamp
from hub.channels.parsing import parse_json
from hub.kernel.errors import Problem

_ZERO_IV = bytes(16)
_KEY_BYTES = (16, 24, 32)
_IDENTITY = re.compile(r"[!-~]{1,160}")


class KuaishouDoor(Door):
    """Whatever is wrong, 401 without a word: a cipher without a MAC must not become an oracle."""

    BODY_LIMIT_BYTES = 256 << 10
    SUCCESS = Answer(200, b'{"result":1}', "application/json")

    def open(self, delivery: Delivery, secrets: Settings) -> Accepted:
        """The one message of a push, exactly as it decrypts; a heartbeat (`test`) leaves none."""
        plaintext, push = _open(delivery.body, secrets)
        if push.get("test") in (True, "true"):
            return Accepted((), self.SUCCESS)
        account = _text(push, "openId") or _text(push, "userId")
        message = Received(_key(push, plaintext), plaintext, account if _IDENTITY.fullmatch(account) else "")
        return Accepted((message,), self.SUCCESS)

    def sample(self, settings: Settings, plaintext: bytes, stamp: Stamp) -> Delivery:
        """One message as Kuaishou would push it. It is only accepted when it names the settings' appKey."""
        padder = PKCS7(AES.block_size).padder()
        encryptor = _cipher(str(settings["message_secret"])).encryptor()
        sealed = encryptor.update(padder.update(plaintext) + padder.finalize()) + encryptor.finalize()
        return Delivery("POST", {}, {"content-type": "text/plain"}, b2a_base64(sealed, newline=False))

    def ping(self, settings: Settings, stamp: Stamp) -> bytes:
        """The heartbeat (`test`: true) that the console sends to a URL."""
        push = {"eventId": "0", "appKey": settings["app_key"], "event": "", "info": "{}", "test": True}
        return json.dumps(push, separators=(",", ":")).encode()

    def check_settings(self, settings: Settings) -> list[Problem]:
        """An authorisation is a refresh token or a code, and the message secret makes a key."""
        problems = []
        if not settings.get("refresh_token") and not settings.get("code"):
            problems.append(Problem("/refresh_token", "must be given, unless a code is"))
        if not _key_fits(settings):
            problems.append(Problem("/message_secret", "must be base64 of 16, 24 or 32 bytes, as in the console"))
        return problems


DOOR = KuaishouDoor()


def _open(body: bytes, secrets: Settings) -> tuple[bytes, dict[str, Any]]:
    """The plaintext and the push in it, under the first secrets that open it. Raises Rejected."""
    failure = Rejected("bad-ciphertext")
    for settings in generations(secrets):
        try:
            plaintext = _decrypt(settings.get("message_secret"), body)
            return plaintext, _own(plaintext, settings.get("app_key"))
        except Rejected as rejected:
            failure = rejected
    raise failure


def _decrypt(message_secret: object, body: bytes) -> bytes:
    try:
        sealed = a2b_base64(body.strip(), strict_mode=True)
    except (Base64Error, ValueError):
        raise Rejected("bad-ciphertext", part="base64") from None
    if not sealed or len(sealed) % len(_ZERO_IV):
        raise Rejected("bad-ciphertext", part="blocks")
    decryptor, unpadder = _cipher(str(message_secret)).decryptor(), PKCS7(AES.block_size).unpadder()
    try:
        return unpadder.update(decryptor.update(sealed) + decryptor.finalize()) + unpadder.finalize()
    except ValueError:
        raise Rejected("bad-ciphertext", part="padding") from None


def _own(plaintext: bytes, app_key: object) -> dict[str, Any]:
    """The push, when it is JSON and names our app: the only authentication that there is. Raises Rejected."""
    try:
        push = parse_json(plaintext.decode("utf-8-sig"))  # strictly: what is no text was pasted together
    except (ValueError, RecursionError):
        raise Rejected("bad-ciphertext", part="json") from None
    if not isinstance(app_key, str) or not app_key:
        raise Rejected("bad-settings", field="app_key")
    if not isinstance(push, dict):
        raise Rejected("bad-ciphertext", part="json")
    if not hmac.compare_digest(_text(push, "appKey").encode("utf-8", "surrogatepass"), app_key.encode()):
        raise Rejected("wrong-receive-id")
    return push


def _key(push: dict[str, Any], plaintext: bytes) -> str:
    """eventId is unique to a message; seller and event stand beside it. In any doubt the hash of the plaintext."""
    event_id = _text(push, "eventId")
    key = f"{_text(push, 'userId')}:{_text(push, 'event')}:{event_id}"
    return key if event_id and _IDENTITY.fullmatch(key) else hashlib.sha256(plaintext).hexdigest()


def _text(push: dict[str, Any], name: str) -> str:
    """A text, or a whole number as text; "" for all else."""
    value = push.get(name)
    return value if isinstance(value, str) else ""


def _key_fits(settings: Settings) -> bool:
    try:
        _cipher(str(settings.get("message_secret")))
    except Rejected:
        return False
    return True


@lru_cache(maxsize=64)
def _cipher(message_secret: str) -> Cipher[CBC]:
    """One cipher a secret, made once. Raises Rejected("bad-settings")."""
    try:
        key = a2b_base64(message_secret, strict_mode=True)
    except (Base64Error, ValueError):
        key = b""
    if len(key) not in _KEY_BYTES:
        raise Rejected("bad-settings", field="message_secret")
    return Cipher(AES(key), CBC(_ZERO_IV))
