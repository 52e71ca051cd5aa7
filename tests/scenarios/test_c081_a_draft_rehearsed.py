"""C081: version 3 of the return flow over 1,000 historic tickets of thirty days: counts of changed outcomes and the
ten largest differences with links, at more than 1,000 times real time, and nothing is written or sent; a notice
rule's draft over a week of assignments: 21 messages in place of 42, likewise."""

from __future__ import annotations

import copy
import time
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from functions.tickets import app
from functions.tickets.ticket.lists_table import TicketLists
from functions.tickets.ticket.ticket import Case, Ticket, Visit
from functions.tickets.ticket.tickets_table import TicketTable
from hub.contracts.events import TicketClosed
from tests.support.aws import TENANT
from tests.support.http import Context, sqs_batch
from tests.support.notices import NOON, NoticeHub, beside
from tests.support.tickets import T0, World, as_, world

TICKETS, DAYS = 1000, 30
REVIEW, RECEIVE = timedelta(hours=3), timedelta(hours=1)
AUTO_LIMIT = 500
"""Yuan: what version 1 approves by itself."""


class Kept(TicketTable):
    """A month of tickets, as the table would answer them."""

    def __init__(self, desk: Any) -> None:
        super().__init__(desk.items, desk.tickets.look_at, desk.tickets.keep_time)
        self.cases = {case.ticket.id: case for case in map(history, range(TICKETS))}

    def case(self, ticket_id: str) -> Case:
        return self.cases[ticket_id]


class Listed(TicketLists):
    """The same, the newest first."""

    def page(self, query: Any, within: Any, reaches: Any, now: datetime, position: Mapping[str, Any] | None) -> Any:
        del within, reaches, now
        cases = list(app.room.desk.tickets.cases.values())[::-1]
        begin = int(position["at"]) if position else 0
        end = begin + query.limit
        return cases[begin:end], {"at": str(end)} if end < len(cases) else None


def history(number: int) -> Case:
    """One return as it went: a small one by itself, the others after three hours of review; the warehouse took one."""
    at = T0 + timedelta(days=DAYS) * number / TICKETS
    minor, ticket_id = (200 + number) * 100, f"tkt_{number:026}"
    small = minor <= AUTO_LIMIT * 100
    base: dict[str, Any] = {"ticket_id": ticket_id, "run": 1}
    passages = [("auto", "action", "approved" if small else "undecided", timedelta(0))]
    passages += [] if small else [("review", "human", "approved", REVIEW)]
    passages += [("to_warehouse", "action", "done", timedelta(0)), ("receive", "human", "received", RECEIVE)]
    visits, moment = list[Visit](), at
    for i, (node, kind, outcome, took) in enumerate(passages):
        facts = {"number": i + 1, "node": node, "kind": kind, "outcome": outcome, "edge": outcome, "entered_at": moment}
        moment += took
        who = "wu" if node == "receive" else "chen"
        visits.append(Visit(**base, **facts, id=f"vis_{number}_{i}", actor=who, left_at=moment))
    ticket = Ticket(
        id=ticket_id, type="return", priority="normal", customer_id="cus_1", region="310101", title_zh="退换货",
        title_en="Return", opened_at=at, flow_key="return", flow_version=1, ladder="basic", amount_minor=minor,
        fields={"trust": "0.90"}, state="closed", outcome="done", closed_at=moment, link=f"link{number}",
    )  # fmt: skip
    return Case(ticket, {visit.id: visit for visit in visits})


@pytest.fixture
def hub() -> Iterator[World]:
    """A shop with a month of returns behind it, worth 200 to 1,199 yuan each, and two versions more, taken back."""
    with world(publish=("return",)) as made:
        made.hire("chen", role="supervisor", region="base")
        made.hire("wu", role="agent", region="310000", teams=("warehouse",))
        made.clock.now = T0 + timedelta(days=DAYS, hours=12)
        publish(made, 2, 60_000)
        publish(made, 3, 80_000)
        assert made.call("POST", "/flows/return/revert", {"version": 1}).status == 200
        desk = app.room.desk
        listed = Listed(desk.items, desk.tickets.extent)
        app.room.install(app.room.host, replace(desk, tickets=Kept(desk), lists=listed))
        yield made


