"""C125: accepted → processing → settling: staff hear of each of the three, the customer of the milestone alone."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from hub.contracts.events import TicketClosed, VisitEntered
from tests.support.notices import NoticeHub, notice_hub

NODES = ("accepted", "processing", "settling")
STAFF = {
    "title": {"zh": "状态变化（员工）", "en": "Each step, for staff"},
    "event": "visit.entered",
    "audience": {"who": "named"},
    "words": {
        "title": {"zh": "工单 {ticket_id} 进入 {node}", "en": "{ticket_id} is at {node}"},
        "text": {"zh": "请跟进。", "en": "Please follow it up."},
    },
    "channels": [["wecom"]],
}
CUSTOMER = {
    "title": {"zh": "里程碑（客户）", "en": "Milestones, for customers"},
    "event": "visit.entered",
    "when": {"node": {"in": ["processing"]}},
    "audience": {"who": "customer"},
    "words": {
        "title": {"zh": "您的工单已开始处理", "en": "Your ticket is being worked on"},
        "text": {"zh": "单号 {ticket_id}", "en": "Number {ticket_id}"},
    },
    "channels": [["sms"]],
    "sms": {"template": "SMS_7", "params": {"ticket": "{ticket_id}"}},
}


@pytest.fixture
def hub() -> Iterator[NoticeHub]:
    """Two rules of the tenant's, and a customer with a phone."""
    with notice_hub("wecom", "sms_aliyun") as made:
        made.hire("li")
        made.meet("cus_1", phone="+8613800138000")
        made.publish("rules/step_staff", STAFF)
        made.publish("rules/step_customer", CUSTOMER)
        yield made


def entered(hub: NoticeHub, node: str, **more: Any) -> VisitEntered:
    facts = {"ticket_id": "tkt_1", "visit_id": f"vis_{node}", "run": 1, "node": node, "kind": "human"}
    event = {"id": f"evt_{node}", "tenant": "demo", "at": hub.clock.now, "customer_id": "cus_1", "assignee": "li"}
    return VisitEntered.model_validate({**event, **facts, **more})


def test_three_for_staff_one_for_the_customer(hub: NoticeHub) -> None:
    """Each step an hour after the other, each told twice by the bus: three messages, and one."""
    for node in NODES:
        event = entered(hub, node)
        hub.hear(event, event)
        hub.later(hours=1)
    assert hub.sent(recipient="li") == [
        ("2026-11-21T04:00:00Z", "wecom", "li"),
        ("2026-11-21T05:00:00Z", "wecom", "li"),
        ("2026-11-21T06:00:00Z", "wecom", "li"),
    ]
    assert hub.sent(recipient="cus_1") == [("2026-11-21T05:00:00Z", "sms", "cus_1")]
    (message,) = hub.double("sms_aliyun").sent
    assert (message["PhoneNumbers"], message["TemplateParam"]) == ("8613800138000", '{"ticket": "tkt_1"}')


def test_customers_are_capped(hub: NoticeHub) -> None:
    """Four milestones of four tickets within a minute: one at once, the others when their hour is over, one an hour."""
    for number in range(3):
        hub.hear(entered(hub, "processing", ticket_id=f"tkt_{number}", id=f"evt_{number}"))
        hub.later(seconds=10)
    hub.later(hours=4)
    assert [at for at, _, _ in hub.sent(recipient="cus_1")] == [
        "2026-11-21T04:00:00Z",
        "2026-11-21T05:00:00Z",
        "2026-11-21T06:00:00Z",
    ]


def test_words_show_their_reader_what_the_reader_may_see(hub: NoticeHub) -> None:
    """What the work cost stands in a supervisor's message, and in an engineer's; not in an agent's."""
    rule = {
        **STAFF,
        "event": "ticket.closed",
        "audience": {"who": "people", "people": ["li", "boss"]},
        "words": {
            "title": {"zh": "工单 {ticket_id} 已完成", "en": "{ticket_id} is done"},
            "text": {"zh": "人工 {labour_minor} 分。", "en": "labour {labour_minor}."},
        },
    }
    hub.hire("boss", "supervisor")
    hub.publish("rules/closed", rule)
    hub.hear(
        TicketClosed(
            id="evt_c",
            tenant="demo",
            at=hub.clock.now,
            ticket_id="tkt_1",
            customer_id="cus_1",
            ticket_type="repair",
            region="310000",
            run=1,
            assignee="li",
            outcome="done",
            labour_minor=12000,
        )
    )
    calls = [call["body"] for call in hub.platforms.recorder.recorded("wecom") if call["path"].endswith("/send")]
    texts = {call["touser"]: call["markdown"]["content"] for call in calls}
    assert ("12000" in texts["boss"], "12000" in texts["li"], "人工  分" in texts["li"]) == (True, False, True)
