"""A double of the official account (公众号) API: messages and templates to followers, who they are, codes.

It is strict where the platform is: a template's value beyond its field's limit is 47003, escaped text 40033.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Mapping, Sequence
from typing import Any

from hubctl.platforms.recorder import PlatformCall, Reply
from hubctl.platforms.wechat import TOKEN_PATH, Apps, ok, refusal

TEXT_BYTES_MAX = 2048
LIMITS = {"thing": 20, "short_thing": 5, "name": 20, "phrase": 5, "character_string": 32, "const": 20}
EXPIRE_SECONDS_MAX = 2_592_000


class Double:
    """followers: openid → what user/info says beyond `subscribe`. ordered: openid → the errcode of the next send."""

    def __init__(self, apps: Sequence[Mapping[str, Any]]) -> None:
        self.apps = Apps(apps)
        self.followers: dict[str, dict[str, Any]] = {}
        self.ordered: dict[str, int] = {}
        self.sent: list[dict[str, Any]] = []
        self._message_ids: dict[tuple[str, str], int] = {}

    def answer(self, call: PlatformCall) -> Reply:
        """The platform's answer to a call."""
        if call.path == TOKEN_PATH:
            return self.apps.give_token(call)
        known = {
            "/cgi-bin/message/custom/send": self._send_text,
            "/cgi-bin/message/template/send": self._send_template,
            "/cgi-bin/user/info": self._user_info,
            "/cgi-bin/qrcode/create": self._create_qrcode,
        }
        handler = known.get(call.path)
        if handler is None:
            return refusal(40066, "invalid url")
        return self.apps.refuse(call) or handler(call)

    def control(self, what: str, body: Any) -> Reply:
        """followers: [{"openid": …, "subscribe": 0 or 1, …}]; refusals: {"openid": …, "errcode": …} for the next send;
        refuse_tokens: see Apps."""
        if what == "followers":
            self.followers |= {
                str(follower["openid"]): dict(follower) for follower in (body if isinstance(body, list) else [body])
            }
            return Reply({"followers": sorted(self.followers)})
        if what == "refusals":
            self.ordered[str(body["openid"])] = int(body["errcode"])
            return Reply({"refusals": sorted(self.ordered)})
        if what == "refuse_tokens":
            return self.apps.refuse_tokens()
        return Reply({"error": f"no control {what}"}, 404)

    def expire_tokens(self) -> None:
        """Every token given out so far is invalid from now on."""
        self.apps.expire()

    def _send_text(self, call: PlatformCall) -> Reply:
        content = call.body.get("text", {}).get("content", "") if call.body.get("msgtype") == "text" else ""
        if not 1 <= len(content.encode()) <= TEXT_BYTES_MAX:
            return refusal(45002, "content size out of limit")
        return self._refused(call) or self._take(call, ok())

    def _send_template(self, call: PlatformCall) -> Reply:
        body = call.body
        if not body.get("template_id"):
            return refusal(40037, "invalid template_id")
        wrong = [name for name, field in body.get("data", {}).items() if not _fits(name, str(field.get("value", "")))]
        if wrong or not body.get("data"):
            return refusal(47003, f"argument invalid! data.{wrong[0] if wrong else ''}.value invalid")
        refused = self._refused(call)
        if refused is not None:
            return refused
        once = str(body.get("touser")), str(body.get("client_msg_id") or secrets.token_hex(8))
        if once in self._message_ids:
            return ok(msgid=self._message_ids[once])
        message_id = 2_000_000_000_000_000 + len(self.sent)
        self._message_ids[once] = message_id
        return self._take(call, ok(msgid=message_id))

    def _refused(self, call: PlatformCall) -> Reply | None:
        code = self.ordered.pop(str(call.body.get("touser")), 0)
        if not code and not call.body.get("touser"):
            code = 40003
        return refusal(code, "invalid openid" if code == 40003 else "refused") if code else None

    def _take(self, call: PlatformCall, reply: Reply) -> Reply:
        self.sent.append(call.body)
        return reply

    def _user_info(self, call: PlatformCall) -> Reply:
        """Of who does not follow, nothing but the ids."""
        openid = call.query.get("openid", "")
        follower = {"openid": openid, "subscribe": 1, **self.followers.get(openid, {})}
        if not openid:
            return refusal(40003, "invalid openid")
        if follower["subscribe"] == 0:
            return Reply({name: follower[name] for name in ("subscribe", "openid", "unionid") if name in follower})
        return Reply({"nickname": "", "headimgurl": "", "language": "zh_CN", **follower})

    def _create_qrcode(self, call: PlatformCall) -> Reply:
        action, seconds = call.body.get("action_name"), call.body.get("expire_seconds", 60)
        scene = call.body.get("action_info", {}).get("scene", {}).get("scene_str", "")
        if action not in ("QR_STR_SCENE", "QR_LIMIT_STR_SCENE") or not 1 <= len(scene) <= 64:
            return refusal(40053, "invalid action info")
        if not 1 <= seconds <= EXPIRE_SECONDS_MAX:
            return refusal(40051, "invalid expire_seconds")
        ticket = secrets.token_urlsafe(48) + "=="
        life = {"expire_seconds": seconds} if action == "QR_STR_SCENE" else {}
        return Reply({"ticket": ticket, "url": f"http://weixin.qq.com/q/{secrets.token_urlsafe(8)}", **life})


def _fits(name: str, value: str) -> bool:
    kind = re.sub(r"_?[0-9]+$", "", name)
    return 1 <= len(value) <= LIMITS.get(kind, 200) and "\n" not in value
