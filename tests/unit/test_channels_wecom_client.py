"""Calls to WeCom: the right bytes out, errors sorted by what can be done about them, no secret in any of them."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest
import requests
from hypothesis import given
from hypothesis import strategies as st

from hub.channels.client import PlatformGone, PlatformMisconfigured, PlatformRefused
from hub.channels.outbound import Sent, cut_text
from hub.channels.wechat.corp_api import GONE, MISCONFIGURED, RETRY_AFTER_SECONDS
from hub.channels.wecom.cards import NOTHING, Card, plain_words, render_card
from hub.channels.wecom.client import Client
from hub.kernel.errors import HubError, Invalid, Retry
from tests.channels.fakes import FakeSession, FakeTokens
from tests.channels.support import payload

KNOWN: dict[str, Any] = payload("wecom_examples")["settings"]
NOW = datetime(2026, 1, 1, tzinfo=UTC)
OK = {"errcode": 0, "errmsg": "ok", "msgid": "m1", "invaliduser": "b|c"}


def client(*answers: Any) -> tuple[Client, FakeSession, FakeTokens]:
    session, tokens = FakeSession(*answers), FakeTokens()
    made = Client(KNOWN, tokens, wall_now=lambda: NOW, base_url="http://wecom.test/", session=session)
    return made, session, tokens


def test_a_text_goes_out_as_raw_utf8_with_the_duplicate_check_on() -> None:
    """Escaped Chinese is refused by the platform; the same body twice is delivered once."""
    wecom, session, _ = client(OK)
    assert wecom.send_text(["a", "b", "c"], "你好") == Sent("m1", ("b", "c"))
    ((method, url, request),) = session.asked
    assert (method, url, request["params"]) == (
        "POST",
        "http://wecom.test/cgi-bin/message/send",
        {"access_token": "token-1"},
    )
    assert "你好".encode() in request["data"]
    assert json.loads(request["data"]) == {
        "touser": "a|b|c",
        "agentid": 1000002,
        "msgtype": "text",
        "text": {"content": "你好"},
        "enable_duplicate_check": 1,
        "duplicate_check_interval": 14400,
    }
    assert (request["timeout"], request["allow_redirects"]) == ((3.05, 10.0), False)


@pytest.mark.parametrize(
    ("remainder", "unreached"),
    [
        ({"unlicenseduser": "eng_wang"}, ("eng_wang",)),
        ({"invaliduser": "a|b", "unlicenseduser": "b|eng_wang"}, ("a", "b", "eng_wang")),
        ({"invalidparty": "12"}, ("12",)),
        ({"invalidtag": 7}, ("7",)),
        ({"invaliduser": ["a", "b"]}, ("a", "b")),
        ({"invaliduser": "", "unlicenseduser": None, "invalidparty": []}, ()),
    ],
)
def test_a_success_with_a_remainder_names_whom_it_did_not_reach(remainder: Any, unreached: tuple[str, ...]) -> None:
    """errcode 0 is no delivery to who has no licence, is not there or is out of the app's scope."""
    wecom, _, _ = client({"errcode": 0, "errmsg": "ok", "msgid": "m1", **remainder})
    assert wecom.send_text(["eng_wang"], "hi") == Sent("m1", unreached)


def test_a_card_carries_its_task_and_buttons() -> None:
    """The key and the task id are what comes back in the tap."""
    wecom, session, _ = client(OK)
    card = Card("新工单", "vis_1", "https://h5/t", "空调", (("客户", "李四"),), (("接单", "accept"),))
    wecom.send_card(["a"], card)
    assert json.loads(session.asked[0][2]["data"])["template_card"] == {
        "card_type": "button_interaction",
        "main_title": {"title": "新工单", "desc": "空调"},
        "horizontal_content_list": [{"keyname": "客户", "value": "李四"}],
        "task_id": "vis_1",
        "card_action": {"type": 1, "url": "https://h5/t"},
        "button_list": [{"text": "接单", "style": 1, "key": "accept"}],
    }


