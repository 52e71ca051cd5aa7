"""The door for WeCom: published layout, tolerant envelopes, and one kind of refusal whatever the bytes are."""

from __future__ import annotations

import hashlib
import json
import random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hub.channels.base import Delivery, Rejected
from hub.channels.door import Stamp
from hub.channels.registry import settings_problems
from hub.channels.wechat.crypto import encrypt, sign
from hub.channels.wechat.door import corp_receive_ids, seal, sealed_reply
from hub.channels.wecom.codec import DOOR
from tests.channels.support import STAMP, documented, payload

VECTORS: list[dict[str, Any]] = payload("wecom_vectors")["vectors"]
KNOWN: dict[str, Any] = payload("wecom_examples")["settings"]
TEXT: bytes = documented("wecom")[0]["plaintext"].encode()
QUERY_NAMES = ("msg_signature", "timestamp", "nonce")


def settings_of(vector: dict[str, Any]) -> dict[str, Any]:
    return {"token": vector["token"], "encoding_aes_key": vector["aes_key"], "receive_ids": [vector["receiveid"]]}


def query_of(vector: dict[str, Any]) -> dict[str, str]:
    return {name: vector[name] for name in QUERY_NAMES}


def post(body: str | bytes, query: dict[str, str]) -> Delivery:
    return Delivery("POST", query, {}, body.encode() if isinstance(body, str) else body)


def signed(encrypted: str, known: dict[str, Any] = KNOWN) -> dict[str, str]:
    signature = sign(known["token"], "1700000000", "n1", encrypted)
    return {"msg_signature": signature, "timestamp": "1700000000", "nonce": "n1"}


def reason_of(delivery: Delivery, known: dict[str, Any] = KNOWN) -> str:
    with pytest.raises(Rejected) as refused:
        DOOR.accept(delivery, known)
    return refused.value.reason


@pytest.mark.parametrize("vector", VECTORS, ids=[one["id"] for one in VECTORS])
@pytest.mark.parametrize(
    "form",
    [
        "<xml><ToUserName><![CDATA[x]]></ToUserName><AgentID></AgentID><Encrypt><![CDATA[{}]]></Encrypt></xml>",
        "<xml>\n <Encrypt>{}</Encrypt>\n <AgentID>1</AgentID></xml>",
        "\ufeff  <xml><encrypt>\n  <![CDATA[ {} ]]>\n</encrypt></xml>",
        '{{"tousername":"x","encrypt":"{}","agentid":218}}',
        '\n{{"Encrypt":"{}"}}',
    ],
    ids=["usual", "no-cdata", "blanks", "json-lower", "json-camel"],
)
def test_every_vector_opens_in_every_envelope(vector: dict[str, Any], form: str) -> None:
    """XML or JSON, with or without CDATA, in any order and case: the plaintext and its receive id come out."""
    delivery = post(form.format(vector["encrypt"]), query_of(vector))
    (received,) = DOOR.accept(delivery, settings_of(vector)).messages
    assert (received.plaintext.decode(), received.account) == (vector["plaintext"], vector["receiveid"])


@pytest.mark.parametrize("vector", VECTORS, ids=[one["id"] for one in VECTORS])
def test_encrypting_with_the_same_randomness_gives_the_same_bytes(vector: dict[str, Any]) -> None:
    """Our ciphertext and signature are the vector's, character for character."""
    made = encrypt(vector["aes_key"], vector["plaintext"].encode(), vector["receiveid"], vector["random"].encode())
    assert made == vector["encrypt"]
    assert sign(vector["token"], vector["timestamp"], vector["nonce"], made) == vector["msg_signature"]


def test_the_echo_comes_back_raw() -> None:
    """The verification's answer is the decrypted text: no quotes, no newline, text/plain."""
    vector = VECTORS[0]
    delivery = Delivery("GET", {**query_of(vector), "echostr": vector["encrypt"]})
    answer = DOOR.accept(delivery, settings_of(vector)).answer
    assert (answer.status, answer.body, answer.content_type) == (
        200,
        vector["plaintext"].encode(),
        "text/plain",
    )


def test_a_stolen_message_is_not_decrypted_for_the_thief() -> None:
    """The query and ciphertext of a captured POST, sent again as a GET, are refused."""
    delivery = DOOR.sample(KNOWN, TEXT, STAMP)
    stolen = delivery.body.decode().split("<Encrypt><![CDATA[")[1].split("]]>")[0]
    assert reason_of(Delivery("GET", {**delivery.query, "echostr": stolen})) == "not-an-echo"


