"""A rehearsal over tickets that went their way over HTTP: what is in force is played again as it was."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from functions.tickets import app
from functions.tickets.deadlines.deadlines import Ladder
from functions.tickets.flows.flow import RECEIVED, WaitFor
from functions.tickets.flows.preset_flows import preset_flows
from functions.tickets.flows.soundness import parse_flow
from functions.tickets.handlers.stage import perform
from functions.tickets.rehearsal.differences import largest
from functions.tickets.rehearsal.history import History, Passage
from functions.tickets.rehearsal.performance import Play, Script
from functions.tickets.ticket.ticket import Ticket
from tests.support.http import Context, sqs_batch
from tests.support.tickets import T0, World, as_, world

T = {"zh": "节点", "en": "Node"}


@pytest.fixture
def hub() -> Iterator[World]:
    with world(publish=()) as made:
        made.hire("chen", role="supervisor", region="base")
        made.hire("amy", role="agent", region="310000", teams=("night",))
        assert made.call("POST", "/flows/consult/publish", {"document": flow("supervisor")}).status == 200
        yield made


def flow(assignee: str) -> dict[str, Any]:
    """Two branches, a wait, a decision and a person: most of what a machine has."""
    nodes: list[dict[str, Any]] = [
        {"id": "fork", "kind": "parallel", "branches": ["check", "pause"], "join": "any", "next": "which"},
        {"id": "check", "kind": "human", "assignee": assignee, "outcomes": {"checked": "join", "doubted": "join"}},
        {"id": "pause", "kind": "wait", "seconds": 86_400, "next": "join"},
        {"id": "which", "kind": "decision", "otherwise": "tag",
         "edges": [{"id": "dear", "when": {"amount": {"gte": 100_000}}, "next": "answer"}]},
        {"id": "tag", "kind": "action", "action": "tag", "params": {"add": ["cheap"]}, "next": "parts"},
        {"id": "parts", "kind": "wait_for", "event": "parts", "seconds": 3600, "next": "answer", "otherwise": "closed"},
        {"id": "answer", "kind": "human", "assignee": assignee, "back": True, "outcomes": {"answered": "closed"}},
        {"id": "closed", "kind": "end", "outcome": "done"},
    ]  # fmt: skip
    document = {"key": "consult", "title": T, "ladder": "basic", "start": "fork"}
    return {**document, "nodes": [{**node, "title": T} for node in nodes]}


def opened(hub: World, amount: str) -> str:
    body = {"type": "consult", "customer_id": "cus_1", "region": "310101", "amount": amount}
    return str(hub.call("POST", "/tickets", body).json["id"])


def done(hub: World, ticket_id: str, node: str, outcome: str) -> None:
    path = f"/tickets/{ticket_id}/nodes/{node}/complete"
    answer = hub.call("POST", path, {"outcome": outcome}, as_=as_("supervisor", sub="chen", region="base"))
    assert answer.status == 200, answer.text


def said(hub: World, number: int) -> str:
    """A question of a customer of their own, opened by their message."""
    known = {ticket["id"] for ticket in hub.tickets()}
    hub.say("请问营业时间？", f"msg_{number}", customer_id=f"cus_{number}", sender_id=f"wm{number}", region="310101")
    return str(next(ticket["id"] for ticket in hub.tickets() if ticket["id"] not in known))


def rehearsed(hub: World, path: str = "/flows/consult", **body: Any) -> Any:
    answer = hub.call("POST", f"{path}/rehearse", body)
    assert answer.status == 202, answer.text
    job_id = answer.json["id"]
    for _ in range(5):
        change = {"table": "t", "kind": "MODIFY", "pk": f"demo#job#{job_id}", "sk": "job", "new": None, "old": None}
        assert app.on_change(sqs_batch(change), Context()) == {"batchItemFailures": []}
    return hub.call("GET", f"/jobs/tickets/{job_id}").json


def played(hub: World, *, by_message: bool = False) -> list[str]:
    """A dear one that is answered, a cheap one whose parts come, a cheap one whose parts don't, one that nobody has
    touched. What comes by message is cheap."""
    amounts = ("2000.00", "10.00", "10.00", "10.00")
    tickets = [said(hub, number) if by_message else opened(hub, amount) for number, amount in enumerate(amounts)]
    hub.clock.advance(minutes=10)
    for ticket_id in tickets[:3]:
        done(hub, ticket_id, "check", "checked")
    hub.clock.advance(minutes=10)
    for ticket_id in tickets[: 2 if by_message else 1]:
        assert hub.call("POST", f"/tickets/{ticket_id}/tell", {"event": "parts"}).status in (200, 409)
        done(hub, ticket_id, "answer", "answered")
    if not by_message:
        assert hub.call("POST", f"/tickets/{tickets[1]}/tell", {"event": "parts"}).status == 200
        done(hub, tickets[1], "answer", "answered")
    for sleeper in [name for name in hub.machines.wakes_at if name.startswith(tickets[2]) and "vis_" in name]:
        hub.sleep_until_done(sleeper, T0.replace(hour=23))
    return tickets


def test_what_is_in_force_is_played_as_it_was(hub: World) -> None:
    """The draft that is the version in force changes nothing, and no answer had to be assumed."""
    played(hub)
    assert hub.call("PUT", "/flows/consult/draft", {"document": flow("supervisor")}).status == 200
    job = rehearsed(hub)
    counts = job["report"]["counts"]
    assert (job["state"], job["done"], counts["tickets"]) == ("done", 4, 4)
    assert (counts["failed"], counts["assumed"], job["report"]["largest"]) == (0, 0, [])
    assert (counts["assigned.chen.was"], counts["breached.was"]) == (4, counts["breached.would_be"])


def test_another_approver_is_another_assignee(hub: World) -> None:
    """By the draft the night's team would have had them; nobody hears of it, and nothing has changed."""
    tickets = played(hub)
    before = [hub.ticket(ticket_id) for ticket_id in tickets]
    emitted = len(hub.emitted)
    assert hub.call("PUT", "/flows/consult/draft", {"document": flow("person:amy")}).status == 200
    counts = rehearsed(hub)["report"]["counts"]
    assert (counts["assigned.chen.was"], counts["assigned.amy.would_be"], counts["assignee_changed"]) == (4, 4, 4)
    assert counts["outcome_changed"] == 0
    assert [hub.ticket(ticket_id) for ticket_id in tickets] == before
    assert len(hub.emitted) == emitted


