"""A repair on its way: dispatched, accepted, done, closed; each step once, whoever brings it about."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from functions.tickets import app
from functions.tickets.handlers.effects import follow
from hub.edge.bus import Change
from tests.support.http import Context
from tests.support.tickets import T0, World, as_, world

REPORT = {
    "labour_minutes": 40,
    "labour_amount": "80.00",
    "parts": [{"sku": "BX-3-FAN", "quantity": 1, "amount": "35.50"}],
    "travel_km": 12,
    "travel_amount": "24.00",
}


@pytest.fixture
def hub() -> Iterator[World]:
    with world() as made:
        made.hire("li", wecom_userid="LiWei")
        made.hire("zhao")
        made.hire("chen", role="supervisor", region="base")
        made.hire("wang", role="store_manager", region="310101", store_id="s1", wecom_userid="WangStore", skills=())
        yield made


@pytest.fixture
def ticket(hub: World) -> Any:
    hub.say("冰柜不制冷", sender_id="WangStore")
    return hub.ticket()


def waiting(ticket: Any) -> Any:
    (visit,) = [visit for visit in ticket["visits"] if not visit["outcome"]]
    return visit


def complete(
    hub: World, ticket: Any, node: str, outcome: str, sub: str, fields: Any = None, role: str = "engineer"
) -> Any:
    body = {"outcome": outcome} | ({"fields": fields} if fields else {})
    return hub.call("POST", f"/tickets/{ticket['id']}/nodes/{node}/complete", body, as_=as_(role, sub=sub))


def test_repair_from_message_to_settlement(hub: World, ticket: Any) -> None:
    """An engineer is dispatched, accepts by card, reports the work; the ticket closes and says what it cost, once."""
    assert (ticket["assignee"], ticket["team"]) == ("li", "cold")
    (assigned,) = hub.told("ticket.assigned")
    assert (assigned.assignee, assigned.visit_id) == ("li", waiting(ticket)["id"])

    hub.clock.advance(minutes=5)
    hub.tell(hub.tap("LiWei", f"{ticket['id']}@{waiting(ticket)['id']}", "accept"))
    hub.clock.advance(minutes=50)
    assert complete(hub, ticket, "service", "done", "li", REPORT).status == 200

    closed = hub.ticket(ticket["id"])
    assert (closed["state"], closed["outcome"], closed["accepted_at"]) == ("closed", "done", "2026-11-20T18:05:00Z")
    assert [(v["node"], v["outcome"], v["actor"]) for v in closed["visits"]] == [
        ("dispatch", "done", "system"),
        ("accept", "accepted", "li"),
        ("service", "done", "li"),
        ("closed", "done", "system"),
    ]
    (event,) = hub.told("ticket.closed")
    assert (event.labour_minor, event.parts_minor, event.travel_minor) == (8000, 3550, 2400)
    assert (event.assignee, event.customer_id, event.region, event.store_id) == ("li", "cus_1", "310101", "s1")
    assert len(hub.told("ticket.assigned")) == 1
    assert [execution.ended for execution in hub.machines.flows.values()] == ["SUCCEEDED"]


def test_decline_goes_to_somebody_else(hub: World, ticket: Any) -> None:
    """Who declines is not asked again; the next one gets the ticket and a notice of their own."""
    assert complete(hub, ticket, "accept", "declined", "li").status == 200

    now = hub.ticket(ticket["id"])
    assert (now["assignee"], waiting(now)["assignee"]) == ("zhao", "zhao")
    assert [event.assignee for event in hub.told("ticket.assigned")] == ["li", "zhao"]
    assert now["acknowledged_at"] is None


def test_fewest_open_tickets_first(hub: World) -> None:
    """Work goes to whoever has least of it, and a closed ticket no longer counts."""
    for n in range(3):
        hub.clock.advance(seconds=1)
        hub.say("冰柜不制冷", f"msg_{n}", customer_id=f"cus_{n}", sender_id="WangStore")
    first, second, third = reversed(hub.tickets())
    assert [first["assignee"], second["assignee"], third["assignee"]] == ["li", "zhao", "li"]

    for one in (first, third):
        complete(hub, one, "accept", "accepted", "li")
        complete(hub, one, "service", "done", "li", REPORT)
    hub.clock.advance(seconds=1)
    hub.say("冰柜不制冷", "msg_9", customer_id="cus_9", sender_id="WangStore")
    assert hub.ticket()["assignee"] == "li"


def test_only_who_is_on_duty(hub: World) -> None:
    """A roster of the team decides who is asked at night."""
    hub.roster("cold", ("zhao", T0 - timedelta(hours=1), T0 + timedelta(hours=6)))
    hub.clock.advance(seconds=6)  # people and rosters are cached for five seconds

    hub.say("冰柜不制冷", sender_id="WangStore")

    assert hub.ticket()["assignee"] == "zhao"


def test_nobody_fits(hub: World) -> None:
    """Where no engineer fits, the supervisor gets the ticket and the flow goes on."""
    hub.hire("wu", role="store_manager", region="440300", wecom_userid="WuStore", skills=())
    hub.clock.advance(seconds=6)

    hub.say("冰柜不制冷", sender_id="WuStore")

    assert (hub.ticket()["region"], hub.ticket()["assignee"]) == ("440300", "chen")


def test_nobody_at_all() -> None:
    """Without anybody to dispatch to the flow does not fail: the visit waits, and the trail says why."""
    with world() as hub:
        hub.say("冰柜不制冷")
        ticket = hub.ticket()

        assert (ticket["assignee"], waiting(ticket)["node"]) == ("", "accept")
        assert "nobody to dispatch to" in [e["what"] for e in hub.timeline(ticket["id"])["entries"]]

        hub.hire("li", region="base")
        hub.clock.advance(seconds=6)
        hub.call("POST", f"/tickets/{ticket['id']}/assign", {"person_id": "li"})
        assert waiting(hub.ticket())["assignee"] == "li"
        assert [(e.assignee, e.visit_id) for e in hub.told("ticket.assigned")] == [("li", waiting(ticket)["id"])]


def test_a_question_waits_for_the_supervisor(hub: World) -> None:
    """A consult has one node: the supervisor answers, and it is closed."""
    hub.say("请问几点开门")
    ticket = hub.ticket()

    assert (ticket["type"], ticket["assignee"], waiting(ticket)["node"]) == ("consult", "chen", "answer")
    assert [(e.assignee, e.visit_id) for e in hub.told("ticket.assigned")] == [("chen", waiting(ticket)["id"])]


@pytest.mark.parametrize(("member", "key"), [("Mallory", "accepted"), ("LiWei", "approved"), ("zhao", "accept")])
def test_refused_tap(hub: World, ticket: Any, member: str, key: str) -> None:
    """A tap of anybody but the visit's assignee, or of a button that the node does not have, only leaves a trace."""
    tap = hub.tap(member, f"{ticket['id']}@{waiting(ticket)['id']}", key)

    hub.tell(tap, tap)

    after = hub.ticket(ticket["id"])
    assert after["visits"] == ticket["visits"]
    assert [e["what"] for e in hub.timeline(ticket["id"])["entries"]].count("refused tap") == 1


