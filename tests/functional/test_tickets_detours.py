"""Running work is safe: cancelled, opened again, sent elsewhere, moved to another version; and one wins a race."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from functions.tickets import app
from functions.tickets.desk import build_desk
from functions.tickets.ticket.visits import Answer, complete_node
from hub.kernel.errors import Conflict
from tests.support.presets import preset_flow
from tests.support.tickets import T0, World, as_, world
from tests.support.turns import clients_of

T = {"zh": "节点", "en": "Node"}
BODY = {"type": "repair", "customer_id": "cus_1", "region": "310101"}
DONE = {"outcome": "done", "fields": {"labour_amount": "0.00"}}


@pytest.fixture
def hub() -> Iterator[World]:
    with world(publish=("repair",)) as made:
        made.hire("li")
        made.hire("chen", role="supervisor", region="base")
        yield made


def opened(hub: World) -> str:
    return str(hub.call("POST", "/tickets", BODY).json["id"])


def passed(hub: World, ticket_id: str) -> list[tuple[str, str]]:
    return [(visit["node"], visit["outcome"]) for visit in hub.ticket(ticket_id)["visits"]]


def test_a_cancelled_ticket_waits_for_nobody(hub: World) -> None:
    """Who was asked is asked no more, the machine comes to its end quietly, and completing hears who cancelled."""
    ticket_id = opened(hub)
    cancelled = hub.call("POST", f"/tickets/{ticket_id}/cancel", {"reason": "twice"}, as_=as_("agent", sub="amy"))
    assert (cancelled.status, cancelled.json["state"]) == (200, "cancelled")
    assert passed(hub, ticket_id) == [("dispatch", "done"), ("accept", "cancelled")]
    assert hub.machines.flows[f"{ticket_id}-1"].ended == "SUCCEEDED"
    late = hub.call("POST", f"/tickets/{ticket_id}/nodes/accept/complete", {"outcome": "accepted"})
    assert (late.status, late.json["facts"]["by"]) == (409, "amy")
    assert hub.call("POST", f"/tickets/{ticket_id}/cancel", {}).status == 409


def test_what_actions_did_is_taken_back(hub: World) -> None:
    """A cancelled complaint whose customer was granted something: the withdrawal is said once, behind the grant."""
    hub.hire("amy", role="agent", skills=())
    for kind, key in (("/flows", "complaint"),):
        assert hub.call("POST", f"{kind}/{key}/publish", {}).status == 200
    ticket_id = hub.call("POST", "/tickets", {**BODY, "type": "complaint"}).json["id"]
    hub.call("POST", f"/tickets/{ticket_id}/nodes/contact/complete", {"outcome": "compensate"})
    assert passed(hub, ticket_id)[-2:] == [("grant", "done"), ("confirm", "")]
    hub.call("POST", f"/tickets/{ticket_id}/cancel", {})
    assert [(e.name, e.amount_minor) for e in hub.told("flow.told")] == [
        ("compensation", 2000),
        ("compensation_withdrawn", 0),
    ]
    undone = [e["detail"] for e in hub.timeline(ticket_id)["entries"] if e["what"] == "undone"]
    assert [(d["node"], d["action"]) for d in undone] == [("grant", "emit_event")]


def test_a_ticket_opened_again_goes_on_at_a_node_with_the_clock_where_it_stood(hub: World) -> None:
    """Opened 18:00, closed after an hour, opened again a day later: the rung of two hours is due an hour after that."""
    ticket_id = opened(hub)
    hub.clock.advance(hours=1)
    for node, body in (("accept", {"outcome": "accepted"}), ("service", DONE)):
        hub.call("POST", f"/tickets/{ticket_id}/nodes/{node}/complete", body)
    hub.clock.advance(hours=24)
    assert hub.call("POST", f"/tickets/{ticket_id}/reopen", {"node": "nowhere"}).status == 422
    again = hub.call("POST", f"/tickets/{ticket_id}/reopen", {"node": "service"})
    assert (again.status, again.json["state"], again.json["run"]) == (200, "open", 2)
    assert passed(hub, ticket_id)[-1] == ("service", "")
    why = hub.call("GET", f"/tickets/{ticket_id}/explain").json
    assert why["clock"]["next_due_at"] == (T0 + timedelta(hours=26)).strftime("%Y-%m-%dT%H:%M:%SZ")
    hub.call("POST", f"/tickets/{ticket_id}/nodes/service/complete", DONE)
    assert hub.ticket(ticket_id)["state"] == "closed"
    assert [event.run for event in hub.told("ticket.closed")] == [1, 2]


def test_a_ticket_is_sent_to_another_node(hub: World) -> None:
    """It leaves where it waits and goes on elsewhere by a new run; what it left can't be answered any more."""
    ticket_id = opened(hub)
    card = hub.ticket(ticket_id)["visits"][-1]["id"]
    jumped = hub.call("POST", f"/tickets/{ticket_id}/jump", {"node": "service"})
    assert (jumped.status, jumped.json["run"]) == (200, 2)
    assert passed(hub, ticket_id) == [("dispatch", "done"), ("accept", "left"), ("service", "")]
    before = hub.ticket(ticket_id)["visits"]
    hub.tell(hub.tap("li", f"{ticket_id}@{card}", "accept"))
    assert hub.ticket(ticket_id)["visits"] == before
    assert [flow.ended for flow in hub.machines.flows.values()] == ["SUCCEEDED", ""]
    hub.call("POST", f"/tickets/{ticket_id}/nodes/service/complete", DONE)
    assert hub.ticket(ticket_id)["state"] == "closed"


