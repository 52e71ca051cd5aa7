"""WeCom's server API (企业微信服务端), as apps and customer service both call it: the token, and what errors mean.

Errors come with HTTP 200 and an `errcode`; the token travels in the query string, so no error here carries a URL.
Codes: https://developer.work.weixin.qq.com/document/path/90313 (read 2024-07).
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from hub.channels.base import Settings
from hub.channels.client import ApiClient, ErrorTable, PlatformMisconfigured, Token
from hub.kernel.errors import Retry

BASE_URL = "https://qyapi.weixin.qq.com"
TOKEN_PATH = "/cgi-bin/gettoken"  # noqa: S105 - a path
WORDS_LIMIT = 200

RETRY_AFTER_SECONDS = {
    "-1": 2,  # busy
    "41063": 60,  # a mass message is still being sent
    "41096": 1,  # another app is sending the welcome message
    "42009": 60,  # suite token: renewed with the next suite_ticket, as 40082 and 40085
    "40082": 60,
    "40085": 60,
    "45009": 60,  # too often: the minute's limit blocks for a minute
    "45011": 60,
    "45033": 5,  # too many at once
}
MISCONFIGURED = frozenset(
    {
        "40001",  # secret
        "40013",  # corp id
        "41045",  # 联系我: quota used up
        "41054",  # the member is not activated
        "48001",  # the app may not call this
        "48002",
        "48003",  # suite and authorisation do not match
        "48004",  # the authorisation was taken back
        "50001",  # redirect domain
        "50002",  # outside of the app's visible scope, as 60011 and 92000
        "60011",
        "60020",  # the caller's IP is not trusted
        "84074",  # no right to customer contact
        "86001",  # chat id, as the next two
        "86003",
        "86008",
        "92000",
        "93000",  # group robot: address, disabled, not in the group
        "93004",
        "93008",
        "95000",  # open_kfid
    }
)
GONE = frozenset(
    {
        "40003",  # no such member
        "40096",  # no such customer
        "41048",  # nobody to send to
        "41050",  # the welcome code is used, or older than 20 seconds
        "41051",  # the two are chatting already
        "60111",  # no such member
        "81013",  # none of the receivers can be reached
        "84061",  # no customer of this member
        "95001",  # five messages since the customer's last
        "95013",  # the session is over
        "95018",  # the session's state forbids it (a person holds it), or 48 hours are over
    }
)


def corp_errors(channel: str) -> ErrorTable:
    """The codes of WeCom's server API, the same for all that is called there."""
    return ErrorTable(
        channel,
        stale_token=frozenset({"40014", "42001"}),
        retry_after_seconds=RETRY_AFTER_SECONDS,
        misconfigured=MISCONFIGURED,
        gone=GONE,
    )


class CorpClient(ApiClient):
    """One app of a corp. settings: corp_id (else the first of receive_ids), secret."""

    BASE_URL = BASE_URL

    def fetch_token(self, renewal: str = "") -> Token:
        """A token and its life in seconds (gettoken); while it lives, repeated calls answer the same one."""
        del renewal  # the secret alone renews it
        params = {"corpid": _corp_id(self.settings), "corpsecret": str(self.settings.get("secret") or "")}
        if not all(params.values()):
            raise PlatformMisconfigured(self.CHANNEL, reason="corp_id and secret must be given")
        answer = self._read(TOKEN_PATH, self.exchange("GET", TOKEN_PATH, params=params))
        self.ERRORS.raise_for(_code(answer), **_words(answer))
        token, life_seconds = answer.get("access_token"), answer.get("expires_in")
        if not isinstance(token, str) or not isinstance(life_seconds, int):
            raise Retry(f"{self.CHANNEL}-unreadable", path=TOKEN_PATH)
        return Token(token, life_seconds)

    def call(self, path: str, body: Mapping[str, Any]) -> dict[str, Any]:
        """POST with the token; a token that died early is renewed once. Raises what `corp_errors` says of the code."""
        answer: dict[str, Any] = self.with_token(lambda token: self._post(path, body, token), _code, _words)
        return answer

    def read(self, path: str, **params: str) -> dict[str, Any]:
        """GET with the token, as `call`."""

        def get(token: str) -> dict[str, Any]:
            return self._read(path, self.exchange("GET", path, params={"access_token": token, **params}))

        answer: dict[str, Any] = self.with_token(get, _code, _words)
        return answer

    def _post(self, path: str, body: Mapping[str, Any], token: str) -> dict[str, Any]:
        answer = self.exchange(
            "POST",
            path,
            params={"access_token": token},
            data=json.dumps(body, ensure_ascii=False).encode(),  # escaped Chinese is refused with 40033
            headers={"content-type": "application/json; charset=utf-8"},
        )
        return self._read(path, answer)

    def _read(self, path: str, answer: Any) -> dict[str, Any]:
        """Every answer has its verdict: one without it is a gateway's."""
        if not isinstance(answer, dict) or not isinstance(answer.get("errcode"), int):
            raise Retry(f"{self.CHANNEL}-unreadable", path=path)
        return answer


def _code(answer: Mapping[str, Any]) -> object:
    return answer["errcode"]


def _words(answer: Mapping[str, Any]) -> dict[str, object]:
    """WeCom's own words, which name the caller's IP where that is what is wrong."""
    return {"errmsg": str(answer.get("errmsg", ""))[:WORDS_LIMIT]}


def _corp_id(settings: Settings) -> str:
    return str(settings.get("corp_id") or next(iter(settings.get("receive_ids") or ()), ""))