def test_tapping_twice_counts_once(hub: World, ticket: Any) -> None:
    """The assignee's second tap on the same button does nothing and is no offence."""
    task = f"{ticket['id']}@{waiting(ticket)['id']}"
    hub.tell(hub.tap("LiWei", task, "accept"), hub.tap("LiWei", task, "accept", number=2))

    said = [e["what"] for e in hub.timeline(ticket["id"])["entries"]]
    assert (said.count("completed"), said.count("refused tap")) == (1, 0)


def test_accepting_a_question(hub: World) -> None:
    """接单 on a node with nothing to accept takes the matter up, and the visit goes on waiting; again adds nothing."""
    hub.say("请问几点开门")
    task = f"{hub.ticket()['id']}@{waiting(hub.ticket())['id']}"

    hub.tell(hub.tap("chen", task, "accept"), hub.tap("chen", task, "accept", number=2))

    assert hub.ticket()["acknowledged_at"] == "2026-11-20T18:00:00Z"
    assert waiting(hub.ticket())["node"] == "answer"
    said = [e["what"] for e in hub.timeline(hub.ticket()["id"])["entries"]]
    assert (said.count("acknowledged"), said.count("refused tap")) == (1, 0)


def test_cards_of_others_are_ignored(hub: World) -> None:
    """A tap on a card that is none of our tickets', or of a ticket that never was, is no error."""
    hub.tell(hub.tap("LiWei", "survey-7", "yes"), hub.tap("LiWei", "tkt_01ARZ3NDEKTSV4RRFFQ69G5FAV@vis_1", "accepted"))
    assert hub.tickets() == []


