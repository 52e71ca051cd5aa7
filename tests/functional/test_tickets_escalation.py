"""The ladder: at exactly the promised moments, to exactly those people, each rung once."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from functions.tickets import app
from functions.tickets.handlers import steps
from tests.support.http import Context
from tests.support.tickets import T0, World, as_, world

LADDER = [
    ("agent", "2026-11-20T20:00:00Z", ("li",)),
    ("supervisor", "2026-11-20T20:30:00Z", ("chen",)),
    ("team", "2026-11-20T21:00:00Z", ("chen", "li", "zhao")),
]
DONE = {"outcome": "done", "fields": {"labour_amount": "0.00"}}


@pytest.fixture
def hub() -> Iterator[World]:
    with world() as made:
        made.hire("li", region="base", supervisor="chen")
        made.hire("zhao", active=True, skills=())
        made.hire("chen", role="supervisor", teams=("cold",), region="base")
        made.say("冰柜不制冷")
        yield made


def fired(hub: World) -> list[Any]:
    return [(e.rung, e.due_at.strftime("%Y-%m-%dT%H:%M:%SZ"), e.recipients) for e in hub.told("rung.fired")]


def generation(hub: World, number: int = 1) -> str:
    return f"{hub.ticket()['id']}-1-g{number}"


def test_three_rungs_when_nobody_acts(hub: World) -> None:
    """+2:00 the agent, +2:30 the supervisor, who becomes the assignee, +3:00 everyone; then it is over."""
    hub.sleep_until_done(generation(hub), T0 + timedelta(days=1))

    assert fired(hub) == LADDER
    ticket = hub.ticket()
    assert (ticket["assignee"], ticket["visits"][-1]["assignee"]) == ("chen", "chen")
    assert [(r["rung"], r["due_at"], r["fired_at"]) for r in ticket["rungs"]] == [(n, at, at) for n, at, _ in LADDER]
    assert hub.clock.now == T0 + timedelta(hours=3)


def test_reply_after_an_hour(hub: World) -> None:
    """Work accepted at +1 h is an answer: nothing is escalated."""
    hub.clock.advance(hours=1)
    ticket = hub.ticket()
    path = f"/tickets/{ticket['id']}/nodes/accept/complete"
    assert hub.call("POST", path, {"outcome": "accepted"}, as_=as_("engineer", sub="li")).status == 200

    hub.clock.advance(hours=9)
    assert hub.wake(generation(hub))["next"] == "done"
    assert fired(hub) == []


def test_a_pause_of_an_hour(hub: World) -> None:
    """Paused for an hour, the supervisor's rung is due at 3:30 instead of 2:30, by the next generation alone."""
    ticket_id = hub.ticket()["id"]
    hub.clock.advance(hours=1)
    assert hub.call("POST", f"/tickets/{ticket_id}/pause", {}).json["paused"] is True
    hub.clock.advance(hours=1)
    assert hub.wake(generation(hub))["next"] == "done"
    assert hub.call("POST", f"/tickets/{ticket_id}/resume", {}).json["paused"] is False
    assert hub.wake(generation(hub))["next"] == "done"

    hub.sleep_until_done(generation(hub, 2), T0 + timedelta(days=1))

    assert [rung[1] for rung in fired(hub)] == ["2026-11-20T21:00:00Z", "2026-11-20T21:30:00Z", "2026-11-20T22:00:00Z"]


def test_a_late_wake_fires_all_at_once(hub: World) -> None:
    """After an outage all that is due fires, with the moments at which it was due; again changes nothing."""
    hub.clock.advance(hours=8)

    assert hub.wake(generation(hub))["next"] == "done"
    assert hub.wake(generation(hub))["next"] == "done"

    assert fired(hub) == LADDER


def test_handover_after_500_wakes(hub: World) -> None:
    """The 500th wake hands over, and the next generation starts by the stream; the old one then does nothing."""
    state = {**hub.machines.escalations[generation(hub)], "op": "wake", "wakes": steps.WAKES_LIMIT - 1}
    answer = app.steps(state, Context())
    assert (answer["next"], answer["wakes"]) == ("handover", 500)

    for _ in range(2):
        app.steps({**state, "op": "handover"}, Context())
    hub.settle()

    assert sorted(hub.machines.escalations) == [generation(hub, 1), generation(hub, 2)]
    hub.clock.advance(hours=9)
    assert hub.wake(generation(hub, 1))["next"] == "done"
    assert fired(hub) == []
    hub.wake(generation(hub, 2))
    assert fired(hub) == LADDER


def test_closed_is_quiet(hub: World) -> None:
    """A ticket that is closed escalates no more."""
    ticket = hub.ticket()
    for node, body in (("accept", {"outcome": "accepted"}), ("service", DONE)):
        assert hub.call("POST", f"/tickets/{ticket['id']}/nodes/{node}/complete", body).status == 200
    assert hub.ticket()["state"] == "closed"
    hub.clock.advance(hours=9)
    answer = hub.wake(generation(hub))
    assert (answer["next"], answer["wait_seconds"], answer["wakes"]) == ("done", 1, 1)
