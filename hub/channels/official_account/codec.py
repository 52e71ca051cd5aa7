"""The door for official accounts (公众号): the GET that verifies a URL, and the POST that brings a message or event."""

from __future__ import annotations

from hub.channels.base import Accepted, Answer, Delivery, Rejected, Settings
from hub.channels.official_account import replies
from hub.channels.wechat import door, push
from hub.channels.wechat.document import is_json
from hub.kernel.errors import Problem

name = "official_account"
BODY_LIMIT_BYTES = door.BODY_LIMIT_BYTES


def accept(delivery: Delivery, secrets: Settings) -> Accepted:
    """A verified message and the reply that it gets, or the echo that saves a URL. Raises Rejected only."""
    door.require_method(delivery)
    if delivery.method == "GET":
        return door.accept_plain_echo(delivery, secrets)
    opened = push.open_push(delivery, secrets)
    return Accepted((opened.received,), _answer(delivery, opened, secrets), unspoken=push.SUCCESS)


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


def check_settings(settings: Settings) -> list[Problem]:
    """What the form can't say: and two answers to one message."""
    problems = []
    if settings.get("hand_over") == "yes" and settings.get("auto_reply"):
        problems.append(Problem("/hand_over", "must not stand beside auto_reply: a message gets one answer"))
    return problems


def _answer(delivery: Delivery, opened: push.Opened, settings: Settings) -> Answer:
    """The reply that the current settings have, encrypted as the message was; else `success`."""
    reply = replies.reply_to(opened.received.plaintext, settings)
    if reply is None:
        return push.SUCCESS
    as_json, now = is_json(opened.received.plaintext), int(delivery.at)
    plain = replies.render(reply, now, as_json=as_json)
    content_type = "application/json" if as_json else "text/xml"
    if not opened.sealed:
        return Answer(200, plain, content_type)
    account, entropy = opened.received.account, delivery.entropy
    sealed = replies.sealed(opened.settings, plain, account, timestamp=str(now), entropy=entropy)
    return Answer(200, sealed, content_type)
