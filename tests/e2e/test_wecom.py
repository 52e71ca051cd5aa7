"""WeCom's callbacks over real HTTP, sent by wechatpy: an implementation that knows nothing of ours."""

from __future__ import annotations

import base64
import hashlib
import json
import re
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import pytest
import requests
from wechatpy.enterprise.crypto import WeChatCrypto

from hubctl.clock.words import Mode
from hubctl.dev import Hub, Options, running_hub
from hubctl.state import LocalState
from tests.support.stepped import settled

pytestmark = pytest.mark.e2e

STATES = ("pending", "processed", "quarantined", "dead")
BOMB = '<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;">]><xml>&b;</xml>'


@dataclass(frozen=True)
class Sealed:
    """An encrypted envelope and the query that signs it."""

    envelope: str
    query: dict[str, str]

    @property
    def ciphertext(self) -> str:
        return _between(self.envelope, "Encrypt")


@dataclass(frozen=True)
class WeCom:
    """The sender: one connection's secrets, in wechatpy's hands."""

    ready: dict[str, Any]
    hub: Hub

    @property
    def connection(self) -> dict[str, Any]:
        found: dict[str, Any] = next(one for one in self.ready["connections"] if one["channel"] == "wecom")
        return found

    def seal(self, plaintext: str, nonce: str = "n0nce", receive_id: str = "") -> Sealed:
        known = self.connection["settings"]
        crypto = WeChatCrypto(known["token"], known["encoding_aes_key"], receive_id or known["corp_id"])
        envelope = crypto.encrypt_message(plaintext, nonce, str(int(time.time())))
        signature, timestamp = _between(envelope, "MsgSignature"), _between(envelope, "TimeStamp")
        return Sealed(envelope, {"msg_signature": signature, "timestamp": timestamp, "nonce": nonce})

    def sign(self, ciphertext: str) -> Sealed:
        """Any text as ciphertext, under a genuine signature."""
        parts = sorted([self.connection["settings"]["token"], "1700000000", "n0nce", ciphertext])
        query = {"timestamp": "1700000000", "nonce": "n0nce"}
        query["msg_signature"] = hashlib.sha1("".join(parts).encode(), usedforsecurity=False).hexdigest()
        return Sealed(f"<xml><Encrypt><![CDATA[{ciphertext}]]></Encrypt></xml>", query)

    def call(self, method: str, query: dict[str, str], body: Any = b"") -> requests.Response:
        with requests.Session() as session:
            session.trust_env = False
            return session.request(method, self.connection["webhook_url"], params=query, data=body, timeout=30)

    def post(self, sealed: Sealed) -> int:
        return self.call("POST", sealed.query, sealed.envelope.encode()).status_code

    def ask(self, path: str) -> Any:
        with requests.Session() as session:
            session.trust_env = False
            headers = {"authorization": f"Bearer {self.ready['token']}"}
            answer = session.get(self.ready["base_url"] + path, headers=headers, timeout=30)
            answer.raise_for_status()
            return answer.json()

    def counts(self) -> dict[str, int]:
        found: dict[str, int] = self.ask("/webhooks/stats")["connections"].get(self.connection["id"], {})
        return found

    def text(self, words: str, sender: str) -> str:
        """A customer's message, as WeCom writes it."""
        return (
            f"<xml><ToUserName><![CDATA[{self.connection['settings']['corp_id']}]]></ToUserName>"
            f"<FromUserName><![CDATA[{sender}]]></FromUserName><CreateTime>{int(time.time())}</CreateTime>"
            f"<MsgType><![CDATA[text]]></MsgType><Content><![CDATA[{words}]]></Content>"
            f"<MsgId>{time.time_ns()}</MsgId><AgentID>1000002</AgentID></xml>"
        )


def _between(envelope: str, name: str) -> str:
    found = re.search(rf"<{name}>(?:<!\[CDATA\[)?(.*?)(?:]]>)?</{name}>", envelope)
    assert found is not None
    return found[1]


@pytest.fixture(scope="module", name="wecom")
def _wecom(tmp_path_factory: pytest.TempPathFactory) -> Iterator[WeCom]:
    state = LocalState(tmp_path_factory.mktemp("wecom") / ".hub")
    with running_hub(Options(clock=Mode(stepped=True), state=state, watch=False)) as hub:
        yield WeCom(json.loads(hub.ready.model_dump_json()), hub)


def grown(before: dict[str, int], after: dict[str, int]) -> dict[str, int]:
    """What was added to the counts; what stayed is left out."""
    return {name: after[name] - before.get(name, 0) for name in after if after[name] != before.get(name, 0)}


def test_the_console_s_check_of_the_url_passes(wecom: WeCom) -> None:
    """The GET with an echo, holding + and /, is answered with the bare number; WeCom's console accepts nothing else."""
    sealed = next(s for s in (wecom.seal("1616140317555161061", f"n{i}") for i in range(200)) if "+" in s.ciphertext)
    answer = wecom.call("GET", {**sealed.query, "echostr": sealed.ciphertext})
    assert (answer.status_code, answer.content) == (200, b"1616140317555161061")


