"""The door for official accounts (公众号): the GET that verifies a URL, and the POST that brings a message or event."""

from __future__ import annotations

from hub.channels.base import Accepted, Answer, Delivery, Settings
from hub.channels.door import Stamp
from hub.channels.official_account import replies
from hub.channels.wechat.document import is_json
from hub.channels.wechat.push import Opened, PushDoor, open_push
from hub.kernel.errors import Problem


class AccountDoor(PushDoor):
    """A message may be answered with a reply at once."""

    def open_message(self, delivery: Delivery, secrets: Settings) -> Accepted:
        """A verified message and the reply that it gets."""
        opened = open_push(delivery, secrets)
        answer = _reply(delivery, opened, secrets) or self.SUCCESS
        return Accepted((opened.received,), answer, unspoken=self.SUCCESS)

    def check_settings(self, settings: Settings) -> list[Problem]:
        """Two answers to one message."""
        if settings.get("hand_over") == "yes" and settings.get("auto_reply"):
            return [Problem("/hand_over", "must not stand beside auto_reply: a message gets one answer")]
        return []


DOOR = AccountDoor()


def _reply(delivery: Delivery, opened: Opened, settings: Settings) -> Answer | None:
    """The reply that the current settings have, encrypted as the message was; None where they have none."""
    reply = replies.reply_to(opened.received.plaintext, settings)
    if reply is None:
        return None
    as_json, now = is_json(opened.received.plaintext), int(delivery.at)
    body = replies.render(reply, now, as_json=as_json)
    if opened.sealed:
        nonce = str(int.from_bytes(delivery.entropy[:4], "big"))
        stamp = Stamp(str(now), nonce, delivery.entropy)
        body = replies.sealed(opened.settings, body, opened.received.account, stamp)
    return Answer(200, body, "application/json" if as_json else "text/xml")
