"""What the doubles of WeChat's own products share: stable tokens (稳定版 access_token), and errors with HTTP 200.

As https://developers.weixin.qq.com/doc/service/api/base/api_getstableaccesstoken says: without force the same token
while it lives; forced a new one, at least 30 seconds apart, and the old one dies.
"""

from __future__ import annotations

import re
import secrets
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from hubctl.platforms.recorder import PlatformCall, Reply

TOKEN_PATH = "/cgi-bin/stable_token"  # noqa: S105 - a path
TOKEN_SECONDS = 7200
FORCE_APART_SECONDS = 30
ESCAPED = re.compile(r"\\u[0-9a-fA-F]{4}")


class Apps:
    """The apps of one product: AppID → secret, and the token that lives. refused: tokens that the API takes no more
    though the token call still gives them out, as happens when a second process forced one."""

    def __init__(self, apps: Sequence[Mapping[str, Any]], clock: Callable[[], float] = time.monotonic) -> None:
        self.secrets = {str(app["app_id"]): str(app.get("app_secret", "")) for app in apps}
        self.tokens: dict[str, str] = {}
        self.refused: set[str] = set()
        self._clock = clock
        self._forced_at: dict[str, float] = {}

    def give_token(self, call: PlatformCall) -> Reply:
        """The answer of stable_token."""
        app_id, secret = call.body.get("appid"), call.body.get("secret")
        if call.method != "POST" or call.body.get("grant_type") != "client_credential":
            return refusal(40002, "invalid grant_type")
        if app_id not in self.secrets:
            return refusal(40013, "invalid appid")
        if secret != self.secrets[app_id] or not secret:
            return refusal(40125, "invalid appsecret")
        if call.body.get("force_refresh") is True:
            if self._clock() - self._forced_at.get(app_id, -FORCE_APART_SECONDS) < FORCE_APART_SECONDS:
                return refusal(45009, "reach max api daily quota limit")
            self._forced_at[app_id] = self._clock()
            self.tokens.pop(app_id, None)
        token = self.tokens.setdefault(app_id, secrets.token_urlsafe(48))
        return Reply({"access_token": token, "expires_in": TOKEN_SECONDS})

    def refuse(self, call: PlatformCall) -> Reply | None:
        """Why the platform would not take this call, None where it does."""
        token = call.query.get("access_token", "")
        if token not in self.tokens.values() or token in self.refused:
            return refusal(40001, "invalid credential, access_token is invalid or not latest")
        if ESCAPED.search(call.text):
            return refusal(40033, "invalid charset. not utf8")
        return None

    def expire(self) -> None:
        """Every token given out so far is invalid from now on, and the next one is new."""
        self.tokens.clear()

    def refuse_tokens(self) -> Reply:
        """The tokens given out so far are refused, and given out again all the same until one is forced."""
        self.refused |= set(self.tokens.values())
        return Reply({"refused": len(self.refused)})


def ok(**fields: object) -> Reply:
    return Reply({"errcode": 0, "errmsg": "ok", **fields})


def refusal(code: int, message: str) -> Reply:
    return Reply({"errcode": code, "errmsg": f"{message} rid: 00000000-00000000-00000000"})