def test_who_may_complete(hub: World, ticket: Any) -> None:
    """The visit's assignee, a supervisor or an administrator; for anybody else 403."""
    assert complete(hub, ticket, "accept", "accepted", "zhao").status == 403
    assert complete(hub, ticket, "accept", "accepted", "chen", role="supervisor").status == 200


def test_a_node_that_does_not_wait(hub: World, ticket: Any) -> None:
    """Completing a node that has ended, or is not reached, is 409 and says what does wait."""
    refused = complete(hub, ticket, "service", "done", "li", REPORT)
    assert (refused.status, refused.json["facts"]["waiting"]) == (409, "accept")

    complete(hub, ticket, "accept", "accepted", "li")
    assert complete(hub, ticket, "accept", "accepted", "li").status == 409


def test_wrong_answers_are_named(hub: World, ticket: Any) -> None:
    """An outcome that the node lacks and a required field that is missing are named by JSON pointer."""
    wrong = complete(hub, ticket, "accept", "maybe", "li")
    assert (wrong.status, [e["pointer"] for e in wrong.json["errors"]]) == (422, ["/outcome"])

    complete(hub, ticket, "accept", "accepted", "li")
    empty = complete(hub, ticket, "service", "done", "li")
    assert [e["pointer"] for e in empty.json["errors"]] == ["/fields/labour_amount"]
    negative = complete(hub, ticket, "service", "done", "li", REPORT | {"travel_amount": "-1.00"})
    assert [e["pointer"] for e in negative.json["errors"]] == ["/fields/travel_amount"]


def test_a_step_called_twice(hub: World, ticket: Any) -> None:
    """Step Functions may call a step again: it answers what is recorded, and nothing is written twice."""
    before = hub.timeline(ticket["id"])
    dispatch = {"op": "act", "ticket": ticket["id"], "run": 1, "node": "dispatch", "previous": ""}

    first, second = app.steps(dispatch, Context()), app.steps(dispatch, Context())

    visit = ticket["visits"][0]["id"]
    place = {"ticket": ticket["id"], "run": 1, "visit": visit, "at": "dispatch", "edge": "done", "resume_at": ""}
    assert first == second == place
    assert hub.timeline(ticket["id"]) == before


def test_an_answer_before_the_token(hub: World, ticket: Any) -> None:
    """A visit that ended while a new token was on its way is signalled as soon as the token is there."""
    accept, (execution,) = waiting(ticket), hub.machines.flows.values()
    execution.token = ""  # the parked task timed out; its successor has not entered yet
    complete(hub, ticket, "accept", "accepted", "li")
    assert execution.token == ""

    execution.run(hub.machines.tokens)
    hub.settle()

    assert accept["id"] != waiting(hub.ticket())["id"]
    assert waiting(hub.ticket())["node"] == "service"


def test_an_older_run_writes_nothing(hub: World, ticket: Any) -> None:
    """A step of a run that is over is refused, by the name that the machine catches."""
    stale = {"op": "act", "ticket": ticket["id"], "run": 0, "node": "dispatch", "previous": ""}
    before = hub.timeline(ticket["id"])
    with pytest.raises(Exception, match="run is over") as refused:
        app.steps(stale, Context())
    assert type(refused.value).__name__ == "Conflict"
    assert hub.timeline(ticket["id"]) == before


