"""Parallels and signers: a join counts branches, losers are skipped, and what several sign is decided once."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from functions.tickets import app
from tests.support.http import Context
from tests.support.tickets import T0, World, as_, world

T = {"zh": "节点", "en": "Node"}
BODY = {"type": "consult", "customer_id": "cus_1", "region": "310101"}
WAREHOUSE = {"id": "warehouse", "kind": "human", "outcomes": {"done": "join"}}
FINANCE = {"id": "finance", "kind": "human", "outcomes": {"done": "join"}}


def consult(*nodes: dict[str, Any]) -> dict[str, Any]:
    end = {"id": "closed", "kind": "end", "title": T, "outcome": "done"}
    return {"key": "consult", "title": T, "start": nodes[0]["id"], "nodes": [*({"title": T, **n} for n in nodes), end]}


def fork(join: str | int = "all", branches: tuple[str, ...] = ("warehouse", "finance")) -> dict[str, Any]:
    return {"id": "both", "kind": "parallel", "branches": list(branches), "join": join, "next": "check"}


@pytest.fixture
def hub() -> Iterator[World]:
    with world(publish=()) as made:
        made.hire("li")
        made.hire("chen", role="supervisor", region="base")
        yield made


def publish(hub: World, *nodes: dict[str, Any]) -> None:
    answer = hub.call("POST", "/flows/consult/publish", {"document": consult(*nodes)})
    assert answer.status == 200, answer.text


def opened(hub: World) -> str:
    return str(hub.call("POST", "/tickets", BODY).json["id"])


def at(hub: World, text: str) -> None:
    """The clock moves on to this time of the day."""
    hours, minutes = map(int, text.split(":"))
    hub.clock.now = T0.replace(hour=hours, minute=minutes)


def done(hub: World, node: str, outcome: str = "done", by: str = "chen", **more: Any) -> Any:
    path = f"/tickets/{hub.ids()[0]}/nodes/{node}/complete"
    return hub.call("POST", path, {"outcome": outcome, **more}, as_=as_("supervisor", sub=by, region="base"))


def passed(hub: World) -> list[tuple[str, str]]:
    return [(visit["node"], visit["outcome"]) for visit in hub.ticket()["visits"]]


def waiting(hub: World) -> list[str]:
    return [v["node"] for v in hub.ticket()["visits"] if not v["outcome"] and v["kind"] != "parallel"]


# Joins.


def test_a_join_counts_branches_not_arrivals(hub: World) -> None:
    """Warehouse and finance side by side, then a check that sends both back: in the second round the join waits for
    both again, and each node has two visits."""
    check = {"id": "check", "kind": "human", "outcomes": {"ok": "closed", "redo": "both"}}
    publish(hub, fork(), WAREHOUSE, FINANCE, check)
    opened(hub)
    for moment, node, outcome in (
        ("19:00", "warehouse", "done"),
        ("19:30", "finance", "done"),
        ("20:00", "check", "redo"),
    ):
        at(hub, moment)
        assert done(hub, node, outcome).status == 200
    at(hub, "20:20")
    done(hub, "warehouse")
    assert waiting(hub) == ["finance"]
    at(hub, "20:50")
    done(hub, "finance")

    visits = hub.ticket()["visits"]
    again = [v for v in visits if v["node"] == "check"][1]
    assert again["entered_at"] == "2026-11-20T20:50:00Z"
    assert [sum(v["node"] == node for v in visits) for node in ("warehouse", "finance", "both", "check")] == [
        2,
        2,
        2,
        2,
    ]
    done(hub, "check", "ok")
    assert hub.ticket()["state"] == "closed"


def test_a_branch_that_is_sent_back_inside_itself_is_one_arrival(hub: World) -> None:
    """Two of three have to join; one branch goes round inside itself and ends: that is one, and the join waits."""
    look = {"id": "warehouse", "kind": "human", "outcomes": {"done": "pack"}}
    pack = {"id": "pack", "kind": "human", "outcomes": {"done": "join"}, "back": True}
    third = {"id": "shop", "kind": "human", "outcomes": {"done": "join"}}
    check = {"id": "check", "kind": "human", "outcomes": {"ok": "closed"}}
    publish(hub, fork(2, ("warehouse", "finance", "shop")), look, pack, FINANCE, third, check)
    opened(hub)
    done(hub, "warehouse")
    assert done(hub, "pack", "sent_back", to="finance").status == 422
    assert done(hub, "pack", "sent_back", to="warehouse").status == 200
    done(hub, "warehouse")
    done(hub, "pack")
    assert waiting(hub) == ["finance", "shop"]
    done(hub, "shop")
    assert waiting(hub) == ["check"]
    assert ("finance", "skipped") in passed(hub)


@pytest.mark.parametrize("join", ["any", 1])
def test_the_first_who_joins_ends_what_the_others_wait_for(hub: World, join: str | int) -> None:
    """The loser's visit ends as skipped, at that moment; who completes it then hears who was faster; and a time that
    was waited for in its branch holds nobody up."""
    pause = {"id": "pause", "kind": "wait", "seconds": 86_400, "next": "shop"}
    shop = {"id": "shop", "kind": "human", "outcomes": {"done": "join"}}
    check = {"id": "check", "kind": "human", "outcomes": {"ok": "closed"}}
    publish(hub, fork(join, ("warehouse", "finance", "pause")), WAREHOUSE, FINANCE, pause, shop, check)
    ticket_id = opened(hub)
    at(hub, "19:00")
    done(hub, "finance", by="chen")

    assert waiting(hub) == ["check"]
    skipped = {v["node"]: v for v in hub.ticket()["visits"] if v["outcome"] == "skipped"}
    assert sorted(skipped) == ["pause", "warehouse"]
    assert skipped["warehouse"]["left_at"] == "2026-11-20T19:00:00Z"
    late = done(hub, "warehouse")
    assert (late.status, late.json["facts"]["by"], late.json["facts"]["outcome"]) == (409, "system", "skipped")
    done(hub, "check", "ok")
    assert hub.ticket()["state"] == "closed"
    assert hub.machines.flows[f"{ticket_id}-1"].ended == "SUCCEEDED"


def test_a_wait_in_a_branch_that_may_be_skipped_ends_at_its_second(hub: World) -> None:
    """Nobody joins earlier: the wait's own sleeper ends it when its time has come, and the branch joins."""
    pause = {"id": "pause", "kind": "wait", "seconds": 7200, "next": "join"}
    check = {"id": "check", "kind": "human", "outcomes": {"ok": "closed"}}
    publish(hub, fork("any", ("warehouse", "pause")), WAREHOUSE, pause, check)
    opened(hub)
    (sleeper,) = [name for name in hub.machines.escalations if "vis_" in name]
    hub.sleep_until_done(sleeper, T0 + timedelta(days=2))
    assert hub.clock.now == T0 + timedelta(hours=2)
    assert waiting(hub) == ["check"]
    assert ("warehouse", "skipped") in passed(hub)


