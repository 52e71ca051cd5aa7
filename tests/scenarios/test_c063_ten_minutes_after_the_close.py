"""C063: ten minutes after the close the customer is asked, not at night; two of five is a visit for a manager."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest

from functions.notifications.app import room
from tests.support.http import call
from tests.support.notices import NoticeHub, beside, exchange
from tests.support.tickets import World, world

NOON = datetime(2026, 11, 21, 4, 0, tzinfo=UTC)
Hubs = tuple[World, NoticeHub]


@pytest.fixture
def hubs() -> Iterator[Hubs]:
    """The preset rule, switched on, by SMS; a ticket of cus_1, whom Chen supervises."""
    with world(publish=("consult",)) as tickets, beside(tickets, "sms_aliyun") as notices:
        tickets.clock.now = NOON
        tickets.hire("chen", role="supervisor", region="base")
        notices.hire("chen", "supervisor")
        notices.meet("cus_1", phone="+8613800138000")
        preset = notices.call("GET", "/notifications/rules/survey").json["document"]
        sms = {"template": "SMS_5", "params": {"link": "{survey_url}"}}
        notices.publish("rules/survey", {**preset, "enabled": True, "sms": sms})
        yield tickets, notices


def closed(hubs: Hubs, at: datetime) -> None:
    """An enquiry that is answered at this moment."""
    tickets, notices = hubs
    tickets.clock.now = at
    body = {"type": "consult", "customer_id": "cus_1", "region": "310000"}
    ticket = tickets.call("POST", "/tickets", body).json
    path = f"/tickets/{ticket['id']}/nodes/answer/complete"
    assert tickets.call("POST", path, {"outcome": "answered"}).status == 200
    assert tickets.ticket(ticket["id"])["state"] == "closed"
    exchange(tickets, notices)


def link(notices: NoticeHub) -> str:
    """Where the one survey that went out leads."""
    (message,) = (sms for sms in notices.double("sms_aliyun").sent if sms["TemplateCode"] == "SMS_5")
    return str(message["TemplateParam"]).partition("https://hub.test")[2].rstrip('"}')


def asked(notices: NoticeHub) -> list[str]:
    return [at for at, _, _ in notices.sent(recipient="cus_1")]


def test_asked_at_ten_past(hubs: Hubs) -> None:
    """At T0 + 10 min to the second, once; looking at the link answers nothing."""
    closed(hubs, NOON)
    hubs[1].later(hours=3)
    assert asked(hubs[1]) == ["2026-11-21T04:10:00Z"]
    page = call(room, "GET", link(hubs[1]), as_="")
    assert page.json == {"ticket_type": "consult", "score": None}


def test_not_at_night(hubs: Hubs) -> None:
    """Closed at 20:55, the customers' quiet hours begin at 21:00: asked at 8:00."""
    closed(hubs, datetime(2026, 11, 21, 12, 55, tzinfo=UTC))
    hubs[1].later(hours=15)
    assert asked(hubs[1]) == ["2026-11-22T00:00:00Z"]


@pytest.mark.parametrize(("score", "opens"), [(2, ["return_visit"]), (3, [])])
def test_two_of_five_is_a_return_visit(hubs: Hubs, score: int, opens: list[str]) -> None:
    """The manager has a task with the customer's words; three of five opens nothing, and no answer counts twice."""
    tickets, notices = hubs
    closed(hubs, NOON)
    notices.later(minutes=10)
    body: Any = {"score": score, "comment": "等太久了"}
    for _ in range(2):
        answer = call(room, "POST", link(notices), body, as_="")
        assert (answer.status, answer.json["score"]) == (200, score)
    assert call(room, "POST", link(notices), {"score": 5}, as_="").status == 409
    exchange(tickets, notices)
    found = [ticket for ticket in tickets.tickets() if ticket["type"] == "return_visit"]
    assert [ticket["type"] for ticket in found] == opens
    for ticket in found:
        assert (ticket["customer_id"], ticket["region"]) == ("cus_1", "310000")
        assert [visit["assignee"] for visit in ticket["visits"]] == ["chen"]