def test_a_message_and_a_hundred_repeats_at_once_are_one_ticket(wecom: WeCom) -> None:
    """Every delivery is answered 200, one is stored, one ticket is opened, and the counts say exactly that."""
    before, sender = wecom.counts(), f"wm{time.time_ns()}"
    plaintext = wecom.text("厨房漏水了, please come", sender)
    deliveries = [wecom.seal(plaintext, nonce=f"n{number}") for number in range(101)]
    with ThreadPoolExecutor(50) as threads:
        assert set(threads.map(wecom.post, deliveries)) == {200}
    expected = {"accepted": 1, "processed": 1, "duplicates": 100}
    settled(wecom.hub, lambda: grown(before, wecom.counts()) == expected)
    customer = settled(wecom.hub, lambda: _customer(wecom, sender))
    (ticket,) = settled(wecom.hub, lambda: _tickets(wecom, customer))
    assert wecom.post(deliveries[0]) == 200
    settled(wecom.hub, lambda: grown(before, wecom.counts()) == {**expected, "duplicates": 101})
    assert [one["id"] for one in _tickets(wecom, customer)] == [ticket["id"]]


def _customer(wecom: WeCom, sender: str) -> str:
    """The customer behind a sender, "" while there is none."""
    for one in wecom.ask("/customers?limit=100")["data"]:
        identities = wecom.ask(f"/customers/{one['id']}")["identities"]
        if sender in [identity["external_id"] for identity in identities]:
            return str(one["id"])
    return ""


def _tickets(wecom: WeCom, customer: str) -> list[dict[str, Any]]:
    return [one for one in wecom.ask("/tickets?limit=100")["data"] if one["customer_id"] == customer]


def test_what_does_not_verify_is_refused_and_changes_nothing(wecom: WeCom) -> None:
    """Forged, cut, empty and misdirected deliveries are 403 without a word, and counted; nothing of them is stored.
    Whoever only opens the URL is refused, too, and not counted."""
    before, sealed = wecom.counts(), wecom.seal("<xml/>")
    cut = base64.b64encode(base64.b64decode(sealed.ciphertext)[:-16]).decode()
    signature = sealed.query["msg_signature"]
    forged = [
        Sealed(sealed.envelope, {**sealed.query, "msg_signature": "0" * 40}),
        Sealed(sealed.envelope, {**sealed.query, "msg_signature": signature.upper()}),
        Sealed(sealed.envelope, {}),
        Sealed("<!DOCTYPE x>" + sealed.envelope, sealed.query),
        Sealed("", sealed.query),
        wecom.seal("<xml/>", receive_id="wwSOMEBODYELSE01"),
        *(wecom.sign(ciphertext) for ciphertext in (cut, "", "%%%%", sealed.ciphertext[:-8])),
    ]
    assert [wecom.post(one) for one in forged] == [403] * len(forged)
    stolen = wecom.call("GET", {**sealed.query, "echostr": sealed.ciphertext})
    methods = [wecom.call(method, sealed.query, sealed.envelope.encode()) for method in ("HEAD", "PUT", "DELETE")]
    opened = [wecom.call("GET", {}), wecom.call("GET", {"a": "b" * 20_000})]
    answers = [stolen, *methods, *opened]
    assert [(one.status_code, one.content) for one in answers] == [(403, b"")] * len(answers)
    rejected = {"rejected_signature": len(forged) + len(answers) - len(opened)}
    settled(wecom.hub, lambda: grown(before, wecom.counts()) == rejected)


@pytest.mark.parametrize(
    ("plaintext", "reason"),
    [
        (BOMB, "dtd"),
        ("<xml><MsgType>event</MsgType><Event>hologram</Event></xml>", "unmapped-event"),
        ("<xml><MsgType>text", "bad-xml"),
        ('{"msgtype": :broken}', "bad-json"),
    ],
)
def test_what_verifies_and_is_not_understood_is_kept(wecom: WeCom, plaintext: str, reason: str) -> None:
    """An entity bomb, an unknown event and broken texts are answered 200 and quarantined with their reason."""
    before = wecom.counts()
    assert wecom.post(wecom.seal(f"{plaintext}<!--{time.time_ns()}-->")) == 200
    settled(wecom.hub, lambda: grown(before, wecom.counts()) == {"accepted": 1, "quarantined": 1})
    listed = wecom.ask("/webhooks/messages?limit=100")["data"]
    assert reason in [message["reason"] for message in listed]


def test_a_body_in_chunks_and_without_headers_is_a_body(wecom: WeCom) -> None:
    """A sender that states neither a type nor a length is understood."""
    before = wecom.counts()
    sealed = wecom.seal(wecom.text("分块", "wmChunks"))
    raw = sealed.envelope.encode()
    chunks = (raw[start : start + 50] for start in range(0, len(raw), 50))
    assert wecom.call("POST", sealed.query, chunks).status_code == 200
    settled(wecom.hub, lambda: grown(before, wecom.counts()) == {"accepted": 1, "processed": 1})


@pytest.mark.parametrize("body", [b"\xff\xfe\x00" * 100, b"x" * (1 << 20)], ids=["no text", "a mebibyte"])
def test_bytes_that_are_no_envelope_are_refused(wecom: WeCom, body: bytes) -> None:
    """Whatever the bytes are, the answer is a refusal and never a fault of ours."""
    assert wecom.call("POST", wecom.seal("<xml/>").query, body).status_code in (403, 413)
