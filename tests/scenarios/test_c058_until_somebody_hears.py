"""C058: a payment that failed reaches the lead on duty by three channels, again and again until they say they heard."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from hub.contracts.events import CardTapped, PlatformNoticed
from tests.support.http import token
from tests.support.notices import NOON, NoticeHub, notice_hub

RULE = {
    "title": {"zh": "支付失败三重轰炸", "en": "A payment failed"},
    "event": "platform.noticed",
    "when": {"kind": {"eq": "payment"}, "status": {"eq": "failed"}},
    "audience": {"who": "duty", "team": "cs_lead"},
    "words": {
        "title": {"zh": "支付失败，请立即处理", "en": "A payment failed"},
        "text": {"zh": "订单 {subject_id}", "en": "order {subject_id}"},
    },
    "priority": "urgent",
    "channels": [["wecom"], ["sms"], ["phone"]],
    "until_ack": {"every_seconds": 60, "times": 10},
    "sms": {"template": "SMS_9", "params": {"order": "{subject_id}"}},
}


@pytest.fixture
def hub() -> Iterator[NoticeHub]:
    """Mei leads until 12:30, then Han."""
    with notice_hub("wecom", "sms_aliyun", "phone") as made:
        for person in ("mei", "han"):
            made.hire(person)
        half = NOON + timedelta(minutes=30)
        made.roster("cs_lead", ("mei", NOON - timedelta(hours=4), half), ("han", half, NOON + timedelta(hours=8)))
        made.publish("rules/payment_failed", RULE)
        yield made


def failed(hub: NoticeHub, **more: Any) -> PlatformNoticed:
    facts = {"connection_id": "con_9", "channel": "open", "kind": "payment", "status": "failed", "subject_id": "o1"}
    return PlatformNoticed.model_validate(
        {"id": "evt_pay", "tenant": "demo", "at": hub.clock.now, **facts, "urgent": False, **more}
    )


def test_three_channels_within_five_minutes(hub: NoticeHub) -> None:
    """All three at T0, to whoever leads now; every minute again while nobody says anything."""
    hub.hear(failed(hub))
    assert [(channel, who) for _, channel, who in hub.sent()] == [("phone", "mei"), ("sms", "mei"), ("wecom", "mei")]
    hub.until(NOON + timedelta(minutes=5))
    assert hub.arrived() == {"wecom": 6, "sms": 6, "dingtalk": 0, "phone": 6}
    assert len({send["notification_id"] for send in hub.sends()}) == 1


@pytest.mark.parametrize("way", ["over http", "a tap on the card"])
def test_who_heard_on_one_channel_is_told_on_none(hub: NoticeHub, way: str) -> None:
    """Acknowledged at 1:30 on one channel: two rounds went out, and nothing comes on the others."""
    hub.hear(failed(hub))
    hub.until(NOON + timedelta(seconds=90))
    send = next(send for send in hub.sends() if send["channel"] == ("sms" if way == "over http" else "wecom"))
    if way == "over http":
        answer = hub.call("POST", f"/notifications/{send['id']}/ack", {}, as_=token("agent", sub="mei"))
        assert (answer.status, answer.json["acknowledged_at"]) == (200, "2026-11-21T04:01:30Z")
    else:
        hub.hear(
            CardTapped(
                id="evt_tap",
                tenant="demo",
                at=hub.clock.now,
                connection_id="con_wecom",
                channel="wecom",
                member_id="mei",
                task_id=f"ack@{send['id']}",
                key="ack",
            )
        )
    hub.until(NOON + timedelta(hours=1))
    assert hub.arrived() == {"wecom": 2, "sms": 2, "dingtalk": 0, "phone": 2}


def test_only_whom_it_was_sent_to_can_say_so(hub: NoticeHub) -> None:
    """A colleague's tap, or request, stops nothing."""
    hub.hear(failed(hub))
    send = next(send for send in hub.sends() if send["channel"] == "wecom")
    tap = {"connection_id": "con_wecom", "channel": "wecom", "member_id": "han", "key": "ack"}
    hub.hear(CardTapped(id="evt_t", tenant="demo", at=hub.clock.now, task_id=f"ack@{send['id']}", **tap))
    assert (
        hub.call("POST", f"/notifications/{send['id']}/ack", {}, as_=token("agent", sub="han", level="own")).status
        == 404
    )
    hub.until(NOON + timedelta(minutes=1))
    assert hub.arrived()["phone"] == 2


def test_the_next_lead_hears_when_the_shift_changes(hub: NoticeHub) -> None:
    """Who is on duty is looked up each time it leaves: from 12:30 on it is Han."""
    hub.until(NOON + timedelta(minutes=29))
    hub.hear(failed(hub))
    hub.until(NOON + timedelta(minutes=31))
    assert [(at[11:16], who) for at, channel, who in hub.sent() if channel == "phone"] == [
        ("04:29", "mei"), ("04:30", "han"), ("04:31", "han"),
    ]  # fmt: skip
