"""The API of WeChat's own products (official accounts, stores): stable tokens, and calls whose verdict is `errcode`.

https://developers.weixin.qq.com/doc/service/api/base/api_getstableaccesstoken (read 2026): a token is asked for without
force, which answers the same one while it lives; forced only where the platform refuses one that should still live, at
most 20 times a day and 30 seconds apart.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from typing import Any

from hub.channels.client import ApiClient, ErrorTable, PlatformMisconfigured, Token, expect
from hub.kernel.errors import Retry

TOKEN_PATH = "/cgi-bin/stable_token"  # noqa: S105 - a path
FORCE_APART_SECONDS = 30
DUE_WITHIN_SECONDS = 1200
"""A token is renewed by its age at the earliest this long before its end (the cache: at 85 % of 7200 seconds). One that
is renewed and lives longer was refused."""
HEADERS = {"content-type": "application/json; charset=utf-8"}
STALE_TOKEN = frozenset({"40001", "40014", "42001"})
TOKEN_MISCONFIGURED = frozenset({"40001", "40002", "40013", "40125", "40164", "40243", "41002", "41004", "50004"})
"""Of the token call, where 40001 can only mean a wrong secret. 40125 bad secret, 40243 frozen secret (from memory)."""


class WechatApi(ApiClient):
    """settings: app_id, app_secret."""

    BASE_URL = "https://api.weixin.qq.com"

    def fetch_token(self, renewal: str = "") -> Token:
        """A token; `renewal` remembers which one was given out last, and when one was forced."""
        return renew(self._ask_token, renewal, int(self.wall_now().timestamp()))

    def call(self, method: str, path: str, body: Mapping[str, Any] | None = None, **params: str) -> dict[str, Any]:
        """One call with the token in the query. Bodies are raw UTF-8: escaped Chinese is refused (40033)."""

        def ask(token: str) -> dict[str, Any]:
            return self._ask(method, path, body, {"access_token": token, **params})

        answer: dict[str, Any] = self.with_token(ask, _code_of)
        return answer

    def _ask(
        self, method: str, path: str, body: Mapping[str, Any] | None, params: Mapping[str, str] | None = None
    ) -> dict[str, Any]:
        request: dict[str, Any] = {"params": params} if params else {}
        if body is not None:
            request |= {"data": json.dumps(body, ensure_ascii=False).encode(), "headers": HEADERS}
        try:
            answer = self.exchange(method, path, **request)
        except Retry as failure:
            if failure.facts.get("status") == 403:  # no errcode then
                raise PlatformMisconfigured(self.CHANNEL, path=path, reason="ip-not-whitelisted") from None
            raise
        if not isinstance(answer, dict):
            raise Retry(f"{self.CHANNEL}-unreadable", path=path)
        return answer

    def _ask_token(self, force: bool) -> tuple[str, int]:
        secret = {"appid": str(self.settings.get("app_id", "")), "secret": str(self.settings.get("app_secret", ""))}
        if not all(secret.values()):
            raise PlatformMisconfigured(self.CHANNEL, reason="app_id and app_secret must be given")
        answer = self._ask("POST", TOKEN_PATH, {"grant_type": "client_credential", **secret, "force_refresh": force})
        retries = self.ERRORS.retry_after_seconds
        table = ErrorTable(self.CHANNEL, retry_after_seconds=retries, misconfigured=TOKEN_MISCONFIGURED)
        table.raise_for(_code_of(answer))
        value = expect(self.CHANNEL, answer, TOKEN_PATH, "access_token")
        life_seconds = expect(self.CHANNEL, answer, TOKEN_PATH, "expires_in")
        if not isinstance(value, str) or not value or not isinstance(life_seconds, int):
            raise Retry(f"{self.CHANNEL}-unreadable", path=TOKEN_PATH)
        return value, life_seconds


def renew(ask: Callable[[bool], tuple[str, int]], renewal: str, now: int) -> Token:
    """A token of `ask(force)`, forced where the answer is the one given out last though it isn't due: it was refused.

    renewal: the fingerprint of the token given out last, and the epoch second at which one was last forced.
    """
    fingerprint, _, forced_text = renewal.partition(":")
    forced_at = int(forced_text) if forced_text.isdecimal() else 0
    value, life_seconds = ask(False)
    refused = _fingerprint(value) == fingerprint and life_seconds > DUE_WITHIN_SECONDS
    if refused and now - forced_at >= FORCE_APART_SECONDS:
        forced_at = now
        value, life_seconds = ask(True)
    return Token(value, life_seconds, f"{_fingerprint(value)}:{forced_at}")


def _fingerprint(token: str) -> str:
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()[:16]


def _code_of(answer: Mapping[str, Any]) -> object:
    """`errcode`; answers of reads have none where all is well."""
    return answer.get("errcode", 0)
