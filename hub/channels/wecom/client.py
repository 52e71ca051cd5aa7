"""Calls to WeCom's API: a token, and messages to members.

Errors come with HTTP 200 and an `errcode`; the token travels in the query string, so no error here carries a URL.
Codes: https://developer.work.weixin.qq.com/document/path/90313 (read 2024-07).
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import requests

from hub.channels.base import Settings
from hub.channels.client import TokenSource, exchange
from hub.channels.wecom.cards import Card, cut_text, render_card
from hub.kernel.errors import Invalid, Problem, Refuse, Retry

BASE_URL = "https://qyapi.weixin.qq.com"
TIMEOUT_SECONDS = (3.05, 10.0)
RECEIVERS_LIMIT = 1000
DUPLICATE_CHECK_SECONDS = 14_400  # the longest there is: longer than anything here is tried again

STALE_TOKEN = frozenset({40014, 42001})
RETRY_AFTER_SECONDS = {-1: 2, 45009: 60, 45011: 60, 45033: 5}
MISCONFIGURED = frozenset({40001, 40013, 48001, 48002, 50001, 60011, 60020, 84074, 92000})


class WecomRefused(Refuse):
    """WeCom answered with an error that trying again would not change (an unknown member, a bad card)."""

    code = "wecom-refused"


class WecomMisconfigured(WecomRefused):
    """The app itself is set up wrongly: a bad secret, an untrusted IP (60020), members outside its scope."""

    code = "wecom-misconfigured"


class Token(NamedTuple):
    """An access token and the life that the platform gives it; it may die earlier."""

    value: str
    expires_in_seconds: int


@dataclass(frozen=True)
class Sent:
    """What WeCom says of a message that it took. invalid_users: whom it did not reach, ids in lower case."""

    message_id: str
    invalid_users: tuple[str, ...] = ()


class WecomClient:
    """One self-built app (自建应用). settings: corp_id (else the first of receive_ids), agent_id, secret."""

    def __init__(
        self,
        settings: Settings,
        tokens: TokenSource | None = None,
        *,
        base_url: str = BASE_URL,
        session: requests.Session | None = None,
        timeout: tuple[float, float] = TIMEOUT_SECONDS,
    ) -> None:
        self._settings = settings
        self._tokens = tokens
        self._base_url = base_url.rstrip("/")
        self._session = session or requests.Session()
        self._timeout = timeout

    def fetch_token(self) -> Token:
        """A token and its life in seconds (gettoken); while it lives, repeated calls answer the same one."""
        answer = self._exchange(
            "GET",
            "/cgi-bin/gettoken",
            params={"corpid": _corp_id(self._settings), "corpsecret": self._settings["secret"]},
        )
        _raise_for_code(answer)
        token, life_seconds = answer.get("access_token"), answer.get("expires_in")
        if not isinstance(token, str) or not isinstance(life_seconds, int):
            raise Retry("wecom-unreadable", path="/cgi-bin/gettoken")
        return Token(token, life_seconds)

    def send_text(self, receivers: Sequence[str], text: str) -> Sent:
        """Text to members, at most 1000; longer than 2048 bytes is cut."""
        return self._send(receivers, {"msgtype": "text", "text": {"content": cut_text(text)}})

    def send_card(self, receivers: Sequence[str], card: Card) -> Sent:
        """A card to members, at most 1000."""
        return self._send(receivers, {"msgtype": "template_card", "template_card": render_card(card)})

    def _send(self, receivers: Sequence[str], body: Mapping[str, Any]) -> Sent:
        """The same body within four hours is delivered once: the second net below our own send ids."""
        if not 1 <= len(receivers) <= RECEIVERS_LIMIT:
            problem = Problem("/receivers", f"must be 1 to {RECEIVERS_LIMIT}")
            raise Invalid("message", problems=[problem])
        answer = self._call(
            "/cgi-bin/message/send",
            {
                "touser": "|".join(receivers),
                "agentid": int(self._settings["agent_id"]),
                "enable_duplicate_check": 1,
                "duplicate_check_interval": DUPLICATE_CHECK_SECONDS,
                **body,
            },
        )
        invalid = tuple(one for one in str(answer.get("invaliduser", "")).split("|") if one)
        return Sent(str(answer.get("msgid", "")), invalid)

    def _call(self, path: str, body: Mapping[str, Any]) -> dict[str, Any]:
        """POST with the token; a token that died early is renewed once."""
        answer = self._post(path, body, force=False)
        if answer.get("errcode") in STALE_TOKEN:
            answer = self._post(path, body, force=True)
        _raise_for_code(answer)
        return answer

    def _post(self, path: str, body: Mapping[str, Any], *, force: bool) -> dict[str, Any]:
        if self._tokens is None:
            raise WecomMisconfigured("no source of tokens")
        return self._exchange(
            "POST",
            path,
            params={"access_token": self._tokens.get(force)},
            data=json.dumps(body, ensure_ascii=False).encode(),  # escaped Chinese is refused with 40033
            headers={"content-type": "application/json; charset=utf-8"},
        )

    def _exchange(self, method: str, path: str, **request: Any) -> dict[str, Any]:
        request |= {"code_field": "errcode", "timeout": self._timeout}
        return exchange(self._session, "wecom", method, self._base_url, path, **request)


def _raise_for_code(answer: Mapping[str, Any]) -> None:
    code = answer.get("errcode", 0)
    if code == 0:
        return
    if code in RETRY_AFTER_SECONDS or code in STALE_TOKEN:
        raise Retry("wecom", after_seconds=RETRY_AFTER_SECONDS.get(code, 30), errcode=code)
    kind = WecomMisconfigured if code in MISCONFIGURED else WecomRefused
    raise kind("wecom", errcode=code, errmsg=str(answer.get("errmsg", ""))[:200])


def _corp_id(settings: Settings) -> str:
    return str(settings.get("corp_id") or settings["receive_ids"][0])