def test_the_stream_may_repeat_itself(hub: World, ticket: Any) -> None:
    """Every change told again has the same names and ids, so nobody does anything twice."""
    seen, hub.seen = hub.seen, {}
    events = {event.id for event in hub.emitted}
    flows = list(hub.machines.flows)
    hub.settle()

    assert {event.id for event in hub.emitted} == events
    assert list(hub.machines.flows) == flows
    assert len(seen) == len(hub.seen)


def test_an_image_too_large_for_the_stream(hub: World, ticket: Any) -> None:
    """When the stream leaves the images out, the item is read from the table and the same follows."""
    hub.machines.flows.clear()
    pk = f"demo#ticket#{ticket['id']}"
    follow(app.room.desk, Change("hub-demo-tickets", "MODIFY", pk, "ticket", None, None))
    assert list(hub.machines.flows) == [f"{ticket['id']}-1"]


def test_whoever_turns_it_down_has_not_taken_it_up(hub: World, ticket: Any) -> None:
    """Acknowledged and then declined, nobody has the matter in hand: the ladder goes on, from the old moment."""
    hub.call("POST", f"/tickets/{ticket['id']}/acknowledge", {}, as_=as_("engineer", sub="li"))
    assert hub.wake(f"{ticket['id']}-1-g1")["next"] == "again"
    complete(hub, ticket, "accept", "declined", "li")
    assert hub.ticket()["acknowledged_at"] is None

    hub.sleep_until_done(f"{ticket['id']}-1-g2", T0 + timedelta(days=1))
    assert [(e.rung, e.due_at) for e in hub.told("rung.fired")] == [
        ("agent", T0 + timedelta(hours=2)),
        ("supervisor", T0 + timedelta(hours=2, minutes=30)),
        ("team", T0 + timedelta(hours=3)),
    ]


def test_only_what_the_nodes_form_asks_for(hub: World, ticket: Any) -> None:
    """Costs reported where nobody asked for them would count twice: 422 names each, and nothing is written."""
    refused = complete(hub, ticket, "accept", "accepted", "li", {"labour_amount": "80.00", "travel_km": 3})
    assert (refused.status, [e["pointer"] for e in refused.json["errors"]]) == (
        422,
        ["/fields/labour_amount", "/fields/travel_km"],
    )
    unknown = complete(hub, ticket, "accept", "accepted", "li", {"mood": "good"})
    assert (unknown.status, [e["pointer"] for e in unknown.json["errors"]]) == (422, ["/fields/mood"])
    assert waiting(hub.ticket())["node"] == "accept"


def test_the_tap_of_somebody_who_left(hub: World, ticket: Any) -> None:
    """Whoever is no longer with us accepts nothing, though the card is still on their phone."""
    hub.hire("li", wecom_userid="LiWei", active=False, version=2)
    hub.clock.advance(seconds=6)
    hub.tell(hub.tap("LiWei", f"{ticket['id']}@{waiting(ticket)['id']}", "accept"))
    assert waiting(hub.ticket())["node"] == "accept"


def test_a_userid_that_is_anothers_id(hub: World, ticket: Any) -> None:
    """Somebody whose WeCom userid happens to read like our engineer's id is not our engineer."""
    hub.hire("li.na", wecom_userid="li")
    hub.clock.advance(seconds=6)
    hub.tell(hub.tap("li", f"{ticket['id']}@{waiting(ticket)['id']}", "accept"))
    assert waiting(hub.ticket())["node"] == "accept"