def test_any_of_the_allowed_receive_ids_is_accepted_and_no_other() -> None:
    """A suite's verification carries another id than its messages, so a connection allows a set."""
    known = {**KNOWN, "receive_ids": ["ww_corp", "suite_1", ""]}
    for receive_id in known["receive_ids"]:
        delivery = DOOR.sample({**known, "receive_ids": [receive_id]}, TEXT, STAMP)
        assert DOOR.accept(delivery, known).messages[0].account == receive_id
    stranger = DOOR.sample({**known, "receive_ids": ["ww_other"]}, TEXT, STAMP)
    assert reason_of(stranger, known) == "wrong-receive-id"


@pytest.mark.parametrize("field", ["receive_id", "corp_id"])
def test_a_single_receive_id_or_the_corp_id_is_enough(field: str) -> None:
    """Without a list, `receive_id`, else the corp id, is what callbacks must carry."""
    known = {"token": KNOWN["token"], "encoding_aes_key": KNOWN["encoding_aes_key"], field: "ww_single"}
    assert DOOR.accept(DOOR.sample(known, TEXT, STAMP), known).messages[0].account == "ww_single"


def padded(plain: bytes) -> str:
    """`plain`, already padded by the test, under the known key."""
    from binascii import a2b_base64, b2a_base64

    from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

    key = a2b_base64(KNOWN["encoding_aes_key"] + "=")
    encryptor = Cipher(algorithms.AES(key), modes.CBC(key[:16])).encryptor()
    return b2a_base64(encryptor.update(plain) + encryptor.finalize(), newline=False).decode()


CORP = KNOWN["corp_id"].encode()
HEAD = b"r" * 16


@pytest.mark.parametrize(
    ("plain", "why"),
    [
        (HEAD + (99).to_bytes(4, "big") + b"hi" + CORP, "a length beyond the end"),
        (HEAD + b"\xff\xff\xff\xff" + b"hi" + CORP, "the largest length"),
        (HEAD[:9], "no room for a length"),
    ],
)
def test_a_wrong_length_is_refused(plain: bytes, why: str) -> None:
    """A length that the ciphertext does not hold is refused, not read past."""
    pad = 32 - len(plain) % 32
    encrypted = padded(plain + bytes([pad]) * pad)
    body = f"<xml><Encrypt>{encrypted}</Encrypt></xml>"
    assert reason_of(post(body, signed(encrypted))) == "bad-ciphertext", why


@pytest.mark.parametrize("tail", [b"\x00", b"\x21", b"\x05\x05\x05\x04\x05"])
def test_wrong_padding_is_refused(tail: bytes) -> None:
    """Padding is 1 to 32 and all its bytes agree."""
    plain = HEAD + (2).to_bytes(4, "big") + b"hi" + CORP
    plain += b"p" * (64 - len(plain) - len(tail)) + tail
    encrypted = padded(plain)
    assert reason_of(post(f"<xml><Encrypt>{encrypted}</Encrypt></xml>", signed(encrypted))) == "bad-ciphertext"


def test_padding_to_sixteen_is_accepted() -> None:
    """Some senders pad to 16 only; receivers take 1 to 32."""
    plain = HEAD + (2).to_bytes(4, "big") + b"hi" + CORP
    pad = 16 - len(plain) % 16
    encrypted = padded(plain + bytes([pad]) * pad)
    accepted = DOOR.accept(post(f"<xml><Encrypt>{encrypted}</Encrypt></xml>", signed(encrypted)), KNOWN)
    assert accepted.messages[0].plaintext == b"hi"


@pytest.mark.parametrize("encrypted", ["", "AAAA", "%%%%", "QUJD QUJD", "QUJD====", "中文", "A" * 64 + "="])
def test_signed_nonsense_is_a_bad_ciphertext(encrypted: str) -> None:
    """A good signature over what is no ciphertext: strict base64, whole blocks."""
    delivery = Delivery("GET", {**signed(encrypted), "echostr": encrypted})
    assert reason_of(delivery) == "bad-ciphertext"


def test_a_greetings_code_makes_a_message_urgent() -> None:
    """WelcomeCode dies within 20 seconds: whoever stores the message learns that it can't wait."""
    samples = {one["name"]: one["plaintext"].encode() for one in documented("wecom")}
    urgent = [
        name
        for name, text in samples.items()
        if DOOR.accept(DOOR.sample(KNOWN, text, STAMP), KNOWN).messages[0].express
    ]
    added = ["add_external_contact", "add_half_external_contact", "msg_audit_approved", "suite-change_external_contact"]
    assert urgent == added