def test_parallels_inside_parallels(hub: World) -> None:
    """An inner join is a step of its branch: the outer goes on with the first branch that is whole, and everything
    inside the others is skipped."""
    inner = {"id": "inner", "kind": "parallel", "branches": ["left", "right"], "next": "join"}
    left = {"id": "left", "kind": "human", "outcomes": {"done": "join"}}
    right = {"id": "right", "kind": "human", "outcomes": {"done": "join"}}
    check = {"id": "check", "kind": "human", "outcomes": {"ok": "closed"}}
    publish(hub, fork("any", ("inner", "finance")), inner, left, right, FINANCE, check)
    opened(hub)
    assert waiting(hub) == ["left", "right", "finance"] or sorted(waiting(hub)) == ["finance", "left", "right"]
    done(hub, "left")
    assert "check" not in waiting(hub)
    done(hub, "right")
    assert waiting(hub) == ["check"]
    assert ("finance", "skipped") in passed(hub)
    opened(hub)
    hub.clock.advance(seconds=1)
    newest = opened(hub)
    done(hub, "left")
    done(hub, "finance")
    assert waiting(hub) == ["check"]
    assert ("right", "skipped") in passed(hub)
    done(hub, "check", "ok")
    assert hub.machines.flows[f"{newest}-1"].ended == "SUCCEEDED"


# Signers.


def signed(sign: Any, *people: str, **more: Any) -> dict[str, Any]:
    signers = [f"person:{person}" for person in people]
    return {
        "id": "sign",
        "kind": "approval",
        "signers": signers,
        "sign": sign,
        "outcomes": {"approved": "after", "rejected": "closed"},
        **more,
    }


AFTER = {"id": "after", "kind": "human", "outcomes": {"ok": "closed"}, "back": True}


def hire(hub: World, *people: str) -> None:
    for person in people:
        hub.hire(person, role="agent", region="base", wecom_userid=person.upper())
    hub.clock.advance(seconds=6)


