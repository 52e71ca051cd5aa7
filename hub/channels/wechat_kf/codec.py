"""The door for callbacks of WeChat customer service (微信客服): they bring no message, only that there are some.

https://developer.work.weixin.qq.com/document/path/94670 (read 2024-12). The same envelope as WeCom's other callbacks.
"""

from __future__ import annotations

from hub.channels.base import Accepted, Answer, Delivery, Rejected, Settings
from hub.channels.wechat import door
from hub.kernel.errors import Problem

name = "wechat_kf"
BODY_LIMIT_BYTES = door.BODY_LIMIT_BYTES
GREETING_LIMIT_BYTES = 2048
SUCCESS = Answer(200, b"success")


def accept(delivery: Delivery, secrets: Settings) -> Accepted:
    """A verified callback, or the echo that saves a URL. Raises Rejected only."""
    door.require_method(delivery)
    if delivery.method == "GET":
        return door.accept_sealed_echo(delivery, secrets, door.corp_receive_ids)
    return door.accept_message(delivery, secrets, door.corp_receive_ids, SUCCESS)


def refuse(rejected: Rejected) -> Answer:
    """403 without a word, as for all of WeCom."""
    del rejected
    return door.FORBIDDEN


def sample(settings: Settings, plaintext: bytes, *, timestamp: str, nonce: str, randomness: bytes) -> Delivery:
    """`plaintext` as it would be posted, to the first receive id of these settings."""
    receive_id = door.corp_receive_ids(settings)[0]
    stamp = {"timestamp": timestamp, "nonce": nonce}
    return door.sealed_post(settings, plaintext, receive_id, randomness=randomness, **stamp)


def verification(settings: Settings, *, timestamp: str, nonce: str, randomness: bytes) -> tuple[Delivery, Answer]:
    """The GET by which the URL is tried: the answer is the decrypted number and nothing around it."""
    receive_id = door.corp_receive_ids(settings)[0]
    return door.sealed_echo(settings, receive_id, timestamp=timestamp, nonce=nonce, randomness=randomness)


def check_settings(settings: Settings) -> list[Problem]:
    """What the form can't say."""
    problems = []
    if len(str(settings.get("greeting") or "").encode()) > GREETING_LIMIT_BYTES:
        problems.append(Problem("/greeting", f"must be at most {GREETING_LIMIT_BYTES} bytes in UTF-8"))
    return problems
