"""The WeCom double, asked by the channel's own client."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from hub.channels.client import PlatformGone, PlatformMisconfigured, PlatformRefused
from hub.channels.wecom.cards import Card
from hub.channels.wecom.client import Client
from hub.kernel.errors import Retry
from hubctl.platforms.recorder import PlatformCall
from hubctl.platforms.wecom import Double
from tests.support.doubles import BASE_URL, session_of

APP = {"corp_id": "ww1", "secret": "app-secret", "agent_id": "1000002"}
OTHER = {"receive_ids": ["ww1"], "secret": "other-secret"}
NOW = datetime(2026, 1, 1, tzinfo=UTC)
CARD = Card("新工单", "vis_1", "https://h5/t", buttons=(("接单", "accept"),))


class Tokens:
    """A token of the double itself, renewed when it is refused."""

    def __init__(self, bare: Client) -> None:
        self.bare = bare
        self.value = bare.fetch_token().value

    def get(self, force: bool) -> str:
        if force:
            self.value = self.bare.fetch_token().value
        return self.value


def made(double: Double, app: dict[str, Any] = APP) -> Client:
    options: Any = {"wall_now": lambda: NOW, "base_url": BASE_URL, "session": session_of(double, "wecom")}
    return Client(app, Tokens(Client(app, **options)), **options)


def body_of(reply: Any) -> dict[str, Any]:
    assert isinstance(reply.body, dict)
    return reply.body


def test_texts_and_cards_are_taken() -> None:
    """Each has an id of its own."""
    double = Double((APP,))
    wecom = made(double)
    sent = [wecom.send_text(["a"], "你好").message_id, wecom.send_card(["a"], CARD).message_id]
    assert (sent, double.sent) == (["local-1", "local-2"], 2)


def test_a_member_without_a_licence_is_not_reached() -> None:
    """The answer is errcode 0 all the same."""
    double = Double((APP,))
    double.control("unlicensed", ["eng_wang"])
    assert made(double).send_text(["a", "eng_wang"], "你好").unreached == ("eng_wang",)


def test_each_app_of_a_corp_has_a_token_of_its_own() -> None:
    """The same one while it lives; a wrong secret and an unknown corp have their own words."""
    double = Double((APP, OTHER))
    tokens = [made(double, app).token() for app in (APP, OTHER, APP)]
    assert tokens[0] == tokens[2] != tokens[1]
    for wrong in ({**APP, "secret": "x"}, {**APP, "corp_id": "ww2"}, {**APP, "secret": ""}):
        with pytest.raises(PlatformMisconfigured):
            made(double, wrong)


def test_a_token_that_died_is_renewed() -> None:
    """One refresh, and the message goes through."""
    double = Double((APP,))
    wecom = made(double)
    double.expire_tokens()
    assert wecom.send_text(["a"], "hi").message_id == "local-1"


def test_a_greetings_code_is_good_once() -> None:
    """Again it is too late; ordered, the platform says what it says when others greet or the two chat already."""
    double = Double((APP,))
    wecom = made(double)
    wecom.send_welcome("C1", "您好")
    with pytest.raises(PlatformGone):
        wecom.send_welcome("C1", "您好")
    double.control("welcome_codes", {"code": "C2", "errcode": 41096})
    with pytest.raises(Retry) as busy:
        wecom.send_welcome("C2", "您好")
    wecom.send_welcome("C2", "您好")
    double.control("welcome_codes", {"code": "C3", "errcode": 41051})
    with pytest.raises(PlatformGone):
        wecom.send_welcome("C3", "您好")
    assert (busy.value.after_seconds, double.greeted) == (1, {"C1", "C2"})


@pytest.mark.parametrize(
    ("path", "body", "code"),
    [
        ("message/send", {"msgtype": "text", "agentid": 1, "text": {"content": "hi"}}, 82001),
        ("message/send", {"touser": "a", "msgtype": "text", "agentid": 1}, 40008),
        ("message/send", {"touser": "a", "msgtype": "text", "agentid": "1", "text": {}}, 40056),
        ("message/send", {"touser": "a", "msgtype": "text", "agentid": 1, "text": {"content": "x" * 2049}}, 45002),
        ("message/update_template_card", {"agentid": 1}, 40058),
        ("externalcontact/send_welcome_msg", {"welcome_code": "C"}, 45002),
        ("externalcontact/nothing", {}, 404),
    ],
)
def test_it_is_as_strict_as_the_platform(path: str, body: dict[str, Any], code: int) -> None:
    """What WeCom refuses is refused here, with its own code."""
    double = Double((APP,))
    query = {"access_token": made(double).token()}
    reply = double.answer(PlatformCall("wecom", f"/cgi-bin/{path}", query, "", body))
    assert body_of(reply)["errcode"] == code


def test_escaped_text_is_refused() -> None:
    """The body is raw UTF-8, or it is none (40033)."""
    double = Double((APP,))
    query = {"access_token": made(double).token()}
    call = PlatformCall("wecom", "/cgi-bin/message/send", query, '{"text":"\\u4f60"}', {})
    assert body_of(double.answer(call))["errcode"] == 40033
    assert double.control("weather", {}).status == 404


def test_an_error_is_no_secret() -> None:
    """What a refusal says holds neither the token nor the secret."""
    double = Double((APP,))
    wecom = made(double)
    with pytest.raises(PlatformRefused) as refused:
        wecom.send_welcome("", "您好")
    said = f"{refused.value} {refused.value!r}"
    assert not [secret for secret in (wecom.token(), APP["secret"]) if secret in said]


def test_a_customer_s_detail_tells_their_unionid() -> None:
    """Of a WeChat user it is there, of a corp without an open platform it is empty, of nobody's customer gone."""
    double = Double((APP,))
    wecom = made(double)
    double.control("customers", [{"external_userid": "wmWang", "unionid": "oU1"}, {"external_userid": "woCorp"}])
    assert [wecom.union_id(person) for person in ("wmWang", "woCorp")] == ["oU1", ""]
    with pytest.raises(PlatformGone):
        wecom.union_id("wmNobody")


def test_reading_renews_a_token_that_died_early() -> None:
    """A GET renews the token once, as a POST does."""
    double = Double((APP,))
    wecom = made(double)
    double.control("customers", [{"external_userid": "wmWang", "unionid": "oU1"}])
    double.expire_tokens()
    assert wecom.union_id("wmWang") == "oU1"