def drafted_rules(hub: World, **default: Any) -> None:
    """Rules that read whatever nothing else speaks of otherwise."""
    rules = hub.call("GET", "/tickets/rules").json["document"]
    rules["default"] |= default
    assert hub.call("PUT", "/tickets/rules/draft", {"document": rules}).status == 200


def test_drafts_of_the_ladder_and_of_the_rules(hub: World) -> None:
    """A ladder that is quicker breaches more; intake rules that make everything urgent are played: urgent tickets in
    place of normal ones, each with its link."""
    played(hub, by_message=True)
    assert hub.call("PUT", "/flows/consult/draft", {"document": flow("supervisor")}).status == 200
    ladder = {"title": T, "steps": [{"id": "supervisor", "after_seconds": 300, "audience": "supervisor"}]}
    assert hub.call("PUT", "/tickets/ladders/basic/draft", {"document": ladder}).status == 200
    drafted_rules(hub, priority="urgent")
    report = rehearsed(hub, ladder=True, rules=True)["report"]
    counts = report["counts"]
    assert counts["breached.would_be"] == 4
    assert counts["breached.was"] < 4
    assert (counts["type_changed"], counts["priority_changed"]) == (0, 4)
    assert [(row["was"]["priority"], row["would_be"]["priority"]) for row in report["largest"]] == [
        ("normal", "urgent")
    ] * 4


