"""DingTalk's custom robot: the signature, and what becomes of its answers."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest
import requests

from hub.channels.base import check_fields
from hub.channels.client import PlatformGone, PlatformMisconfigured, PlatformRefused
from hub.channels.dingtalk.client import Client, sign
from hub.channels.outbound import Sent
from hub.kernel.errors import Invalid, Retry
from tests.channels.fakes import FakeSession
from tests.channels.support import PAYLOADS

NOW = datetime(2026, 1, 1, 4, 45, 0, 123000, tzinfo=UTC)
SETTINGS = {"access_token": "0" * 60 + "beef", "secret": "SECscrmhub0000000000test"}
SIGNED = "Pp2WXrdQ7UXE3npmNkwtrYJg5LmXLuUxcteCF+BSHqQ="
"""Made with openssl: `printf '1767242700123\\nSEC…' | openssl dgst -sha256 -hmac 'SEC…' -binary | base64`."""


def client(session: FakeSession, **changes: Any) -> Client:
    return Client({**SETTINGS, **changes}, wall_now=lambda: NOW, session=session)


def test_the_signature_agrees_with_openssl() -> None:
    """Keyed with the secret, over milliseconds and the secret."""
    assert sign(SETTINGS["secret"], "1767242700123") == SIGNED


def test_a_text_goes_out_signed_in_milliseconds() -> None:
    """Token, milliseconds and signature in the query; the text in raw UTF-8 with the mentioned numbers."""
    session = FakeSession({"errcode": 0, "errmsg": "ok"})
    assert client(session).send_text(["13800000000"], "工单超时", send_id="snd_1") == Sent()
    ((method, url, request),) = session.asked
    assert (method, url) == ("POST", "https://oapi.dingtalk.com/robot/send")
    assert request["params"] == {
        "access_token": SETTINGS["access_token"],
        "timestamp": "1767242700123",
        "sign": SIGNED,
    }
    assert "工单超时".encode() in request["data"]
    assert json.loads(request["data"]) == {
        "msgtype": "text",
        "text": {"content": "工单超时"},
        "at": {"atMobiles": ["13800000000"], "isAtAll": False},
    }


def test_a_robot_without_a_secret_is_not_signed() -> None:
    """Robots secured by a keyword or an address want no signature."""
    session = FakeSession({"errcode": 0})
    client(session, secret="").send_text([], "x")
    assert session.asked[0][2]["params"] == {"access_token": SETTINGS["access_token"]}


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        (310000, PlatformMisconfigured),
        (400101, PlatformMisconfigured),
        (400013, PlatformGone),
        (130101, Retry),
        (-1, Retry),
        (430104, PlatformRefused),
    ],
)
def test_each_code_has_its_meaning(code: int, kind: type[Exception]) -> None:
    """Wrong settings, a dissolved group, patience, and everything else."""
    with pytest.raises(kind) as raised:
        client(FakeSession({"errcode": code, "errmsg": "x"})).send_text([], "x")
    assert type(raised.value) is kind
    assert getattr(raised.value, "after_seconds", 600) in (2, 600)


@pytest.mark.parametrize(
    "answer", [{}, [], b"<html>", (500, b"{}"), (429, b'{"error": "x"}'), requests.ConnectTimeout()]
)
def test_no_readable_answer_is_patience_and_tells_no_token(answer: Any) -> None:
    """A time-out, a gateway's page or an empty object: try again; the error holds neither token nor signature."""
    with pytest.raises(Retry) as raised:
        client(FakeSession(answer)).send_text([], "x")
    assert "beef" not in f"{raised.value} {raised.value!r}"


@pytest.mark.parametrize("receivers", [["张三"], ["1" * 40], ["13800000000"] * 51])
def test_who_is_mentioned_has_a_form(receivers: list[str]) -> None:
    """Names and too many numbers are refused before anything is sent."""
    with pytest.raises(Invalid):
        client(FakeSession()).send_text(receivers, "x")


def test_a_long_text_is_cut() -> None:
    """No message is refused for its length."""
    session = FakeSession({"errcode": 0})
    client(session).send_text([], "长" * 20_000)
    assert len(json.loads(session.asked[0][2]["data"])["text"]["content"].encode()) <= 18_000


def test_good_settings_pass() -> None:
    """The settings of these tests are ones that the channel takes; a cut token is named."""
    document = json.loads((PAYLOADS.parents[1] / "hub/channels/dingtalk/channel.json").read_text(encoding="utf-8"))
    assert check_fields(document["settings"], SETTINGS) == []
    assert [one.pointer for one in check_fields(document["settings"], {"access_token": "0" * 63})] == ["/access_token"]
