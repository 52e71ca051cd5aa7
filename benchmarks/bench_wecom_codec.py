"""The door for WeCom against wechatpy 1.8.18, from the bytes of a request to its fields; and how soon a DTD is out.

wechatpy gets its crypto object made beforehand. Both must read the same content before anything is timed. The time to
refuse a DTD is a share of one millisecond: a small one that would expand without end, and one of almost a megabyte.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

from wechatpy.enterprise import parse_message
from wechatpy.enterprise.crypto import WeChatCrypto

from benchmarks.harness import Ratio, best_seconds
from hub.channels.base import Delivery, NotUnderstood, Rejected
from hub.channels.door import Stamp
from hub.channels.registry import samples
from hub.channels.samples import render
from hub.channels.wechat.document import Fields, read_fields
from hub.channels.wecom.codec import DOOR

EXAMPLES = Path(__file__).parents[1] / "tests" / "payloads" / "wecom_examples.json"
ROUNDS, REPEATS = 100, 45  # short turns, so that some of them meet no other work on the machine
MILLISECOND = 0.001
LAUGHS = b"".join(b'<!ENTITY l%d "%s">' % (n, b"&l%d;" % (n - 1) * 10) for n in range(1, 12))
BOMB = b"<!DOCTYPE xml [" + LAUGHS + b"]><xml><Content>&l11;</Content></xml>"
LARGE = b"<!DOCTYPE xml [" + b"<!ENTITY a 'b'>" * 60_000 + b"]><xml><Content>&a;</Content></xml>"


def run() -> list[Ratio]:
    """Speed as a multiple of wechatpy's (higher is better), refusals as parts of a millisecond (lower is better)."""
    examples = json.loads(EXAMPLES.read_text(encoding="utf-8"))
    known = examples["settings"]
    theirs = WeChatCrypto(known["token"], known["encoding_aes_key"], known["corp_id"])
    documented = {one["name"]: render(one["plaintext"], known, now=1767242700, number=73) for one in samples("wecom")}
    text = _ratio("text message", known, theirs, documented["text"])
    contact = _ratio("customer added", known, theirs, documented["add_external_contact"])
    return [text, contact, *_refusals(known)]


def _ratio(label: str, known: dict[str, Any], theirs: WeChatCrypto, plaintext: bytes) -> Ratio:
    delivery = DOOR.sample(known, plaintext, Stamp("1767242700", "n0nce9001", b"R4nd0mPrefix16by"))
    read = _read_theirs(theirs, delivery)
    assert {name.lower(): value for name, value in read.items()} == _read_ours(known, delivery)
    seconds = best_seconds(
        REPEATS,
        ours=_repeat(lambda: _read_ours(known, delivery)),
        wechatpy=_repeat(lambda: _read_theirs(theirs, delivery)),
    )
    return Ratio(
        f"WeCom verify, decrypt, parse: {label}, against wechatpy",
        seconds["wechatpy"] / seconds["ours"],
        2.2,
        True,
    )


def _read_ours(known: dict[str, Any], delivery: Delivery) -> Fields:
    return read_fields(DOOR.accept(delivery, known).messages[0].plaintext)


def _read_theirs(theirs: WeChatCrypto, delivery: Delivery) -> dict[str, str]:
    query = delivery.query
    opened = theirs.decrypt_message(delivery.body, query["msg_signature"], query["timestamp"], query["nonce"])
    data: dict[str, str] = parse_message(opened)._data
    return data


def _refusals(known: dict[str, Any]) -> list[Ratio]:
    seconds = best_seconds(
        small=lambda: _refused(lambda: read_fields(BOMB)),
        large=lambda: _refused(lambda: read_fields(LARGE)),
        envelope=lambda: _refused(lambda: DOOR.accept(Delivery("POST", {}, {}, LARGE), known)),
    )
    return [
        Ratio(f"milliseconds to refuse a DTD: {name}", taken / MILLISECOND, 1, False) for name, taken in seconds.items()
    ]


def _refused(read: Callable[[], object]) -> None:
    with suppress(NotUnderstood, Rejected):
        read()
        raise AssertionError("a DTD was read")


def _repeat(subject: Callable[[], object]) -> Callable[[], None]:
    def turn() -> None:
        for _ in range(ROUNDS):
            subject()

    return turn