def test_rules_alone_play_another_type_by_its_own_flow(hub: World) -> None:
    """The draft reads every question as a complaint. Three messages' tickets go the complaint's way from its first node
    on, to whom that one asks, and end; what somebody opened by hand no rule has read, and is not among them."""
    assert hub.call("POST", "/flows/complaint/publish", {}).status == 200
    by_hand, tickets = opened(hub, "10.00"), [said(hub, number) for number in range(3)]
    hub.clock.advance(hours=4)
    drafted_rules(hub, type="complaint", priority="high")
    job = rehearsed(hub, "/tickets/rules")
    counts, rows = job["report"]["counts"], job["report"]["largest"]
    assert (job["kind"], job["about"], job["done"], counts["tickets"]) == ("rehearsal", "/tickets/rules", 3, 3)
    assert (counts["type_changed"], counts["priority_changed"], counts["unplayed"]) == (3, 3, 0)
    assert {row["ticket_id"] for row in rows} == set(tickets)
    assert by_hand not in {row["ticket_id"] for row in rows}
    assert {(row["was"]["type"], row["would_be"]["type"]) for row in rows} == {("consult", "complaint")}
    for row in rows:
        assert (row["was"]["assignee"], row["would_be"]["assignee"]) == ("chen", "amy")
        assert (row["was"]["state"], row["would_be"]["state"], row["breaches"]) == ("open", "closed", -1)
    assert (counts["assumed"], counts["failed"]) == (3, 0)
    assert rehearsed(hub, rules=True, version=1)["report"]["counts"]["type_changed"] == 3


def test_rules_that_lead_to_work_without_a_flow(hub: World) -> None:
    """Where no flow is published for the other type there is nothing to play: each such ticket is counted, and named
    with what it was, and what it would be."""
    tickets = [said(hub, number) for number in range(2)]
    drafted_rules(hub, type="complaint")
    report = rehearsed(hub, "/tickets/rules")["report"]
    assert (report["counts"]["unplayed"], report["counts"]["type_changed"], report["counts"].get("tickets", 0)) == (
        2, 2, 0,
    )  # fmt: skip
    assert {(row["ticket_id"], row["was"]["type"], row["would_be"]["type"]) for row in report["largest"]} == {
        (ticket_id, "consult", "complaint") for ticket_id in tickets
    }


def test_who_may_rehearse_rules_and_what_there_has_to_be(hub: World) -> None:
    """Who runs the hub; without a draft there is nothing to rehearse, nor in a version that there never was."""
    assert hub.call("POST", "/tickets/rules/rehearse", {}).status == 404
    assert hub.call("POST", "/tickets/rules/rehearse", {"version": 7}).status == 404
    assert hub.call("POST", "/tickets/rules/rehearse", {"days": 91}).status == 422
    chen = as_("supervisor", sub="chen", region="base")
    drafted_rules(hub, type="complaint")
    assert hub.call("POST", "/tickets/rules/rehearse", {}, as_=chen).status == 403


def test_a_drafted_matrix_asks_others(hub: World) -> None:
    """A refund of 300 that nobody had to approve is the supervisor's to sign by the draft of the matrix: it would be
    over as much later as people take, and that somebody agrees is assumed."""
    assert hub.call("POST", "/flows/refund_approval/publish", {}).status == 200
    body = {"type": "refund", "customer_id": "cus_1", "region": "310101", "amount": "300.00"}
    assert hub.call("POST", "/tickets", body).status == 201
    hub.clock.advance(hours=3)
    rows = [{"below": "100.00"}, {"signers": ["supervisor"]}]
    assert hub.call("PUT", "/tickets/matrices/refund/draft", {"document": {"title": T, "rows": rows}}).status == 200
    report = rehearsed(hub, "/flows/refund_approval", version=1, matrix="refund")["report"]
    assert report["counts"]["assumed"] == 1
    assert [row["seconds"] for row in report["largest"]] == [3600]
    assert hub.call("POST", "/flows/refund_approval/rehearse", {"version": 1, "matrix": "none"}).status == 404


