"""An execution that died is found by what Step Functions says of it: its ticket goes on at once, and nothing twice."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import pytest

from functions.tickets import app
from functions.tickets.handlers.effects import follow
from hub.contracts.events import ExecutionFailed
from hub.edge.bus import Change
from tests.support.aws import TENANT
from tests.support.http import Context
from tests.support.tickets import T0, World, as_, world

TITLE = {"zh": "节点", "en": "Node"}
BRANCHED: dict[str, Any] = {
    "key": "repair",
    "title": TITLE,
    "ladder": "repair",
    "start": "dispatch",
    "nodes": [
        {"id": "dispatch", "title": TITLE, "kind": "action", "action": "assign", "next": "both"},
        {"id": "both", "title": TITLE, "kind": "parallel", "branches": ["left", "right"], "next": "closed"},
        {"id": "left", "title": TITLE, "kind": "human", "outcomes": {"done": "after"}},
        {"id": "after", "title": TITLE, "kind": "wait", "seconds": 60, "next": "join"},
        {"id": "right", "title": TITLE, "kind": "human", "outcomes": {"done": "join"}},
        {"id": "closed", "title": TITLE, "kind": "end", "outcome": "done"},
    ],
}
CHEN = as_("supervisor", sub="chen", region="base")


@pytest.fixture
def hub() -> Iterator[World]:
    with world() as made:
        made.hire("li", supervisor="chen")
        made.hire("chen", role="supervisor", region="base")
        made.hire("wang", role="store_manager", region="310101", store_id="s1", wecom_userid="WangStore", skills=())
        yield made


@pytest.fixture
def ticket(hub: World) -> Any:
    hub.say("冰柜不制冷", sender_id="WangStore")
    return hub.ticket()


def fail(hub: World, execution: str, status: str = "FAILED") -> None:
    """Its execution ended badly, and the rule told the room."""
    if execution in hub.machines.flows:
        dead = hub.machines.flows[execution]
        dead.ended, dead.token = "States.Runtime", ""
    event = {"id": f"evt_{execution}", "tenant": TENANT, "at": hub.clock.now, "execution": execution}
    hub.tell(ExecutionFailed.model_validate({**event, "status": status}))


def complete(hub: World, node: str, outcome: str, **fields: str) -> None:
    body = {"outcome": outcome} | ({"fields": fields} if fields else {})
    answer = hub.call("POST", f"/tickets/{hub.ticket()['id']}/nodes/{node}/complete", body, as_=CHEN)
    assert answer.status == 200


@pytest.mark.parametrize("status", ["FAILED", "TIMED_OUT", "ABORTED"])
def test_a_run_that_died_while_a_person_was_waited_for(hub: World, ticket: Any, status: str) -> None:
    """The next run waits for the same person at the same visit, entered when it was; nobody hears of it twice, and
    their answer goes on to the end."""
    (waiting,) = [visit for visit in ticket["visits"] if not visit["outcome"]]
    hub.clock.advance(minutes=45)
    fail(hub, f"{ticket['id']}-1", status)

    assert list(hub.machines.flows) == [f"{ticket['id']}-1", f"{ticket['id']}-2"]
    (again,) = [visit for visit in hub.ticket()["visits"] if not visit["outcome"]]
    assert (again["id"], again["entered_at"]) == (waiting["id"], waiting["entered_at"])
    complete(hub, "accept", "accepted")
    complete(hub, "service", "done", labour_amount="10.00")
    assert hub.ticket()["state"] == "closed"
    assert [event.assignee for event in hub.told("ticket.assigned")] == ["li"]
    assert len(hub.told("ticket.closed")) == 1


def test_what_was_answered_while_nobody_listened(hub: World, ticket: Any) -> None:
    """The person answers after the run died and before anybody knows: the next run takes their answer as it is."""
    hub.machines.flows[f"{ticket['id']}-1"].token = ""
    complete(hub, "accept", "accepted")
    fail(hub, f"{ticket['id']}-1")
    nodes = [(visit["node"], visit["outcome"]) for visit in hub.ticket()["visits"]]
    assert nodes == [("dispatch", "done"), ("accept", "accepted"), ("service", "")]


def test_an_older_run_means_nothing(hub: World, ticket: Any) -> None:
    """What is told late or twice of a run that is over starts no other, nor does a ticket that is closed."""
    fail(hub, f"{ticket['id']}-1")
    fail(hub, f"{ticket['id']}-1")
    assert hub.ticket()["run"] == 2
    complete(hub, "accept", "accepted")
    complete(hub, "service", "done", labour_amount="10.00")
    fail(hub, f"{ticket['id']}-2")
    assert list(hub.machines.flows) == [f"{ticket['id']}-1", f"{ticket['id']}-2"]


def test_what_fails_again_where_it_was_resumed(hub: World, ticket: Any) -> None:
    """It is not resumed at once for ever: the second time it is the sweep's, three quarters of an hour later."""
    fail(hub, f"{ticket['id']}-1")
    hub.clock.advance(minutes=1)
    fail(hub, f"{ticket['id']}-2")
    assert hub.ticket()["run"] == 2
    complete(hub, "accept", "accepted")
    hub.clock.advance(minutes=46)
    app.sweep({}, Context())
    hub.settle()
    assert (hub.ticket()["run"], hub.ticket()["visits"][-1]["node"]) == (3, "service")


