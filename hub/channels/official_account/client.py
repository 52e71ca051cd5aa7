"""Calls to the official account API: messages and templates to followers, who they are, codes with parameters.

https://developers.weixin.qq.com/doc/service/api/ (read 2026); error codes as public SDKs list them. An account may
write to a follower within 48 hours of their message, five times; after that only a template reaches them.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, TypeGuard
from urllib.parse import quote

from hub.channels.client import ErrorTable, expect
from hub.channels.official_account.templates import fit_values
from hub.channels.reading import MOMENT_LIMIT_SECONDS
from hub.channels.wechat.api import STALE_TOKEN, WechatApi
from hub.kernel.dataclass import dataclass
from hub.kernel.errors import Invalid, Problem, Retry

ERRORS = ErrorTable(
    "official_account",
    success=frozenset({"0", "45065"}),  # 45065: this client id was sent before
    stale_token=STALE_TOKEN,
    retry_after_seconds={"-1": 2, "45009": 3600, "45011": 60},
    misconfigured=frozenset({"40013", "40037", "40125", "40164", "48001", "48004", "50001"}),
    gone=frozenset({"40003", "43004", "43019", "45015", "45047", "48002", "50005"}),
)
"""Gone: no such follower, does not follow, black-listed, over 48 hours, quota used, switched messages off."""
TEXT_LIMIT_BYTES = 2048
SCENE_LIMIT_CHARS = 64
EXPIRE_LIMIT_SECONDS = 2_592_000
SEND_PATH, TEMPLATE_PATH = "/cgi-bin/message/custom/send", "/cgi-bin/message/template/send"
USER_PATH, QRCODE_PATH = "/cgi-bin/user/info", "/cgi-bin/qrcode/create"
SHOW_QRCODE_URL = "https://mp.weixin.qq.com/cgi-bin/showqrcode?ticket="


@dataclass(frozen=True)
class Follower:
    """What the platform says of a person; names and pictures are empty since 2021-12-27.

    union_id: '' unless the account is bound to an open platform. scene: the code's parameter that they followed by.
    """

    open_id: str
    subscribed: bool
    union_id: str = ""
    subscribed_at: datetime | None = None
    source: str = ""
    scene: str = ""
    remark: str = ""


@dataclass(frozen=True)
class Qrcode:
    """A code with a parameter (带参二维码). url: what it encodes; image_url: its picture. 0 seconds: for ever."""

    ticket: str
    url: str
    image_url: str
    expires_in_seconds: int


class Client(WechatApi):
    """One official account. settings: app_id, app_secret."""

    CHANNEL = "official_account"
    ERRORS = ERRORS

    def send_text(self, open_id: str, text: str) -> None:
        """A customer-service message (客服消息). Raises PlatformGone where the platform lets nobody write any more."""
        if not 1 <= len(text.encode()) <= TEXT_LIMIT_BYTES:
            raise Invalid("message", problems=[Problem("/text", f"must be 1 to {TEXT_LIMIT_BYTES} bytes in UTF-8")])
        body = {"touser": open_id, "msgtype": "text", "text": {"content": text}}
        expect(self.CHANNEL, self.call("POST", SEND_PATH, body), SEND_PATH, "errcode")

    def answer(self, person: str, desk: str, text: str, number: str) -> str:
        """A reply to whoever wrote. The platform has no number for it. Raises as send_text."""
        self.send_text(person, text)
        return ""

    def send_template(
        self,
        open_id: str,
        template_id: str,
        values: Mapping[str, str],
        *,
        url: str = "",
        miniprogram: Mapping[str, str] | None = None,
        client_msg_id: str = "",
    ) -> str:
        """A template message, its values made to fit; the platform's id of it.

        client_msg_id: the same one to the same person within 10 minutes is sent once. What became of it comes as the
        event TEMPLATESENDJOBFINISH.
        """
        body: dict[str, Any] = {"touser": open_id, "template_id": template_id, "data": fit_values(values)}
        optional = {"url": url, "miniprogram": dict(miniprogram or {}), "client_msg_id": client_msg_id}
        body |= {name: value for name, value in optional.items() if value}
        answer = self.call("POST", TEMPLATE_PATH, body)
        expect(self.CHANNEL, answer, TEMPLATE_PATH, "errcode")
        return str(answer.get("msgid", ""))

    def user_info(self, open_id: str) -> Follower:
        """Whether they follow, and how they came; of who does not, nothing but the ids."""
        answer = self.call("GET", USER_PATH, openid=open_id, lang="zh_CN")
        subscribed = str(expect(self.CHANNEL, answer, USER_PATH, "subscribe")) == "1"
        seconds = answer.get("subscribe_time")
        return Follower(
            open_id=str(answer.get("openid", open_id)),
            subscribed=subscribed,
            union_id=_text(answer, "unionid"),
            subscribed_at=datetime.fromtimestamp(seconds, UTC) if _is_moment(seconds) else None,
            source=_text(answer, "subscribe_scene"),
            scene=_text(answer, "qr_scene_str") or _text(answer, "qr_scene"),
            remark=_text(answer, "remark"),
        )

    def union_id(self, open_id: str) -> str:
        """The UnionID of a person, '' where the account is bound to no open platform."""
        return self.user_info(open_id).union_id

    def create_qrcode(self, scene: str, expires_in_seconds: int = 0) -> Qrcode:
        """A code that says `scene` when it is scanned; 0 seconds for one of the account's 100,000 permanent ones."""
        if not 1 <= len(scene) <= SCENE_LIMIT_CHARS:
            raise Invalid("qrcode", problems=[Problem("/scene", f"must be 1 to {SCENE_LIMIT_CHARS} characters")])
        if not 0 <= expires_in_seconds <= EXPIRE_LIMIT_SECONDS:
            rule = f"must be 0 (permanent) to {EXPIRE_LIMIT_SECONDS} seconds"
            raise Invalid("qrcode", problems=[Problem("/expires_in_seconds", rule)])
        action = "QR_STR_SCENE" if expires_in_seconds else "QR_LIMIT_STR_SCENE"
        body: dict[str, Any] = {"action_name": action, "action_info": {"scene": {"scene_str": scene}}}
        body |= {"expire_seconds": expires_in_seconds} if expires_in_seconds else {}
        answer = self.call("POST", QRCODE_PATH, body)
        ticket, url = (expect(self.CHANNEL, answer, QRCODE_PATH, name) for name in ("ticket", "url"))
        if not isinstance(ticket, str):
            raise Retry(f"{self.CHANNEL}-unreadable", path=QRCODE_PATH)
        return Qrcode(ticket, str(url), SHOW_QRCODE_URL + quote(ticket, safe=""), expires_in_seconds)


def _is_moment(seconds: object) -> TypeGuard[int]:
    return isinstance(seconds, int) and 0 < seconds < MOMENT_LIMIT_SECONDS


def _text(answer: Mapping[str, Any], name: str) -> str:
    """A field as text; '' for nothing, and for the 0 that stands for no scene."""
    value = answer.get(name)
    return str(value) if value and isinstance(value, int | str) else ""
