"""The door for Shopify's webhooks: one POST, a JSON body, an HMAC over its raw bytes, and what it is about in headers.

https://shopify.dev/docs/apps/build/webhooks/subscribe/https (verify deliveries; read through public copies, 2026-09).
The headers are not part of what is signed, so the store in them must be the connection's own; what topic they name is
weighed against the body when that is read (inbound).

What is stored is `{"topic":…,"shop":…,"webhook_id":…,"triggered_at":…,"body":` + the body, byte for byte, + `}`.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import re
from typing import Any

from hub.channels.base import (
    Accepted,
    Answer,
    Delivery,
    Received,
    Rejected,
    Settings,
    generations,
)
from hub.kernel.errors import Problem

name = "shopify"
BODY_LIMIT_BYTES = 4 << 20
SELF_TEST_TOPIC = "hub/self-test"
"""Shopify never sends it: the connection's own check does, signed like the rest."""
SUCCESS = Answer(200)

_HEADERS = {
    "topic": "x-shopify-topic",
    "shop": "x-shopify-shop-domain",
    "webhook_id": "x-shopify-webhook-id",
    "triggered_at": "x-shopify-triggered-at",
}
_TEXT = rb'"(?:[^"\\]|\\.)*"'
_STORED = re.compile(
    rb'\{"topic":(%b),"shop":(%b),"webhook_id":(%b),"triggered_at":(%b),"body":(.*)\}' % ((_TEXT,) * 4), re.DOTALL
)
_WEBHOOK_ID = re.compile(r"[0-9A-Za-z-]{8,64}")


def accept(delivery: Delivery, secrets: Settings) -> Accepted:
    """The one message of a webhook. Raises Rejected only."""
    if delivery.method != "POST":
        raise Rejected("bad-method")
    if len(delivery.body) > BODY_LIMIT_BYTES:
        raise Rejected("too-large", limit_bytes=BODY_LIMIT_BYTES)
    _verify(delivery, secrets)
    told = {field: delivery.headers.get(header, "") for field, header in _HEADERS.items()}
    if told["topic"] == SELF_TEST_TOPIC:
        return Accepted((), SUCCESS)
    shop = str(secrets["shop"])
    if told["shop"].lower() != shop:
        raise Rejected("wrong-receive-id", shop=told["shop"][:80])
    plaintext = _stored(told, delivery.body)
    known = _WEBHOOK_ID.fullmatch(told["webhook_id"])
    key = f"{shop}:{told['webhook_id']}" if known else hashlib.sha256(plaintext).hexdigest()
    return Accepted((Received(key, plaintext, shop),), SUCCESS)


def refuse(rejected: Rejected) -> Answer:
    """401 without a word, as Shopify's own check of compliance webhooks wants it."""
    del rejected
    return Answer(401)


def sample(settings: Settings, plaintext: bytes, *, timestamp: str, nonce: str, randomness: bytes) -> Delivery:
    """A stored message, as Shopify would deliver it; any other text is the body of a webhook without headers."""
    del timestamp, nonce, randomness  # this platform signs none of them
    parts = _STORED.fullmatch(plaintext)
    if parts is None:
        return _signed(settings, {"shop": str(settings["shop"])}, plaintext)
    told: dict[str, Any] = {field: json.loads(part) for field, part in zip(_HEADERS, parts.groups(), strict=False)}
    return _signed(settings, told, parts[5])


def verification(settings: Settings, *, timestamp: str, nonce: str, randomness: bytes) -> tuple[Delivery, Answer]:
    """Shopify checks nothing when a subscription is saved: a signed webhook that nobody keeps."""
    del timestamp, nonce, randomness
    return _signed(settings, {"topic": SELF_TEST_TOPIC, "shop": str(settings["shop"])}, b"{}"), SUCCESS


def check_settings(settings: Settings) -> list[Problem]:
    """What the form can't say: an access token, or the client id that gets one, must be there."""
    problems = []
    if not settings.get("access_token") and not settings.get("client_id"):
        problems.append(Problem("/access_token", "must be given, or client_id"))
    return problems


def sign(client_secret: str, body: bytes) -> str:
    """Base64 of the HMAC-SHA256 over the raw body."""
    return base64.b64encode(hmac.new(client_secret.encode(), body, hashlib.sha256).digest()).decode()


def _verify(delivery: Delivery, secrets: Settings) -> None:
    given = delivery.headers.get("x-shopify-hmac-sha256", "").encode("utf-8", "surrogatepass")
    for settings in generations(secrets):
        if not settings.get("client_secret") or not settings.get("shop"):
            raise Rejected("bad-settings", field="client_secret, shop")
        if hmac.compare_digest(sign(str(settings["client_secret"]), delivery.body).encode(), given):
            return
    raise Rejected("bad-signature")


def _signed(settings: Settings, told: dict[str, Any], body: bytes) -> Delivery:
    headers = {header: str(told.get(field, "")) for field, header in _HEADERS.items()}
    headers |= {
        "content-type": "application/json",
        "x-shopify-hmac-sha256": sign(str(settings["client_secret"]), body),
    }
    return Delivery("POST", {}, headers, body)


def _stored(told: dict[str, str], body: bytes) -> bytes:
    head = "".join(f'"{field}":{json.dumps(told[field])},' for field in _HEADERS)
    return b"{" + head.encode() + b'"body":' + body + b"}"
