"""Genuine deliveries and plaintexts made wrong (变异), one seeded change or a few at a time. Pure."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from random import Random
from typing import Any
from urllib.parse import quote, unquote

from hub.channels.base import Delivery

LONG_BYTES = 200_000
LONG_ONE_IN = 400
"""Long and deep bodies cost as much as hundreds of others."""
CHANGES_LIMIT = 3
TOKENS: tuple[bytes, ...] = (
    *(b"", b"\x00", b"\xff\xfe", b"\xef\xbb\xbf", b"\xed\xa0\x80", b"\xc0\xaf", "‮🀄".encode(), "２３٣".encode()),
    *(b'"\\ud800"', b'"\\u0000"', b'\\"', b"\\", b"null", b"NaN", b"-Infinity", b"1e999", b"-1", b"0", b"9" * 400),
    *(b"9" * 5000, b"[]", b"{}", b"[[", b"]", b'{"a":', b",", b":", b'"tag":"0"', b'"test":true', b'{"type":"ping"}'),
    *(b"<!DOCTYPE x [<!ENTITY a 'b'>]>", b"&a;", b"&#0;", b"]]>", b"<![CDATA[", b"<!--", b"<?xml?>", b"</xml>"),
    *(b"<xml>", b"<a b='c'/>", b"<MsgId>1</MsgId>", b"<Encrypt>", b"<Encrypt><![CDATA[AAAA]]></Encrypt>", b"%7B", b"%"),
)
VALUES: tuple[Any, ...] = (
    *(None, True, False, 0, -1, 1, 10**11, 10**13, 2**53 + 1, 10**30, 10**4000, 1.5, -0.0, 1e308, float("nan")),
    *("", " ", "0", "-1", "1.5", "12.30", "1e9", "2026-13-41", "0001-01-01", "9999-12-31T23:59:59+14:00", "NaN"),
    *("\x00", "\ud800", "a\udc00b", "\ufffe", "‮", "２３", "٣", "x" * 300, "家" * 3000, "9" * 400, "../..", "a#b"),
    *([], {}, [None], [[]], {"": None}, [{}] * 50, {"a": {"b": {"c": []}}}, "{}", "[]", "%7B%7D", "null"),
)
FIELD_VALUES = (
    "",
    " ",
    "0",
    "x" * 300,
    "\udc80",
    "\ud800",
    "é",
    "２３",
    "9" * 20,
    "9" * 5000,
    "v1,",
    "{}",
    "\x00",
    "aes",
)
METHODS = ("GET", "PUT", "post", "", "POST\n")
_ELEMENT = re.compile(rb"<([A-Za-z_]\w*)>(<!\[CDATA\[.*?\]\]>|[^<]*)</\1>", re.DOTALL)


def mutate_text(random: Random, text: bytes) -> bytes:
    """A plaintext made wrong: its bytes, or what it says where it is JSON or XML. It may rarely end as it began."""
    for _ in range(random.randint(1, CHANGES_LIMIT)):
        said = mutate_xml if text.lstrip()[:1] == b"<" else mutate_json
        text = random.choice((mutate_bytes, said, said, said))(random, text)
    if not random.randrange(LONG_ONE_IN):
        text = _long(random, text)
    return text


def mutate_delivery(random: Random, delivery: Delivery, others: Sequence[Delivery]) -> Delivery:
    """A delivery with something wrong: mostly its body, else a header, the query, the method, the path or its age, or
    a part that belongs to another of the channel's genuine deliveries."""
    for _ in range(random.randint(1, CHANGES_LIMIT)):
        kind, other = random.randrange(16), random.choice(others)
        if kind < 8:
            delivery = replace(delivery, body=mutate_bytes(random, delivery.body))
        elif kind < 10:
            delivery = replace(delivery, headers=_mutate_fields(random, delivery.headers, other.headers))
        elif kind < 12:
            delivery = replace(delivery, query=_mutate_fields(random, delivery.query, other.query))
        elif kind == 12:
            delivery = replace(delivery, body=other.body)
        elif kind == 13:
            delivery = replace(delivery, method=random.choice(METHODS))
        elif kind == 14:
            delivery = replace(delivery, path=random.choice(("", "/", "/webhooks/x/../y", delivery.path + "/")))
        else:
            delivery = replace(delivery, at=delivery.at + random.choice((-1e12, -301, 301, 1e12)))
    return delivery


