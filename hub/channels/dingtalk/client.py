"""DingTalk's custom robot: one POST into the group that it was made in.

https://open.dingtalk.com/document/robots/custom-robot-access (signature, 20 messages a minute; read in public copies).
Error codes other than 0 and the length of a text are from memory.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import re
from collections.abc import Sequence

from hub.channels.client import ApiClient, ErrorTable, expect
from hub.channels.outbound import Sent, check_message, cut_text

PATH = "/robot/send"
TEXT_LIMIT_BYTES = 18_000
MENTIONS_LIMIT = 50
MOBILE = re.compile(r"(\+?[0-9]{1,5}-)?[0-9]{5,15}", re.ASCII)
BLOCKED_SECONDS = 600
"""After the twentieth message of a minute the robot is deaf for ten."""

ERRORS = ErrorTable(
    channel="dingtalk",
    retry_after_seconds={"-1": 2, "130101": BLOCKED_SECONDS, "410100": BLOCKED_SECONDS},
    misconfigured=frozenset({"310000", "400101", "400102", "400106", "300001"}),
    gone=frozenset({"400013"}),
)


class Client(ApiClient):
    """One robot. settings: access_token, and secret where the robot signs (加签)."""

    CHANNEL = "dingtalk"
    BASE_URL = "https://oapi.dingtalk.com"
    ERRORS = ERRORS

    def send_text(self, receivers: Sequence[str], text: str, *, send_id: str = "") -> Sent:
        """Text into the group, cut at 18 000 bytes. receivers: mobile numbers of members to mention (@), none or up to
        50. The robot has no message ids and knows no repeats: `send_id` reaches only our own records."""
        check_message(receivers, send_id, least=0, most=MENTIONS_LIMIT, form=MOBILE, rule="must be mobile numbers")
        body = {
            "msgtype": "text",
            "text": {"content": cut_text(text, TEXT_LIMIT_BYTES)},
            "at": {"atMobiles": list(receivers), "isAtAll": False},
        }
        answer = self.exchange(
            "POST",
            PATH,
            params={"access_token": self.settings["access_token"], **self._signature()},
            data=json.dumps(body, ensure_ascii=False).encode(),
            headers={"content-type": "application/json; charset=utf-8"},
        )
        self.ERRORS.raise_for(expect(self.CHANNEL, answer, PATH, "errcode"))
        return Sent()

    def _signature(self) -> dict[str, str]:
        secret = str(self.settings.get("secret") or "")
        if not secret:
            return {}
        timestamp = str(int(self.wall_now().timestamp() * 1000))
        return {"timestamp": timestamp, "sign": sign(secret, timestamp)}


def sign(secret: str, timestamp_ms: str) -> str:
    """base64 of HMAC-SHA256 keyed with the secret, over `<milliseconds>\\n<secret>`; still to be URL-encoded, as
    requests does with parameters."""
    digest = hmac.new(secret.encode(), f"{timestamp_ms}\n{secret}".encode(), hashlib.sha256).digest()
    return base64.b64encode(digest).decode()
