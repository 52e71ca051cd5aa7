"""Our cryptography of official accounts and stores against an independent one, both ways, on random messages."""

from __future__ import annotations

import re
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from wechatpy.crypto import WeChatCrypto
from wechatpy.exceptions import InvalidSignatureException
from wechatpy.utils import check_signature

from hub.channels.base import Delivery, Rejected
from hub.channels.door import Door, Stamp
from hub.channels.official_account.codec import DOOR
from hub.channels.wechat.door import sealed_reply
from hub.channels.wechat_store import codec as store
from tests.channels.support import payload, random_messages

KNOWN: dict[str, Any] = payload("official_account_examples")["settings"]
THEIRS = WeChatCrypto(KNOWN["token"], KNOWN["encoding_aes_key"], KNOWN["app_id"])
DOORS = pytest.mark.parametrize("ours", [DOOR, store.DOOR], ids=["official_account", "wechat_store"])

BODIES = 10_000
messages = st.text(st.characters(codec="utf-8"), max_size=400)
stamps = st.integers(0, 10**10).map(str)
nonces = st.text("0123456789abcdefghijklmnopqrstuvwxyz", min_size=1, max_size=16)
randomness = st.binary(min_size=16, max_size=16)


def opened_here(ours: Door, message: str, timestamp: str, nonce: str) -> tuple[bytes, str]:
    """What we read of a message that wechatpy encrypted, and whom it was meant for."""
    envelope = THEIRS.encrypt_message(message, nonce, timestamp)
    signature = re.search(r"<MsgSignature><!\[CDATA\[(.*?)]]>", envelope)
    assert signature is not None
    query = {"encrypt_type": "aes", "msg_signature": signature[1], "timestamp": timestamp, "nonce": nonce}
    (received,) = ours.accept(Delivery("POST", query, {}, envelope.encode()), KNOWN).messages
    return received.plaintext, received.account


@DOORS
@given(messages, stamps, nonces)
@settings(max_examples=200, deadline=None)
def test_what_they_send_we_receive(ours: Door, message: str, timestamp: str, nonce: str) -> None:
    """An envelope that wechatpy encrypted opens here to the same bytes, for the AppID that it was meant for."""
    assert opened_here(ours, message, timestamp, nonce) == (message.encode(), KNOWN["app_id"])


def test_ten_thousand_of_theirs_open_here() -> None:
    """Of 10,000 random messages that wechatpy encrypted, each opens here to the same bytes."""
    for message, stamp in random_messages(BODIES, seed=3):
        assert opened_here(DOOR, message, stamp.timestamp, stamp.nonce) == (message.encode(), KNOWN["app_id"])


def test_ten_thousand_of_ours_open_there() -> None:
    """Of 10,000 random messages that we encrypted, each opens in wechatpy to the same text."""
    for message, stamp in random_messages(BODIES, seed=4):
        text = f".{message}" if message.encode().lstrip()[:1] == b"{" else message  # wechatpy reads no JSON envelope
        delivery = DOOR.sample(KNOWN, text.encode(), stamp)
        signed = delivery.query["msg_signature"], stamp.timestamp, stamp.nonce
        assert THEIRS.decrypt_message(delivery.body, *signed) == text


@DOORS
@given(messages.filter(lambda text: text.lstrip()[:1] != "{"), stamps, nonces, randomness)
@settings(max_examples=200, deadline=None)
def test_what_we_send_they_receive(ours: Door, message: str, timestamp: str, nonce: str, random: bytes) -> None:
    """A delivery and a passive reply that we encrypted open there to the same text."""
    stamp = Stamp(timestamp, nonce, random)
    delivery = ours.sample(KNOWN, message.encode(), stamp)
    reply = sealed_reply(KNOWN, message.encode(), KNOWN["app_id"], stamp)
    signature = delivery.query["msg_signature"]
    assert THEIRS.decrypt_message(delivery.body, signature, timestamp, nonce) == message
    assert THEIRS.decrypt_message(reply, signature, timestamp, nonce) == message


@DOORS
@given(stamps, nonces, randomness)
@settings(max_examples=50, deadline=None)
def test_the_check_of_a_saved_url_agrees(ours: Door, timestamp: str, nonce: str, random: bytes) -> None:
    """The GET that saves a URL is one that wechatpy takes for signed; with another token both refuse it."""
    delivery, answer = ours.verification(KNOWN, Stamp(timestamp, nonce, random))
    check_signature(KNOWN["token"], delivery.query["signature"], timestamp, nonce)
    assert ours.accept(delivery, KNOWN).answer.body == answer.body == delivery.query["echostr"].encode()
    with pytest.raises(InvalidSignatureException):
        check_signature("another", delivery.query["signature"], timestamp, nonce)
    with pytest.raises(Rejected):
        ours.accept(delivery, {**KNOWN, "token": "another"})