def test_a_dead_escalation_fires_at_its_second(hub: World, ticket: Any) -> None:
    """Ladder of two, two and a half and three hours; its execution dies after 45 minutes: the next generation fires
    all three when they are due."""
    hub.clock.advance(minutes=45)
    fail(hub, f"{ticket['id']}-1-g1")
    assert list(hub.machines.escalations) == [f"{ticket['id']}-1-g1", f"{ticket['id']}-1-g2"]
    hub.sleep_until_done(f"{ticket['id']}-1-g2", T0 + timedelta(days=1))
    rungs = hub.ticket()["rungs"]
    assert len(rungs) == 3
    assert all(rung["fired_at"] == rung["due_at"] for rung in rungs)


def test_healing_is_not_a_new_hour(hub: World) -> None:
    """Ladder of one hour and one and a half; entered 10:00, the escalation dies unseen, mended 11:40: both rungs fire
    once, in order, as of 11:00 and 11:30; the visit is the one of 10:00, the ticket open; mended again nothing fires,
    and nothing does at 12:40."""
    steps = [
        {"id": "supervisor", "after_seconds": 3600, "audience": "supervisor"},
        {"id": "team", "after_seconds": 5400, "audience": "team"},
    ]
    document = {"title": TITLE, "steps": steps}
    published = hub.call("POST", "/tickets/ladders/repair/publish", {"document": document})
    assert published.status == 200
    hub.say("冰柜不制冷", sender_id="WangStore")
    entered = hub.ticket()["visits"]
    hub.machines.escalations.clear()

    for minutes in (100, 0, 60):
        hub.clock.advance(minutes=minutes)
        app.sweep({}, Context())
        hub.settle()
        rungs = [(rung["rung"], rung["due_at"], rung["fired_at"]) for rung in hub.ticket()["rungs"]]
        assert rungs == [
            ("supervisor", "2026-11-20T19:00:00Z", "2026-11-20T19:40:00Z"),
            ("team", "2026-11-20T19:30:00Z", "2026-11-20T19:40:00Z"),
        ]
    assert [event.rung for event in hub.told("rung.fired")] == ["supervisor", "team"]
    assert [(v["id"], v["entered_at"]) for v in hub.ticket()["visits"]] == [(v["id"], v["entered_at"]) for v in entered]
    assert hub.ticket()["state"] == "open"


# Inside a branch.


@dataclass
class Parked:
    """A task of the machine that waits for its token, and what it was answered."""

    token: str
    output: dict[str, Any] = field(default_factory=dict)

    def find(self, token: str) -> Parked | None:
        return self if token == self.token else None

    def join(self, _: object) -> None:
        """It has no branches."""

    def answer(self, output: Mapping[str, Any], _: object) -> None:
        self.output = {name: output[name] for name in ("ticket", "run", "visit", "edge")}


@dataclass
class Steps:
    """A ticket whose run forks: what its machine would ask is asked by hand."""

    hub: World
    ticket_id: str
    run: int = 1

    def ask(self, op: str, node: str, previous: str, **more: Any) -> dict[str, Any]:
        payload = {"op": op, "ticket": self.ticket_id, "run": self.run, "node": node, "previous": previous}
        answer: dict[str, Any] = app.steps(payload | more, Context())
        self.hub.settle()
        return answer

    def enter(self, node: str, previous: str) -> tuple[str, Parked]:
        """The visit, and the task that waits for it."""
        task = Parked(f"token-{node}-{self.run}")
        self.hub.machines.flows[task.token] = task  # type: ignore[assignment]
        visit = self.ask("enter", node, previous, token=task.token, entered=f"{self.run}")["visit"]
        return visit, task

    def resumed(self) -> tuple[int, str, str]:
        """The run that the failure began, and where."""
        fail(self.hub, f"{self.ticket_id}-{self.run}")
        ticket = app.room.desk.tickets.case(self.ticket_id).ticket
        self.run = ticket.run
        return ticket.run, ticket.resume_at, ticket.resume_after