def test_a_card_outside_the_limits_is_refused_before_it_leaves() -> None:
    """Task id, rows and buttons have written bounds; at the bound a card is good."""
    rows = tuple((str(n), "v") for n in range(6))
    assert render_card(Card("t", "x" * 128, "u", fields=rows, buttons=rows))
    with pytest.raises(Invalid) as refused:
        render_card(Card("t", "x" * 129, "u", fields=(*rows, rows[0]), buttons=(*rows, rows[0])))
    assert [problem.pointer for problem in refused.value.problems] == ["/task_id", "/fields", "/buttons"]


@given(st.text(max_size=900), st.integers(3, 2048))
def test_a_long_text_is_cut_between_characters(text: str, limit: int) -> None:
    """Never over the limit in bytes, never half a character, untouched when it fits."""
    text = text.encode("utf-8", "replace").decode()
    cut = cut_text(text, limit)
    assert len(cut.encode()) <= limit
    assert cut == text if len(text.encode()) <= limit else text.startswith(cut[:-1])


@pytest.mark.parametrize("code", [40014, 42001])
def test_a_token_that_died_early_is_renewed_once(code: int) -> None:
    """One refresh, one more try, and no more."""
    wecom, session, tokens = client({"errcode": code}, OK)
    assert wecom.send_text(["a"], "hi").message_id == "m1"
    assert [request["params"]["access_token"] for _, _, request in session.asked] == ["token-1", "token-2"]
    wecom, session, tokens = client({"errcode": code}, {"errcode": code})
    with pytest.raises(Retry):
        wecom.send_text(["a"], "hi")
    assert (len(session.asked), tokens.count) == (2, 2)


@pytest.mark.parametrize(
    ("code", "kind", "after_seconds"),
    [
        (-1, Retry, 2),
        (45009, Retry, 60),
        (45033, Retry, 5),
        (41096, Retry, 1),
        (42009, Retry, 60),
        (40001, PlatformMisconfigured, None),
        (40013, PlatformMisconfigured, None),
        (48004, PlatformMisconfigured, None),
        (60020, PlatformMisconfigured, None),
        (84074, PlatformMisconfigured, None),
        (41050, PlatformGone, None),
        (41051, PlatformGone, None),
        (60111, PlatformGone, None),
        (81013, PlatformGone, None),
        (84061, PlatformGone, None),
        (82001, PlatformRefused, None),
        (99999, PlatformRefused, None),
    ],
)
def test_an_error_code_says_what_can_be_done(code: int, kind: type[HubError], after_seconds: int | None) -> None:
    """Passing ones are tried again later, the app's own mistakes are named, the rest is refused."""
    wecom, _, _ = client({"errcode": code, "errmsg": "why, from ip: 203.0.113.9"})
    with pytest.raises(kind) as refused:
        wecom.send_text(["a"], "hi")
    assert type(refused.value) is kind
    assert getattr(refused.value, "after_seconds", None) == after_seconds
    assert refused.value.facts["errcode"] == code


def test_a_code_means_one_thing() -> None:
    """No code is passing and final, or the operator's and the receiver's, at once."""
    tables = [set(RETRY_AFTER_SECONDS), set(MISCONFIGURED), set(GONE)]
    assert len(set().union(*tables)) == sum(map(len, tables))


def test_an_untrusted_address_is_told_with_the_address() -> None:
    """60020 is the platform's commonest refusal: its words name the IP that must be listed."""
    wecom, _, _ = client({"errcode": 60020, "errmsg": "not allow to access from your ip, from ip: 203.0.113.9"})
    with pytest.raises(PlatformMisconfigured) as refused:
        wecom.send_text(["a"], "hi")
    assert refused.value.code == "wecom-misconfigured"
    assert "203.0.113.9" in str(refused.value.facts["errmsg"])


def test_a_new_customer_is_greeted_by_the_code() -> None:
    """The greeting is cut to what WeCom takes, and goes out as raw UTF-8."""
    wecom, session, _ = client({"errcode": 0})
    wecom.send_welcome("CODE", "欢" * 1400)
    _, url, request = session.asked[0]
    sent = json.loads(request["data"])
    assert (url, sent["welcome_code"]) == ("http://wecom.test/cgi-bin/externalcontact/send_welcome_msg", "CODE")
    assert len(sent["text"]["content"].encode()) <= 4000
    assert "欢".encode() in request["data"]


