"""Clocks over HTTP: what a rung does beside telling, who may stop it, and what is refused at the draft."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from functions.tickets import app
from tests.support.tickets import T0, World, as_, world

T = {"zh": "处理时效", "en": "Work"}
LADDER = {
    "title": T,
    "steps": [
        {"id": "early", "left_seconds": 1800, "audience": "agent", "raise_to": "high"},
        {"id": "mark", "left_seconds": 0, "audience": "agent", "action": "tag", "params": {"add": ["late"]}},
        {"id": "tell", "left_seconds": -60, "audience": "supervisor", "action": "notify",
         "params": {"to": ["team:care"]}},
    ],
}  # fmt: skip
POLICY = {"title": T, "clocks": [{"id": "work", "title": T, "measures": "node", "seconds": 3600, "ladder": "work"}]}
TYPE = {"title": T, "urgent_title": T, "flow": "nothing", "ladder": "complaint", "policy": "work"}
BODY = {"type": "consult", "customer_id": "cus_1", "region": "310000"}


@pytest.fixture
def hub() -> Iterator[World]:
    """A question that Li has taken up at T0, and an hour to answer it."""
    with world(publish=()) as made:
        made.hire("li", "agent", region="base", supervisor="chen")
        made.hire("wu", "agent", region="base", teams=("care",))
        made.hire("chen", role="supervisor", region="base")
        for path, document in (("ladders/work", LADDER), ("policies/work", POLICY), ("types/consult", TYPE)):
            assert made.call("POST", f"/tickets/{path}/publish", {"document": document}).status == 200
        ticket = made.call("POST", "/tickets", BODY).json["id"]
        made.call("POST", f"/tickets/{ticket}/assign", {"person_id": "li"})
        assert acknowledge(made, "li").status == 200
        yield made


def acknowledge(hub: World, sub: str) -> Any:
    path = f"/tickets/{hub.ids()[0]}/acknowledge"
    return hub.call("POST", path, {}, as_=as_("agent", sub=sub, region="base"))


def test_a_rung_raises_the_priority_and_does_an_action(hub: World) -> None:
    """At half an hour before, at, and a minute after the hour; whoever the action tells hears of it."""
    hub.let_pass(T0 + timedelta(hours=2))
    assert [(event.rung, event.due_at - T0, event.recipients) for event in hub.told("rung.fired")] == [
        ("early", timedelta(minutes=30), ("li",)),
        ("mark", timedelta(minutes=60), ("li",)),
        ("tell", timedelta(minutes=61), ("chen",)),
    ]
    assert [(event.recipients, event.visit_id) for event in hub.told("ticket.noticed")] == [(("wu",), "")]
    ticket = hub.ticket()
    assert (ticket["priority"], ticket["tags"]) == ("high", ["late"])


def test_what_was_told_is_stopped_by_whoever_answers_for_it(hub: World) -> None:
    """Before its first rung there is nothing to acknowledge; after it Li stops the rest, Wu can't; the limit itself
    passes all the same."""
    before = hub.ticket()["version"]
    assert acknowledge(hub, "li").json["version"] == before
    hub.let_pass(T0 + timedelta(minutes=40))
    assert acknowledge(hub, "wu").status == 403
    (work, _) = acknowledge(hub, "li").json["clocks"]
    assert work["acknowledged_at"] == "2026-11-20T18:40:00Z"
    hub.let_pass(T0 + timedelta(hours=2))
    assert [event.rung for event in hub.told("rung.fired")] == ["early"]
    assert [event.clock for event in hub.told("sla.breached")] == ["work.1"]


@pytest.mark.parametrize(
    ("path", "document", "pointer"),
    [
        ("ladders/x", {"title": T, "steps": [{"id": "a", "audience": "agent"}]}, "/document/steps/0"),
        (
            "ladders/x",
            {"title": T, "steps": [{"id": "a", "after_seconds": 1, "audience": "agent", "action": "assign_all"}]},
            "/document/steps/0/action",
        ),
        ("policies/x", POLICY | {"clocks": [POLICY["clocks"][0] | {"ladder": "none"}]}, "/document/clocks/0/ladder"),  # type: ignore[index]
        ("policies/x", POLICY | {"clocks": POLICY["clocks"] * 2}, "/document/clocks/1/id"),  # type: ignore[operator]
        (
            "calendars/x",
            {"title": T, "hours": [{"opens": "18:00", "closes": "09:00"}]},
            "/document/hours/0",
        ),
        ("types/x", TYPE | {"policy": "none"}, "/document/policy"),
    ],
)
def test_what_cannot_work_is_refused_at_the_draft(hub: World, path: str, document: Any, pointer: str) -> None:
    """Each by its place: a rung that says not when, an action that is none, names that there are not."""
    refused = hub.call("POST", f"/tickets/{path}/publish", {"document": document})
    assert (refused.status, refused.json["errors"][0]["pointer"]) == (422, pointer)


def test_more_may_be_due_at_once_than_one_write_holds(hub: World) -> None:
    """Three clocks by a ladder of twenty rungs, and nobody woke for three hours: each rung is told once, and each
    clock's limit passes."""
    steps = [{"id": f"r{number}", "left_seconds": 3600 - number, "audience": "agent"} for number in range(20)]
    clock = {"title": T, "measures": "resolution", "seconds": 7200, "ladder": "work"}
    clocks = [{**clock, "id": f"c{number}"} for number in range(3)]
    hub.call("POST", "/tickets/ladders/work/publish", {"document": {"title": T, "steps": steps}})
    hub.call("POST", "/tickets/policies/work/publish", {"document": {"title": T, "clocks": clocks}})
    hub.clock.advance(seconds=1)
    opened = hub.call("POST", "/tickets", BODY).json["id"]
    acknowledged = hub.call("POST", f"/tickets/{opened}/acknowledge", {})
    assert acknowledged.status == 200
    hub.clock.advance(hours=3)
    hub.let_pass(T0 + timedelta(hours=4))
    fired = [(event.rung, event.clock) for event in hub.told("rung.fired") if event.ticket_id == opened]
    assert sorted(fired) == sorted((step["id"], clock["id"]) for step in steps for clock in clocks)
    breached = [event.clock for event in hub.told("sla.breached") if event.ticket_id == opened]
    assert sorted(breached) == ["c0", "c1", "c2"]