def test_an_upper_case_signature_is_refused() -> None:
    """The platform writes lower-case hex, and nothing else verifies."""
    delivery = DOOR.sample(KNOWN, TEXT, STAMP)
    query = {**delivery.query, "msg_signature": delivery.query["msg_signature"].upper()}
    assert reason_of(post(delivery.body, query)) == "bad-signature"


@pytest.mark.parametrize(
    "prolog", ["<!DOCTYPE xml>", '<!DOCTYPE x [<!ENTITY a "b">]>', '<!ENTITY % p SYSTEM "http://x">', "<!doctype x>"]
)
def test_a_dtd_around_a_good_message_is_refused(prolog: str) -> None:
    """The envelope of a platform never has a document type; one that has is no platform's."""
    delivery = DOOR.sample(KNOWN, TEXT, STAMP)
    assert reason_of(post(prolog.encode() + delivery.body, dict(delivery.query))) == "dtd"


def test_a_dtd_inside_a_verified_message_is_stored() -> None:
    """What verifies is never lost: a DTD in the plaintext is kept, and refused when it is read."""
    bomb = b'<!DOCTYPE xml [<!ENTITY a "b">]><xml><Content>&a;</Content></xml>'
    assert DOOR.accept(DOOR.sample(KNOWN, bomb, STAMP), KNOWN).messages[0].plaintext == bomb


def test_a_body_over_the_limit_is_refused_unread() -> None:
    """One MiB is the written bound; at the bound it is read, above it is refused."""
    at_bound = post(b" " * DOOR.BODY_LIMIT_BYTES, {})
    above = post(b" " * (DOOR.BODY_LIMIT_BYTES + 1), {})
    assert (reason_of(at_bound), reason_of(above)) == ("bad-form", "too-large")


def key_of(plaintext: bytes) -> str:
    return DOOR.accept(DOOR.sample(KNOWN, plaintext, STAMP), KNOWN).messages[0].dedupe_key


@pytest.mark.parametrize(
    "stolen", [b"\xef\xbb\xbf<xml/>", b"\x0b<xml/>", b"a<b", b"[{}]", b"1" * 129, b"1\n", b"\xe4\xbd\xa0"]
)
def test_an_echo_is_a_word(stolen: bytes) -> None:
    """What a message is made of never comes back in clear, whatever stands before it."""
    sealed = seal(KNOWN, stolen, corp_receive_ids(KNOWN)[0], STAMP)
    with pytest.raises(Rejected, match="not-an-echo"):
        DOOR.accept(Delivery("GET", {**sealed.query, "echostr": sealed.encrypted}), KNOWN)


@pytest.mark.parametrize(
    ("plaintext", "key"),
    [
        (b"<xml><MsgId>123</MsgId></xml>", "123"),
        (b"<xml><MsgId><![CDATA[123]]></MsgId></xml>", "123"),
        (b"<xml><Content><![CDATA[<MsgId>9</MsgId>]]></Content><MsgId>123</MsgId></xml>", "123"),
        (b'{"msgtype":"text","MsgId":7300000000000000002}', "7300000000000000002"),
        (b'\xef\xbb\xbf\n{"Content":"<MsgId>9</MsgId>","MsgId":123}', "123"),
    ],
)
def test_the_platforms_message_id_is_the_key(plaintext: bytes, key: str) -> None:
    """MsgId, as XML, CDATA or a JSON number above 2^53."""
    assert key_of(plaintext) == key


@pytest.mark.parametrize(
    "plaintext",
    [
        b"<xml><Content><![CDATA[<MsgId>9</MsgId>]]></Content></xml>",
        b"<xml><Content><![CDATA[ <![CDATA[ <MsgId>9</MsgId>]]></Content></xml>",
        b"<xml><MsgId>9</MsgId><MsgType>event</MsgType><Event>x</Event></xml>",
        b"<xml><MsgId>a b</MsgId></xml>",
        b"<xml><MsgId>9",
        b'{"msgtype":"event","msgid":"9"}',
        b'{"msgid":{"a":1}}',
        b"<xml></xml>",
        b"\xff\xfe",
    ],
)
def test_without_a_trustworthy_id_the_plaintexts_hash_is_the_key(plaintext: bytes) -> None:
    """A customer who writes <MsgId> into a message cannot make it collide with another one."""
    assert key_of(plaintext) == hashlib.sha256(plaintext).hexdigest()


