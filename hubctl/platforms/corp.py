"""What the doubles of WeCom's server API share: one token an app, the verdict in `errcode`, JSON in raw UTF-8.

It answers as https://developer.work.weixin.qq.com/document/path/91039 (gettoken) says: HTTP 200 always. It is strict
where WeCom is: escaped text is refused (40033).
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Mapping, Sequence
from typing import Any

from hubctl.platforms.recorder import PlatformCall, Reply

TOKEN_SECONDS = 7200
ESCAPED = re.compile(r"\\u[0-9a-fA-F]{4}")


class CorpApps:
    """apps: settings with corp_id (else the first of receive_ids) and secret. One token an app, until it expires."""

    def __init__(self, apps: Sequence[Mapping[str, Any]]) -> None:
        self.known = {(corp_of(app), str(app.get("secret", ""))) for app in apps}
        self.tokens: dict[tuple[str, str], str] = {}

    def give_token(self, call: PlatformCall) -> Reply:
        """/cgi-bin/gettoken: the same token while it lives."""
        app = call.query.get("corpid", ""), call.query.get("corpsecret", "")
        if app[0] not in {corp for corp, _ in self.known}:
            return refusal(40013, "invalid corpid")
        if not app[1] or app not in self.known:
            return refusal(40001, "invalid credential")
        return ok(access_token=self.tokens.setdefault(app, secrets.token_urlsafe(48)), expires_in=TOKEN_SECONDS)

    def refuse(self, call: PlatformCall) -> Reply | None:
        """Why a call is not heard, or None: no living token, or text that is escaped."""
        if call.query.get("access_token", "") not in self.tokens.values():
            return refusal(40014, "invalid access_token")
        if ESCAPED.search(call.text):
            return refusal(40033, "invalid charset. not utf8")
        return None


def corp_of(app: Mapping[str, Any]) -> str:
    """The corp id of a connection's settings, "" without one."""
    return str(app.get("corp_id") or next(iter(app.get("receive_ids") or ()), ""))


def ok(**fields: object) -> Reply:
    return Reply({"errcode": 0, "errmsg": "ok", **fields})


def refusal(code: int, message: str) -> Reply:
    return Reply({"errcode": code, "errmsg": message})
