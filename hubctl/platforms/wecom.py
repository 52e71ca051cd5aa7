"""A double of WeCom's (企业微信) server API: tokens and app messages.

It answers as https://developer.work.weixin.qq.com/document/path/91039 (gettoken) and /90236 (message/send) say: HTTP
200 always, the verdict in `errcode`, JSON in raw UTF-8. It is strict where WeCom is: escaped text is refused (40033).
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from hubctl.platforms.recorder import PlatformCall, Reply

CHANNEL = "wecom"
TOKEN_SECONDS = 7200
RECEIVERS = ("touser", "toparty", "totag")
TEXT_BYTES_MAX = 2048
ESCAPED = re.compile(r"\\u[0-9a-fA-F]{4}")


@dataclass
class WeCom:
    """apps: corp id → app secret. One token an app, the same until it expires."""

    apps: Mapping[str, str]
    tokens: dict[str, str] = field(default_factory=dict)
    sent: int = 0

    def answer(self, call: PlatformCall) -> Reply:
        """WeCom's answer to a call."""
        known = {
            "/cgi-bin/gettoken": self._token,
            "/cgi-bin/message/send": self._send,
            "/cgi-bin/message/update_template_card": self._update,
        }
        handler = known.get(call.path)
        return handler(call) if handler else _refusal(404, "unknown api")

    def expire_tokens(self) -> None:
        """Every token given out so far is invalid from now on, as WeCom may decide early."""
        self.tokens.clear()

    def _token(self, call: PlatformCall) -> Reply:
        corp, secret = call.query.get("corpid", ""), call.query.get("corpsecret", "")
        if corp not in self.apps:
            return _refusal(40013, "invalid corpid")
        if secret != self.apps[corp]:
            return _refusal(40001, "invalid credential")
        token = self.tokens.setdefault(corp, secrets.token_urlsafe(48))
        return _ok(access_token=token, expires_in=TOKEN_SECONDS)

    def _send(self, call: PlatformCall) -> Reply:
        refusal = self._checked(call) or _message_refusal(call.body)
        if refusal is not None:
            return refusal
        self.sent += 1
        code = {"response_code": f"RC{self.sent}"} if call.body["msgtype"] == "template_card" else {}
        return _ok(invaliduser="", invalidparty="", invalidtag="", msgid=f"local-{self.sent}", **code)

    def _update(self, call: PlatformCall) -> Reply:
        return self._checked(call) or _ok(invaliduser=[])

    def _checked(self, call: PlatformCall) -> Reply | None:
        if call.query.get("access_token", "") not in self.tokens.values():
            return _refusal(40014, "invalid access_token")
        if ESCAPED.search(call.text):
            return _refusal(40033, "invalid charset. not utf8")
        return None


def _message_refusal(body: Mapping[str, Any]) -> Reply | None:
    """Why WeCom would not send this message, or None."""
    if not any(body.get(name) for name in RECEIVERS):
        return _refusal(82001, "no receiver")
    kind = body.get("msgtype")
    if not isinstance(kind, str) or not isinstance(body.get(kind), dict):
        return _refusal(40008, "invalid message type")
    if not isinstance(body.get("agentid"), int):
        return _refusal(40056, "invalid agentid")
    if kind in ("text", "markdown") and len(str(body[kind].get("content", "")).encode()) > TEXT_BYTES_MAX:
        return _refusal(45002, "content size out of limit")
    return None


def _ok(**fields: object) -> Reply:
    return Reply({"errcode": 0, "errmsg": "ok", **fields})


def _refusal(code: int, message: str) -> Reply:
    return Reply({"errcode": code, "errmsg": message})
