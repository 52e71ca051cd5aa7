"""Whatever people type gets through, on every inbound channel; and a body that is not what it says is read anyway.

What is odd is put where people's words stand: in XML into an element of its own, in JSON into a member of its own.
"""

from __future__ import annotations

import dataclasses
import gzip
import json
import re
import zlib
from collections.abc import Callable
from typing import Any

import pytest

from hub.channels import relaying
from hub.channels.base import Delivery, Rejected
from hub.channels.douyin.signing import sign_push
from hub.channels.official_account import replies
from hub.channels.open import codec as open_channel
from hub.channels.registry import codec, inbound, inbound_channels
from hub.channels.shopify import codec as shopify
from hub.channels.youzan import codec as youzan
from tests.channels.support import AT, documented, payload, sample, stored

NAMES = inbound_channels()
KNOWN: dict[str, Any] = {name: payload(f"{name}_examples")["settings"] for name in NAMES}
BOM = b"\xef\xbb\xbf"
ODD = {
    "a control character": "冰柜 \x1dc".encode(),
    "terminal colours": b"log \x1b[0;32mI",
    "nothing": b"a\x00b",
    "U+FFFE": "冰\ufffe柜".encode(),
    "a last character cut in half": "冰柜".encode()[:-1],
    "half a pair in bytes": b"\xed\xa0\xbd",
    "half a pair, escaped": b"\\ud83d",
    "a lone backslash": b"C:\\path\\x",
    "the end of a section": b"a]]>b",
    "a lone and": b"a & b &nbsp; <3",
}
RAW_BYTES = ("a last character cut in half", "half a pair in bytes")
"""Where a plaintext's being text is all the proof that it is the platform's (Kuaishou), these prove the opposite."""


def odd_message(name: str, plaintext: bytes, odd: bytes) -> bytes:
    """A documented message with one thing more in it that somebody typed."""
    if plaintext.startswith(b"<"):
        return plaintext.replace(b"<xml>", b"<xml><Odd><![CDATA[" + odd + b"]]></Odd>", 1)
    if name == "open":
        return plaintext.replace("冰柜不制冷".encode(), odd)
    if name == "shopify":
        return plaintext.replace(b'"body":{', b'"body":{"odd":"' + odd + b'",', 1)
    return plaintext.replace(b"{", b'{"odd":"' + odd + b'",', 1)


def read(name: str, plaintext: bytes) -> list[Any]:
    """What a message says once it came in by its channel's door."""
    (received,) = codec(name).accept(sample(name, KNOWN[name], plaintext), KNOWN[name]).messages
    reader = received.channel or name
    return inbound(reader).events(stored(reader, received.plaintext, account=received.account))


@pytest.mark.parametrize("odd", ODD)
@pytest.mark.parametrize("name", NAMES)
def test_whatever_people_type_a_message_says_what_it_says(name: str, odd: str) -> None:
    """A control character, half a character, a lone sign of XML's or JSON's: each message is read as ever."""
    if name == "kuaishou" and odd in RAW_BYTES:
        pytest.skip("its plaintext has no signature but that it is text")
    for example in documented(name):
        plaintext = example["plaintext"].encode()
        said = [draft.event for draft in read(name, odd_message(name, plaintext, ODD[odd]))]
        assert said == [draft.event for draft in read(name, plaintext)]


WORDS = [
    ("log \x1b[0;32mI", "log [0;32mI"),
    ("冰柜 \x1dc", "冰柜 c"),
    ("冰\ufffe柜\x00", "冰柜"),
    ("一行\n两行\t完", "一行\n两行\t完"),
]


@pytest.mark.parametrize(("typed", "kept"), WORDS)
@pytest.mark.parametrize("name", ["wecom", "official_account", "wechat_kf", "open"])
def test_the_words_are_kept_without_the_odd_character(name: str, typed: str, kept: str) -> None:
    """All else that somebody wrote stays as it was, line breaks and tabs too."""
    example = next(one for one in documented(name) if one["event"] == "message.received")
    drafts = read(name, example["plaintext"].encode().replace("冰柜不制冷".encode(), typed.encode()))
    assert [draft.content["text"] for draft in drafts if draft.content] == [kept]


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        (b"<![CDATA[a]]>b]]>", "a]]>b"),
        (b"<![CDATA[1 & 2 < 3 &amp; ]]>", "1 & 2 < 3 &amp; "),
        (b"R&D &nbsp; &amp; 1 < 2 &#x1b;&#27;", "R&D &nbsp; & 1 < 2 "),
        (b"<![CDATA[a]]]]><![CDATA[>b\x1d]]>", "a]]>b"),
        ("冰柜".encode()[:-1], "冰\ufffd"),
    ],
)
def test_signs_of_xml_in_somebodys_words_are_words(written: bytes, kept: str) -> None:
    """In CDATA and outside of it; what is escaped as XML wants it is read as XML says."""
    example = next(one for one in documented("wecom") if one["name"] == "text")
    text = re.sub(rb"<Content>.*?</Content>", b"<Content>%s</Content>" % written, example["plaintext"].encode())
    (draft,) = read("wecom", text)
    assert draft.content["text"] == kept


