"""The double of official accounts, met by the hub's own client: tokens, sends, refusals and codes."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from hub.channels.client import PlatformGone, PlatformMisconfigured, PlatformRefused
from hub.channels.official_account.client import Client
from hubctl.platforms.official_account import Double
from hubctl.platforms.recorder import PlatformCall
from hubctl.platforms.wechat import Apps
from tests.channels.support import payload
from tests.support.doubles import BASE_URL, session_of

KNOWN: dict[str, Any] = payload("official_account_examples")["settings"]
NOW = datetime(2026, 1, 1, 4, 45, tzinfo=UTC)


class Tokens:
    """What the hub's cache does, in memory: the renewal that came with a token goes into the next fetch."""

    def __init__(self, client: Client) -> None:
        self.client, self.held, self.renewal = client, "", ""

    def get(self, force: bool) -> str:
        if force or not self.held:
            self.held, _, self.renewal = self.client.fetch_token(self.renewal)
        return self.held


def met(double: Double, settings: dict[str, Any] = KNOWN) -> Client:
    options: dict[str, Any] = {"wall_now": lambda: NOW, "base_url": BASE_URL}
    options["session"] = session_of(double, "official_account")
    return Client(settings, Tokens(Client(settings, **options)), **options)


def token_call(app_id: str = KNOWN["app_id"], **changes: Any) -> PlatformCall:
    body = {"grant_type": "client_credential", "appid": app_id, "secret": KNOWN["app_secret"], **changes}
    return PlatformCall("official_account", "/cgi-bin/stable_token", {}, "", body)


def test_messages_arrive() -> None:
    """Text and template are taken and kept as they came; a template has an id."""
    double = Double([KNOWN])
    client = met(double)
    client.send_text("oA", "你好")
    assert client.send_template("oA", "TPL", {"thing1": "好" * 30}).isdecimal()
    assert [one.get("msgtype", "template") for one in double.sent] == ["text", "template"]


def test_a_template_with_one_client_id_is_sent_once() -> None:
    """The second call is answered like the first, and nothing more is sent."""
    double = Double([KNOWN])
    client = met(double)
    ids = {client.send_template("oA", "TPL", {"thing1": "x"}, client_msg_id="s1") for _ in range(2)}
    assert (len(ids), len(double.sent)) == (1, 1)


def test_a_follower_who_cannot_be_reached() -> None:
    """An ordered refusal meets the next send to that person, once."""
    double = Double([KNOWN])
    double.control("refusals", {"openid": "oA", "errcode": 45015})
    client = met(double)
    with pytest.raises(PlatformGone):
        client.send_text("oA", "x")
    client.send_text("oA", "x")


@pytest.mark.parametrize("what", ["expire", "refuse_tokens"])
def test_a_token_that_died_is_survived(what: str) -> None:
    """Expired, or refused while the token call still gives it out: the client gets through either way."""
    double = Double([KNOWN])
    client = met(double)
    client.send_text("oA", "x")
    double.expire_tokens() if what == "expire" else double.control("refuse_tokens", {})
    client.send_text("oA", "y")
    assert len(double.sent) == 2


def test_a_wrong_secret_is_a_wrong_setting() -> None:
    """40125 from the token call; an unknown app is 40013."""
    with pytest.raises(PlatformMisconfigured):
        met(Double([KNOWN]), {**KNOWN, "app_secret": "1" * 32}).send_text("oA", "x")
    assert Double([]).answer(token_call()).body["errcode"] == 40013  # type: ignore[call-overload]


def test_force_is_spaced() -> None:
    """Unforced calls give the same token; a second forced one within 30 seconds is refused."""
    clock = [0.0]
    apps = Apps([KNOWN], clock=lambda: clock[0])
    first, again = apps.give_token(token_call()).body, apps.give_token(token_call()).body
    forced = apps.give_token(token_call(force_refresh=True)).body
    assert first == again != forced
    clock[0] = 29.0
    assert apps.give_token(token_call(force_refresh=True)).body["errcode"] == 45009  # type: ignore[call-overload]
    clock[0] = 30.0
    assert "access_token" in apps.give_token(token_call(force_refresh=True)).body


def test_escaped_text_and_long_values_are_refused() -> None:
    """40033 for \\u escapes, 47003 for a value beyond its field, as the platform does."""
    double = Double([KNOWN])
    token = double.answer(token_call()).body["access_token"]  # type: ignore[call-overload]
    send = PlatformCall("official_account", "/cgi-bin/message/custom/send", {"access_token": token}, r'"\u4f60"', {})
    assert double.answer(send).body["errcode"] == 40033  # type: ignore[call-overload]
    body = {"touser": "oA", "template_id": "T", "data": {"thing1": {"value": "x" * 21}}}
    template = PlatformCall("official_account", "/cgi-bin/message/template/send", {"access_token": token}, "", body)
    assert double.answer(template).body["errcode"] == 47003  # type: ignore[call-overload]


def test_who_follows_and_who_does_not() -> None:
    """What it was told of a follower is what user/info says; of the others only ids."""
    double = Double([KNOWN])
    double.control(
        "followers", [{"openid": "oA", "unionid": "uA", "qr_scene_str": "s1"}, {"openid": "oB", "subscribe": 0}]
    )
    client = met(double)
    assert (client.user_info("oA").scene, client.user_info("oB").subscribed) == ("s1", False)


def test_codes_are_made() -> None:
    """Temporary and permanent codes have a ticket; an unknown call is the platform's own no."""
    client = met(Double([KNOWN]))
    assert client.create_qrcode("store_001", 600).ticket
    assert client.create_qrcode("store_001").url
    with pytest.raises(PlatformRefused):
        client.call("GET", "/cgi-bin/tags/get")
    assert Double([KNOWN]).control("nothing", {}).status == 404
