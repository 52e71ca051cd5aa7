"""Stable tokens and calls of WeChat's own products: forced only when refused, and every failure by its right name."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from hub.channels.client import PlatformMisconfigured
from hub.channels.official_account.client import Client
from hub.channels.wechat.api import renew
from hub.kernel.errors import Retry
from tests.channels.fakes import FakeSession, FakeTokens
from tests.channels.support import payload

KNOWN: dict[str, Any] = payload("official_account_examples")["settings"]
NOW = datetime(2026, 1, 1, 4, 45, tzinfo=UTC)
OK = {"errcode": 0, "errmsg": "ok"}


def client(*answers: Any, settings: dict[str, Any] = KNOWN) -> tuple[Client, FakeSession]:
    session = FakeSession(*answers)
    return Client(settings, FakeTokens(), wall_now=lambda: NOW, session=session), session


class Platform:
    """Gives out one token until it is forced; remembers how it was asked."""

    def __init__(self, life_seconds: int = 7200) -> None:
        self.life_seconds, self.forced, self.asked = life_seconds, 0, []

    def __call__(self, force: bool) -> tuple[str, int]:
        self.asked.append(force)
        self.forced += force
        return f"token-{self.forced}", self.life_seconds


def test_a_token_is_asked_for_without_force() -> None:
    """POST stable_token with raw JSON, force_refresh false."""
    known, session = client({"access_token": "T", "expires_in": 7200})
    token = known.fetch_token()
    method, url, request = session.asked[0]
    assert (token.value, token.expires_in_seconds) == ("T", 7200)
    assert (method, url) == ("POST", "https://api.weixin.qq.com/cgi-bin/stable_token")
    assert json.loads(request["data"]) == {
        "grant_type": "client_credential",
        "appid": KNOWN["app_id"],
        "secret": KNOWN["app_secret"],
        "force_refresh": False,
    }


def test_a_token_that_is_due_is_not_forced() -> None:
    """The platform answers the same token with what is left of its life: that is a renewal by age."""
    platform = Platform()
    first = renew(platform, "", 1000)
    platform.life_seconds = 1080
    assert renew(platform, first.renewal, 7120).value == "token-0"
    assert platform.asked == [False, False]


def test_a_refused_token_is_forced_at_most_every_thirty_seconds() -> None:
    """The same token again, though it should live: it was refused, and one is forced; the next force has to wait."""
    platform = Platform()
    first = renew(platform, "", 1000)
    second = renew(platform, first.renewal, 1010)
    assert (second.value, platform.forced) == ("token-1", 1)
    third = renew(platform, second.renewal, 1039)
    assert (third.value, platform.forced) == ("token-1", 1)
    assert renew(platform, third.renewal, 1040).value == "token-2"


def test_another_token_than_the_refused_one_is_taken_as_it_is() -> None:
    """Where somebody else has renewed meanwhile, nothing is forced."""
    platform = Platform()
    first = renew(platform, "", 1000)
    platform.forced = 5
    assert renew(platform, first.renewal, 1001).value == "token-5"
    assert platform.asked == [False, False]


def test_what_renews_a_token_does_not_tell_it() -> None:
    """`renewal` holds a fingerprint."""
    assert "token-0" not in renew(Platform(), "", 1000).renewal


@pytest.mark.parametrize("code", [40001, 40013, 40125, 40164])
def test_a_refused_token_call_is_a_wrong_setting(code: int) -> None:
    """A wrong secret, AppID or caller's IP needs an operator, not another try."""
    known, _ = client({"errcode": code, "errmsg": "no"})
    with pytest.raises(PlatformMisconfigured) as refused:
        known.fetch_token()
    assert refused.value.facts["errcode"] == code
    assert KNOWN["app_secret"] not in f"{refused.value} {refused.value.facts}"


@pytest.mark.parametrize("answer", [{"access_token": "T"}, {"access_token": "", "expires_in": 7200}, [], {}])
def test_an_answer_without_a_token_is_unreadable(answer: Any) -> None:
    """No token, or no life: try again, never a made-up one."""
    known, _ = client(answer)
    with pytest.raises(Retry):
        known.fetch_token()


def test_no_secret_no_call() -> None:
    """A connection that only receives has no secret, and says so before anything is sent."""
    known, session = client(settings={**KNOWN, "app_secret": ""})
    with pytest.raises(PlatformMisconfigured):
        known.fetch_token()
    assert session.asked == []


@pytest.mark.parametrize("code", [40001, 40014, 42001])
def test_a_token_that_died_early_is_renewed_once(code: int) -> None:
    """The call is made again with a new token, once; refused again it is a Retry."""
    known, session = client({"errcode": code}, OK)
    known.send_text("oA", "x")
    assert [request["params"]["access_token"] for _, _, request in session.asked] == ["token-1", "token-2"]
    known, _ = client({"errcode": code}, {"errcode": code})
    with pytest.raises(Retry):
        known.send_text("oA", "x")


def test_a_caller_from_elsewhere_is_a_wrong_setting() -> None:
    """HTTP 403 has no code and no JSON: the IP is not on the whitelist."""
    known, _ = client((403, b"Forbidden"))
    with pytest.raises(PlatformMisconfigured) as refused:
        known.user_info("oA")
    assert refused.value.facts["reason"] == "ip-not-whitelisted"


@pytest.mark.parametrize("answer", [[], (200, b"<html>"), (502, b"{}"), (500, b"no")])
def test_what_is_no_answer_is_tried_again(answer: Any) -> None:
    """A list, a page or a broken gateway is no verdict."""
    known, _ = client(answer)
    with pytest.raises(Retry):
        known.send_text("oA", "x")


def test_an_answer_without_a_verdict_is_no_success() -> None:
    """A send that is answered `{}` may not have been sent."""
    known, _ = client({})
    with pytest.raises(Retry):
        known.send_text("oA", "x")
