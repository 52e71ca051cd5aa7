"""Our WeCom cryptography against an independent one, in both directions, on random messages."""

from __future__ import annotations

import re
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from wechatpy.enterprise.crypto import WeChatCrypto

from hub.channels.base import Delivery
from hub.channels.wechat_door import sealed_reply
from hub.channels.wecom import codec
from tests.channels.support import payload

KNOWN: dict[str, Any] = payload("wecom_examples")["settings"]
THEIRS = WeChatCrypto(KNOWN["token"], KNOWN["encoding_aes_key"], KNOWN["corp_id"])

messages = st.text(st.characters(codec="utf-8"), max_size=400)
stamps = st.integers(0, 10**10).map(str)
nonces = st.text("0123456789abcdefghijklmnopqrstuvwxyz", min_size=1, max_size=16)
randomness = st.binary(min_size=16, max_size=16)


@given(messages, stamps, nonces)
@settings(max_examples=300, deadline=None)
def test_what_they_send_we_receive(message: str, timestamp: str, nonce: str) -> None:
    """An envelope that wechatpy encrypted opens here to the same bytes."""
    envelope = THEIRS.encrypt_message(message, nonce, timestamp)
    signature = re.search(r"<MsgSignature><!\[CDATA\[(.*?)]]>", envelope)
    assert signature is not None
    query = {"msg_signature": signature[1], "timestamp": timestamp, "nonce": nonce}
    accepted = codec.accept(Delivery("POST", query, {}, envelope.encode()), KNOWN)
    assert accepted.messages[0].plaintext == message.encode()


@given(messages, stamps, nonces, randomness)
@settings(max_examples=300, deadline=None)
def test_what_we_send_they_receive(message: str, timestamp: str, nonce: str, random: bytes) -> None:
    """A delivery and a passive reply that we encrypted open there to the same text."""
    made = {"timestamp": timestamp, "nonce": nonce, "randomness": random}
    delivery = codec.sample(KNOWN, message.encode(), **made)
    reply = sealed_reply(KNOWN, message.encode(), KNOWN["corp_id"], **made)
    signature = delivery.query["msg_signature"]
    assert THEIRS.decrypt_message(delivery.body, signature, timestamp, nonce) == message
    assert THEIRS.decrypt_message(reply, signature, timestamp, nonce) == message


@given(stamps, nonces, randomness)
@settings(max_examples=50, deadline=None)
def test_the_echo_of_a_saved_url_agrees(timestamp: str, nonce: str, random: bytes) -> None:
    """The GET that saves a URL is answered with what wechatpy reads out of it."""
    made = {"timestamp": timestamp, "nonce": nonce, "randomness": random}
    delivery, _ = codec.verification(KNOWN, **made)
    query = delivery.query
    theirs = THEIRS.check_signature(query["msg_signature"], timestamp, nonce, query["echostr"])
    assert codec.accept(delivery, KNOWN).answer.body == theirs.encode()
