"""The door for WeCom callbacks (回调): the GET that verifies a URL, and the POST that brings a message.

https://developer.work.weixin.qq.com/document/path/90930 (read 2024-07). Nothing is parsed before it verifies: of the
envelope only the ciphertext is cut out, and the signature covers it.
"""

from __future__ import annotations

from hub.channels.base import Settings
from hub.channels.wechat.door import CorpDoor, corp_receive_ids
from hub.kernel.errors import Problem

GREETING_LIMIT_BYTES = 4000


class WecomDoor(CorpDoor):
    """What WeCom's console would make one get wrong: no receive id, a long greeting, one that can't be sent."""

    def check_settings(self, settings: Settings) -> list[Problem]:
        problems = []
        if not corp_receive_ids(settings):
            problems.append(Problem("/receive_ids", "must name the corp id (企业ID) or suite id that callbacks carry"))
        if len(str(settings.get("greeting") or "").encode()) > GREETING_LIMIT_BYTES:
            problems.append(Problem("/greeting", f"must be at most {GREETING_LIMIT_BYTES} bytes in UTF-8"))
        if settings.get("greeting") and not settings.get("secret"):
            problems.append(Problem("/secret", "must be given: the greeting is sent with it"))
        return problems


DOOR = WecomDoor()
