"""The door for Shopify's webhooks: one POST, a JSON body, an HMAC over its raw bytes, and what it is about in headers.

https://shopify.dev/docs/apps/build/webhooks/subscribe/https (verify deliveries; read through public copies, 2026-09).
The headers are not part of what is signed, so the store in them must be the connection's own; what topic they name is
weighed against the body when that is read (inbound). Where they name no store, the signed body may: those about data
protection and an app's end do.

What is stored is `{"topic":…,"shop":…,"webhook_id":…,"triggered_at":…,"body":` + the body, byte for byte, + `}`.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import re
from typing import Any

from hub.channels.base import Accepted, Delivery, Received, Rejected, Settings, generations
from hub.channels.door import Door, Stamp
from hub.channels.parsing import BOM
from hub.kernel.errors import Problem

SELF_TEST_TOPIC = "hub/self-test"
"""Shopify never sends it: the connection's own check does, signed like the rest."""

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
_SHOP_FIELDS = ("shop_domain", "myshopify_domain")
_WEBHOOK_ID = re.compile(r"[0-9A-Za-z-]{8,64}")


class ShopifyDoor(Door):
    """What does not verify hears 401, without a word, as Shopify's own check of compliance webhooks wants it."""

    BODY_LIMIT_BYTES = 4 << 20

    def open(self, delivery: Delivery, secrets: Settings) -> Accepted:
        """The one message of a webhook."""
        _verify(delivery, secrets)
        headers = {field: delivery.headers.get(header, "") for field, header in _HEADERS.items()}
        if headers["topic"] == SELF_TEST_TOPIC:
            return Accepted((), self.SUCCESS)
        shop = str(secrets["shop"])
        headers["shop"] = headers["shop"] or _shop_in(delivery.body)
        if headers["shop"].lower() != shop:
            raise Rejected("wrong-receive-id", shop=headers["shop"][:80])
        plaintext = _stored(headers, delivery.body)
        has_id = _WEBHOOK_ID.fullmatch(headers["webhook_id"])
        key = f"{shop}:{headers['webhook_id']}" if has_id else hashlib.sha256(plaintext).hexdigest()
        return Accepted((Received(key, plaintext, shop),), self.SUCCESS)

    def sample(self, settings: Settings, plaintext: bytes, stamp: Stamp) -> Delivery:
        """A stored message, as Shopify would deliver it; any other text is the body of a webhook without headers."""
        parts = _STORED.fullmatch(plaintext)
        if parts is None:
            return _signed(settings, {"shop": str(settings["shop"])}, plaintext)
        headers = {field: json.loads(part) for field, part in zip(_HEADERS, parts.groups(), strict=False)}
        return _signed(settings, headers, parts[5])

    def ping(self, settings: Settings, stamp: Stamp) -> bytes:
        """Shopify checks nothing when a subscription is saved: a webhook of our own, signed like the rest."""
        headers = {"topic": SELF_TEST_TOPIC, "shop": str(settings["shop"]), "webhook_id": "", "triggered_at": ""}
        return _stored(headers, b"{}")

    def check_settings(self, settings: Settings) -> list[Problem]:
        """An access token, or the client id that gets one, must be there."""
        if settings.get("access_token") or settings.get("client_id"):
            return []
        return [Problem("/access_token", "must be given, or client_id")]


DOOR = ShopifyDoor()


def sign(client_secret: str, body: bytes) -> str:
    """Base64 of the HMAC-SHA256 over the raw body."""
    return base64.b64encode(hmac.new(client_secret.encode(), body, hashlib.sha256).digest()).decode()


def _verify(delivery: Delivery, secrets: Settings) -> None:
    signature = delivery.headers.get("x-shopify-hmac-sha256", "").encode("utf-8", "surrogatepass")
    for settings in generations(secrets):
        if not settings.get("client_secret") or not settings.get("shop"):
            raise Rejected("bad-settings", field="client_secret, shop")
        if hmac.compare_digest(sign(str(settings["client_secret"]), delivery.body).encode(), signature):
            return
    raise Rejected("bad-signature")


def _signed(settings: Settings, fields: dict[str, Any], body: bytes) -> Delivery:
    headers = {header: str(fields.get(field, "")) for field, header in _HEADERS.items()}
    headers |= {
        "content-type": "application/json",
        "x-shopify-hmac-sha256": sign(str(settings["client_secret"]), body),
    }
    return Delivery("POST", {}, headers, body)


def _shop_in(body: bytes) -> str:
    """The store that a body says it is about; "" where it says none."""
    try:
        document = json.loads(body)
    except (ValueError, RecursionError):
        return ""
    named = (document.get(field) for field in _SHOP_FIELDS) if isinstance(document, dict) else ()
    return next((name for name in named if isinstance(name, str) and name), "")


def _stored(fields: dict[str, str], body: bytes) -> bytes:
    head = "".join(f'"{field}":{json.dumps(fields[field])},' for field in _HEADERS)
    return b"{" + head.encode() + b'"body":' + body.removeprefix(BOM) + b"}"