def test_a_share_of_signers_ends_when_it_is_decided(hub: World) -> None:
    """Five signers at 60 % need three: with the third rejection it is rejected; the two who were still asked are asked
    no more, and a tap on their card changes nothing and says who decided."""
    people = ("a", "b", "c", "d", "e")
    hire(hub, *people)
    publish(hub, signed({"percent": 60}, *people), AFTER)
    opened(hub)
    visit = hub.ticket()["visits"][0]
    assert sorted(event.assignee for event in hub.told("ticket.assigned")) == list(people)
    assert done(hub, "sign", "rejected", by="a").status == 200
    assert done(hub, "sign", "rejected", by="a").status == 409
    assert done(hub, "sign", "rejected", by="b").status == 200
    assert hub.ticket()["state"] == "open"
    done(hub, "sign", "rejected", by="c")

    ticket = hub.ticket()
    assert (ticket["state"], passed(hub)) == ("closed", [("sign", "rejected"), ("closed", "done")])
    assert ticket["visits"][0]["awaits"] == []
    hub.tell(hub.tap("D", f"{ticket['id']}@{visit['id']}", "approved"))
    assert hub.ticket()["visits"] == ticket["visits"]
    refused = [e["detail"] for e in hub.timeline(ticket["id"])["entries"] if e["what"] == "refused tap"]
    assert [(d["by"], d["outcome"]) for d in refused] == [("c", "rejected")]


def test_sent_back_to_several_signers_all_are_asked_again(hub: World) -> None:
    """Both approved in the morning; who comes next sends it back: both are asked anew, what they said before stays in
    the trail and counts for nothing, and the cards of the first visit change nothing."""
    hire(hub, "a", "b")
    publish(hub, signed("all", "a", "b"), AFTER)
    ticket_id = opened(hub)
    first = hub.ticket()["visits"][0]["id"]
    at(hub, "19:00")
    done(hub, "sign", "approved", by="a")
    at(hub, "20:00")
    done(hub, "sign", "approved", by="b")
    at(hub, "21:00")
    assert done(hub, "after", "sent_back", to="sign").status == 200

    second = hub.ticket()["visits"][-1]
    assert (second["node"], second["awaits"], second["signatures"]) == ("sign", ["a", "b"], [])
    hub.tell(hub.tap("B", f"{ticket_id}@{first}", "approved", number=2))
    at(hub, "21:30")
    done(hub, "sign", "approved", by="a")
    assert waiting(hub) == ["sign"]
    at(hub, "22:00")
    done(hub, "sign", "approved", by="b")
    assert waiting(hub) == ["after"]
    entries = hub.timeline(ticket_id)["entries"]
    assert [e["actor"] for e in entries if e["what"] in ("signed", "completed") and e["actor"] in "ab"] == [*"abab"]


def test_one_after_the_other(hub: World) -> None:
    """In sequence only the next signer is asked, and hears of it then; before it is their turn they may not sign."""
    hire(hub, "a", "b")
    publish(hub, signed("sequence", "a", "b"), AFTER)
    opened(hub)
    assert [e.assignee for e in hub.told("ticket.assigned")] == ["a"]
    assert done(hub, "sign", "approved", by="b").status == 403
    done(hub, "sign", "approved", by="a")
    assert [e.assignee for e in hub.told("ticket.assigned")] == ["a", "b"]
    done(hub, "sign", "approved", by="b")
    assert waiting(hub) == ["after"]


def test_handed_over_and_joined_by_others(hub: World) -> None:
    """转交: another signs in one's place, who may not any more. 加签: one more is asked, and all have to approve."""
    hire(hub, "a", "b", "c", "d")
    publish(hub, signed("all", "a", "b"), AFTER)
    path = f"/tickets/{opened(hub)}/nodes/sign"
    by_a = as_("agent", sub="a", region="base")
    assert hub.call("POST", f"{path}/delegate", {"to": "c"}, as_=by_a).json["visits"][0]["awaits"] == ["c", "b"]
    assert hub.call("POST", f"{path}/delegate", {"to": "c"}, as_=by_a).status == 403
    assert done(hub, "sign", "approved", by="a").status == 403
    by_b = as_("agent", sub="b", region="base")
    added = hub.call("POST", f"{path}/signers", {"people": ["d", "b"]}, as_=by_b)
    assert added.json["visits"][0]["awaits"] == ["c", "b", "d"]
    for person in ("c", "b"):
        done(hub, "sign", "approved", by=person)
    assert waiting(hub) == ["sign"]
    done(hub, "sign", "approved", by="d")
    assert waiting(hub) == ["after"]


# Times and events.


