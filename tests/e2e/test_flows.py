"""A tenant's own flow on the deployed stack: published over HTTP, run by the embedded Step Functions."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from typing import Any

import pytest
import requests

from hubctl import seed
from hubctl.clock.words import Mode
from hubctl.dev import Hub, Options, running_hub
from hubctl.state import LocalState
from tests.support.stepped import stepper_of

pytestmark = pytest.mark.e2e

TITLE = {"zh": "节点", "en": "Node"}
TICKETS = 10
PAUSE_SECONDS = 1200
DOCUMENT = {
    "key": "consult",
    "title": TITLE,
    "start": "fork",
    "nodes": [
        {"id": "fork", "kind": "parallel", "title": TITLE, "branches": ["check", "pause"], "next": "answer"},
        {"id": "check", "kind": "human", "title": TITLE, "outcomes": {"checked": "join", "doubted": "join"}},
        {"id": "pause", "kind": "wait", "title": TITLE, "seconds": PAUSE_SECONDS, "next": "join"},
        {"id": "answer", "kind": "human", "title": TITLE, "outcomes": {"answered": "closed"}},
        {"id": "closed", "kind": "end", "title": TITLE, "outcome": "done"},
    ],
}


@pytest.fixture(scope="module", name="hub")
def _hub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hub]:
    state = LocalState(tmp_path_factory.mktemp("flows") / ".hub")
    people = tuple(step for step in seed.read_steps() if not step.connection)
    with running_hub(Options(clock=Mode(stepped=True), state=state, watch=False, steps=people)) as hub:
        yield hub


def send(hub: Hub, method: str, path: str, body: Any = None, key: str = "") -> requests.Response:
    with requests.Session() as session:
        session.trust_env = False
        headers = {"authorization": f"Bearer {hub.ready.token}", **({"idempotency-key": key} if key else {})}
        return session.request(method, hub.ready.base_url + path, json=body, headers=headers, timeout=30)


def call(hub: Hub, method: str, path: str, body: Any = None) -> Any:
    answer = send(hub, method, path, body)
    assert answer.status_code < 300, answer.text
    return answer.json()


def waits(hub: Hub, ticket: str, node: str) -> bool:
    visits = call(hub, "GET", f"/tickets/{ticket}")["visits"]
    return any(visit["node"] == node and not visit["outcome"] for visit in visits)


def complete(hub: Hub, ticket: str, node: str, outcome: str) -> None:
    assert waits(hub, ticket, node)
    call(hub, "POST", f"/tickets/{ticket}/nodes/{node}/complete", {"outcome": outcome})


def open_ticket(hub: Hub, number: int) -> str:
    opened = call(hub, "POST", "/tickets", {"type": "consult", "customer_id": f"cus_{number}", "region": "310101"})
    return str(opened["id"])


def test_ten_tickets_at_once_walk_branches_a_wait_and_a_join(hub: Hub) -> None:
    """Each waits for its person and its pause side by side, joins at the very second at which both have ended, goes on,
    and is closed."""
    published = call(hub, "POST", "/flows/consult/publish", {"document": DOCUMENT})
    assert published["version"] == 2
    began = hub.clock.business_now()
    with ThreadPoolExecutor(TICKETS) as threads:
        tickets = list(threads.map(lambda number: open_ticket(hub, number), range(TICKETS)))
        stepper_of(hub).settle()
        list(threads.map(lambda ticket: complete(hub, ticket, "check", "checked"), tickets))
        stepper_of(hub).until(began + timedelta(seconds=PAUSE_SECONDS))
        list(threads.map(lambda ticket: complete(hub, ticket, "answer", "answered"), tickets))
        stepper_of(hub).settle()
    for ticket in (call(hub, "GET", f"/tickets/{ticket}") for ticket in tickets):
        visits = {visit["node"]: visit for visit in ticket["visits"]}
        assert {node: visit["outcome"] for node, visit in visits.items()} == {
            "check": "checked",
            "pause": "elapsed",
            "fork": "joined",
            "answer": "answered",
            "closed": "done",
        }
        assert (ticket["state"], ticket["flow"]) == ("closed", {"key": "consult", "version": 2})
        joined = datetime.fromisoformat(visits["fork"]["left_at"])
        assert joined == began + timedelta(seconds=PAUSE_SECONDS)


def test_a_flow_that_is_not_sound_is_refused_where_it_is_wrong(hub: Hub) -> None:
    """422 with the pointer of the edge that leads nowhere; the published version stays."""
    wrong = {**DOCUMENT, "nodes": [{**DOCUMENT["nodes"][1], "outcomes": {"checked": "nowhere"}}], "start": "check"}  # type: ignore[index, dict-item]
    answer = send(hub, "POST", "/flows/consult/publish", {"document": wrong})
    assert answer.status_code == 422
    assert [e["pointer"] for e in answer.json()["errors"]] == ["/document/nodes/0/outcomes/checked"]


def test_of_twenty_who_complete_a_node_at_once_one_does(hub: Hub) -> None:
    """One answer is 200, all others 409, and the outcome is the winner's."""
    call(hub, "POST", "/flows/consult/publish", {"document": DOCUMENT})
    ticket = call(hub, "POST", "/tickets", {"type": "consult", "customer_id": "cus_race", "region": "310101"})["id"]
    stepper_of(hub).settle()
    outcomes = [("checked", "doubted")[number % 2] for number in range(20)]
    path = f"/tickets/{ticket}/nodes/check/complete"
    with ThreadPoolExecutor(20) as threads:
        answers = list(threads.map(lambda outcome: send(hub, "POST", path, {"outcome": outcome}).status_code, outcomes))
    assert sorted(answers) == [200, *[409] * 19]
    (visit,) = [v for v in call(hub, "GET", f"/tickets/{ticket}")["visits"] if v["node"] == "check"]
    assert visit["outcome"] == outcomes[answers.index(200)]


