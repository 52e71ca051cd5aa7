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
from hub.kernel.errors import Problem

name = "kuaishou"
BODY_LIMIT_BYTES = 256 << 10
SUCCESS = Answer(200, b'{"result":1}', "application/json")

_ZERO_IV = bytes(16)
_KEY_BYTES = (16, 24, 32)
_IDENTITY = re.compile(r"[!-~]{1,160}")


def accept(delivery: Delivery, secrets: Settings) -> Accepted:
    """The one message of a push, exactly as it decrypts; a heartbeat (`test`) leaves none. Raises Rejected only."""
    if delivery.method != "POST":
        raise Rejected("bad-method")
    if len(delivery.body) > BODY_LIMIT_BYTES:
        raise Rejected("too-large", limit_bytes=BODY_LIMIT_BYTES)
    plaintext, push = _open(delivery.body, secrets)
    if push.get("test") in (True, "true"):
        return Accepted((), SUCCESS)
    account = _text(push, "openId") or _text(push, "userId")
    message = Received(_key(push, plaintext), plaintext, account if _IDENTITY.fullmatch(account) else "")
    return Accepted((message,), SUCCESS)


def refuse(rejected: Rejected) -> Answer:
    """401 without a word, whatever was wrong: a cipher without a MAC must not become an oracle."""
    del rejected
    return Answer(401)


def sample(settings: Settings, plaintext: bytes, *, timestamp: str, nonce: str, randomness: bytes) -> Delivery:
    """One message as Kuaishou would push it. It is only accepted when it names the settings' appKey."""
    del timestamp, nonce, randomness  # the cipher uses none of them: its IV is zeros
    padder = PKCS7(AES.block_size).padder()
    encryptor = _cipher(str(settings["message_secret"])).encryptor()
    sealed = encryptor.update(padder.update(plaintext) + padder.finalize()) + encryptor.finalize()
    return Delivery("POST", {}, {"content-type": "text/plain"}, b2a_base64(sealed, newline=False))


def verification(settings: Settings, *, timestamp: str, nonce: str, randomness: bytes) -> tuple[Delivery, Answer]:
    """The heartbeat (`test`: true) that the console sends to a URL."""
    body = {"eventId": "0", "appKey": settings["app_key"], "event": "", "info": "{}", "test": True}
    plaintext = json.dumps(body, separators=(",", ":")).encode()
    return sample(settings, plaintext, timestamp=timestamp, nonce=nonce, randomness=randomness), SUCCESS


def check_settings(settings: Settings) -> list[Problem]:
    """What the form can't say: an authorisation is a refresh token or a code."""
    problems = []
    if not settings.get("refresh_token") and not settings.get("code"):
        problems.append(Problem("/refresh_token", "must be given, unless a code is"))
    if not _key_fits(settings):
        problems.append(Problem("/message_secret", "must be base64 of 16, 24 or 32 bytes, as in the console"))
    return problems


def _open(body: bytes, secrets: Settings) -> tuple[bytes, dict[str, Any]]:
    """The plaintext and the push in it, under the first secrets that open it. Raises Rejected."""
    refused = Rejected("bad-ciphertext")
    for settings in generations(secrets):
        try:
            plaintext = _decrypt(settings.get("message_secret"), body)
            return plaintext, _own(plaintext, settings.get("app_key"))
        except Rejected as rejected:
            refused = rejected
    raise refused


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
        push = json.loads(plaintext.decode(), parse_int=str)
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