@pytest.mark.parametrize(
    "answer",
    [
        requests.ConnectionError("https://qyapi/cgi-bin/message/send?access_token=token-1"),
        requests.Timeout("?access_token=token-1"),
        b"<html>token-1</html>",
        b"[]",
        {"errcode": ["token-1"]},
        {},
        (404, b'{"message":"token-1"}'),
        (502, b"{}"),
    ],
)
def test_a_platform_that_cannot_be_read_is_tried_again_without_telling_the_token(answer: Any) -> None:
    """The token travels in the URL, so what the library says is not repeated."""
    wecom, _, _ = client(answer)
    with pytest.raises(Retry) as refused:
        wecom.send_text(["a"], "hi")
    assert "token-1" not in f"{refused.value}{refused.value.facts}"
    assert refused.value.__suppress_context__ or refused.value.__context__ is None


def test_a_token_is_fetched_with_the_apps_secret() -> None:
    """gettoken, and its life in seconds."""
    wecom, session, _ = client({"errcode": 0, "access_token": "t", "expires_in": 7200}, {"errcode": 0})
    assert wecom.fetch_token("what was stored") == ("t", 7200, "")
    method, url, request = session.asked[0]
    assert (method, url) == ("GET", "http://wecom.test/cgi-bin/gettoken")
    assert request["params"] == {"corpid": KNOWN["corp_id"], "corpsecret": KNOWN["secret"]}
    with pytest.raises(Retry):
        wecom.fetch_token()


@pytest.mark.parametrize("missing", ["secret", "corp_id"])
def test_a_connection_that_only_receives_says_what_it_lacks(missing: str) -> None:
    """Secret, corp id and AgentId are optional until something is sent: then their lack is named, before any call."""
    settings = {name: value for name, value in KNOWN.items() if name not in (missing, "receive_ids")}
    session = FakeSession()
    with pytest.raises(PlatformMisconfigured):
        Client(settings, wall_now=lambda: NOW, session=session).fetch_token()
    with pytest.raises(PlatformMisconfigured, match="agent_id"):
        Client({**KNOWN, "agent_id": ""}, FakeTokens(), wall_now=lambda: NOW, session=session).send_text(["a"], "hi")
    assert session.asked == []


@pytest.mark.parametrize("receiver", ["", "@all", "a|b", "a b", "a" * 65, "a\n"])
def test_a_receiver_is_one_member(receiver: str) -> None:
    """A userid that names several, or everybody, goes to nobody."""
    wecom, session, _ = client(OK)
    with pytest.raises(Invalid) as refused:
        wecom.send_text(["a", receiver], "hi")
    assert ([one.pointer for one in refused.value.problems], session.asked) == (["/receivers"], [])


@pytest.mark.parametrize("count", [0, 1001])
def test_receivers_are_one_to_a_thousand(count: int) -> None:
    """The platform's bound is checked before the call; a thousand are sent."""
    wecom, session, _ = client(OK)
    with pytest.raises(Invalid):
        wecom.send_text(["a"] * count, "hi")
    assert session.asked == []
    wecom.send_text(["a"] * 1000, "hi")


def test_markdown_goes_to_members_and_groups() -> None:
    """To members with the duplicate check; into a group chat, which has none, by its id."""
    wecom, session, _ = client(OK, {"errcode": 0, "errmsg": "ok"})
    wecom.send_markdown(["a"], "**急** 工单")
    assert wecom.send_group("chat_1", "**急**", markdown=True) == Sent()
    first, second = (json.loads(request["data"]) for _, _, request in session.asked)
    assert (first["msgtype"], first["markdown"]) == ("markdown", {"content": "**急** 工单"})
    assert second == {"chatid": "chat_1", "msgtype": "markdown", "markdown": {"content": "**急**"}, "safe": 0}
    with pytest.raises(Invalid):
        wecom.send_group("a chat", "x")


@pytest.mark.parametrize("name", ["[点我领取](https://a.example)", "<@all>", "{{ticket.cost}}", "`rm`\n# 标题"])
def test_what_a_customer_typed_is_no_markup(name: str) -> None:
    """It shows as typed, on one line: nothing of it stands beside what would make it a link, a mention or a heading."""
    words = plain_words(name)
    assert words.replace(NOTHING, "") == " ".join(name.split())
    assert "](" not in words
    assert "<@" not in words
