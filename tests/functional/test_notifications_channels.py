"""How each channel is told, and what platforms say of it afterwards."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from hub.channels.base import StoredMessage
from hub.channels.registry import inbound
from hub.contracts.events import NoticeReceipted, TouchpointCaptured, VisitEntered
from tests.support.notices import NoticeHub, connect, notice_hub

RULE: dict[str, Any] = {
    "title": {"zh": "里程碑", "en": "Milestones"},
    "event": "visit.entered",
    "audience": {"who": "customer"},
    "words": {"title": {"zh": "已开始处理", "en": "Begun"}, "text": {"zh": "单号 {ticket_id}", "en": "{ticket_id}"}},
    "channels": [["official_account", "sms"]],
    "official_account": {"template": "TPL_1", "params": {"thing1": "{ticket_id}", "phrase2": "处理中"}},
    "sms": {"template": "SMS_7", "params": {"ticket": "{ticket_id}"}},
}


@pytest.fixture
def hub() -> Iterator[NoticeHub]:
    """An official account with a follower who is a customer, and SMS."""
    with notice_hub("wecom", "sms_aliyun", "dingtalk", "official_account") as made:
        names = [["official_account", "con_official_account", "oWang"]]
        made.meet("cus_1", phone="+8613800138000", names=names)
        made.publish("rules/step", RULE)
        yield made


def entered(hub: NoticeHub, ticket: str = "tkt_1") -> VisitEntered:
    facts = {"ticket_id": ticket, "visit_id": f"vis_{ticket}", "run": 1, "node": "work", "kind": "human"}
    event = {"id": f"evt_{ticket}", "tenant": "demo", "at": hub.clock.now, "customer_id": "cus_1"}
    return VisitEntered.model_validate({**event, **facts})


def receipt(hub: NoticeHub, kind: str, number: str) -> TouchpointCaptured:
    return TouchpointCaptured.model_validate(
        {
            "id": f"evt_{kind}",
            "tenant": "demo",
            "at": hub.clock.now,
            "connection_id": "con_official_account",
            "channel": "official_account",
            "person_id": "oWang",
            "kind": kind,
            "object_id": number,
        }
    )


def templates(hub: NoticeHub) -> list[dict[str, Any]]:
    calls = hub.platforms.recorder.recorded("official_account")
    return [call["body"] for call in calls if call["path"].endswith("/template/send")]


def test_a_follower_gets_a_template_within_its_limits(hub: NoticeHub) -> None:
    """The fields of the template with their values, by our own id; its receipt says when it arrived."""
    hub.hear(entered(hub, "tkt_" + "9" * 30))
    (body,) = templates(hub)
    (send,) = hub.sends(recipient="cus_1")
    assert (body["touser"], body["template_id"]) == ("oWang", "TPL_1")
    assert body["data"] == {"thing1": {"value": "tkt_999999999999999…"}, "phrase2": {"value": "处理中"}}
    assert (send["state"], send["channel"], send["delivered_at"]) == ("sent", "official_account", None)
    hub.clock.advance(seconds=5)
    hub.hear(receipt(hub, "notice_delivered", send["platform_id"]))
    assert hub.sends(recipient="cus_1")[0]["delivered_at"] == "2026-11-21T04:00:05Z"


def test_what_the_platform_could_not_deliver_goes_by_the_next_channel(hub: NoticeHub) -> None:
    """The follower has left: SMS, once, however often the receipt comes."""
    hub.hear(entered(hub))
    (send,) = hub.sends(recipient="cus_1")
    for _ in range(2):
        hub.hear(receipt(hub, "notice_failed", send["platform_id"]))
    first, second = sorted(hub.sends(recipient="cus_1"), key=lambda row: row["fallback_of"])
    assert (first["state"], first["reason"]) == ("failed", "not-delivered")
    assert (second["channel"], second["state"], second["fallback_of"]) == ("sms", "sent", first["id"])
    assert hub.arrived()["sms"] == 1


def gateway_says(hub: NoticeHub, channel: str, number: str, state: str) -> NoticeReceipted:
    """What an SMS gateway or a call service tells by the open webhook, signed."""
    body = {"type": "notice.receipted", "occurred_at": hub.clock.now.isoformat()}
    plaintext = json.dumps({**body, "data": {"channel": channel, "number": number, "state": state}}).encode()
    message = StoredMessage("demo", f"msg_{number}{state}", "con_open", "open", "", plaintext, hub.clock.now)
    (draft,) = inbound("open").events(message)
    assert isinstance(draft.event, NoticeReceipted)
    return draft.event


def test_an_sms_that_did_not_arrive_is_followed_by_a_call_and_the_call_has_its_receipt() -> None:
    """The gateway's report names the SMS by the platform's number: the phone rings, once. The call service says by the
    hub's own id that it was answered. A receipt of another channel's, or of a number that nobody knows, is nobody's."""
    with notice_hub("sms_aliyun", "phone") as hub:
        hub.hire("li")
        line = {**RULE, "event": "ticket.assigned", "audience": {"who": "named"}, "channels": [["sms", "phone"]]}
        hub.publish("rules/ring", {**line, "official_account": None})
        rule = hub.call("GET", "/notifications/rules/ticket_assigned").json["document"]
        hub.publish("rules/ticket_assigned", {**rule, "enabled": False})
        hub.hear(hub.assigned())
        (sms,) = hub.sends(recipient="li")
        assert (sms["channel"], sms["state"]) == ("sms", "sent")
        hub.hear(gateway_says(hub, "phone", sms["id"], "failed"), gateway_says(hub, "sms", "unknown", "failed"))
        assert hub.arrived()["phone"] == 0
        hub.hear(gateway_says(hub, "sms", sms["platform_id"], "failed"))
        hub.hear(gateway_says(hub, "sms", sms["platform_id"], "failed"))
        first, call = sorted(hub.sends(recipient="li"), key=lambda row: row["fallback_of"])
        assert (first["state"], first["reason"]) == ("failed", "not-delivered")
        assert (call["channel"], call["state"], call["fallback_of"], hub.arrived()["phone"]) == (
            "phone",
            "sent",
            sms["id"],
            1,
        )
        hub.clock.advance(seconds=30)
        hub.hear(gateway_says(hub, "phone", call["id"], "delivered"))
        assert [row["delivered_at"] for row in hub.sends(recipient="li") if row["channel"] == "phone"] == [
            "2026-11-21T04:00:30Z"
        ]


