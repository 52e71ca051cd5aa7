"""C054: nobody acts on a complaint: +2:00 the agent, +2:30 the supervisor, +3:00 everyone, until somebody does."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest

from tests.support.tickets import T0, World, as_, world

COMPLAINT = {
    "title": {"zh": "投诉", "en": "Complaint"},
    "urgent_title": {"zh": "紧急投诉", "en": "Urgent complaint"},
    "flow": "consult",
    "ladder": "complaint",
}
BODY = {"type": "complaint", "customer_id": "cus_1", "region": "310000"}


@pytest.fixture
def hub() -> Iterator[World]:
    """A complaint at T0 that is Li's, in a team with Zhao, under Chen."""
    with world(publish=()) as made:
        made.hire("li", region="base", supervisor="chen")
        made.hire("zhao", active=True, skills=())
        made.hire("chen", role="supervisor", teams=("cold",), region="base")
        assert made.call("POST", "/tickets/types/complaint/publish", {"document": COMPLAINT}).status == 200
        ticket = made.call("POST", "/tickets", BODY).json
        assert made.call("POST", f"/tickets/{ticket['id']}/assign", {"person_id": "li"}).json["assignee"] == "li"
        yield made


def notified(hub: World) -> list[tuple[timedelta, tuple[str, ...]]]:
    """When after T0 each rung fired, and who heard of it."""
    fired = {rung["rung"]: rung["fired_at"] for rung in hub.ticket()["rungs"]}
    assert {event.rung: event.due_at.strftime("%Y-%m-%dT%H:%M:%SZ") for event in hub.told("rung.fired")} == fired
    return [(event.due_at - T0, event.recipients) for event in hub.told("rung.fired")]


def play(hub: World, until: timedelta) -> None:
    hub.sleep_until_done(f"{hub.ticket()['id']}-1-g1", T0 + until)
    hub.clock.now = T0 + until


def test_nobody_acts(hub: World) -> None:
    """At exactly T0 + 2:00, 2:30 and 3:00, to those recipients, each once; then it is over."""
    play(hub, timedelta(days=1))
    assert notified(hub) == [
        (timedelta(hours=2), ("li",)),
        (timedelta(hours=2, minutes=30), ("chen",)),
        (timedelta(hours=3), ("chen", "li", "zhao")),
    ]


def test_taken_up_at_ten_past_two(hub: World) -> None:
    """Acknowledged at 2:10, twice even, only the first is ever sent."""
    play(hub, timedelta(hours=2, minutes=10))
    path, chen = f"/tickets/{hub.ticket()['id']}/acknowledge", as_("supervisor", sub="chen", region="base")
    for _ in range(2):
        assert hub.call("POST", path, {}, as_=chen).json["acknowledged_at"] == "2026-11-20T20:10:00Z"
    play(hub, timedelta(days=1))
    assert notified(hub) == [(timedelta(hours=2), ("li",))]
