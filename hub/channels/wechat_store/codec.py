"""The door for WeChat Store (微信小店): the GET that verifies a URL, and the POST that brings an event.

https://developers.weixin.qq.com/doc/store/shop/notify/order_callback (read 2025): JSON by default; `success` within 5
seconds, else up to ten pushes in some 3.6 hours. Events have no message id: the hash of the plaintext, which a repeat
has again, is theirs.
"""

from __future__ import annotations

from hub.channels.base import Accepted, Answer, Delivery, Rejected, Settings
from hub.channels.wechat import door, push

name = "wechat_store"
BODY_LIMIT_BYTES = door.BODY_LIMIT_BYTES


def accept(delivery: Delivery, secrets: Settings) -> Accepted:
    """A verified event, or the echo that saves a URL. Raises Rejected only."""
    door.require_method(delivery)
    if delivery.method == "GET":
        return door.accept_plain_echo(delivery, secrets)
    return Accepted((push.open_push(delivery, secrets).received,), push.SUCCESS)


def refuse(rejected: Rejected) -> Answer:
    """403 without a word: a forger learns nothing, and the console tells that the URL does not pass."""
    del rejected
    return door.FORBIDDEN


def sample(settings: Settings, plaintext: bytes, *, timestamp: str, nonce: str, randomness: bytes) -> Delivery:
    """`plaintext` as WeChat posts it in secure mode."""
    return push.sealed_push(settings, plaintext, timestamp=timestamp, nonce=nonce, randomness=randomness)


def verification(settings: Settings, *, timestamp: str, nonce: str, randomness: bytes) -> tuple[Delivery, Answer]:
    """The GET by which WeChat tries a URL: the answer is `echostr` as it came."""
    return door.plain_echo(settings, timestamp=timestamp, nonce=nonce, randomness=randomness)
