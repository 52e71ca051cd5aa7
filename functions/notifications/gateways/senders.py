"""How each channel's client says a message to one person: one function a channel. The clients keep the limits."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any

from functions.notifications.gateways.message import Message
from hub.channels.outbound import Sent
from hub.kernel.platforms import PlatformMisconfigured

Send = Callable[[Any, str, Message, str], Sent]
"""(the client, what the channel calls the receiver, the message, the send's id) → what became of it."""

KINDS: Mapping[str, tuple[str, ...]] = {
    "wecom": ("wecom",),
    "wecom_group": ("wecom",),
    "dingtalk": ("dingtalk",),
    "feishu": ("feishu",),
    "official_account": ("official_account",),
    "sms": ("sms_aliyun", "sms_tencent"),
    "email": ("email",),
    "phone": ("phone",),
}
"""A channel, and the kinds of connections by which it is told."""
NEEDED: Mapping[str, tuple[str, ...]] = {"wecom": ("agent_id", "secret"), "official_account": ("app_id", "app_secret")}
"""Settings without which a connection only listens."""
GROUPS = frozenset({"dingtalk", "feishu"})
"""Robots of a group: whoever has no name there is told in the group all the same."""
SAME_AGAIN: Mapping[str, timedelta] = {
    "wecom": timedelta(hours=3, minutes=45),
    "official_account": timedelta(minutes=9),
    "phone": timedelta(hours=1),
}
"""So long after its first attempt the same may be sent again, for the platform knows a repeat: WeCom by its body for
four hours, an official account by our id for ten minutes, a call service by our id. The others know none."""


def by_wecom(client: Any, receiver: str, message: Message, send_id: str) -> Sent:
    """A card with buttons, markdown, or a text with links."""
    del send_id  # WeCom knows a repeat by its body
    if message.card is not None:
        return _sent(client.send_card([receiver], message.card))
    if message.markdown:
        return _sent(client.send_markdown([receiver], message.markup))
    return _sent(client.send_text([receiver], message.markup or message.text))


def by_wecom_group(client: Any, receiver: str, message: Message, send_id: str) -> Sent:
    """Into a group chat, by its id: markdown, or a card's words, which groups take no cards of."""
    del send_id  # a group knows no repeat
    if message.markdown:
        return _sent(client.send_group(receiver, message.markup, markdown=True))
    return _sent(client.send_group(receiver, "\n".join(filter(None, (message.title, message.text, message.url)))))


def by_group_robot(client: Any, receiver: str, message: Message, send_id: str) -> Sent:
    """A text in the group, with a mention of whom it is for."""
    text = "\n".join(filter(None, (message.title, message.text, message.url)))
    return _sent(client.send_text([receiver] if receiver else [], text, send_id=send_id))


def by_official_account(client: Any, receiver: str, message: Message, send_id: str) -> Sent:
    """An approved template to a follower."""
    template = message.official_account
    if template is None:
        raise PlatformMisconfigured("official_account", reason="no template")
    number = client.send_template(
        receiver, template.code, template.values, url=message.url, client_msg_id=send_id[-32:]
    )
    return Sent(str(number))


def by_sms(client: Any, receiver: str, message: Message, send_id: str) -> Sent:
    """An approved template to a phone."""
    template = message.sms
    if template is None:
        raise PlatformMisconfigured("sms", reason="no template")
    values = {name: " ".join(value.split()) for name, value in template.values.items()}
    return _sent(client.send_template([receiver], template.code, values, send_id=send_id))


def by_email(client: Any, receiver: str, message: Message, send_id: str) -> Sent:
    """A plain letter; its subject is one line."""
    subject = " ".join("".join(c if c.isprintable() else " " for c in message.title).split())
    text = "\n\n".join(filter(None, (message.text, message.url)))
    return _sent(client.send_text([receiver], text, send_id=send_id, subject=subject[:200]))


def by_phone(client: Any, receiver: str, message: Message, send_id: str) -> Sent:
    """A call that reads title and text out."""
    return _sent(client.call([receiver], "。".join(filter(None, (message.title, message.text))), send_id=send_id))


SENDERS: Mapping[str, Send] = {
    "wecom": by_wecom,
    "wecom_group": by_wecom_group,
    "dingtalk": by_group_robot,
    "feishu": by_group_robot,
    "official_account": by_official_account,
    "sms": by_sms,
    "email": by_email,
    "phone": by_phone,
}


def _sent(sent: Sent) -> Sent:
    """The client's own answer: it is typed Any, as the client of whichever channel."""
    return sent
