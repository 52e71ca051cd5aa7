"""C070: what is asked at 00:00 is the duty teacher's; at 08:00 the consultant's, with all messages and one digest."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hub.contracts.events import RosterChanged
from tests.support.notices import beside, exchange
from tests.support.tickets import world

MIDNIGHT = datetime(2026, 11, 20, 16, 0, tzinfo=UTC)
EIGHT = MIDNIGHT + timedelta(hours=8)
DAILY = {"rule": "FREQ=DAILY", "since": "2026-11-01"}


def roster(at: datetime, **more: object) -> RosterChanged:
    """Every night until 8:00 the duty teacher, by day the consultant."""
    recurring = [
        {"person_id": "duty", "starts": "22:00", "ends": "08:00", **DAILY},
        {"person_id": "consultant", "starts": "08:00", "ends": "22:00", **DAILY},
    ]
    event = {"id": "evt_roster", "tenant": "demo", "at": at, "team": "cold", "version": 1, "shifts": []}
    return RosterChanged.model_validate({**event, "recurring": recurring, "hand_over": True, **more})


def test_the_night_s_work_is_the_day_s() -> None:
    """At 00:00 the owner is the duty teacher; at 7:59:59 too; at 8:00:00 the consultant, who has both messages before
    them and hears of it in one message."""
    with world() as tickets, beside(tickets, "wecom") as notices:
        tickets.clock.now = MIDNIGHT
        for person in ("duty", "consultant"):
            tickets.hire(person, region="base")
            notices.hire(person, "engineer")
        plan = roster(MIDNIGHT)
        tickets.tell(plan)
        notices.hear(plan)

        tickets.say("冰柜不制冷", "msg_1")
        tickets.clock.advance(minutes=20)
        tickets.say("型号BX-3", "msg_2")
        exchange(tickets, notices)
        ticket = tickets.ticket()
        assert ticket["assignee"] == "duty"

        notices.until(EIGHT - timedelta(seconds=1))
        exchange(tickets, notices)
        assert tickets.ticket(ticket["id"])["assignee"] == "duty"

        notices.until(EIGHT)
        exchange(tickets, notices)
        notices.until(EIGHT + timedelta(minutes=5))
        assert tickets.ticket(ticket["id"])["assignee"] == "consultant"
        entries = tickets.timeline(ticket["id"])["entries"]
        assert [e["text"] for e in entries if e["what"] in ("opened", "message")] == ["冰柜不制冷", "型号BX-3"]
        assert notices.sent(recipient="consultant") == [("2026-11-21T00:00:00Z", "wecom", "consultant")]
        (send,) = notices.sends(recipient="consultant")
        assert send["kind"] == "shift.handed_over"


def test_a_roster_that_does_not_say_so_hands_nothing_over() -> None:
    """Shifts change, and everybody keeps their work."""
    with world() as tickets, beside(tickets, "wecom") as notices:
        tickets.clock.now = MIDNIGHT
        for person in ("duty", "consultant"):
            tickets.hire(person, region="base")
        plan = roster(MIDNIGHT, hand_over=False)
        tickets.tell(plan)
        notices.hear(plan)
        tickets.say("冰柜不制冷", "msg_1")
        exchange(tickets, notices)
        notices.until(EIGHT)
        exchange(tickets, notices)
        assert tickets.ticket()["assignee"] == "duty"