def test_the_largest_differences_have_one_order() -> None:
    """Limits passed before time, time before in how much else they differ; what is alike goes by its id, so that the
    same rehearsal says the same ten in the same order, in whatever order its slices came."""
    base = {"link": "", "would_be": {"type": "a"}}
    rows = [
        {**base, "ticket_id": name, "breaches": breaches, "seconds": seconds, "was": was}
        for name, breaches, seconds, was in (
            ("late", 0, 7200, {"type": "a"}),
            ("early", 0, -7201, {"type": "a"}),
            ("breached", -1, 0, {"type": "a"}),
            ("other", 0, 0, {"type": "b", "assignee": "x"}),
            ("alike2", 0, 0, {"type": "b"}),
            ("alike1", 0, 0, {"type": "b"}),
        )
    ]
    expected = ["breached", "early", "late", "other", "alike1", "alike2"]
    assert [row["ticket_id"] for row in largest(rows)] == expected
    assert [row["ticket_id"] for row in largest(rows[::-1])] == expected
    assert len(largest([{**rows[0], "ticket_id": str(n)} for n in range(12)])) == 10


def test_a_drafted_policy_breaches_by_its_own_clocks(hub: World) -> None:
    """An hour for the whole, of which the draft leaves five minutes, in office hours of a drafted calendar that begin
    when all is over: with the policy alone each of the four is late, with the calendar as well none is."""
    clock = {"id": "all", "title": T, "measures": "resolution", "seconds": 7200, "calendar": "office"}
    kind = {"title": T, "urgent_title": T, "flow": "consult", "ladder": "basic", "policy": "p"}
    for path, document in (
        ("calendars/office", {"title": T}),
        ("policies/p", {"title": T, "clocks": [clock]}),
        ("types/consult", kind),
    ):
        assert hub.call("POST", f"/tickets/{path}/publish", {"document": document}).status == 200
        hub.clock.advance(seconds=1)
    tickets = played(hub)
    steps = [{"id": "late", "left_seconds": 0, "audience": "supervisor"}]
    assert hub.call("POST", "/tickets/ladders/fresh/publish", {"document": {"title": T, "steps": steps}}).status == 200
    short = {"title": T, "clocks": [{**clock, "seconds": 300, "ladder": "fresh"}]}
    later = {"title": T, "hours": [{"opens": "12:00", "closes": "13:00"}]}
    for path, document in (("policies/p", short), ("calendars/office", later)):
        assert hub.call("PUT", f"/tickets/{path}/draft", {"document": document}).status == 200
    report = rehearsed(hub, version=1, policy="p")["report"]
    assert (report["counts"]["breached.was"], report["counts"]["breached.would_be"]) == (0, 4)
    assert {(row["ticket_id"], row["breaches"]) for row in report["largest"]} == {(ticket, 1) for ticket in tickets}
    assert all(row["would_be"]["rungs"] == ["all/late"] for row in report["largest"])
    both = rehearsed(hub, version=1, policy="p", calendar="office")["report"]
    assert (both["counts"]["breached.would_be"], both["largest"]) == (0, [])
    assert hub.call("POST", "/flows/consult/rehearse", {"version": 1, "policy": "none"}).status == 404


@pytest.mark.parametrize("key", preset_flows())
def test_every_preset_is_played_to_its_end(hub: World, key: str) -> None:
    """With nothing to play again but that what is waited for comes, everybody says the first thing that they may:
    parallels, signers, calls and waits are walked by the machine that is compiled."""
    del hub
    ticket = Ticket(
        id="tkt_1", type="repair", priority="normal", customer_id="cus_1", region="310101", title_zh="维修",
        title_en="Repair", opened_at=T0, flow_key=key, flow_version=1, amount_minor=3_000_000,
    )  # fmt: skip
    script = Script(parse_flow(preset_flows()[key]), 1, "", "", Ladder())
    comes = (Passage(timedelta(hours=1), RECEIVED, {}),)
    waits = {node.id: comes for node in script.flow.nodes if isinstance(node, WaitFor)}
    histories = {ticket.id: History(ticket, waits)}
    play, end = Play({ticket.id: script}), T0 + timedelta(days=400)
    performed = perform(app.room.desk, play, histories, timedelta(hours=1), end)[ticket.id]
    assert (performed.ticket.state, performed.failed) == ("closed", False)
    assert performed.assumed > 0
