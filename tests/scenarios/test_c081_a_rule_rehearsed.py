"""C081: a notice rule's draft over a week of real assignments: a message less for each that was closed within the hour,
by SMS in place of WeCom, at more than 1,000 times real time, and nobody hears of it."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from hub.contracts.events import TicketClosed
from tests.support.aws import TENANT
from tests.support.notices import NoticeHub, notice_hub

DAYS, A_DAY = 7, 6
KEY, OWN = "handed", "ticket_assigned"
T = {"zh": "{ticket_id}", "en": "{ticket_id}"}
RULE: dict[str, Any] = {
    "title": {"zh": "派单", "en": "Handed"},
    "event": "ticket.assigned",
    "audience": {"who": "named"},
    "words": {"title": T, "text": T},
    "priority": "high",
    "channels": [["wecom"]],
}
DRAFT = {
    "delay_seconds": 3600,
    "cancel_if": [{"event": "ticket.closed", "same": "ticket_id"}],
    "channels": [["sms"]],
}


@pytest.fixture
def hub() -> Iterator[NoticeHub]:
    """A week in which Li gets six tickets a day, two hours apart from noon on; every other one is closed after twenty
    minutes. She hears of each by WeCom at once."""
    with notice_hub() as made:
        made.hire("li")
        own = made.call("GET", f"/notifications/rules/{OWN}").json["document"]
        made.publish(f"rules/{OWN}", {**own, "enabled": False})
        made.publish(f"rules/{KEY}", RULE)
        noon = made.clock.now
        for number in range(DAYS * A_DAY):
            day, turn = divmod(number, A_DAY)
            made.until(noon + timedelta(days=day, hours=turn * 1.5))
            made.hear(made.assigned(f"tkt_{number:02}"))
            made.later(minutes=20)
            if number % 2:
                made.hear(closed(made, f"tkt_{number:02}"))
        made.later(hours=2)
        yield made


def closed(hub: NoticeHub, ticket_id: str) -> TicketClosed:
    facts = {"id": f"evt_closed_{ticket_id}", "tenant": TENANT, "at": hub.clock.now, "ticket_id": ticket_id, "run": 1}
    more = {"ticket_type": "repair", "outcome": "done", "customer_id": "cus_1", "region": "310000", "assignee": "li"}
    return TicketClosed.model_validate(facts | more)


def test_a_weeks_assignments_by_the_draft(hub: NoticeHub) -> None:
    """42 messages were sent, 21 would be; the ten largest differences are tickets that were closed, each with its
    link."""
    arrived = hub.arrived()
    assert arrived["wecom"] == DAYS * A_DAY
    kept = hub.call("PUT", f"/notifications/rules/{KEY}/draft", {"document": RULE | DRAFT})
    assert kept.status == 200, kept.text
    began = time.perf_counter()
    answer = hub.call("POST", f"/notifications/rules/{KEY}/rehearse", {"days": DAYS})
    took = time.perf_counter() - began
    report = answer.json
    counts = report["counts"]
    assert (answer.status, report["events"]) == (200, DAYS * A_DAY * 3 // 2)
    assert (counts["messages.wecom.was"], counts["messages.sms.would_be"]) == (42, 21)
    assert (counts["messages.was"], counts["messages.would_be"]) == (42, 21)
    ten = report["largest"]
    assert len(ten) == 10
    for row in ten:
        number = int(row["ticket_id"].removeprefix("tkt_"))
        assert (number % 2, len(row["was"]), row["would_be"], row["link"]) == (1, 1, [], f"/tickets/{row['ticket_id']}")
    assert timedelta(days=DAYS).total_seconds() / took > 1000
    assert hub.arrived() == arrived