def attempts(seed: int, count: int) -> list[Delivery]:
    """Deliveries with random damage: cut, flipped, doubled, shuffled, in body and query."""
    rng, base = random.Random(seed), DOOR.sample(KNOWN, TEXT, STAMP)
    made = []
    for _ in range(count):
        body, query = bytearray(base.body), dict(base.query)
        for _ in range(rng.randint(1, 4)):
            at = rng.randrange(len(body)) if body else 0
            match rng.randrange(5):
                case 0:
                    del body[at:]
                case 1:
                    body[at : at + 1] = bytes([rng.randrange(256)])
                case 2:
                    body[at:at] = rng.randbytes(rng.randint(1, 20))
                case 3:
                    query[rng.choice(QUERY_NAMES)] = rng.choice(["", "é\ud800", "0" * 40, "n" * 5000])
                case 4:
                    query.pop(rng.choice(QUERY_NAMES), None)
        made.append(Delivery(rng.choice(["POST", "POST", "POST", "GET"]), query, {}, bytes(body)))
    return made


def test_twenty_thousand_damaged_deliveries_are_refused_or_are_the_message() -> None:
    """Damage ends in Rejected, or outside of what is signed and then changes nothing: never in another error."""
    taken = set()
    for delivery in attempts(seed=7, count=20_000):
        try:
            taken |= {one.plaintext for one in DOOR.accept(delivery, KNOWN).messages}
        except Rejected:
            continue
    assert taken == {TEXT}


@given(
    method=st.sampled_from(["GET", "POST"]),
    body=st.one_of(
        st.binary(max_size=200),
        st.text(max_size=80).map(lambda t: f"<xml><Encrypt>{t}</Encrypt>".encode("utf-8", "replace")),
    ),
    query=st.dictionaries(st.sampled_from([*QUERY_NAMES, "echostr"]), st.text(max_size=60)),
)
@settings(max_examples=500, deadline=None)
def test_random_deliveries_are_refused(method: str, body: bytes, query: dict[str, str]) -> None:
    """No bytes that nobody signed are taken, and none crash the door."""
    with pytest.raises(Rejected):
        DOOR.accept(Delivery(method, query, {}, body), KNOWN)


@given(st.binary(max_size=120))
@settings(max_examples=500, deadline=None)
def test_signed_random_ciphertexts_are_refused(raw: bytes) -> None:
    """Even with the right signature, a ciphertext made without the key does not open."""
    from base64 import b64encode

    encrypted = b64encode(raw).decode()
    with pytest.raises(Rejected):
        DOOR.accept(post(json.dumps({"encrypt": encrypted}), signed(encrypted)), KNOWN)


def test_a_reply_has_exactly_the_names_that_wecom_reads() -> None:
    """Encrypt, MsgSignature, TimeStamp and Nonce, and the signature covers the ciphertext."""
    stamp = Stamp(timestamp="1700000000", nonce="n1", randomness=b"r" * 16)
    reply = sealed_reply(KNOWN, b"<xml/>", KNOWN["corp_id"], stamp)
    encrypted = reply.decode().split("<Encrypt><![CDATA[")[1].split("]]>")[0]
    assert reply.decode() == (
        f"<xml><Encrypt><![CDATA[{encrypted}]]></Encrypt>"
        f"<MsgSignature><![CDATA[{signed(encrypted)['msg_signature']}]]></MsgSignature>"
        "<TimeStamp>1700000000</TimeStamp><Nonce><![CDATA[n1]]></Nonce></xml>"
    )


def test_a_greeting_is_measured_in_bytes() -> None:
    """Four thousand bytes are a greeting, one more is none, whatever the letters."""
    fits, too_long = "欢" * 1333, "欢" * 1334
    assert settings_problems("wecom", {**KNOWN, "greeting": fits}) == []
    problems = settings_problems("wecom", {**KNOWN, "greeting": too_long})
    assert [problem.pointer for problem in problems] == ["/greeting"]


def test_a_greeting_needs_the_secret_that_sends_it() -> None:
    """Said when settings are saved, not when the first customer comes; without a greeting nothing is sent."""
    silent = {name: value for name, value in KNOWN.items() if name != "secret"}
    assert settings_problems("wecom", silent) == []
    assert [one.pointer for one in settings_problems("wecom", {**silent, "greeting": "您好"})] == ["/secret"]


@pytest.mark.parametrize("key", ["a" * 42, "a" * 44, "a" * 43 + "=", " " + "a" * 42, "中" * 43])
def test_a_key_that_is_not_43_characters_is_named(key: str) -> None:
    """The commonest mistake is said when settings are saved, not when the first message is lost."""
    problems = settings_problems("wecom", {**KNOWN, "encoding_aes_key": key})
    assert [problem.pointer for problem in problems] == ["/encoding_aes_key"]