def test_whichever_comes_first_an_event_or_the_time(hub: World) -> None:
    """A wait for an event ends with it, or when its time is up; what comes after that changes nothing."""
    wait = {
        "id": "parts",
        "kind": "wait_for",
        "event": "parts_arrived",
        "seconds": 3600,
        "next": "fit",
        "otherwise": "ask",
    }
    fit = {"id": "fit", "kind": "human", "outcomes": {"ok": "closed"}}
    ask = {"id": "ask", "kind": "human", "outcomes": {"ok": "closed"}}
    publish(hub, wait, fit, ask)
    first = opened(hub)
    told = hub.call("POST", f"/tickets/{first}/tell", {"event": "parts_arrived"})
    assert (told.status, waiting(hub)) == (200, ["fit"])
    assert hub.call("POST", f"/tickets/{first}/tell", {"event": "parts_arrived"}).status == 409

    hub.clock.advance(seconds=1)
    second = opened(hub)
    sleeper = next(name for name in hub.machines.escalations if name.startswith(second))
    hub.sleep_until_done(sleeper, T0 + timedelta(days=1))
    assert (waiting(hub), hub.clock.now) == (["ask"], T0 + timedelta(hours=1, seconds=1))
    assert hub.call("POST", f"/tickets/{second}/tell", {"event": "parts_arrived"}).status == 409


def test_a_person_who_does_not_answer_in_time(hub: World) -> None:
    """A node with a time of its own takes its way when that is up, by nobody; and not when it was answered."""
    ask = {
        "id": "ask",
        "kind": "human",
        "outcomes": {"ok": "closed", "late": "chase"},
        "timeout": {"seconds": 1800, "outcome": "late"},
    }
    publish(hub, ask, {"id": "chase", "kind": "human", "outcomes": {"ok": "closed"}})
    opened(hub)
    (sleeper,) = [name for name in hub.machines.escalations if "vis_" in name]
    hub.sleep_until_done(sleeper, T0 + timedelta(minutes=29))
    assert waiting(hub) == ["ask"]
    hub.machines.wakes_at[sleeper] = T0 + timedelta(minutes=30)
    hub.sleep_until_done(sleeper, T0 + timedelta(days=1))
    assert (waiting(hub), hub.ticket()["visits"][0]["actor"]) == (["chase"], "system")
    assert hub.ticket()["acknowledged_at"] is None


def test_a_flow_calls_another_as_a_ticket_of_its_own(hub: World) -> None:
    """The child is about the same customer and place, and its outcome is the way that its parent goes."""
    call = {"id": "call", "kind": "call", "type": "repair", "outcomes": {"done": "closed"}, "next": "ask"}
    publish(hub, call, {"id": "ask", "kind": "human", "outcomes": {"ok": "closed"}})
    parent = opened(hub)
    (child,) = [each for each in hub.ids() if each != parent]
    assert (hub.ticket(child)["customer_id"], hub.ticket(child)["parent_id"]) == ("cus_1", parent)
    assert hub.call("POST", f"/tickets/{child}/close", {"outcome": "done"}).status == 200
    assert hub.ticket(parent)["state"] == "closed"
    assert [(v["node"], v["outcome"]) for v in hub.ticket(parent)["visits"]] == [("call", "done"), ("closed", "done")]


def test_a_flow_costs_few_transitions(hub: World) -> None:
    """Three nodes without a rung: seven state transitions with the escalation; with three rungs thirteen."""
    for rungs, most in ((0, 7), (3, 13)):
        hub.machines.flows.clear()
        assert hub.call("POST", "/flows/repair/publish", {}).status == 200
        hub.clock.advance(seconds=1)
        ticket = hub.call("POST", "/tickets", {**BODY, "type": "repair"}).json["id"]
        wakes = 1
        if rungs:
            name, wakes = f"{ticket}-1-g1", 0
            while name in hub.machines.wakes_at:
                wakes += 1
                hub.clock.now = hub.machines.wakes_at.pop(name)
                state = app.steps({**hub.machines.escalations[name], "op": "wake", "wakes": wakes}, Context())
                hub.settle()
                if state["next"] == "again":
                    hub.machines.wakes_at[name] = hub.clock.now + timedelta(seconds=state["wait_seconds"])
        assert len(hub.ticket(ticket)["rungs"]) == rungs
        for node, body in (
            ("accept", {"outcome": "accepted"}),
            ("service", {"outcome": "done", "fields": {"labour_amount": "0.00"}}),
        ):
            path = f"/tickets/{ticket}/nodes/{node}/complete"
            assert hub.call("POST", path, body).status == 200
        execution = hub.machines.flows[f"{ticket}-1"]
        assert (execution.ended, execution.transitions) == ("SUCCEEDED", 3)
        sleeps_wakes_and_choices, at_the_end = 3 * wakes, 1
        assert execution.transitions + sleeps_wakes_and_choices + at_the_end <= most
