"""The door for WeCom callbacks (回调): the GET that verifies a URL, and the POST that brings a message.

https://developer.work.weixin.qq.com/document/path/90930 (read 2024-07). Nothing is parsed before it verifies: of the
envelope only the ciphertext is cut out, and the signature covers it.
"""

from __future__ import annotations

from hub.channels.base import Accepted, Answer, Delivery, Rejected, Settings
from hub.channels.wechat import door
from hub.kernel.errors import Problem

name = "wecom"
BODY_LIMIT_BYTES = door.BODY_LIMIT_BYTES
GREETING_LIMIT_BYTES = 4000
SUCCESS = Answer(200, b"success")
"""Suites (第三方应用) must hear `success`; self-built apps need 200 and take any text that is no reply."""


def accept(delivery: Delivery, secrets: Settings) -> Accepted:
    """A verified message, or the echo that saves a URL. Raises Rejected only."""
    door.require_method(delivery)
    if delivery.method == "GET":
        return door.accept_sealed_echo(delivery, secrets, door.corp_receive_ids)
    return door.accept_message(delivery, secrets, door.corp_receive_ids, SUCCESS)


def refuse(rejected: Rejected) -> Answer:
    """403 without a word: a forger learns nothing, and WeCom tells its administrator that the URL does not pass."""
    del rejected
    return door.FORBIDDEN


def sample(settings: Settings, plaintext: bytes, *, timestamp: str, nonce: str, randomness: bytes) -> Delivery:
    """`plaintext` as WeCom would post it, to the first receive id of these settings."""
    receive_id = door.corp_receive_ids(settings)[0]
    stamp = {"timestamp": timestamp, "nonce": nonce}
    agent_id = str(settings.get("agent_id", ""))
    return door.sealed_post(settings, plaintext, receive_id, randomness=randomness, agent_id=agent_id, **stamp)


def verification(settings: Settings, *, timestamp: str, nonce: str, randomness: bytes) -> tuple[Delivery, Answer]:
    """The GET by which WeCom tries a URL: the answer is the decrypted number and nothing around it."""
    receive_id = door.corp_receive_ids(settings)[0]
    return door.sealed_echo(settings, receive_id, timestamp=timestamp, nonce=nonce, randomness=randomness)


def check_settings(settings: Settings) -> list[Problem]:
    """What WeCom's console would make one get wrong: a cut or padded key, a blank, no receive id, a long greeting."""
    problems = []
    if not door.corp_receive_ids(settings):
        problems.append(Problem("/receive_ids", "must name the corp id (企业ID) or suite id that callbacks carry"))
    if len(str(settings.get("greeting") or "").encode()) > GREETING_LIMIT_BYTES:
        problems.append(Problem("/greeting", f"must be at most {GREETING_LIMIT_BYTES} bytes in UTF-8"))
    if settings.get("greeting") and not settings.get("secret"):
        problems.append(Problem("/secret", "must be given: the greeting is sent with it"))
    return problems
