"""The door for callbacks of WeChat customer service (微信客服): they bring no message, only that there are some.

https://developer.work.weixin.qq.com/document/path/94670 (read 2024-12). The same envelope as WeCom's other callbacks.
"""

from __future__ import annotations

from hub.channels.base import Settings
from hub.channels.wechat.door import CorpDoor
from hub.kernel.errors import Problem

GREETING_LIMIT_BYTES = 2048


class ServiceDoor(CorpDoor):
    """Its greetings are shorter than WeCom's."""

    def check_settings(self, settings: Settings) -> list[Problem]:
        if len(str(settings.get("greeting") or "").encode()) > GREETING_LIMIT_BYTES:
            return [Problem("/greeting", f"must be at most {GREETING_LIMIT_BYTES} bytes in UTF-8")]
        return []


DOOR = ServiceDoor()
