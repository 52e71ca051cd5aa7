"""C124: ten minutes after a payment the customer gets an SMS, unless the money went back before."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from hub.contracts.events import OrderResolved
from tests.support.notices import NOON, NoticeHub, notice_hub

RULE = {
    "title": {"zh": "付款后十分钟", "en": "Ten minutes after the payment"},
    "event": "order.resolved",
    "when": {"kind": {"eq": "paid"}},
    "audience": {"who": "customer"},
    "words": {
        "title": {"zh": "订单 {order_no} 已付款", "en": "Order {order_no} is paid"},
        "text": {"zh": "我们收到了 {amount} 元。", "en": "We have your {amount} CNY."},
    },
    "channels": [["sms"]],
    "delay_seconds": 600,
    "cancel_if": [{"event": "order.resolved", "same": "order_id", "when": {"kind": {"eq": "refunded"}}}],
    "sms": {"template": "SMS_42", "params": {"order": "{order_no}", "amount": "{amount}"}},
}


@pytest.fixture
def hub() -> Iterator[NoticeHub]:
    with notice_hub("sms_aliyun") as made:
        made.publish("rules/payment_thanks", RULE)
        made.meet("cus_1", phone="+8613800138000")
        yield made


def money(hub: NoticeHub, kind: str, order: str = "ord_1", **more: Any) -> OrderResolved:
    facts = {"connection_id": "con_1", "channel": "taobao", "customer_id": "cus_1", "order_no": "69071"}
    event = {"id": f"evt_{kind}{order}", "tenant": "demo", "at": hub.clock.now, "amount_minor": 19900}
    return OrderResolved.model_validate({**event, **facts, "currency": "CNY", "kind": kind, "order_id": order, **more})


def test_ten_minutes_later(hub: NoticeHub) -> None:
    """Nothing at 9:59, one SMS at 10:00 by the approved template with its values, however often the event comes."""
    paid = money(hub, "paid")
    hub.hear(paid, paid)
    hub.until(NOON + timedelta(minutes=9, seconds=59))
    assert hub.sent() == []
    hub.hear(paid)
    hub.until(NOON + timedelta(hours=1))
    hub.hear(paid)
    assert hub.sent() == [("2026-11-21T04:10:00Z", "sms", "cus_1")]
    (message,) = hub.double("sms_aliyun").sent
    assert message["TemplateCode"] == "SMS_42"
    assert message["TemplateParam"] == '{"order": "69071", "amount": "199.00"}'


def test_refunded_after_five(hub: NoticeHub) -> None:
    """The money goes back at + 5: no SMS, not even later."""
    hub.hear(money(hub, "paid"))
    hub.later(minutes=5)
    hub.hear(money(hub, "refunded"))
    hub.later(hours=5)
    assert (hub.sends(), hub.arrived()["sms"]) == ([], 0)


def test_another_orders_refund_takes_nothing_back(hub: NoticeHub) -> None:
    """What is cancelled is the order's own notice."""
    hub.hear(money(hub, "paid"), money(hub, "paid", "ord_2"))
    hub.later(minutes=5)
    hub.hear(money(hub, "refunded", "ord_2"))
    hub.later(hours=1)
    assert len(hub.sent()) == 1


def test_a_refund_that_is_heard_of_first(hub: NoticeHub) -> None:
    """Events come in any order: the refund was at + 5, though it was told before the payment."""
    paid = money(hub, "paid")
    hub.hear(money(hub, "refunded", at=NOON + timedelta(minutes=5)))
    hub.hear(paid)
    hub.later(hours=1)
    assert hub.sends() == []


def test_no_messages_please(hub: NoticeHub) -> None:
    """The customer refuses SMS before it leaves: it does not leave."""
    hub.hear(money(hub, "paid"))
    hub.later(minutes=5)
    hub.meet("cus_1", phone="+8613800138000", refuses=("sms",))
    hub.later(hours=1)
    assert hub.arrived()["sms"] == 0
    assert [(send["state"], send["reason"]) for send in hub.sends()] == [("failed", "not-wanted")]
