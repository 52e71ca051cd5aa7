"""What every channel promises, run on every inbound channel that the registry names.

A channel's documented messages are its own samples.json; its example settings, its words for yes and no, and messages
that nobody can understand stand in tests/payloads/<name>_examples.json.
"""

from __future__ import annotations

import dataclasses
import json
import re
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hub.channels.base import Delivery, NotUnderstood, Rejected
from hub.channels.registry import (
    CHANNELS,
    channel_document,
    codec,
    inbound,
    inbound_channels,
    settings_problems,
    setup_guide,
)
from hub.contracts.events import EVENTS
from tests.channels.support import AT, STAMP, documented, payload, sample, stored

NAMES = inbound_channels()
EXAMPLES: dict[str, Any] = {name: payload(f"{name}_examples") for name in NAMES}
DOCUMENTED = [(name, one) for name in NAMES for one in documented(name)]
KEPT = {"OrderFacts": "order.changed", "AfterSaleFacts": "after_sale.changed"}
"""What is said once the facts that a message itself holds are kept."""
PERSONAL = re.compile(r"冰柜不制冷|(?<![\w.-])(?:\+?86)?1[3-9][0-9]{9}(?![0-9])|[\w.+-]+@[\w-]+\.[a-z]{2,}")
"""A sample's own words, a mainland mobile number, an e-mail address."""
UNKNOWN = [(name, one) for name in NAMES for one in EXAMPLES[name]["unknown"]]


def each(cases: list[tuple[str, Any]]) -> Any:
    return pytest.mark.parametrize(("name", "example"), cases, ids=[f"{name}-{one['name']}" for name, one in cases])


def first(name: str) -> bytes:
    plaintext: str = next(one["plaintext"] for known, one in DOCUMENTED if known == name)
    return plaintext.encode()


