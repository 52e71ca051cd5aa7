"""Signing in by WeCom (企业微信扫码/免登): where the browser goes, and who comes back.

https://developer.work.weixin.qq.com/document/path/91022 (inside WeCom), path/98152 (by scanning), path/91023 (who it
is). Read 2026-11.
"""

from __future__ import annotations

from dataclasses import field
from urllib.parse import urlencode

from hub.kernel.dataclass import dataclass
from hub.kernel.errors import Conflict, Unauthenticated
from hub.platforms.clients import Platforms
from hub.store.secrets import UNKNOWN_SECONDS, Connection, ConnectionSecrets

INSIDE = "https://open.weixin.qq.com/connect/oauth2/authorize"
SCANNED = "https://login.work.weixin.qq.com/wwlogin/sso/login"
NEEDED = ("agent_id", "secret")


@dataclass(frozen=True)
class WecomDoor:
    """The tenant's WeCom app as a door for people. platforms_url: the local doubles, "" for WeCom itself."""

    secrets: ConnectionSecrets = field(repr=False)
    platforms: Platforms
    platforms_url: str = ""

    def connection(self) -> Connection:
        """The first enabled app by id that has an agent and its secret. Raises Conflict when there is none."""
        for max_age_seconds in (None, UNKNOWN_SECONDS):
            known = self.secrets.every() if max_age_seconds is None else self.secrets.every(max_age_seconds)
            able = [c for c in known if c.channel == "wecom" and c.enabled and all(map(c.settings.get, NEEDED))]
            if able:
                return min(able, key=lambda connection: connection.id)
        raise Conflict("no enabled WeCom connection with an agent")

    def urls(self, connection: Connection, redirect_uri: str, state: str) -> tuple[str, str]:
        """Where the browser goes: inside WeCom, and to scan a code."""
        settings = connection.settings
        app = {"appid": _corp_id(connection), "redirect_uri": redirect_uri, "state": state}
        agent = str(settings["agent_id"])
        inside = {**app, "response_type": "code", "scope": "snsapi_base", "agentid": agent}
        scanned = {**app, "login_type": "CorpApp", "agentid": agent}
        return (
            f"{self._at(INSIDE, 'connect/oauth2/authorize')}?{urlencode(inside)}#wechat_redirect",
            f"{self._at(SCANNED, 'wwlogin/sso/login')}?{urlencode(scanned)}",
        )

    def member(self, connection_id: str, code: str) -> str:
        """The userid of the member whose code this is: a code works once. Raises Unauthenticated for a code of nobody
        in the corp, Retry."""
        connection = self.secrets.find(connection_id)
        if connection is None or not connection.enabled:
            raise Unauthenticated("its connection is disabled: enable it first")
        with self.platforms.guard(connection.id):
            userid = self.platforms.client(connection).member_of_code(code)
        if not userid:
            raise Unauthenticated("this code opens nothing: sign in anew")
        return str(userid)

    def _at(self, address: str, path: str) -> str:
        return f"{self.platforms_url.rstrip('/')}/wecom/{path}" if self.platforms_url else address


def _corp_id(connection: Connection) -> str:
    settings = connection.settings
    return str(settings.get("corp_id") or next(iter(settings.get("receive_ids") or ()), ""))
