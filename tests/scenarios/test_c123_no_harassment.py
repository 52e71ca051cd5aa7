"""C123: 30 normal events in 10 minutes are at most 3 messages; an urgent complaint rings, whatever was sent before."""

from __future__ import annotations

from datetime import timedelta

from tests.support.notices import NOON, NoticeHub, notice_hub


def thirty(hub: NoticeHub) -> None:
    """One every 20 seconds, for one person."""
    for number in range(30):
        hub.hear(hub.assigned(f"tkt_{number:02}"))
        if number < 29:
            hub.later(seconds=20)


def test_thirty_in_ten_minutes_are_three_messages() -> None:
    """Two at once, and all the others in one when the ten minutes are over; none is lost, none comes twice."""
    with notice_hub() as hub:
        hub.hire("li")
        thirty(hub)
        hub.until(NOON + timedelta(minutes=10))
        assert [at for at, _, _ in hub.sent()] == [
            "2026-11-21T04:00:00Z",
            "2026-11-21T04:00:20Z",
            "2026-11-21T04:10:00Z",
        ]
        hub.later(hours=2)
        notices = [send for send in hub.sends() if send["kind"] != "digest"]
        assert (len(notices), {send["state"] for send in notices}) == (30, {"sent"})
        assert hub.arrived() == {"wecom": 3, "sms": 0, "dingtalk": 0, "phone": 0}


def test_an_urgent_complaint_rings_through_the_cap() -> None:
    """After 30 normal ones: the phone rings at that very second, and the card comes too."""
    with notice_hub() as hub:
        hub.hire("li")
        thirty(hub)
        at = "2026-11-21T04:09:40Z"
        assert at not in [moment for moment, _, _ in hub.sent()]
        hub.hear(hub.assigned("tkt_urgent", ticket_type="complaint", priority="urgent"))
        assert [row for row in hub.sent() if row[0] == at] == [(at, "phone", "li"), (at, "wecom", "li")]


def test_one_person_s_cap_is_no_other_s() -> None:
    """What li gets leaves han alone."""
    with notice_hub("wecom") as hub:
        for person in ("li", "han"):
            hub.hire(person)
        hub.hear(*(hub.assigned(f"tkt_{number}") for number in range(5)))
        hub.hear(hub.assigned("tkt_9", "han"))
        assert [who for _, _, who in hub.sent()] == ["han", "li", "li"]