def test_migration_keeps_what_was_consumed_and_what_has_fired(hub: World) -> None:
    """v1: reminder after 30 min, supervisor after 4 h; v2: 30 min, 6 h, and 24 h. Opened 18:00, reminded 18:30, at
    19:00 moved: `keep` → 22:00 and no more; `re_evaluate` → midnight and 18:00 tomorrow. Nobody is reminded twice, and
    the preview shows these very moments."""
    ladders = {
        "first": [("reminder", 1800, "agent"), ("supervisor", 14_400, "supervisor")],
        "second": [("reminder", 1800, "agent"), ("supervisor", 21_600, "supervisor"), ("auto_close", 86_400, "team")],
    }
    for key, rungs in ladders.items():
        steps = [{"id": name, "after_seconds": seconds, "audience": who} for name, seconds, who in rungs]
        answer = hub.call("POST", f"/tickets/ladders/{key}/publish", {"document": {"title": T, "steps": steps}})
        assert answer.status == 200
    for ladder in ladders:
        document = preset_flow("repair") | {"ladder": ladder}
        if ladder == "second":
            tickets = [opened(hub), opened(hub)]
            for ticket_id in tickets:
                hub.clock.now = T0 + timedelta(minutes=30)
                hub.wake(f"{ticket_id}-1-g1")
        assert hub.call("POST", "/flows/repair/publish", {"document": document}).status == 200
    hub.clock.now = T0 + timedelta(hours=1)

    def due(plan: Any) -> list[tuple[str, str, bool]]:
        return [(rung["rung"], rung["due_at"][5:16], rung["fired"]) for rung in plan["rungs_after"]]

    kept = [("reminder", "11-20T18:30", True), ("supervisor", "11-20T22:00", False)]
    anew = [
        ("reminder", "11-20T18:30", True),
        ("supervisor", "11-21T00:00", False),
        ("auto_close", "11-21T18:00", False),
    ]
    for ticket_id, deadlines, expected in zip(tickets, ("keep", "re_evaluate"), (kept, anew), strict=True):
        body = {"deadlines": deadlines, "tickets": [ticket_id]}
        entered = hub.ticket(ticket_id)["visits"][-1]
        (plan,) = hub.call("POST", "/flows/repair/migrate?dry_run=1", body).json["data"]
        assert (plan["state"], plan["node"], due(plan)) == ("planned", "accept", expected)
        assert hub.ticket(ticket_id)["flow"]["version"] == plan["from_version"]
        (done,) = hub.call("POST", "/flows/repair/migrate", body).json["data"]
        assert (done["state"], due(done)) == ("migrated", expected)
        ticket = hub.ticket(ticket_id)
        assert ticket["flow"]["version"] == plan["to_version"]
        assert (ticket["visits"][-1]["id"], ticket["visits"][-1]["entered_at"]) == (
            entered["id"],
            entered["entered_at"],
        )
        hub.sleep_until_done(f"{ticket_id}-2-g1", T0 + timedelta(days=2))
        fired = [(rung["rung"], rung["fired_at"][5:16]) for rung in hub.ticket(ticket_id)["rungs"]]
        assert fired == [(name, at) for name, at, _ in expected]
        hub.clock.now = T0 + timedelta(hours=1)
    assert [event.rung for event in hub.told("rung.fired")].count("reminder") == 2
    for ticket_id in tickets:
        for node, body in (("accept", {"outcome": "accepted"}), ("service", DONE)):
            assert hub.call("POST", f"/tickets/{ticket_id}/nodes/{node}/complete", body).status == 200
        assert hub.ticket(ticket_id)["state"] == "closed"


def test_of_fifty_who_complete_a_node_at_once_one_does(hub: World) -> None:
    """One writes, all others are refused and hear who won, and how."""
    ticket_id = opened(hub)
    host = replace(app.room.host, client=clients_of(hub.session))
    desk = build_desk(host, hub.machines)

    def complete(number: int) -> Any:
        answer = Answer(("accepted", "declined")[number % 2])
        try:
            desk.tickets.change(
                ticket_id,
                hub.clock.now,
                lambda case: complete_node(case, "accept", answer, f"chen{number}", hub.clock.now, leads=True),
            )
        except Conflict as refused:
            return refused.facts["by"], refused.facts["outcome"]
        return number

    with ThreadPoolExecutor(50) as threads:
        answers = list(threads.map(complete, range(50)))
    hub.settle()
    (winner,) = [answer for answer in answers if isinstance(answer, int)]
    won = (f"chen{winner}", ("accepted", "declined")[winner % 2])
    assert {answer for answer in answers if answer != winner} == {won}
    visit = next(v for v in hub.ticket(ticket_id)["visits"] if v["node"] == "accept")
    assert (visit["actor"], visit["outcome"]) == won


def test_an_action_is_tried_without_doing_it(hub: World) -> None:
    """What it would come to is shown; nothing is written, nobody hears of it."""
    ticket_id = opened(hub)
    before = hub.timeline(ticket_id)
    tried = hub.call("POST", f"/tickets/{ticket_id}/try", {"action": "tag", "params": {"add": ["vip"]}})
    assert (tried.json["outcome"], tried.json["changes"]) == ("done", {"tags": ["vip"]})
    told = hub.call("POST", f"/tickets/{ticket_id}/try", {"action": "notify", "params": {"to": ["team:cold"]}})
    assert told.json["recipients"] == ["chen", "li"]
    wrong = hub.call("POST", f"/tickets/{ticket_id}/try", {"action": "dance"})
    assert (wrong.status, wrong.json["errors"][0]["pointer"]) == (422, "/action")
    assert hub.timeline(ticket_id) == before
