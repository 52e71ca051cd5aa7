"""No ticket sleeps for good: what a lost start, a dead execution or a colleague who left held up goes on by itself."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

import pytest

from functions.tickets import app
from functions.tickets.handlers.sweep import sweep_tickets
from functions.tickets.tables import LOOK
from hub.store.due import due_by
from tests.support.http import Context
from tests.support.tickets import T0, Execution, World, as_, world

LADDER = ["agent", "supervisor", "team"]


@pytest.fixture
def hub() -> Iterator[World]:
    with world() as made:
        made.hire("li", supervisor="chen")
        made.hire("zhao")
        made.hire("chen", role="supervisor", region="base")
        made.hire("wang", role="store_manager", region="310101", store_id="s1", wecom_userid="WangStore", skills=())
        yield made


@pytest.fixture
def ticket(hub: World) -> Any:
    hub.say("冰柜不制冷", sender_id="WangStore")
    return hub.ticket()


@dataclass
class Counting:
    """A client that notes what it is asked for."""

    client: Any
    calls: list[str]

    def __getattr__(self, name: str) -> Any:
        self.calls.append(name)
        return getattr(self.client, name)


def due_tickets(hub: World, **later: float) -> list[str]:
    """The tickets that a sweep would find so much after the beginning."""
    items = app.room.desk.items
    keys = due_by(items.table, items.tenant, LOOK, T0 + timedelta(**later), 1000)
    return [pk.rpartition("#")[2] for pk, sk in keys if sk == "ticket"]


def sweep(hub: World, **later: float) -> None:
    hub.clock.advance(**later)
    app.sweep({}, Context())
    hub.settle()


def complete(hub: World, node: str, outcome: str) -> Any:
    path = f"/tickets/{hub.ticket()['id']}/nodes/{node}/complete"
    fields = {"fields": {"labour_amount": "10.00"}} if node == "service" else {}
    answer = hub.call("POST", path, {"outcome": outcome} | fields, as_=as_("supervisor", sub="chen", region="base"))
    assert answer.status == 200
    return answer.json


def fired(hub: World) -> list[str]:
    return [event.rung for event in hub.told("rung.fired")]


def test_a_healthy_ticket_is_left_alone(hub: World, ticket: Any) -> None:
    """While a person has it and nothing is overdue, sweeps change nothing."""
    hub.call("POST", f"/tickets/{ticket['id']}/acknowledge", {}, as_=as_("engineer", sub="li"))
    before = hub.ticket() | {"clocks": None}
    for _ in range(3):
        sweep(hub, hours=7)
    assert hub.ticket() | {"clocks": None} == before
    assert (len(hub.machines.flows), len(hub.machines.escalations)) == (1, 1)


def test_a_flow_that_never_started(hub: World) -> None:
    """Its start lies in the dead-letter queue: the sweep starts that very run, minutes later, once."""
    hub.machines.lost = 1
    hub.say("冰柜不制冷", sender_id="WangStore")
    assert (hub.ticket()["visits"], list(hub.machines.flows)) == ([], [])

    sweep(hub, minutes=1)
    assert list(hub.machines.flows) == []
    for _ in range(2):
        sweep(hub, minutes=5)
    assert list(hub.machines.flows) == [f"{hub.ticket()['id']}-1"]
    assert (hub.ticket()["assignee"], hub.ticket()["visits"][-1]["node"]) == ("li", "accept")


def test_a_flow_that_died_before_its_first_node(hub: World) -> None:
    """The name of a run is used once: when it started and came to nothing, the next run begins anew."""
    hub.machines.lost = 1
    hub.say("冰柜不制冷", sender_id="WangStore")
    name = f"{hub.ticket()['id']}-1"
    hub.machines.flows[name] = Execution({}, {}, hub.clock, ended="States.Runtime")

    sweep(hub, minutes=30)
    assert hub.ticket()["run"] == 1
    sweep(hub, minutes=30)
    assert (hub.ticket()["run"], hub.ticket()["visits"][-1]["node"]) == (2, "accept")


def test_rungs_of_a_dead_escalation(hub: World, ticket: Any) -> None:
    """Whoever should have woken is gone: the rung is fired by the sweep, minutes late, once, and the next generation
    fires the others at their second."""
    hub.machines.escalations.clear()

    sweep(hub, hours=2, minutes=1)
    assert fired(hub) == []
    sweep(hub, minutes=2)
    assert fired(hub) == LADDER[:1]
    assert list(hub.machines.escalations) == [f"{ticket['id']}-1-g2"]
    hub.sleep_until_done(f"{ticket['id']}-1-g2", T0 + timedelta(days=1))
    assert fired(hub) == LADDER
    assert [rung["fired_at"] == rung["due_at"] for rung in hub.ticket()["rungs"]] == [False, True, True]


def test_a_run_that_died_after_its_node(hub: World, ticket: Any) -> None:
    """A visit ended and nobody went on: a new run resumes at the node that follows, and the old one writes nothing."""
    (dead,) = hub.machines.flows.values()
    dead.ended, dead.token = "States.Runtime", ""
    complete(hub, "accept", "accepted")

    sweep(hub, minutes=30)
    assert hub.ticket()["run"] == 1
    sweep(hub, minutes=30)

    assert hub.ticket()["run"] == 2
    assert [(v["node"], v["outcome"]) for v in hub.ticket()["visits"]][-1] == ("service", "")
    stale = {"op": "finish", "ticket": ticket["id"], "run": 1, "node": "closed", "previous": ""}
    with pytest.raises(Exception, match="run is over"):
        app.steps(stale, Context())
    complete(hub, "service", "done")
    assert hub.ticket()["state"] == "closed"
    assert len(hub.told("ticket.closed")) == 1


def test_the_new_run_has_a_clock(hub: World, ticket: Any) -> None:
    """The ladder belongs to the ticket, not to the run: what is not yet due falls due in the new one."""
    (dead,) = hub.machines.flows.values()
    dead.ended, dead.token = "States.Runtime", ""
    complete(hub, "accept", "declined")
    sweep(hub, hours=1)
    assert (hub.ticket()["run"], hub.ticket()["assignee"]) == (2, "zhao")

    hub.sleep_until_done(f"{ticket['id']}-2-g1", T0 + timedelta(days=1))
    assert fired(hub) == LADDER


def test_whose_assignee_left(hub: World, ticket: Any) -> None:
    """Work that waits for somebody who has left goes to their supervisor, who is told; again changes nothing."""
    assert ticket["assignee"] == "li"
    hub.hire("li", supervisor="chen", active=False, version=2)

    sweep(hub, minutes=5)
    sweep(hub, minutes=5)

    assert (hub.ticket()["assignee"], hub.ticket()["visits"][-1]["assignee"]) == ("chen", "chen")
    assert [event.assignee for event in hub.told("ticket.assigned")] == ["li", "chen"]


def test_that_nobody_had() -> None:
    """With nobody there a ticket waits unassigned; the first supervisor who comes gets it."""
    with world() as hub:
        hub.say("冰柜不制冷")
        sweep(hub, minutes=5)
        assert hub.ticket()["assignee"] == ""

        hub.hire("chen", role="supervisor", region="base")
        sweep(hub, minutes=5)
        assert hub.ticket()["assignee"] == "chen"
        assert [event.assignee for event in hub.told("ticket.assigned")] == ["chen"]


def test_a_closed_ticket_is_not_looked_at(hub: World, ticket: Any) -> None:
    """An open ticket is due two minutes after its first rung, and a closed one never."""
    assert due_tickets(hub, hours=2, minutes=1) == []
    assert due_tickets(hub, hours=2, minutes=2) == [ticket["id"]]
    complete(hub, "accept", "accepted")
    complete(hub, "service", "done")
    assert due_tickets(hub, days=30) == []


def test_a_sweep_that_finds_nothing_due_reads_no_ticket(hub: World) -> None:
    """With twenty healthy tickets it asks four shards what is due, and when the next thing is, and reads no item."""
    for number in range(20):
        hub.call("POST", "/tickets", {"type": "consult", "customer_id": f"cus_{number}", "region": "310101"})
    sweep(hub, minutes=5)
    calls: list[str] = []
    counted = replace(app.room.desk.items.table, client=Counting(app.room.desk.items.table.client, calls))
    desk = replace(app.room.desk, items=replace(app.room.desk.items, table=counted))
    sweep_tickets(desk, hub.clock.now)
    assert calls == ["query"] * 8


def test_a_sweep_says_when_something_is_due_next(hub: World, ticket: Any) -> None:
    """Two minutes after the first rung of the only ticket: a stepped clock leaves out every sweep before."""
    sweep(hub, minutes=5)
    assert sweep_tickets(app.room.desk, hub.clock.now) == T0 + timedelta(hours=2, minutes=2)


def test_a_left_colleagues_work_stays_due_until_somebody_can_take_it(hub: World, ticket: Any) -> None:
    """With no supervisor there the sweep comes back to it, and the first who comes gets it."""
    hub.hire("chen", role="supervisor", region="base", active=False, version=2)
    hub.hire("li", active=False, version=2)
    sweep(hub, minutes=5)
    assert hub.ticket()["assignee"] == "li"
    hub.hire("wu", role="supervisor", region="base")
    sweep(hub, minutes=5)
    assert hub.ticket()["assignee"] == "wu"