def test_a_dispatch_that_finds_nobody_goes_to_the_administrators() -> None:
    """No engineer fits and no supervisor answers for the region: an administrator hears of it, once, and the trail
    says so."""
    with world() as hub:
        hub.hire("amy", role="administrator", region="base")
        hub.say("冰柜不制冷")

        (stranded,) = hub.told("ticket.stranded")
        assert (stranded.recipients, stranded.region, stranded.ticket_type) == (("amy",), "base", "repair")
        trail = hub.timeline(hub.ticket()["id"])["entries"]
        assert [e["detail"]["recipients"] for e in trail if e["what"] == "nobody to dispatch to"] == ["amy"]
        assert (hub.ticket()["assignee"], hub.told("ticket.assigned")) == ("", [])


def test_a_ticket_tells_of_each_visit_and_of_the_work(hub: World) -> None:
    """visit.entered and visit.left of every node; work.reported by who did it: minutes, kilometres and parts."""
    hub.say("冰柜不制冷", sender_id="WangStore")
    ticket_id = hub.ticket()["id"]
    li, boss = as_("engineer", sub="li"), as_("supervisor", sub="chen", region="base")
    hub.call("POST", f"/tickets/{ticket_id}/nodes/accept/complete", {"outcome": "accepted"}, as_=li)
    parts = [{"sku": "P1", "quantity": 2, "amount": "80.00"}, {"sku": "P2", "quantity": 1, "amount": "5.50"}]
    report = {
        "labour_amount": "120.00",
        "labour_minutes": 90,
        "travel_km": 12,
        "travel_amount": "24.00",
        "parts": parts,
    }
    done = {"outcome": "done", "fields": report}
    assert hub.call("POST", f"/tickets/{ticket_id}/nodes/service/complete", done, as_=boss).status == 200

    assert {e.node for e in hub.told("visit.entered")} == {"dispatch", "accept", "service", "closed"}
    assert len(hub.told("visit.entered")) == 4
    assert {(e.node, e.outcome, e.actor) for e in hub.told("visit.left")} == {
        ("dispatch", "done", "system"),
        ("accept", "accepted", "li"),
        ("service", "done", "chen"),
        ("closed", "done", "system"),
    }
    (work,) = hub.told("work.reported")
    assert (work.person_id, work.node, work.ticket_type, work.customer_id) == ("chen", "service", "repair", "cus_1")
    assert (work.labour_minutes, work.travel_km, work.labour_minor, work.travel_minor) == (90, 12, 12000, 2400)
    assert ([(p.sku, p.quantity, p.amount_minor) for p in work.parts], work.parts_minor) == (
        [("P1", 2, 8000), ("P2", 1, 550)],
        8550,
    )


def test_the_trail_says_every_amount(hub: World) -> None:
    """What was reported stands in the entry of who reported it, and the totals in that of the close."""
    hub.say("冰柜不制冷", sender_id="WangStore")
    path = f"/tickets/{hub.ticket()['id']}/nodes"
    hub.call("POST", f"{path}/accept/complete", {"outcome": "accepted"})
    report = {"labour_amount": "120.00", "parts": [{"sku": "P1", "quantity": 2, "amount": "80.00"}]}
    hub.call("POST", f"{path}/service/complete", {"outcome": "done", "fields": report})

    trail = {e["what"]: e["detail"] for e in hub.timeline(hub.ticket()["id"])["entries"]}
    assert (trail["completed"]["labour_amount"], trail["completed"]["parts"]) == ("120.00", "P1×2=80.00")
    assert trail["closed"] == {"outcome": "done", "labour_amount": "120.00", "parts_amount": "80.00"}


def test_a_change_of_the_ticket_is_told_once(hub: World) -> None:
    """ticket.changed names what is another, and says the rest as it is; the same change again is the same event."""
    hub.say("冰柜不制冷", sender_id="WangStore")
    hub.call("POST", f"/tickets/{hub.ticket()['id']}/assign", {"person_id": "zhao"})

    last = hub.told("ticket.changed")[-1]
    assert (last.changed, last.assignee, last.state) == (("assignee",), "zhao", "open")
    told = len(hub.told("ticket.changed"))
    hub.call("POST", f"/tickets/{hub.ticket()['id']}/comment", {"text": "已联系"})
    assert len(hub.told("ticket.changed")) == told