def publish(hub: World, version: int, limit_minor: int) -> None:
    """A version that approves by itself up to so much."""
    answer = hub.call("POST", "/flows/return/publish", {"document": flow(hub, limit_minor)})
    assert (answer.status, answer.json["version"]) == (200, version)


def flow(hub: World, limit_minor: int) -> Any:
    document = copy.deepcopy(hub.call("GET", "/flows/return").json["document"])
    document["nodes"][0]["params"]["when"]["amount"] = {"lte": limit_minor}
    return document


def rehearsed(hub: World, **body: Any) -> Any:
    """The job, slice by slice as the stream asks for it, to its end."""
    answer = hub.call("POST", "/flows/return/rehearse", body)
    assert (answer.status, answer.json["kind"]) == (202, "rehearsal"), answer.text
    path = f"/jobs/tickets/{answer.json['id']}"
    for _ in range(20):
        job = hub.call("GET", path).json
        if job["state"] not in ("queued", "running"):
            return job
        change = {"table": "t", "kind": "MODIFY", "pk": f"demo#job#{job['id']}", "sk": "job", "new": None, "old": None}
        assert app.on_change(sqs_batch(change), Context()) == {"batchItemFailures": []}
    raise AssertionError("the rehearsal does not end")


def test_version_3_over_a_thousand_tickets(hub: World) -> None:
    """300 returns of 501 to 800 yuan would have gone without a review: their deadline kept, three hours earlier each;
    the supervisor would have had so many tickets less. The others are as they were."""
    before, began = len(hub.emitted), time.perf_counter()
    job = rehearsed(hub, version=3, days=DAYS + 1, tickets=TICKETS)
    took = time.perf_counter() - began
    counts, ten = job["report"]["counts"], job["report"]["largest"]
    assert (job["state"], job["done"], counts["tickets"]) == ("done", TICKETS, TICKETS)
    assert (counts["outcome_changed"], counts["failed"], counts["assumed"]) == (0, 0, 0)
    assert (counts["breached.was"], counts["breached.would_be"], counts["breach_changed"]) == (699, 399, 300)
    assert (counts["sent.rung.fired.was"], counts["sent.rung.fired.would_be"]) == (699, 399)
    assert (counts["assigned.chen.was"], counts["assigned.chen.would_be"], counts["assignee_changed"]) == (
        699,
        399,
        300,
    )
    assert (counts["assigned.wu.was"], counts["assigned.wu.would_be"]) == (301, 601)
    assert (counts["sent.flow.told:refund_due.was"], counts["sent.flow.told:refund_due.would_be"]) == (1000, 1000)
    assert len(ten) == len({row["ticket_id"] for row in ten}) == 10
    for row in ten:
        assert (row["breaches"], row["seconds"], row["link"]) == (-1, -10_800, f"/tickets/{row['ticket_id']}")
        assert (row["was"]["rungs"], row["would_be"]["rungs"]) == (["supervisor"], [])
        assert hub.call("GET", row["link"]).status == 200
    assert timedelta(days=DAYS).total_seconds() / took > 1000
    assert len(hub.emitted) == before


def test_a_draft_and_what_is_in_force(hub: World) -> None:
    """A draft that is what is in force changes nothing; without a draft there is nothing to rehearse."""
    assert hub.call("POST", "/flows/return/rehearse", {}).status == 404
    assert hub.call("PUT", "/flows/return/draft", {"document": flow(hub, 50_000)}).status == 200
    job = rehearsed(hub, tickets=100)
    changed = {name: number for name, number in job["report"]["counts"].items() if name.endswith("_changed")}
    assert (job["done"], job["report"]["largest"], set(changed.values())) == (100, [], {0})


