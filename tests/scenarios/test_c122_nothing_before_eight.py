"""C122: a normal notice of 02:00 leaves at 08:00:00 in one digest; an urgent one rings the phone at once."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from hub.contracts.events import TicketChanged
from tests.support.notices import NoticeHub, notice_hub

TWO = datetime(2026, 11, 20, 18, 0, tzinfo=UTC)
EIGHT = datetime(2026, 11, 21, 0, 0, tzinfo=UTC)


def changed(hub: NoticeHub, ticket_id: str, changed: tuple[str, ...], **more: str) -> TicketChanged:
    facts = {"ticket_type": "repair", "region": "310000", "run": 1, "priority": "normal", "state": "open"}
    event = {"id": f"evt_{ticket_id}{hub.clock.now}", "tenant": "demo", "at": hub.clock.now, "customer_id": "cus_1"}
    return TicketChanged.model_validate({**event, **facts, "ticket_id": ticket_id, "changed": changed, **more})


def test_normal_at_two() -> None:
    """Two tickets at 02:00: nothing at 07:59:59, at 08:00:00 one digest for both, and nothing after it."""
    with notice_hub(now=TWO) as hub:
        hub.hire("li")
        hub.hear(hub.assigned("tkt_1"), hub.assigned("tkt_2"))
        hub.until(EIGHT - timedelta(seconds=1))
        assert hub.sent() == []
        hub.until(EIGHT + timedelta(hours=1))
        assert hub.sent() == [("2026-11-21T00:00:00Z", "wecom", "li")]
        digest = next(send for send in hub.sends() if send["kind"] == "digest")
        assert [send["digest_id"] for send in hub.sends() if send["kind"] != "digest"] == [digest["id"]] * 2


def test_urgent_at_two() -> None:
    """The phone rings at 02:00, and the card with its button comes beside it."""
    with notice_hub(now=TWO) as hub:
        hub.hire("li")
        hub.hear(hub.assigned(priority="urgent"))
        at = "2026-11-20T18:00:00Z"
        assert hub.sent() == [(at, "phone", "li"), (at, "wecom", "li")]
        assert [call["to"] for call in hub.double("phone").calls.values()] == [hub.phones["li"]]


@pytest.mark.parametrize(
    ("made", "leaves"),
    [("2026-10-24T21:30:00+00:00", "2026-10-25T07:00:00Z"), ("2027-03-27T22:30:00+00:00", "2027-03-28T06:00:00Z")],
    ids=["to winter time", "to summer time"],
)
def test_eight_in_her_own_zone(made: str, leaves: str) -> None:
    """For somebody in Berlin it is 8:00 on her wall, on both nights with another hour in them."""
    with notice_hub("wecom", now=datetime.fromisoformat(made)) as hub:
        hub.hire("eva", timezone="Europe/Berlin")
        hub.hear(hub.assigned(assignee="eva"))
        hub.later(hours=12)
        assert hub.sent() == [(leaves, "wecom", "eva")]


def test_what_waited_is_asked_again_before_it_goes() -> None:
    """t1, t2, t3 wait for a. At 4:00 t1 goes to b, at 5:00 t3 is closed: at 8:00 one digest to a with t2 alone, one to
    b with t1."""
    with notice_hub("wecom", now=TWO) as hub:
        for person in ("a", "b"):
            hub.hire(person)
        hub.hear(*(hub.assigned(ticket, "a") for ticket in ("t1", "t2", "t3")))
        hub.later(hours=2)
        hub.hear(changed(hub, "t1", ("assignee",), assignee="b"), hub.assigned("t1", "b"))
        hub.later(hours=1)
        hub.hear(changed(hub, "t3", ("state",), state="closed"))
        hub.until(EIGHT)
        assert hub.sent() == [("2026-11-21T00:00:00Z", "wecom", "a"), ("2026-11-21T00:00:00Z", "wecom", "b")]
        states = sorted((send["recipient"], send["ticket_id"], send["state"]) for send in hub.sends() if send["rule"])
        assert states == [
            ("a", "t1", "cancelled"), ("a", "t2", "sent"), ("a", "t3", "cancelled"), ("b", "t1", "sent"),
        ]  # fmt: skip


def test_no_digest_where_nothing_is_left() -> None:
    """All that waited is closed: no digest, not an empty one."""
    with notice_hub("wecom", now=TWO) as hub:
        hub.hire("a")
        hub.hear(hub.assigned("t1", "a"))
        hub.later(hours=1)
        hub.hear(changed(hub, "t1", ("state",), state="closed"))
        hub.until(EIGHT + timedelta(hours=1))
        assert (hub.sent(), hub.arrived()["wecom"]) == ([], 0)