def mutate_bytes(random: Random, text: bytes) -> bytes:
    """Bits flipped, a piece cut, doubled, swapped or replaced: anywhere, whatever stands there."""
    kind, start = random.randrange(7), random.randrange(len(text) + 1)
    end = min(len(text), start + random.choice((1, 2, 16, 64, len(text))))
    if kind == 0 and text:
        flipped = bytearray(text)
        for _ in range(random.randint(1, 4)):
            flipped[random.randrange(len(text))] ^= 1 << random.randrange(8)
        return bytes(flipped)
    if kind == 1:
        return text[:start] + text[end:]
    if kind == 2:
        return text[:end] + text[start:]
    if kind == 3:
        return text[end:] + text[:start]
    if kind == 4:
        return text[:start] + random.randbytes(random.randint(1, 32)) + text[start:]
    if kind == 5:
        return text[:start] + random.choice(TOKENS) + text[end:]
    return text[:start] + random.choice(TOKENS) + text[start:]


def mutate_json(random: Random, text: bytes) -> bytes:
    """One member of a JSON text changed, dropped or renamed, however deep it lies, also in JSON that stands in a text
    (percent-encoded or not). What is no JSON is changed byte by byte."""
    try:
        read = json.loads(text)
    except (ValueError, RecursionError):
        return mutate_bytes(random, text)
    try:
        return json.dumps(_changed(random, read), ensure_ascii=random.random() < 0.5).encode("utf-8", "surrogatepass")
    except (ValueError, RecursionError):
        return mutate_bytes(random, text)


def mutate_xml(random: Random, text: bytes) -> bytes:
    """One element of a flat XML text refilled, doubled, nested, renamed or dropped; other texts byte by byte."""
    found = list(_ELEMENT.finditer(text))
    if not found:
        return mutate_bytes(random, text)
    one = random.choice(found)
    name, content, token = one[1], one[2], random.choice(TOKENS)
    changed = (
        b"<%b>%b</%b>" % (name, token, name),
        b"<%b><![CDATA[%b]]></%b>" % (name, token, name),
        b"<%b>%b</%b>" % (name, _text_of(random.choice(VALUES)), name),
        b"<%b>%b</%b>" % (name, one[0], name),
        b"<%b>%b</%b>" % (name.swapcase(), content, name.swapcase()),
        one[0] * random.choice((0, 2, 3)),
        one[0] + token,
    )
    return text[: one.start()] + random.choice(changed) + text[one.end() :]


def _changed(random: Random, value: Any) -> Any:
    """`value` with one thing in it changed; the way down is random."""
    if isinstance(value, dict) and value and random.random() < 0.9:
        name = random.choice(list(value))
        kind = random.randrange(10)
        if kind == 0:
            return {key: one for key, one in value.items() if key != name}
        if kind == 1:
            return {random.choice((key.upper(), key + " ", "")) if key == name else key: value[key] for key in value}
        return {**value, name: _changed(random, value[name])}
    if isinstance(value, list) and value and random.random() < 0.9:
        at = random.randrange(len(value))
        return [*value[:at], _changed(random, value[at]), *value[at + 1 :]]
    if isinstance(value, str) and random.random() < 0.7:
        return _changed_within(random, value)
    return random.choice(VALUES)


def _changed_within(random: Random, text: str) -> Any:
    """A text that holds JSON once more, changed in there; any other text gives way to any value."""
    plain = unquote(text) if text[:1] == "%" else text
    if plain[:1] not in ("{", "["):
        return random.choice(VALUES)
    try:
        changed = json.dumps(_changed(random, json.loads(plain)))
    except (ValueError, RecursionError):
        return random.choice(VALUES)
    return quote(changed) if text[:1] == "%" else changed


def _mutate_fields(random: Random, fields: Mapping[str, str], others: Mapping[str, str]) -> dict[str, str]:
    """Headers or a query with one field dropped, changed, or taken from somewhere else."""
    if not fields:
        return {random.choice(("signature", "sign", "echostr", "event-sign")): random.choice(FIELD_VALUES)}
    name, kind = random.choice(list(fields)), random.randrange(4)
    if kind == 0:
        return {key: value for key, value in fields.items() if key != name}
    if kind == 1:
        return {**fields, name: random.choice(FIELD_VALUES)}
    if kind == 2:
        return {**fields, name: others.get(name, "")}
    return {
        **fields,
        name: mutate_bytes(random, fields[name].encode("utf-8", "replace")).decode("utf-8", "surrogateescape"),
    }


def _text_of(value: Any) -> bytes:
    try:
        return str(value).encode("utf-8", "surrogatepass")
    except ValueError:
        return b"9" * 4400


def _long(random: Random, text: bytes) -> bytes:
    """Long or deep: a piece many times over."""
    start = random.randrange(len(text) + 1)
    piece = random.choice((text[start : start + 64] or b"x", *TOKENS[20:])) or b"["
    return text[:start] + piece * min(LONG_BYTES // len(piece), random.choice((20, 1000, LONG_BYTES))) + text[start:]
