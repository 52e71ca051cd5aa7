"""What every channel promises, run on every channel that the registry names.

A new channel adds tests/payloads/<name>_examples.json: settings, documented messages, and ones nobody can understand.
"""

from __future__ import annotations

import dataclasses
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hub.channels.base import Delivery, NotUnderstood, Rejected
from hub.channels.registry import CHANNELS, channel_document, codec, inbound, setup_guide
from tests.channels.support import STAMP, payload, sample, stored

NAMES = tuple(CHANNELS)
EXAMPLES: dict[str, Any] = {name: payload(f"{name}_examples") for name in NAMES}
DOCUMENTED = [(name, one) for name in NAMES for one in EXAMPLES[name]["documented"]]
UNKNOWN = [(name, one) for name in NAMES for one in EXAMPLES[name]["unknown"]]


def each(cases: list[tuple[str, Any]]) -> Any:
    return pytest.mark.parametrize(("name", "example"), cases, ids=[f"{name}-{one['name']}" for name, one in cases])


def first(name: str) -> bytes:
    plaintext: str = EXAMPLES[name]["documented"][0]["plaintext"]
    return plaintext.encode()


def forged(delivery: Delivery) -> list[Delivery]:
    """The same delivery, with one thing wrong at a time."""
    flipped = bytes([delivery.body[len(delivery.body) // 2] ^ 1])
    middle = len(delivery.body) // 2
    bodies = [delivery.body[:middle] + flipped + delivery.body[middle + 1 :], delivery.body[:-40], b""]
    changed = [dataclasses.replace(delivery, body=body) for body in bodies]
    bare = dataclasses.replace(delivery, query={}, headers={})
    return [*changed, bare, dataclasses.replace(delivery, method="PUT")]


@each(DOCUMENTED + UNKNOWN)
def test_what_the_platform_signs_is_accepted_with_its_exact_plaintext(name: str, example: Any) -> None:
    """A signed delivery is taken, understood or not, and what is stored is byte for byte what was sent."""
    known = EXAMPLES[name]
    accepted = codec(name).accept(sample(name, known["settings"], example["plaintext"].encode()), known["settings"])
    assert [one.plaintext for one in accepted.messages] == [example["plaintext"].encode()]
    assert (accepted.answer.status, accepted.answer.body.decode()) == tuple(known["success"].values())


@pytest.mark.parametrize("name", NAMES)
def test_a_forged_delivery_is_refused_in_the_platforms_words(name: str) -> None:
    """One wrong bit, a cut body, a missing signature or a wrong method: nothing is taken."""
    known = EXAMPLES[name]
    for delivery in forged(sample(name, known["settings"], first(name))):
        with pytest.raises(Rejected) as refused:
            codec(name).accept(delivery, known["settings"])
        answer = codec(name).refuse(refused.value)
        assert (answer.status, answer.body.decode()) == tuple(known["refusal"].values())


@pytest.mark.parametrize("name", NAMES)
def test_a_refusal_tells_no_secret(name: str) -> None:
    """Neither the error's text nor its facts hold a value of the secret settings."""
    known = EXAMPLES[name]
    secret = [known["settings"][field["name"]] for field in channel_document(name)["settings"] if field["secret"]]
    for delivery in forged(sample(name, known["settings"], first(name))):
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
    delivery, expected = codec(name).verification(known, **STAMP)
    accepted = codec(name).accept(delivery, known)
    assert (accepted.messages, accepted.answer) == ((), expected)


@each(DOCUMENTED)
def test_the_dedupe_key_is_the_same_each_time_a_message_comes(name: str, example: Any) -> None:
    """A redelivery, encrypted anew, has the same key; the platform's own id where the example names one."""
    known, plaintext = EXAMPLES[name]["settings"], example["plaintext"].encode()
    again = {**STAMP, "timestamp": "1767242705", "nonce": "other", "randomness": b"another-prefix16"}
    deliveries = [
        sample(name, known, plaintext),
        codec(name).sample(known, plaintext, **again),
    ]
    keys = {codec(name).accept(delivery, known).messages[0].dedupe_key for delivery in deliveries}
    assert len(keys) == 1
    assert keys == {example.get("dedupe_key", *keys)}


@pytest.mark.parametrize("name", NAMES)
def test_different_messages_never_share_a_key(name: str) -> None:
    """All examples of a channel, sent at the same second by the same person, keep keys of their own."""
    known = EXAMPLES[name]
    texts = {one["plaintext"].encode() for one in known["documented"] + known["unknown"]}
    keys = {
        codec(name).accept(sample(name, known["settings"], text), known["settings"]).messages[0].dedupe_key
        for text in texts
    }
    assert len(keys) == len(texts)


@each(DOCUMENTED)
def test_a_documented_message_becomes_its_event(name: str, example: Any) -> None:
    """Each documented message is one event, or none where it says nothing to us; the same ids each time."""
    message = stored(name, example["plaintext"].encode())
    drafts = inbound(name).events(message)
    assert [draft.event.model_dump()["type"] for draft in drafts] == ([example["event"]] if example["event"] else [])
    assert drafts == inbound(name).events(message)
    assert all(draft.event.at == message.received_at and not draft.event.replay for draft in drafts)


@pytest.mark.parametrize("name", NAMES)
def test_a_replay_is_marked_as_one(name: str) -> None:
    """Events made again from a stored message say so, and keep their ids."""
    message = stored(name, first(name))
    (fresh,) = inbound(name).events(message)
    (again,) = inbound(name).events(dataclasses.replace(message, replay=True))
    assert again.event == fresh.event.model_copy(update={"replay": True})


@each(UNKNOWN)
def test_what_nobody_understands_is_quarantined_with_its_reason(name: str, example: Any) -> None:
    """Never a crash, never a guess: NotUnderstood with a reason that can be counted."""
    with pytest.raises(NotUnderstood) as refused:
        inbound(name).events(stored(name, example["plaintext"].encode()))
    assert refused.value.reason == example["reason"]


@pytest.mark.parametrize("name", NAMES)
@given(plaintext=st.one_of(st.binary(max_size=300), st.text(max_size=200).map(str.encode)))
@settings(max_examples=200, deadline=None)
def test_reading_anything_ends_in_events_or_not_understood(name: str, plaintext: bytes) -> None:
    """Whatever verified, reading it never crashes."""
    with suppress(NotUnderstood):
        inbound(name).events(stored(name, plaintext))


@pytest.mark.parametrize("name", NAMES)
def test_good_settings_pass_and_each_bad_one_is_named(name: str) -> None:
    """The check of settings is by field: nothing for good ones, a pointer for each that is missing."""
    known, required = (
        EXAMPLES[name]["settings"],
        [one["name"] for one in channel_document(name)["settings"] if one["required"]],
    )
    assert codec(name).check_settings(known) == []
    for field in required:
        without = {key: value for key, value in known.items() if key != field}
        assert f"/{field}" in [problem.pointer for problem in codec(name).check_settings(without)]


@pytest.mark.parametrize("name", NAMES)
def test_the_channel_describes_itself_in_both_languages(name: str) -> None:
    """Title, every setting's help, steps and success words in Chinese and English; the guide says it is untried."""
    document = channel_document(name)
    texts = [document["title"], document["success"], *document["steps"]]
    texts += [field[part] for field in document["settings"] for part in ("label", "help")]
    assert document["name"] == name
    assert all(text["zh"] and text["en"] for text in texts)
    assert "尚未在真实" in setup_guide(name)
    assert "not been tried against" in setup_guide(name)