def test_a_reply_is_given_to_odd_words_too() -> None:
    """The auto-reply reads the message as the reader does."""
    text = b"<xml><ToUserName>gh</ToUserName><FromUserName>oA</FromUserName><MsgType>text</MsgType>"
    reply = replies.reply_to(text + b"<Content>\x1d</Content></xml>", {"auto_reply": "收到"})
    assert reply == ("oA", "gh", "text", "收到")


def test_words_beside_the_ciphertext_do_no_harm() -> None:
    """In compatible mode an official account puts the plain message beside the ciphertext, as JSON too."""
    known = KNOWN["official_account"]
    text = b'{"FromUserName":"oA","CreateTime":1,"MsgType":"text","Content":"x","MsgId":1}'
    delivery = sample("official_account", known, text)
    beside = delivery.body[:-1] + b',"Content":"log \x1b[0;32m \\x "}'
    (received,) = codec("official_account").accept(dataclasses.replace(delivery, body=beside), known).messages
    assert received.plaintext == text


def _resigned(header: str, sign: Callable[[Any, bytes], str]) -> Callable[[Any, Delivery], Delivery]:
    return lambda known, sent: dataclasses.replace(
        sent, headers={**sent.headers, header: sign(known, BOM + sent.body)}, body=BOM + sent.body
    )


def _relayed(known: Any, sent: Delivery) -> Delivery:
    signature = relaying.sign(known["relay_secret"], sent.headers["x-hub-timestamp"], BOM + sent.body)
    return dataclasses.replace(sent, headers={**sent.headers, "x-hub-signature": signature}, body=BOM + sent.body)


def _open(known: Any, sent: Delivery) -> Delivery:
    body, headers = BOM + sent.body, sent.headers
    signature = open_channel.sign(known["secret"], headers["webhook-id"], headers["webhook-timestamp"], body)
    return dataclasses.replace(sent, headers={**headers, "webhook-signature": signature}, body=body)


MARKED: dict[str, Callable[[Any, Delivery], Delivery]] = {
    "douyin": _resigned("event-sign", lambda known, body: sign_push(known["app_key"], known["app_secret"], body)),
    "xiaohongshu": lambda _, sent: dataclasses.replace(sent, body=BOM + sent.body),
    "youzan": _resigned(
        "event-sign", lambda known, body: youzan.sign(known["client_id"], body, known["client_secret"])
    ),
    "shopify": _resigned("x-shopify-hmac-sha256", lambda known, body: shopify.sign(known["client_secret"], body)),
    "open": _open,
    **dict.fromkeys(("taobao", "jd", "pinduoduo", "relay"), _relayed),
}
"""A delivery with a byte order mark before its body, signed so; where it is encrypted, the plaintext begins with it."""


@pytest.mark.parametrize("name", NAMES)
def test_a_byte_order_mark_is_no_part_of_what_is_said(name: str) -> None:
    """Door and reader agree about a signed body with a mark before it: it says what it says without."""
    known = KNOWN[name]
    for example in documented(name):
        plaintext = example["plaintext"].encode()
        if name in MARKED:
            delivery = MARKED[name](known, sample(name, known, plaintext))
        else:
            delivery = sample(name, known, BOM + plaintext)
        (received,) = codec(name).accept(delivery, known).messages
        reader = received.channel or name
        message = stored(reader, received.plaintext, account=received.account)
        said = [(draft.event, draft.facts) for draft in inbound(reader).events(message)]
        assert said == [(draft.event, draft.facts) for draft in read(name, plaintext)]


@pytest.mark.parametrize("content_type", ["", "text/plain", "application/x-www-form-urlencoded", "image/png"])
@pytest.mark.parametrize("name", NAMES)
def test_a_content_type_is_not_believed(name: str, content_type: str) -> None:
    """A body is what it is, whatever its header calls it."""
    delivery = sample(name, KNOWN[name], documented(name)[0]["plaintext"].encode())
    called = dataclasses.replace(delivery, headers={**delivery.headers, "content-type": content_type})
    assert codec(name).accept(called, KNOWN[name]) == codec(name).accept(delivery, KNOWN[name])


