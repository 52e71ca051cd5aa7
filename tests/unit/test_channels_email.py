"""Letters by SMTP: what they look like, how they get there, and what a server's replies mean."""

from __future__ import annotations

import json
import socket
import ssl
from datetime import UTC, datetime
from email import message_from_bytes
from email.policy import default
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.channels.base import check_fields
from hub.channels.client import PlatformGone, PlatformMisconfigured, PlatformRefused
from hub.channels.email.client import Client
from hub.channels.email.letters import MAILBOX, build_letter
from hub.channels.guard import PrivateAddress
from hub.channels.outbound import Sent
from hub.kernel.errors import Invalid, Retry
from hubctl.platforms.smtp import MailServer
from tests.channels.support import PAYLOADS
from tests.support.certificates import make_certificate

NOW = datetime(2026, 1, 1, 4, 45, tzinfo=UTC)
SETTINGS = {
    "host": "smtp.example.com",
    "port": "587",
    "username": "notice@example.com",
    "password": "synthetic code",
    "from_address": "notice@example.com",
    "from_name": "门店通知",
}


def local(server: MailServer, **changes: Any) -> Client:
    """A client of a server that the operator runs."""
    return Client({**SETTINGS, **changes}, wall_now=lambda: NOW, base_url=f"smtp://127.0.0.1:{server.port}")


def send(client: Client, receiver: str = "guest@example.com") -> Sent:
    return client.send_text([receiver], "您的工单已完成。\n.\n谢谢", send_id="snd_1", subject="工单已完成")


def trusting(server: MailServer, authority: Path, told: list[tuple[str, int]], **changes: Any) -> Client:
    """A client of a tenant's server at a public address, which a dial of the test's leads to the double."""

    def dial(address: tuple[str, int], _timeout_seconds: float | None) -> socket.socket:
        told.append(address)
        return socket.create_connection(("127.0.0.1", server.port), 5)

    return Client(
        {**SETTINGS, **changes},
        wall_now=lambda: NOW,
        resolve=lambda *_: ["8.8.8.8"],
        dial=dial,
        tls=lambda: ssl.create_default_context(cafile=str(authority)),
    )


@pytest.fixture
def authority(tmp_path: Path) -> Path:
    """A certificate of smtp.example.com, in a file with its key."""
    return make_certificate(tmp_path, "smtp.example.com")


def serving(authority: Path) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(authority)
    return context


def test_a_letter_arrives_as_it_was_written() -> None:
    """Sender with name, subject and text in UTF-8, a lonely dot inside, and an id that follows from the send."""
    with MailServer() as server:
        assert send(local(server)) == Sent("<snd_1@example.com>")
    ((receiver, letter),) = server.letters
    assert receiver == "guest@example.com"
    assert {name: str(letter[name]) for name in ("From", "To", "Subject", "Message-ID", "Date")} == {
        "From": "门店通知 <notice@example.com>",
        "To": "guest@example.com",
        "Subject": "工单已完成",
        "Message-ID": "<snd_1@example.com>",
        "Date": "Thu, 01 Jan 2026 04:45:00 +0000",
    }
    assert letter.get_content().strip().replace("\r\n", "\n") == "您的工单已完成。\n.\n谢谢"


def test_a_repeat_has_the_same_id() -> None:
    """The same send is the same Message-ID, so that a server or a reader can tell."""
    with MailServer() as server:
        client = local(server)
        assert send(client) == send(client)
    assert len({letter["Message-ID"] for _, letter in server.letters}) == 1


@pytest.mark.parametrize("field", ["subject", "from_name"])
@pytest.mark.parametrize("value", ["a\r\nBcc: x@example.com", "a\nb", "a\rb", "a\x00b", "a\u2028b", "x" * 201])
def test_no_header_can_be_slipped_in(field: str, value: str) -> None:
    """A line break in a subject or a name is refused, with the field that has it."""
    given_ = {"subject": "x", "sender_name": "", field.replace("from_name", "sender_name"): value}
    with pytest.raises(Invalid) as refused:
        build_letter("a@example.com", "b@example.com", text="x", send_id="s", at=NOW, **given_)
    assert [problem.pointer for problem in refused.value.problems] == [f"/{field}"]


@given(st.text(st.characters(codec="utf-8"), max_size=100), st.text(max_size=40))
def test_whatever_is_written_no_header_is_added(text: str, subject: str) -> None:
    """Any text and subject: refused, or a letter with exactly its own headers."""
    try:
        letter = build_letter("a@example.com", "b@example.com", subject, text, send_id="s", at=NOW)
    except Invalid:
        return
    read = message_from_bytes(letter.as_bytes(), policy=default)
    assert sorted(name.lower() for name in read.keys()) == sorted(name.lower() for name in letter.keys())  # noqa: SIM118
    assert [str(address) for address in read["To"].addresses] == ["b@example.com"]


@pytest.mark.parametrize(
    "receivers",
    [
        [],
        ["a@example.com", "b@example.com"],
        ["a@b"],
        ["a..b@example.com"],
        ["a@example.com>\r\nRCPT TO:<b@c.de"],
        ["王@例.cn"],
    ],
)
def test_a_letter_has_one_receiver_with_an_address(receivers: list[str]) -> None:
    """Two readers would see each other; what is no plain address is refused before anything is opened."""
    client = Client(SETTINGS, wall_now=lambda: NOW, resolve=lambda *_: [])
    with pytest.raises(Invalid) as refused:
        client.send_text(receivers, "x", send_id="snd_1", subject="x")
    assert [problem.pointer for problem in refused.value.problems] == ["/receivers"]


