"""C055: where WeCom fails, SMS goes within 60 seconds, and the rung's record says what it stands in for."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest

from hub.contracts.events import RungFired
from hubctl.platforms.recorder import FaultOrder
from tests.support.notices import NOON, NoticeHub, notice_hub

LINE = [["wecom", "sms", "email", "phone"]]


@pytest.fixture
def hub() -> Iterator[NoticeHub]:
    """企业微信, then SMS, then e-mail, then a call; e-mail is not connected."""
    with notice_hub("wecom", "sms_aliyun", "phone") as made:
        made.hire("li")
        made.publish(
            "rules/rung_fired",
            {
                "title": {"zh": "超时升级", "en": "Overdue"},
                "event": "rung.fired",
                "audience": {"who": "named"},
                "channels": LINE,
            },
        )
        yield made


def rung(hub: NoticeHub) -> RungFired:
    return RungFired(
        id="evt_r", tenant="demo", at=hub.clock.now, ticket_id="tkt_1", ticket_type="complaint", priority="high",
        rung="supervisor", due_at=hub.clock.now, recipients=("li",),
    )  # fmt: skip


def record(hub: NoticeHub) -> list[dict[str, Any]]:
    by_channel = {send["channel"]: send for send in hub.sends(ticket="tkt_1")}
    return [by_channel[channel] for channel in ("wecom", "sms", "phone") if channel in by_channel]


def test_an_errcode_of_wecom(hub: NoticeHub) -> None:
    """The member is not reached: SMS goes at the same second, as the stand-in of that send, of that rung."""
    hub.double("wecom").unlicensed = ("li",)
    hub.hear(rung(hub))
    wecom, sms = record(hub)
    assert (wecom["state"], wecom["reason"]) == ("failed", "unreachable")
    assert (sms["state"], sms["fallback_of"], sms["rung"]) == ("sent", wecom["id"], "supervisor")
    assert (sms["notification_id"], sms["sent_at"]) == (wecom["notification_id"], "2026-11-21T04:00:00Z")
    assert hub.arrived()["sms"] == 1


@pytest.mark.parametrize(("fault", "times"), [("throttle", 1), ("500", 9)])
def test_a_wecom_that_does_not_answer(hub: NoticeHub, fault: Any, times: int) -> None:
    """Too many calls, or nothing but errors: the SMS is out within 60 seconds all the same."""
    hub.platforms.recorder.order(FaultOrder(channel="wecom", path="/message/send", times=times, kind=fault))
    hub.hear(rung(hub))
    wecom, sms = record(hub)
    assert datetime.fromisoformat(sms["sent_at"]) - NOON <= timedelta(seconds=60)
    assert (sms["state"], sms["fallback_of"]) == ("sent", wecom["id"])


def test_the_third_where_two_fail(hub: NoticeHub) -> None:
    """WeCom and SMS refuse: the phone rings, each step saying which came before it."""
    hub.double("wecom").unlicensed = ("li",)
    refusal = ["isv.MOBILE_NUMBER_ILLEGAL", "no such number"]
    hub.double("sms_aliyun").control("numbers", {hub.phones["li"]: refusal})
    hub.hear(rung(hub))
    wecom, sms, phone = record(hub)
    assert [send["state"] for send in (wecom, sms, phone)] == ["failed", "failed", "sent"]
    assert [sms["fallback_of"], phone["fallback_of"]] == [wecom["id"], sms["id"]]


def test_a_channel_of_the_rungs_own(hub: NoticeHub) -> None:
    """A rung that names a channel goes by that first, and by the rule's line where it fails."""
    hub.hear(rung(hub).model_copy(update={"channel": "sms"}))
    assert [(send["channel"], send["state"]) for send in hub.sends(ticket="tkt_1")] == [("sms", "sent")]
    hub.double("sms_aliyun").control("numbers", {hub.phones["li"]: ["isv.MOBILE_NUMBER_ILLEGAL", "no such number"]})
    hub.hear(rung(hub).model_copy(update={"channel": "sms", "id": "evt_2", "ticket_id": "tkt_2"}))
    sends = {send["channel"]: send["state"] for send in hub.sends(ticket="tkt_2")}
    assert sends == {"sms": "failed", "wecom": "sent"}


def test_a_rung_that_fails_inside_a_nights_digest() -> None:
    """At two in the morning it waits; at eight its digest reaches nobody: who runs the hub hears of it, once."""
    with notice_hub("wecom", now=NOON - timedelta(hours=10)) as hub:
        hub.hire("li")
        hub.hire("root", "administrator")
        hub.double("wecom").unlicensed = ("li",)
        hub.hear(rung(hub), hub.assigned("tkt_2"))
        assert [send["state"] for send in hub.sends()] == ["delayed", "delayed"]
        hub.until(NOON - timedelta(hours=3))
        unreached = [send for send in hub.sends() if send["kind"] == "rung.unreached"]
        assert [(send["recipient"], send["state"], send["about"]) for send in unreached] == [("root", "sent", "li")]
        assert unreached[0]["sent_at"] == "2026-11-21T00:00:00Z"


def test_without_wecom_nothing_is_lost() -> None:
    """A tenant without WeCom: the hub's own rules tell by what is connected, first of all by SMS here."""
    with notice_hub("sms_aliyun") as hub:
        hub.hire("li")
        hub.hear(rung(hub), hub.assigned())
        assert [(send["channel"], send["state"]) for send in hub.sends()] == [("sms", "sent"), ("sms", "sent")]