def test_a_ticket_is_opened_though_its_hours_do_not_reach_so_far(hub: World) -> None:
    """A calendar that shrinks to a minute a day, and two hundred hours to be kept: due in three years, and the customer
    is heard. The policy itself would be refused now, with the place."""
    clock = {"id": "whole", "title": T, "measures": "resolution", "seconds": 200 * 3600, "calendar": "tiny"}
    policy = {"document": {"title": T, "clocks": [clock]}}
    for path, body in (
        ("calendars/tiny", {"document": {"title": T}}),
        ("policies/work", policy),
        ("calendars/tiny", {"document": {"title": T, "hours": [{"opens": "09:00", "closes": "09:01"}]}}),
    ):
        assert hub.call("POST", f"/tickets/{path}/publish", body).status == 200
        hub.clock.advance(seconds=1)
    refused = hub.call("POST", "/tickets/policies/work/lint", policy).json
    assert [finding["pointer"] for finding in refused["findings"]] == ["/clocks/0/seconds"]
    opened = hub.call("POST", "/tickets", BODY)
    assert opened.status == 201
    assert [clock["due_at"][:4] for clock in opened.json["clocks"] if clock["name"] == "whole"] == ["2029"]


def test_a_rung_that_would_come_at_once_is_warned_of(hub: World) -> None:
    """Half an hour is to be left, and urgent work has ten minutes."""
    policy = {"title": T, "clocks": [{**POLICY["clocks"][0], "by_priority": {"urgent": 600}}]}  # type: ignore[index]
    said = hub.call("POST", "/tickets/policies/work/publish", {"document": policy})
    assert (said.status, [finding["pointer"] for finding in said.json["warnings"]]) == (200, ["/clocks/0/ladder"])


def test_true_is_no_number_of_seconds(hub: World) -> None:
    """Python would take it for one: a clock of a second. Refused at the draft, with the place."""
    policy = {"title": T, "clocks": [{**POLICY["clocks"][0], "seconds": True}]}  # type: ignore[index]
    refused = hub.call("PUT", "/tickets/policies/work/draft", {"document": policy})
    places = [error["pointer"] for error in refused.json["errors"]]
    assert (refused.status, places) == (422, ["/document/clocks/0/seconds"])