def test_a_letter_needs_a_send_id() -> None:
    """Without one a repeat could not be told."""
    with pytest.raises(Invalid):
        Client(SETTINGS, wall_now=lambda: NOW).send_text(["a@example.com"], "x", send_id="", subject="x")


@given(st.from_regex(MAILBOX, fullmatch=True))
def test_every_address_that_passes_can_be_written(address: str) -> None:
    """No address that has the form makes the letter fail."""
    assert build_letter(address, address, "x", "x", send_id="s", at=NOW)["To"].addresses[0].addr_spec == address


@pytest.mark.parametrize(
    ("reply", "kind"),
    [("550 no such user", PlatformGone), ("551 moved", PlatformGone), ("450 busy", Retry), ("452 full", Retry)],
)
def test_a_receivers_refusal_is_final_or_passing(reply: str, kind: type[Exception]) -> None:
    """5xx: there is no such mailbox for us. 4xx: try again."""
    with MailServer(refusals={"guest@example.com": reply}) as server, pytest.raises(kind) as raised:
        send(local(server))
    assert type(raised.value) is kind
    assert "user" not in str(raised.value)


@pytest.mark.parametrize(("reply", "kind"), [("554 spam", PlatformRefused), ("451 later", Retry)])
def test_a_letters_refusal_is_final_or_passing(reply: str, kind: type[Exception]) -> None:
    """What is said after the text counts for the letter, not for its reader."""
    with MailServer(after_data=reply) as server, pytest.raises(kind) as raised:
        send(local(server))
    assert type(raised.value) is kind
    assert server.letters == []


def test_a_server_that_is_not_there_is_patience() -> None:
    """A closed port: Retry."""
    with MailServer() as server:
        closed = local(server)
    with pytest.raises(Retry):
        send(closed)


@pytest.mark.parametrize("base_url", ["http://127.0.0.1:9/email", "smtp://127.0.0.1", "smtp://:25"])
def test_a_base_url_that_is_no_mail_server_says_so(base_url: str) -> None:
    """No letter leaves by another way than the one that the operator named."""
    client = Client(SETTINGS, wall_now=lambda: NOW, base_url=base_url, dial=never)
    with pytest.raises(PlatformMisconfigured):
        send(client)


@pytest.mark.parametrize("private", ["10.0.0.5", "127.0.0.1", "169.254.169.254", "fd00::1"])
def test_a_server_inside_is_never_called(private: str) -> None:
    """A tenant's server whose name leads inside is refused before a connection is made."""
    client = Client(SETTINGS, wall_now=lambda: NOW, resolve=lambda *_: ["8.8.8.8", private], dial=never)
    with pytest.raises(PrivateAddress):
        send(client)


def never(_address: tuple[str, int], _timeout_seconds: float | None) -> socket.socket:
    raise AssertionError("dialled")


def test_a_tenants_server_gets_tls_then_a_login_then_the_letter(authority: Path) -> None:
    """STARTTLS with the name verified, the password only inside it, and the socket to the checked address."""
    told: list[tuple[str, int]] = []
    login = (SETTINGS["username"], SETTINGS["password"])
    with MailServer(context=serving(authority), login=login) as server:
        assert send(trusting(server, authority, told)).message_id == "<snd_1@example.com>"
    assert told == [("8.8.8.8", 587)]
    assert len(server.letters) == 1


def test_a_server_without_tls_gets_nothing(authority: Path) -> None:
    """No STARTTLS on offer: neither password nor letter is sent."""
    login = (SETTINGS["username"], SETTINGS["password"])
    with MailServer(login=login) as server, pytest.raises(PlatformMisconfigured):
        send(trusting(server, authority, []))
    assert server.letters == []


@pytest.mark.parametrize(
    "changes",
    [{"password": "another"}, {"password": ""}, {"username": ""}, {"host": "other.example.com"}],
    ids=["password", "no-password", "login", "name"],
)
def test_what_an_operator_must_mend_says_so(authority: Path, changes: dict[str, str]) -> None:
    """A wrong password, none at all, a missing login, a certificate of another name."""
    login = (SETTINGS["username"], SETTINGS["password"])
    with MailServer(context=serving(authority), login=login) as server, pytest.raises(PlatformMisconfigured) as raised:
        send(trusting(server, authority, [], **changes))
    assert SETTINGS["password"] not in f"{raised.value} {raised.value!r}"
    assert server.letters == []


def test_port_465_is_tls_from_the_start(authority: Path) -> None:
    """The handshake comes before the greeting, with the name verified."""
    told: list[tuple[str, int]] = []
    with MailServer(context=serving(authority), implicit=True) as server:
        send(trusting(server, authority, told, port="465", username=""))
    assert told == [("8.8.8.8", 465)]
    assert len(server.letters) == 1


def test_port_465_without_tls_gets_nothing(authority: Path) -> None:
    """To a server that greets in the clear the handshake fails, and nothing is told to it."""
    told: list[tuple[str, int]] = []
    with MailServer() as server, pytest.raises(Retry):
        send(trusting(server, authority, told, port="465"))
    assert told == [("8.8.8.8", 465)]
    assert server.letters == []


def test_good_settings_pass() -> None:
    """The settings of these tests are ones that the channel takes; an address or a private name is none."""
    document = json.loads((PAYLOADS.parents[1] / "hub/channels/email/channel.json").read_text(encoding="utf-8"))
    assert check_fields(document["settings"], SETTINGS) == []
    bad = {**SETTINGS, "host": "localhost", "port": "22", "from_name": 'x" <a@b.cn>'}
    assert [one.pointer for one in check_fields(document["settings"], bad)] == ["/host", "/port", "/from_name"]