def packed(delivery: Delivery, body: bytes, encoding: str) -> Delivery:
    return dataclasses.replace(delivery, headers={**delivery.headers, "content-encoding": encoding}, body=body)


@pytest.mark.parametrize("name", NAMES)
def test_a_body_that_was_packed_on_the_way_is_unpacked(name: str) -> None:
    """gzip and deflate, said or not: the messages are those of the body that was signed."""
    delivery = sample(name, KNOWN[name], documented(name)[0]["plaintext"].encode())
    for body, encoding in (
        (gzip.compress(delivery.body), "gzip"),
        (gzip.compress(delivery.body), ""),
        (zlib.compress(delivery.body), "deflate"),
        (delivery.body, "identity"),
    ):
        accepted = codec(name).accept(packed(delivery, body, encoding), KNOWN[name])
        assert accepted == codec(name).accept(delivery, KNOWN[name])


@pytest.mark.parametrize("name", NAMES)
def test_what_cannot_be_unpacked_is_refused_in_words(name: str) -> None:
    """Another packing, a cut one, one that becomes longer than the door takes, or a lie: `bad-encoding`."""
    delivery = sample(name, KNOWN[name], documented(name)[0]["plaintext"].encode())
    bomb = gzip.compress(bytes(codec(name).BODY_LIMIT_BYTES + 1))
    for body, encoding in (
        (delivery.body, "br"),
        (delivery.body, "deflate"),
        (gzip.compress(delivery.body)[:-9], "gzip"),
        (bomb, "gzip"),
    ):
        with pytest.raises(Rejected) as refused:
            codec(name).accept(packed(delivery, body, encoding), KNOWN[name])
        assert refused.value.reason == "bad-encoding"
        assert codec(name).refuse(refused.value).status in (401, 403, 415)


def test_an_integrator_is_told_what_to_send() -> None:
    """The open channel's answer names what its door unpacks."""
    answer = codec("open").refuse(Rejected("bad-encoding"))
    assert (answer.status, json.loads(answer.body)) == (
        415,
        {"error": "content-encoding must be identity, gzip or deflate"},
    )


@pytest.mark.parametrize("sign_packed", [False, True])
def test_either_body_may_be_what_was_signed(sign_packed: bool) -> None:
    """Some sign what they have packed already: that is understood too."""
    known, text = KNOWN["open"], documented("open")[0]["plaintext"].encode()
    delivery, body = sample("open", known, text), gzip.compress(text)
    headers = delivery.headers
    signed = open_channel.sign(
        known["secret"], headers["webhook-id"], headers["webhook-timestamp"], body if sign_packed else text
    )
    sent = dataclasses.replace(delivery, headers={**headers, "webhook-signature": signed}, body=body, at=float(AT))
    (received,) = codec("open").accept(sent, known).messages
    assert inbound("open").events(stored("open", received.plaintext))[0].event is not None


@pytest.mark.parametrize("name", ["wecom", "official_account", "wechat_kf", "open"])
def test_two_people_with_one_message_id_are_two_messages(name: str) -> None:
    """Two followers wrote in the same second and the platform gave both one id: two keys."""
    messages = {
        "wecom": "<xml><ToUserName>ww</ToUserName><FromUserName>{who}</FromUserName><CreateTime>1</CreateTime>"
        "<MsgType>text</MsgType><Content>在吗</Content><MsgId>71</MsgId></xml>",
        "official_account": '{{"ToUserName":"gh","FromUserName":"{who}","CreateTime":1,"MsgType":"text",'
        '"Content":"在吗","MsgId":71}}',
        "open": '{{"type":"message.created","occurred_at":"2026-01-01T12:45:00+08:00",'
        '"data":{{"person":{{"id":"{who}"}},"entry":"app","text":"在吗"}}}}',
    }
    if name == "wechat_kf":
        row = {"msgid": "m1", "open_kfid": "wk1", "origin": 3, "msgtype": "text", "text": {"content": "在吗"}}
        reader: Any = inbound(name)
        keys = {reader.row_key({**row, "external_userid": who}) for who in ("oA", "oB")}
    else:
        texts = [messages[name].format(who=who).encode() for who in ("oA", "oB")]
        known = KNOWN[name]
        keys = {codec(name).accept(sample(name, known, text), known).messages[0].dedupe_key for text in texts}
    assert len(keys) == 2
