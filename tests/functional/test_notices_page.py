"""The page on notices: its requests are sent as they stand, and what they made tells whom the page says."""

from __future__ import annotations

import json
import re
from datetime import timedelta
from pathlib import Path

from hub.contracts.events import OrderResolved
from tests.support.notices import NOON, notice_hub

PAGE = Path(__file__).parents[2] / "docs" / "notices.md"


def test_the_requests_of_the_page() -> None:
    """Every block is answered with success; then the first rule thanks a customer ten minutes after a payment."""
    blocks = re.findall(r"```http\n(\w+) (\S+)\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    assert len(blocks) >= 10
    with notice_hub("sms_aliyun") as hub:
        for method, path, body in blocks:
            answer = hub.call(method, path, json.loads(body) if body.strip() else None)
            assert answer.status in (200, 201), (method, path, answer.text)
            assert not answer.json.get("findings"), answer.text
        hub.meet("cus_1", phone="+8613800138000")
        hub.hear(
            OrderResolved(
                id="evt_1",
                tenant="demo",
                at=NOON,
                connection_id="con_1",
                channel="taobao",
                kind="paid",
                customer_id="cus_1",
                order_id="ord_1",
                order_no="69071",
                amount_minor=19900,
                currency="CNY",
            )
        )
        hub.until(NOON + timedelta(minutes=10))
        assert [(at, channel) for at, channel, _ in hub.sent()] == [("2026-11-21T04:10:00Z", "sms")]