def test_a_group_hears_by_whatever_it_is_in(hub: NoticeHub) -> None:
    """WeCom's group chat by its id; without one DingTalk's robot says it in its group."""
    rule = {
        "title": {"zh": "全员", "en": "All hands"},
        "event": "ticket.assigned",
        "when": {"priority": {"eq": "high"}},
        "audience": {"who": "group", "group": "chat_1"},
        "words": {
            "title": {"zh": "{ticket_id} 需要支援", "en": "{ticket_id} needs help"},
            "text": {"zh": "急", "en": "!"},
        },
    }
    hub.publish("rules/all_hands", rule)
    hub.hear(hub.assigned(priority="high"))
    posts = [
        call["body"] for call in hub.platforms.recorder.recorded("wecom") if call["path"].endswith("/appchat/send")
    ]
    assert [(post["chatid"], "tkt" in post["markdown"]["content"]) for post in posts] == [("chat_1", True)]
    hub.publish("rules/all_hands", {**rule, "audience": {"who": "group"}})
    hub.hear(hub.assigned("tkt_2", priority="high"))
    assert [message["text"]["content"].splitlines()[0] for message in hub.double("dingtalk").sent] == [
        "tkt_2 需要支援 tkt_2 needs help"
    ]


def test_a_connection_made_just_now_is_used(hub: NoticeHub) -> None:
    """Phone calls begin with the first urgent notice after it was connected."""
    hub.hire("li")
    hub.clock.advance(minutes=2)
    connect(hub, "phone")
    hub.clock.advance(minutes=2)
    hub.hear(hub.assigned(priority="urgent"))
    assert hub.arrived()["phone"] == 1
