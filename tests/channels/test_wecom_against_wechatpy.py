"""Our WeCom cryptography against an independent one, in both directions, on random messages."""

from __future__ import annotations

import re
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from wechatpy.enterprise.crypto import WeChatCrypto

from hub.channels.base import Delivery
from hub.channels.door import Stamp
from hub.channels.wechat.door import sealed_reply
from hub.channels.wecom.codec import DOOR
from tests.channels.support import payload, random_messages

KNOWN: dict[str, Any] = payload("wecom_examples")["settings"]
THEIRS = WeChatCrypto(KNOWN["token"], KNOWN["encoding_aes_key"], KNOWN["corp_id"])

BODIES = 10_000
messages = st.text(st.characters(codec="utf-8"), max_size=400)
stamps = st.integers(0, 10**10).map(str)
nonces = st.text("0123456789abcdefghijklmnopqrstuvwxyz", min_size=1, max_size=16)
randomness = st.binary(min_size=16, max_size=16)


def opened_here(message: str, timestamp: str, nonce: str) -> bytes:
    """What we read of a message that wechatpy encrypted."""
    envelope = THEIRS.encrypt_message(message, nonce, timestamp)
    signature = re.search(r"<MsgSignature><!\[CDATA\[(.*?)]]>", envelope)
    assert signature is not None
    query = {"msg_signature": signature[1], "timestamp": timestamp, "nonce": nonce}
    return DOOR.accept(Delivery("POST", query, {}, envelope.encode()), KNOWN).messages[0].plaintext


@given(messages, stamps, nonces)
@settings(max_examples=300, deadline=None)
def test_what_they_send_we_receive(message: str, timestamp: str, nonce: str) -> None:
    """An envelope that wechatpy encrypted opens here to the same bytes."""
    assert opened_here(message, timestamp, nonce) == message.encode()


def test_ten_thousand_of_theirs_open_here() -> None:
    """Of 10,000 random messages that wechatpy encrypted, each opens here to the same bytes."""
    for message, stamp in random_messages(BODIES, seed=1):
        assert opened_here(message, stamp.timestamp, stamp.nonce) == message.encode()


def test_ten_thousand_of_ours_open_there() -> None:
    """Of 10,000 random messages that we encrypted, each opens in wechatpy to the same text."""
    for message, stamp in random_messages(BODIES, seed=2):
        delivery = DOOR.sample(KNOWN, message.encode(), stamp)
        signed = delivery.query["msg_signature"], stamp.timestamp, stamp.nonce
        assert THEIRS.decrypt_message(delivery.body, *signed) == message


@given(messages, stamps, nonces, randomness)
@settings(max_examples=300, deadline=None)
def test_what_we_send_they_receive(message: str, timestamp: str, nonce: str, random: bytes) -> None:
    """A delivery and a passive reply that we encrypted open there to the same text."""
    stamp = Stamp(timestamp, nonce, random)
    delivery = DOOR.sample(KNOWN, message.encode(), stamp)
    reply = sealed_reply(KNOWN, message.encode(), KNOWN["corp_id"], stamp)
    signature = delivery.query["msg_signature"]
    assert THEIRS.decrypt_message(delivery.body, signature, timestamp, nonce) == message
    assert THEIRS.decrypt_message(reply, signature, timestamp, nonce) == message


@given(stamps, nonces, randomness)
@settings(max_examples=50, deadline=None)
def test_the_echo_of_a_saved_url_agrees(timestamp: str, nonce: str, random: bytes) -> None:
    """The GET that saves a URL is answered with what wechatpy reads out of it."""
    stamp = Stamp(timestamp, nonce, random)
    delivery, _ = DOOR.verification(KNOWN, stamp)
    query = delivery.query
    theirs = THEIRS.check_signature(query["msg_signature"], timestamp, nonce, query["echostr"])
    assert DOOR.accept(delivery, KNOWN).answer.body == theirs.encode()
