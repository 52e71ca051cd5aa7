"""All open tickets of a flow go over to another version as a job: a row each first, then each once."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from functions.tickets import app
from hub.kernel.clock import parse_rfc3339
from tests.support.http import Context, sqs_batch
from tests.support.tickets import World, as_, world

T = {"zh": "节点", "en": "Node"}


def flow(*more: dict[str, Any], **outcomes: str) -> dict[str, Any]:
    ask = {"id": "ask", "kind": "human", "assignee": "supervisor", "outcomes": outcomes or {"done": "closed"}}
    nodes = [ask, *more, {"id": "closed", "kind": "end", "outcome": "done"}]
    document = {"key": "consult", "title": T, "ladder": "basic", "start": "ask"}
    return {**document, "nodes": [{**node, "title": T} for node in nodes]}


CHECK = {"id": "check", "kind": "human", "assignee": "supervisor", "outcomes": {"done": "closed"}}


@pytest.fixture
def hub() -> Iterator[World]:
    """Six open tickets of version 1, the last at a node that version 2 has no more."""
    with world(publish=()) as made:
        made.hire("chen", role="supervisor", region="base")
        publish(made, flow({**CHECK, "id": "old"}, done="closed", more="old"))
        for _ in range(6):
            body = {"type": "consult", "customer_id": "cus_1", "region": "310101"}
            assert made.call("POST", "/tickets", body).status == 201
        path = f"/tickets/{made.ids()[0]}/nodes/ask/complete"
        assert made.call("POST", path, {"outcome": "more"}).status == 200
        publish(made, flow(CHECK, done="check"))
        yield made


def publish(hub: World, document: dict[str, Any]) -> None:
    assert hub.call("POST", "/flows/consult/publish", {"document": document}).status == 200


def work(hub: World, job_id: str) -> Any:
    """Slice by slice, each told twice as it may be, until nothing is due."""
    for _ in range(10):
        job = hub.call("GET", f"/jobs/tickets/{job_id}").json
        if job["state"] not in ("queued", "running"):
            return job
        change = {"table": "t", "kind": "MODIFY", "pk": f"demo#job#{job_id}", "sk": "job", "new": None, "old": None}
        assert app.on_change(sqs_batch(change), Context()) == {"batchItemFailures": []}
        hub.settle()
    raise AssertionError("the job does not end")


def rows(hub: World, job_id: str) -> list[Any]:
    return list(hub.call("GET", f"/jobs/tickets/{job_id}/rows").json["data"])


def test_each_is_previewed_and_then_goes_over_once(hub: World) -> None:
    """A row says the node, the versions and when its clocks are due; nothing has changed. Applied, five go on by the
    new version at their node, by the same visit; the one that can't says why."""
    before = {ticket["id"]: ticket for ticket in hub.tickets()}
    answer = hub.call("POST", "/flows/consult/migrate-all", {})
    assert (answer.status, answer.json["kind"], answer.json["about"]) == (202, "migration", "/flows/consult")
    job_id = answer.json["id"]
    job = work(hub, job_id)
    assert (job["state"], job["counts"], job["total"]) == ("previewed", {"ready": 5, "refused": 1}, 6)
    assert {ticket["id"]: ticket for ticket in hub.tickets()} == before
    previewed = [row for row in rows(hub, job_id) if row["outcome"] == "ready"]
    for row in previewed:
        detail = row["detail"]
        assert (detail["node"], detail["from_version"], detail["to_version"]) == ("ask", 1, 2)
        assert detail["rungs_before"] == detail["rungs_after"]
        assert [rung["rung"] for rung in detail["rungs_after"]] == ["supervisor"]
        assert (detail["node_after"], detail["changes"]) == ("ask", ["flow_version", "outcomes"])
    assert hub.call("POST", f"/jobs/tickets/{job_id}/apply", {}).status == 409
    assert hub.call("POST", f"/jobs/tickets/{job_id}/apply", {"with_findings": True}).status == 202
    job = work(hub, job_id)
    assert (job["state"], job["counts"]) == ("done", {"applied": 5, "refused": 1})
    for row in previewed:
        ticket = hub.ticket(row["id"])
        assert (ticket["flow"]["version"], ticket["run"]) == (2, 2)
        assert [visit["id"] for visit in ticket["visits"]] == [visit["id"] for visit in before[row["id"]]["visits"]]
        path = f"/tickets/{row['id']}/nodes/ask/complete"
        assert hub.call("POST", path, {"outcome": "done"}).status == 200
        assert hub.ticket(row["id"])["visits"][-1]["node"] == "check"


def test_who_may_and_what_there_has_to_be(hub: World) -> None:
    """Only who runs the hub; a version that there is not is 404."""
    supervisor = as_("supervisor", sub="chen", region="base")
    assert hub.call("POST", "/flows/consult/migrate-all", {}, as_=supervisor).status == 403
    assert hub.call("POST", "/flows/consult/migrate-all", {"version": 9}).status == 404
    assert hub.call("POST", "/flows/nowhere/migrate-all", {}).status == 404


def test_the_preview_is_what_comes_of_it(hub: World) -> None:
    """Its clocks are those that the ticket has once it is migrated, to the second, whether its deadlines are kept or
    reckoned anew by a policy that gives less: what is past it then is due at that moment."""
    before, after = (
        {"title": T, "clocks": [{"id": "all", "title": T, "measures": "resolution", "seconds": hours * 3600}]}
        for hours in (48, 1)
    )
    kind = {"title": T, "urgent_title": T, "flow": "consult", "ladder": "basic", "policy": "p"}
    for path, document in (("policies/p", before), ("types/consult", kind)):
        assert hub.call("POST", f"/tickets/{path}/publish", {"document": document}).status == 200
    hub.clock.advance(seconds=1)
    tickets = [hub.call("POST", "/tickets", {"type": "consult", "customer_id": f"cus_{n}", "region": "310000"}).json["id"]
               for n in range(2)]  # fmt: skip
    assert hub.call("POST", "/tickets/policies/p/publish", {"document": after}).status == 200
    publish(hub, {**hub.call("GET", "/flows/consult").json["document"], "title": {"zh": "新版", "en": "Newer"}})
    hub.clock.advance(hours=2)
    for ticket, deadlines, hours in zip(tickets, ("keep", "re_evaluate"), (48, 2), strict=True):
        opened_at = parse_rfc3339(hub.ticket(ticket)["opened_at"])
        body = {"deadlines": deadlines, "tickets": [ticket]}
        (plan,) = hub.call("POST", "/flows/consult/migrate?dry_run=1", body).json["data"]
        hub.call("POST", "/flows/consult/migrate", body)
        now = [clock for clock in hub.ticket(ticket)["clocks"] if not clock["ended_at"]]
        strip = [{k: v for k, v in clock.items() if k != "breached_at" and k != "state"} for clock in now]
        assert [
            {k: v for k, v in clock.items() if k != "breached_at" and k != "state"} for clock in plan["clocks_after"]
        ] == strip
        (due,) = [parse_rfc3339(clock["due_at"]) for clock in plan["clocks_after"] if clock["name"] == "all"]
        assert due == opened_at + timedelta(hours=hours)
        assert [clock["budget_seconds"] for clock in plan["clocks_before"] if clock["name"] == "all"] == [48 * 3600]
