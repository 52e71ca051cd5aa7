"""Feishu's custom bot: one POST to the group's own address.

https://open.feishu.cn/document/client-docs/bot-v3/add-custom-bot (signature in the body; 100 a minute, 5 a second;
20 KB; read in its open.larkoffice.com form). 19001, 19022, 19024, 11233 and how long to wait are from memory. The
address ends with a secret id, so it is part of the base URL here: errors name paths.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import re
from collections.abc import Sequence
from typing import Any

from hub.channels.base import Settings
from hub.channels.client import ApiClient, ErrorTable, TokenSource, expect
from hub.channels.outbound import Sent, check_message, cut_text

HOOK = "/open-apis/bot/v2/hook"
API = "send"
TEXT_LIMIT_BYTES = 15_000
MENTIONS_LIMIT = 20
MEMBER = re.compile(r"(ou|on)_[A-Za-z0-9]{8,64}", re.ASCII)

ERRORS = ErrorTable(
    channel="feishu",
    retry_after_seconds={"11232": 60, "11233": 60},
    misconfigured=frozenset({"19001", "19021", "19022", "19024"}),
)


class Client(ApiClient):
    """One bot. settings: hook_id (the end of its address), and secret where it checks signatures (签名校验)."""

    CHANNEL = "feishu"
    BASE_URL = "https://open.feishu.cn"
    ERRORS = ERRORS

    def __init__(self, settings: Settings, tokens: TokenSource | None = None, **options: Any) -> None:
        super().__init__(settings, tokens, **options)
        self._base_url += f"{HOOK}/{settings['hook_id']}"

    def send_text(self, receivers: Sequence[str], text: str, *, send_id: str = "") -> Sent:
        """Text into the group, cut at 15 000 bytes. receivers: open ids of members to mention (@), none or up to 20.
        What looks like a mention inside `text` is none: a customer's words must not call the whole group. The bot has
        no message ids and knows no repeats: `send_id` reaches only our own records."""
        check_message(receivers, send_id, least=0, most=MENTIONS_LIMIT, form=MEMBER, rule="must be open ids: ou_…")
        mentions = "".join(f'<at user_id="{open_id}"></at> ' for open_id in receivers)
        content = cut_text(text.replace("<", "＜"), TEXT_LIMIT_BYTES)
        body = {**self._signature(), "msg_type": "text", "content": {"text": mentions + content}}
        answer = self.exchange(
            "POST",
            "",
            api=API,
            data=json.dumps(body, ensure_ascii=False).encode(),
            headers={"content-type": "application/json; charset=utf-8"},
        )
        self.ERRORS.raise_for(expect(self.CHANNEL, answer, API, "code"))
        return Sent()

    def _signature(self) -> dict[str, str]:
        secret = str(self.settings.get("secret") or "")
        if not secret:
            return {}
        timestamp = str(int(self.wall_now().timestamp()))
        return {"timestamp": timestamp, "sign": sign(secret, timestamp)}


def sign(secret: str, timestamp_seconds: str) -> str:
    """base64 of HMAC-SHA256 over nothing at all, keyed with `<seconds>\\n<secret>`: DingTalk's other way round."""
    key = f"{timestamp_seconds}\n{secret}".encode()
    return base64.b64encode(hmac.new(key, b"", hashlib.sha256).digest()).decode()