def test_a_calendar_that_will_be_a_guess_says_from_when(hub: World) -> None:
    """Work days are known to the end of a year; publishing says so, and so does a clock that is due behind it."""
    calendar = {"title": T, "days": "workdays", "hours": [{"opens": "09:00", "closes": "12:00"}]}
    published = hub.call("POST", "/tickets/calendars/office/publish", {"document": calendar}).json
    assert [warning["pointer"] for warning in published["warnings"]] == ["/known_through"]
    clock = {"id": "whole", "title": T, "measures": "resolution", "seconds": 400 * 3600, "calendar": "office"}
    hub.call("POST", "/tickets/policies/work/publish", {"document": {"title": T, "clocks": [clock]}})
    hub.clock.advance(seconds=1)
    counted: list[str] = []
    app.room.install(app.room.host, replace(app.room.desk, count=counted.append))
    hub.call("POST", "/tickets", BODY)
    assert counted == ["AssumedDeadlines"]
    whole = next(clock for clock in hub.ticket()["clocks"] if clock["name"] == "whole")
    assert (whole["assumed"], whole["due_at"][:4], whole["calendar"]) == (True, "2027", "office/1")
    assert hub.call("POST", "/tickets/doctor", {}).json["assumed"] == 1


def test_twenty_clocks_of_twenty_rungs_are_one_escalation(hub: World) -> None:
    """All that a policy may have: 400 rungs at 40 moments, and a pause amid them. Each fires once, at its very second
    (those behind the pause by so much later); one execution sleeps at a time, the next one after the pause, and it
    wakes once a moment, however much is due then: 3 state transitions each, and two wakes in vain at most."""
    steps = [{"id": f"r{i}", "left_seconds": 600 * (19 - i), "audience": "agent"} for i in range(20)]
    clocks = [
        {"id": f"c{i}", "title": T, "measures": "resolution", "seconds": 36_000 + 7 * (i % 2), "ladder": "many"}
        for i in range(20)
    ]
    for path, document in (
        ("ladders/many", {"title": T, "steps": steps}),
        ("policies/many", {"title": T, "clocks": clocks}),
        ("types/consult", {**TYPE, "policy": "many"}),
    ):
        assert hub.call("POST", f"/tickets/{path}/publish", {"document": document}).status == 200
    hub.clock.advance(seconds=1)
    begun = hub.clock.now
    ticket = hub.call("POST", "/tickets", BODY).json["id"]
    hub.call("POST", f"/tickets/{ticket}/assign", {"person_id": "li"})
    li = as_("agent", sub="li", region="base")
    assert hub.call("POST", f"/tickets/{ticket}/acknowledge", {}, as_=li).status == 200
    wakes = 0

    def pass_until(moment: datetime) -> None:
        nonlocal wakes
        sleeping = hub.machines.wakes_at
        while mine := [name for name in sleeping if name.startswith(ticket) and sleeping[name] <= moment]:
            assert len([name for name in sleeping if name.startswith(ticket)]) == 1
            wakes += 1
            hub.let_pass(sleeping[mine[0]])
        hub.let_pass(moment)

    pass_until(begun + timedelta(seconds=28_200))
    assert hub.call("POST", f"/tickets/{ticket}/pause", {}).status == 200
    pass_until(begun + timedelta(seconds=28_200 + 3600))
    assert hub.call("POST", f"/tickets/{ticket}/resume", {}).status == 200
    pass_until(begun + timedelta(days=2))
    mine = [event for event in hub.told("rung.fired") if event.ticket_id == ticket]
    fired = Counter((event.clock, event.rung, event.at - begun) for event in mine)
    dues = {(i, step): 36_000 + 7 * (i % 2) - 600 * (19 - step) for i in range(20) for step in range(20)}
    expected = {
        (f"c{i}", f"r{step}", timedelta(seconds=due if due <= 28_200 else due + 3600))
        for (i, step), due in dues.items()
    }
    assert set(fired) == expected
    assert set(fired.values()) == {1}
    moments = len(set(dues.values()))
    assert (moments, wakes) == (40, pytest.approx(40, abs=2))
    assert len([name for name in hub.machines.escalations if name.startswith(ticket)]) == 2