@pytest.fixture
def steps(hub: World) -> Steps:
    assert hub.call("POST", "/flows/repair/publish", {"document": BRANCHED}).status == 200
    hub.machines.lost = 100
    hub.say("冰柜不制冷", sender_id="WangStore")
    return Steps(hub, hub.ticket()["id"])


def test_a_run_that_died_inside_a_branch(hub: World, steps: Steps) -> None:
    """One branch was done, one waits for a person: the next run forks again, takes what was done as it is, waits by
    the same visit, and joins; no visit is made twice."""
    before = steps.ask("act", "dispatch", "")["visit"]
    left, task = steps.enter("left", before)
    right, _ = steps.enter("right", before)
    complete(hub, "left", "done")
    assert task.output["edge"] == "done"

    assert steps.resumed() == (2, "both", before)
    again, task = steps.enter("left", before)
    assert (again, task.output) == (left, {"ticket": steps.ticket_id, "run": 2, "visit": left, "edge": "done"})
    waited = steps.ask("wait", "after", left)
    assert (waited["run"], waited["edge"], waited["wait_seconds"]) == (2, "elapsed", 60)
    again, task = steps.enter("right", before)
    assert (again, task.output) == (right, {})
    complete(hub, "right", "done")
    assert task.output == {"ticket": steps.ticket_id, "run": 2, "visit": right, "edge": "done"}
    joined = steps.ask("join", "both", before, edges=["elapsed", "done"])
    steps.ask("finish", "closed", joined["visit"])
    visits = [(visit["node"], visit["outcome"]) for visit in hub.ticket()["visits"]]
    assert (hub.ticket()["state"], sorted(visits)) == (
        "closed",
        [
            ("after", "elapsed"),
            ("both", "joined"),
            ("closed", "done"),
            ("dispatch", "done"),
            ("left", "done"),
            ("right", "done"),
        ],
    )


def test_a_wait_inside_a_run_that_died(hub: World, steps: Steps) -> None:
    """What waited until 18:01 does so in the next run, too: of its minute ten seconds are left."""
    before = steps.ask("act", "dispatch", "")["visit"]
    left, _ = steps.enter("left", before)
    complete(hub, "left", "done")
    steps.ask("wait", "after", left)
    hub.clock.advance(seconds=50)
    assert steps.resumed() == (2, "both", before)
    assert steps.ask("wait", "after", left)["wait_seconds"] == 10


def test_a_parallel_that_failed_is_forked_again(hub: World, steps: Steps) -> None:
    """A branch failed for good and failed the run: the next run forks anew, and this time the join holds."""
    before = steps.ask("act", "dispatch", "")["visit"]
    right, _ = steps.enter("right", before)
    complete(hub, "right", "done")
    assert steps.ask("join", "both", before, edges=["failed", "done"])["edge"] == "failed"

    assert steps.resumed() == (2, "both", before)
    left, _ = steps.enter("left", before)
    complete(hub, "left", "done")
    steps.ask("wait", "after", left)
    assert steps.enter("right", before)[1].output["visit"] == right
    assert steps.ask("join", "both", before, edges=["elapsed", "done"])["edge"] == "joined"


COUPON: dict[str, Any] = {
    "key": "repair",
    "title": TITLE,
    "ladder": "repair",
    "start": "give",
    "nodes": [
        {"id": "give", "title": TITLE, "kind": "action", "action": "issue_coupon", "next": "closed",
         "params": {"campaign": "sorry", "strategy": "coupon"}},
        {"id": "closed", "title": TITLE, "kind": "end", "outcome": "done"},
    ],
}  # fmt: skip


def test_a_coupon_of_a_cancelled_ticket_is_wanted_by_nobody(hub: World) -> None:
    """The stream brings the action's visit late, or again: the ticket is cancelled by then, and the customer gets no
    coupon of it; while it waits, however often it comes, the same one."""
    assert hub.call("POST", "/flows/repair/publish", {"document": COUPON}).status == 200
    ticket = hub.call("POST", "/tickets", {"type": "repair", "customer_id": "cus_1", "region": "310101"}).json["id"]
    items = app.room.desk.items
    (record,) = items.all_of(f"ticket#{ticket}", "visit#", 10)
    late = Change("tickets", "INSERT", str(record.item["pk"]), str(record.item["sk"]), record.item, None)
    assert [event.type for event in follow(app.room.desk, late)].count("coupon.wanted") == 1  # type: ignore[attr-defined]
    assert hub.call("POST", f"/tickets/{ticket}/cancel", {}, as_=CHEN).status == 200
    assert [event.type for event in follow(app.room.desk, late)].count("coupon.wanted") == 0  # type: ignore[attr-defined]