def test_one_idempotency_key_sent_thirty_times_at_once_opens_one_ticket(hub: Hub) -> None:
    """Every answer names the same ticket, and there is one."""
    body = {"type": "consult", "customer_id": "cus_once", "region": "310101"}
    with ThreadPoolExecutor(30) as threads:
        answers = list(threads.map(lambda _: send(hub, "POST", "/tickets", body, key="once"), range(30)))
    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.json()["id"] for answer in answers}) == 1
    stepper_of(hub).settle()
    assert len(call(hub, "GET", "/tickets?customer=cus_once")["data"]) == 1


PRESETS = {
    "repair": "repair",
    "return": "return",
    "complaint": "complaint",
    "trial_lesson": "trial_lesson",
    "medical_device": "medical_device",
    "refund": "refund_approval",
}
"""Type → the flow that ships for it."""
FORWARD = ("accepted", "approved", "resolved", "booked", "signed", "received", "done")


def go_on(hub: Hub, ticket_id: str) -> str:
    """Whoever is asked says what leads on, what is waited for comes; the ticket's state then."""
    ticket = call(hub, "GET", f"/tickets/{ticket_id}")
    for visit in ticket["visits"]:
        if visit["outcome"] or visit["kind"] == "parallel":
            continue
        if visit["kind"] == "wait_for":
            call(hub, "POST", f"/tickets/{ticket_id}/tell", {"event": "lesson_taken"})
            continue
        outcome = next(each for each in FORWARD if each in visit["outcomes"])
        fields = {"fields": {"labour_amount": "10.00"}} if visit["node"] == "service" else {}
        call(hub, "POST", f"/tickets/{ticket_id}/nodes/{visit['node']}/complete", {"outcome": outcome, **fields})
    stepper_of(hub).settle()
    return str(ticket["state"])


@pytest.mark.parametrize("type_key", PRESETS)
def test_a_preset_runs_to_its_end(hub: Hub, type_key: str) -> None:
    """Published as it ships, compiled, and walked by the embedded Step Functions until the ticket is closed."""
    call(hub, "POST", f"/flows/{PRESETS[type_key]}/publish", {})
    body = {"type": type_key, "customer_id": "cus_1", "region": "310101", "amount": "300.00"}
    ticket_id = call(hub, "POST", "/tickets", body)["id"]
    stepper_of(hub).settle()
    assert any(go_on(hub, ticket_id) == "closed" for _ in range(32))
    visits = call(hub, "GET", f"/tickets/{ticket_id}")["visits"]
    assert all(visit["outcome"] for visit in visits)
    assert visits[-1]["kind"] == "end"


def test_a_flow_hears_what_another_room_did(hub: Hub) -> None:
    """Pricing is asked for a coupon over the bus, and answers: none is in force, so the flow goes its other way."""
    coupon = {"campaign": "none", "strategy": "coupon"}
    nodes = [
        {"id": "give", "kind": "action", "action": "issue_coupon", "params": coupon,
         "outcomes": {"refused": "sorry"}, "next": "given"},
        {"id": "given", "kind": "end", "outcome": "given"},
        {"id": "sorry", "kind": "end", "outcome": "none_in_force"},
    ]  # fmt: skip
    document = {
        "key": "consult",
        "title": TITLE,
        "start": "give",
        "nodes": [{**node, "title": TITLE} for node in nodes],
    }
    call(hub, "POST", "/flows/consult/publish", {"document": document})
    ticket = call(hub, "POST", "/tickets", {"type": "consult", "customer_id": "cus_coupon", "region": "310101"})["id"]
    stepper_of(hub).settle()
    shown = call(hub, "GET", f"/tickets/{ticket}")
    assert (shown["state"], shown["outcome"]) == ("closed", "none_in_force")
    assert [visit["node"] for visit in shown["visits"]] == ["give", "sorry"]
