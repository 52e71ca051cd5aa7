"""Feishu's custom bot: the signature in the body, and what becomes of its answers."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest
import requests

from hub.channels.base import check_fields
from hub.channels.client import PlatformMisconfigured, PlatformRefused
from hub.channels.feishu.client import Client, sign
from hub.channels.outbound import Sent
from hub.kernel.errors import Invalid, Retry
from tests.channels.fakes import FakeSession
from tests.channels.support import PAYLOADS

NOW = datetime(2026, 1, 1, 4, 45, tzinfo=UTC)
SETTINGS = {"hook_id": "00000000-0000-4000-8000-00000000beef", "secret": "scrmhubFeishuTest"}
SIGNED = "dJOLtvk7aBaQUtzle+hFXyOjSBYY+aagM9DesydrSRI="
"""Made with openssl: an HMAC-SHA256 of nothing, its hexkey the bytes of "1767242700\\nscrmhubFeishuTest"."""


def client(session: FakeSession, **changes: Any) -> Client:
    return Client({**SETTINGS, **changes}, wall_now=lambda: NOW, session=session)


def sent_body(session: FakeSession) -> Any:
    return json.loads(session.asked[0][2]["data"])


def test_the_signature_agrees_with_openssl() -> None:
    """Keyed with seconds and the secret, over an empty message."""
    assert sign(SETTINGS["secret"], "1767242700") == SIGNED


def test_a_text_goes_out_signed_in_seconds() -> None:
    """Timestamp and signature stand in the body, beside the text and its mentions."""
    session = FakeSession({"code": 0, "msg": "success", "data": {}})
    assert client(session).send_text(["ou_00000000000000aa"], "工单超时", send_id="snd_1") == Sent()
    method, url, request = session.asked[0]
    assert (method, url) == ("POST", f"https://open.feishu.cn/open-apis/bot/v2/hook/{SETTINGS['hook_id']}")
    assert "params" not in request
    assert sent_body(session) == {
        "timestamp": "1767242700",
        "sign": SIGNED,
        "msg_type": "text",
        "content": {"text": '<at user_id="ou_00000000000000aa"></at> 工单超时'},
    }


def test_a_customers_words_mention_nobody() -> None:
    """A tag inside the text is no tag any more."""
    session = FakeSession({"code": 0}, {"code": 0})
    client(session, secret="").send_text([], '<at user_id="all">所有人</at>')
    assert sent_body(session) == {"msg_type": "text", "content": {"text": '＜at user_id="all">所有人＜/at>'}}


@pytest.mark.parametrize(
    ("code", "kind"),
    [(19021, PlatformMisconfigured), (19001, PlatformMisconfigured), (11232, Retry), (9499, PlatformRefused)],
)
def test_each_code_has_its_meaning(code: int, kind: type[Exception]) -> None:
    """Wrong settings, patience, and everything else."""
    with pytest.raises(kind) as raised:
        client(FakeSession({"code": code, "msg": "x"})).send_text([], "x")
    assert type(raised.value) is kind


@pytest.mark.parametrize("answer", [{}, b"<html>", (500, b"{}"), (429, b'{"error": "x"}'), requests.ConnectTimeout()])
def test_no_readable_answer_is_patience_and_tells_no_address(answer: Any) -> None:
    """The bot's address is a secret: no error holds it."""
    with pytest.raises(Retry) as raised:
        client(FakeSession(answer)).send_text([], "x")
    assert "beef" not in f"{raised.value} {raised.value!r}"


@pytest.mark.parametrize("receivers", [["all"], ['ou_1"><at user_id="all'], ["ou_00000000000000aa"] * 21])
def test_who_is_mentioned_has_a_form(receivers: list[str]) -> None:
    """Nothing but open ids may stand in a mention."""
    with pytest.raises(Invalid):
        client(FakeSession()).send_text(receivers, "x")


def test_a_long_text_is_cut() -> None:
    """The body stays below the platform's 20 KB."""
    session = FakeSession({"code": 0})
    client(session).send_text([], "长" * 20_000)
    assert len(session.asked[0][2]["data"]) <= 20 * 1024


def test_what_is_no_tag_counts_as_it_is_sent() -> None:
    """A sign that mentions nobody takes three bytes, and the cut comes after that."""
    session = FakeSession({"code": 0})
    client(session).send_text([], "<" * 15_000)
    assert len(session.asked[0][2]["data"]) <= 20 * 1024


def test_good_settings_pass() -> None:
    """The settings of these tests are ones that the channel takes; a whole address is not."""
    document = json.loads((PAYLOADS.parents[1] / "hub/channels/feishu/channel.json").read_text(encoding="utf-8"))
    assert check_fields(document["settings"], SETTINGS) == []
    whole = {"hook_id": "https://open.feishu.cn/open-apis/bot/v2/hook/x"}
    assert [one.pointer for one in check_fields(document["settings"], whole)] == ["/hook_id"]