def test_a_node_that_nobody_has_passed_is_assumed(hub: World) -> None:
    """At a new node people take as long as they took at others, and the report counts whose answers nobody gave."""
    document = flow(hub, 50_000)
    title = {"zh": "拍照", "en": "Photo"}
    photo = {"id": "photo", "kind": "human", "title": title, "assignee": "supervisor", "outcomes": {"done": "receive"}}
    document["nodes"].append(photo)
    next(node for node in document["nodes"] if node["id"] == "to_warehouse")["next"] = "photo"
    assert hub.call("PUT", "/flows/return/draft", {"document": document}).status == 200
    job = rehearsed(hub, tickets=50)
    assert job["report"]["counts"]["assumed"] == 50
    assert len(job["report"]["largest"]) == 10


def test_who_may(hub: World) -> None:
    """It reads all of the tenant's tickets: only who runs the hub."""
    supervisor = as_("supervisor", sub="chen", region="base")
    assert hub.call("POST", "/flows/return/rehearse", {"version": 3}, as_=supervisor).status == 403


WORDS = {"zh": "{ticket_id}", "en": "{ticket_id}"}
RULE: dict[str, Any] = {
    "title": {"zh": "派单", "en": "Handed"},
    "event": "ticket.assigned",
    "audience": {"who": "named"},
    "words": {"title": WORDS, "text": WORDS},
    "priority": "high",
    "channels": [["wecom"]],
}
LATER = {
    "delay_seconds": 3600,
    "cancel_if": [{"event": "ticket.closed", "same": "ticket_id"}],
    "channels": [["sms"]],
}


def live_a_week(hub: NoticeHub, days: int, a_day: int) -> None:
    """Li gets six tickets a day, an hour and a half apart from noon on, and hears of each at once; every other one is
    closed after twenty minutes."""
    hub.hire("li")
    own = hub.call("GET", "/notifications/rules/ticket_assigned").json["document"]
    hub.publish("rules/ticket_assigned", {**own, "enabled": False})
    hub.publish("rules/handed", RULE)
    noon = hub.clock.now
    for number in range(days * a_day):
        day, turn = divmod(number, a_day)
        hub.until(noon + timedelta(days=day, hours=turn * 1.5))
        hub.hear(hub.assigned(f"tkt_{number:02}"))
        hub.later(minutes=20)
        if number % 2:
            facts = {"id": f"evt_{number}", "tenant": TENANT, "at": hub.clock.now, "ticket_id": f"tkt_{number:02}"}
            more = {"run": 1, "ticket_type": "repair", "outcome": "done", "customer_id": "cus_1", "region": "310000"}
            hub.hear(TicketClosed.model_validate({**facts, **more, "assignee": "li"}))
    hub.later(hours=2)


def test_a_weeks_assignments_by_the_draft_of_a_rule() -> None:
    """42 messages were sent; told an hour later, by SMS, and not of what is closed by then, 21 would be. The ten
    largest differences are tickets that were closed, each with its link."""
    with world(publish=()) as tickets, beside(tickets, "wecom", "sms_aliyun") as hub:
        hub.clock.now = NOON
        live_a_week(hub, days=7, a_day=6)
        arrived = hub.arrived()
        assert arrived["wecom"] == 42
        assert hub.call("PUT", "/notifications/rules/handed/draft", {"document": RULE | LATER}).status == 200
        began = time.perf_counter()
        report = hub.rehearsed("handed", days=7)
        took = time.perf_counter() - began
        counts, ten = report["counts"], report["largest"]
        assert report["events"] == 42 + 21
        assert (counts["messages.was"], counts["messages.would_be"]) == (42, 21)
        assert (counts["messages.wecom.was"], counts["messages.sms.would_be"]) == (42, 21)
        assert len(ten) == 10
        for row in ten:
            assert int(row["ticket_id"].removeprefix("tkt_")) % 2 == 1
            assert (len(row["was"]), row["would_be"], row["link"]) == (1, [], f"/tickets/{row['ticket_id']}")
        assert timedelta(days=7).total_seconds() / took > 1000
        assert hub.arrived() == arrived