def forged(delivery: Delivery, body_signed: bool) -> list[Delivery]:
    """The same delivery, with one thing wrong at a time. body_signed: some platforms sign no more than the address."""
    flipped = bytes([delivery.body[len(delivery.body) // 2] ^ 1])
    middle = len(delivery.body) // 2
    bodies = [delivery.body[:middle] + flipped + delivery.body[middle + 1 :], delivery.body[:-40], b""]
    changed = [dataclasses.replace(delivery, body=body) for body in bodies if body_signed]
    bare = [dataclasses.replace(delivery, query={}, headers={})] if delivery.query or len(delivery.headers) > 1 else []
    return [*changed, *bare, dataclasses.replace(delivery, method="PUT")]


def answer_to(known: Any, example: Any) -> str:
    """What is said to a message that was taken; to a relay, its id."""
    body = str(example.get("answer", known["success"]["body"]))
    return body.replace("$id", str(json.loads(example["plaintext"])["id"])) if "$id" in body else body


def read(name: str, plaintext: bytes) -> Any:
    """The events of a message as its channel's interpreter reads them: a relay's belong to another channel."""
    known = EXAMPLES[name]["settings"]
    (received,) = codec(name).accept(sample(name, known, plaintext), known).messages
    reader = received.channel or name
    return inbound(reader).events(stored(reader, received.plaintext, account=received.account))


@each(DOCUMENTED + UNKNOWN)
def test_what_the_platform_signs_is_accepted_with_its_exact_plaintext(name: str, example: Any) -> None:
    """A signed delivery is taken, understood or not, and what is stored is byte for byte what was sent."""
    known = EXAMPLES[name]
    accepted = codec(name).accept(sample(name, known["settings"], example["plaintext"].encode()), known["settings"])
    assert [one.plaintext for one in accepted.messages] == [example["plaintext"].encode()]
    assert accepted.answer.status == known["success"]["status"]
    assert accepted.answer.body.decode() == answer_to(known, example)


@pytest.mark.parametrize("name", NAMES)
def test_a_forged_delivery_is_refused_in_the_platforms_words(name: str) -> None:
    """One wrong bit, a cut body, a missing signature or a wrong method: nothing is taken."""
    known = EXAMPLES[name]
    for delivery in forged(sample(name, known["settings"], first(name)), known.get("body_signed", True)):
        with pytest.raises(Rejected) as refused:
            codec(name).accept(delivery, known["settings"])
        answer = codec(name).refuse(refused.value)
        assert (answer.status, answer.body.decode()) == tuple(known["refusal"].values())


@pytest.mark.parametrize("name", NAMES)
def test_a_refusal_tells_no_secret(name: str) -> None:
    """Neither the error's text nor its facts hold a value of the secret settings."""
    known = EXAMPLES[name]
    fields = channel_document(name)["settings"]
    secret = [
        known["settings"][field["name"]] for field in fields if field["secret"] and field["name"] in known["settings"]
    ]
    for delivery in forged(sample(name, known["settings"], first(name)), known.get("body_signed", True)):
        with pytest.raises(Rejected) as refused:
            codec(name).accept(delivery, known["settings"])
        assert not [value for value in secret if value in f"{refused.value} {refused.value!r}"]


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("broken", [{}, {"token": 7}, {"encoding_aes_key": "short"}, {"app_key": None}])
def test_broken_settings_refuse_instead_of_crashing(name: str, broken: dict[str, Any]) -> None:
    """A connection without usable secrets refuses every delivery."""
    delivery = sample(name, EXAMPLES[name]["settings"], first(name))
    with pytest.raises(Rejected):
        codec(name).accept(delivery, broken)


@pytest.mark.parametrize("name", NAMES)
def test_two_generations_of_secrets_live_at_once(name: str) -> None:
    """While secrets are rotated, deliveries under the older and the newer ones both verify."""
    known = EXAMPLES[name]
    older = {**known["settings"], **known["older_secrets"]}
    rotating = {**known["settings"], "previous": known["older_secrets"]}
    for signer in (known["settings"], older):
        assert codec(name).accept(sample(name, signer, first(name)), rotating).messages
    with pytest.raises(Rejected):
        codec(name).accept(sample(name, older, first(name)), known["settings"])


@pytest.mark.parametrize("name", NAMES)
def test_a_saved_url_is_verified_and_leaves_nothing_behind(name: str) -> None:
    """The platform's check of the URL gets the answer it waits for, and no message is stored."""
    known = EXAMPLES[name]["settings"]
    delivery, expected = codec(name).verification(known, STAMP)
    accepted = codec(name).accept(dataclasses.replace(delivery, at=float(AT)), known)
    assert (accepted.messages, accepted.answer) == ((), expected)


@each(DOCUMENTED)
def test_the_dedupe_key_is_the_same_each_time_a_message_comes(name: str, example: Any) -> None:
    """A redelivery, signed and encrypted anew, has the same key; the platform's own id where the example names one."""
    known, plaintext = EXAMPLES[name]["settings"], example["plaintext"].encode()
    again = {"timestamp": str(AT + 5), "nonce": "n0nce9001", "randomness": b"another-prefix16"}
    deliveries = [sample(name, known, plaintext), sample(name, known, plaintext, **again)]
    keys = {codec(name).accept(delivery, known).messages[0].dedupe_key for delivery in deliveries}
    assert len(keys) == 1
    assert keys == {example.get("dedupe_key", *keys)}


@pytest.mark.parametrize("name", NAMES)
def test_different_messages_never_share_a_key(name: str) -> None:
    """All examples of a channel, sent at the same second by the same person, keep keys of their own."""
    known = EXAMPLES[name]["settings"]
    texts = {one["plaintext"].encode() for channel, one in DOCUMENTED + UNKNOWN if channel == name}
    keys = {
        codec(name).accept(sample(name, known, text, nonce=f"n{i}"), known).messages[0].dedupe_key
        for i, text in enumerate(sorted(texts))
    }
    assert len(keys) == len(texts)


@each(DOCUMENTED)
def test_a_documented_message_becomes_its_event(name: str, example: Any) -> None:
    """Each documented message is what its sample says, or nothing where it says nothing; the same ids each time."""
    drafts = read(name, example["plaintext"].encode())
    said = {draft.event.model_dump()["type"] for draft in drafts if draft.event}
    said |= {KEPT[type(draft.facts).__name__] for draft in drafts if draft.facts}
    assert said == ({example["event"]} if example["event"] else set())
    assert drafts == read(name, example["plaintext"].encode())
    events = [draft.event for draft in drafts if draft.event]
    assert all(not event.replay and event.tenant == "demo" for event in events)
    assert len({event.id for event in events}) == len(events)


@each(DOCUMENTED)
def test_no_event_says_what_somebody_wrote_or_how_to_reach_them(name: str, example: Any) -> None:
    """Words, mobile numbers and e-mail addresses are content; events go over the bus and into logs."""
    events = [draft.event.model_dump_json() for draft in read(name, example["plaintext"].encode()) if draft.event]
    assert [PERSONAL.findall(event) for event in events] == [[]] * len(events)


@each(DOCUMENTED)
def test_a_sample_is_named_in_both_languages_and_its_event_exists(name: str, example: Any) -> None:
    """What `hubctl sample` and the documents show of it is whole."""
    assert example["title"]["zh"]
    assert example["title"]["en"]
    assert example["event"] in ("", *EVENTS)


@pytest.mark.parametrize("name", NAMES)
def test_a_replay_is_marked_as_one(name: str) -> None:
    """Events made again from a stored message say so, and keep their ids."""
    plaintext = next(one["plaintext"].encode() for known, one in DOCUMENTED if known == name and one["event"])
    known = EXAMPLES[name]["settings"]
    (received,) = codec(name).accept(sample(name, known, plaintext), known).messages
    message = stored(received.channel or name, received.plaintext, account=received.account)
    reader = inbound(received.channel or name)
    fresh, again = reader.events(message), reader.events(dataclasses.replace(message, replay=True))
    assert [one.event for one in again] == [
        one.event.model_copy(update={"replay": True}) if one.event else None for one in fresh
    ]


@each(UNKNOWN)
def test_what_nobody_understands_is_quarantined_with_its_reason(name: str, example: Any) -> None:
    """Never a crash, never a guess: NotUnderstood with a reason that can be counted."""
    with pytest.raises(NotUnderstood) as refused:
        read(name, example["plaintext"].encode())
    assert refused.value.reason == example["reason"]


@pytest.mark.parametrize("name", NAMES)
@given(plaintext=st.one_of(st.binary(max_size=300), st.text(max_size=200).map(str.encode)))
@settings(max_examples=200, deadline=None)
def test_reading_anything_ends_in_events_or_not_understood(name: str, plaintext: bytes) -> None:
    """Whatever verified, reading it never crashes."""
    with suppress(NotUnderstood):
        inbound(name).events(stored(name, plaintext))


@pytest.mark.parametrize("name", NAMES)
@given(
    body=st.binary(max_size=400),
    query=st.dictionaries(st.sampled_from(["msg_signature", "signature", "timestamp", "nonce"]), st.text(max_size=40)),
    headers=st.dictionaries(st.sampled_from(["event-sign", "sign", "app-id", "webhook-id"]), st.text(max_size=40)),
)
@settings(max_examples=100, deadline=None)
def test_no_bytes_that_nobody_signed_get_in(name: str, body: bytes, query: Any, headers: Any) -> None:
    """Whatever arrives unsigned is Rejected, and by nothing else."""
    with pytest.raises(Rejected):
        codec(name).accept(Delivery("POST", query, headers, body, at=float(AT)), EXAMPLES[name]["settings"])


@pytest.mark.parametrize("name", NAMES)
def test_good_settings_pass_and_each_bad_one_is_named(name: str) -> None:
    """The check of settings is by field: nothing for good ones, a pointer for each that is missing."""
    known, required = (
        EXAMPLES[name]["settings"],
        [one["name"] for one in channel_document(name)["settings"] if one["required"]],
    )
    assert settings_problems(name, known) == []
    for field in required:
        without = {key: value for key, value in known.items() if key != field}
        assert f"/{field}" in [problem.pointer for problem in settings_problems(name, without)]


@pytest.mark.parametrize("name", CHANNELS)
def test_the_channel_describes_itself_in_both_languages(name: str) -> None:
    """Title, every setting's help, steps and success words in Chinese and English; the guide says it is untried."""
    document = channel_document(name)
    texts = [document["title"], document["success"], *document["steps"]]
    texts += [field[part] for field in document["settings"] for part in ("label", "help")]
    assert document["name"] == name
    assert all(text["zh"] and text["en"] for text in texts)
    assert ("in" in document["direction"]) == CHANNELS[name].inbound
    assert "尚未在真实" in setup_guide(name)
    assert "not been tried against" in setup_guide(name)
