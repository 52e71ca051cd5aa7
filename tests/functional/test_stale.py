"""409 says what differs (差异): whoever saw another version hears field by field what has changed since."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.support.http import Answer, token
from tests.support.tickets import World, as_, world

BODY = {"type": "repair", "customer_id": "cus_1", "region": "310101", "store_id": "s1", "subject": "冷柜结霜"}
LEADER = as_("supervisor", sub="chen")


@pytest.fixture
def hub() -> Iterator[World]:
    with world() as made:
        made.hire("li")
        made.hire("zhao", skills=())
        yield made


def act(hub: World, ticket_id: str, path: str, body: Any, seen: int, as_: str = LEADER) -> Answer:
    headers = {"if-match": f'"{seen}"'}
    return hub.call("POST", f"/tickets/{ticket_id}/{path}", body, as_=as_, headers=headers)


def differences(answer: Answer) -> dict[str, tuple[Any, Any]]:
    assert answer.status == 409, answer.text
    return {found["pointer"]: (found["seen"], found["now"]) for found in answer.json["differences"]}


def test_each_field_as_it_was_and_as_it_is(hub: World) -> None:
    """Two people have the same ticket open; the second hears what the first did, and nothing else."""
    ticket = hub.call("POST", "/tickets", BODY, as_=LEADER).json
    seen = hub.ticket(ticket["id"])["version"]
    hub.clock.advance(minutes=1)
    assert act(hub, ticket["id"], "assign", {"person_id": "zhao"}, seen).status == 200
    assert act(hub, ticket["id"], "pause", {"waits_for": ["P1"]}, seen + 1).status == 200
    assert differences(act(hub, ticket["id"], "assign", {"person_id": "li"}, seen)) == {
        "/assignee": ("li", "zhao"),
        "/paused": (False, True),
        "/waits_for": ([], ["P1"]),
    }


def test_every_version_of_a_life_is_known(hub: World) -> None:
    """Held against what the ticket showed at each of its versions, from its first to its close."""
    ticket_id = hub.call("POST", "/tickets", BODY, as_=LEADER).json["id"]
    steps = (
        ("acknowledge", {}),
        ("nodes/accept/complete", {"outcome": "accepted"}),
        ("assign", {"person_id": "zhao"}),
        ("pause", {"waits_for": ["P1"]}),
        ("resume", {}),
        ("nodes/service/complete", {"outcome": "done", "fields": {"labour_amount": "1.00"}}),
    )
    shown = {}
    for path, body in steps:
        view = hub.ticket(ticket_id)
        shown[view["version"]] = view
        hub.clock.advance(minutes=1)
        assert hub.call("POST", f"/tickets/{ticket_id}/{path}", body, as_=LEADER).status == 200, path
    now = hub.ticket(ticket_id)
    assert now["state"] == "closed"
    reopened = hub.call("POST", f"/tickets/{ticket_id}/reopen", {}, as_=LEADER)
    assert reopened.status == 200, reopened.text
    now = hub.ticket(ticket_id)
    for version, view in shown.items():
        told = differences(act(hub, ticket_id, "comment", {"text": "hi"}, version))
        names = set(now) - {"version", "visits", "rungs", "stands", "clocks", "due_at"}
        expected = {f"/{name}": (view[name], now[name]) for name in names if view[name] != now[name]}
        assert {name: pair for name, pair in told.items() if name.count("/") == 1} == {
            name: pair for name, pair in expected.items() if not isinstance(pair[1], dict)
        }


def test_nobody_learns_by_a_conflict_what_they_may_not_see(hub: World) -> None:
    """What the reader sees of the thing, they see of its difference: a store's manager hears of no masked words."""
    ticket = hub.ticket(hub.call("POST", "/tickets", BODY, as_=LEADER).json["id"])
    hub.call("POST", f"/tickets/{ticket['id']}/assign", {"person_id": "zhao"}, as_=LEADER)
    manager = token("store_manager", sub="wang", region="310101", stores=("s1",))
    refused = act(hub, ticket["id"], "comment", {"text": "hi"}, ticket["version"], as_=manager)
    assert differences(refused)["/assignee"] == ("li", "zhao")
    assert "冷柜" not in refused.text


def test_the_trail_still_holds_over_what_was(hub: World) -> None:
    """What the entries say of before is under the same hashes: the chain is whole."""
    ticket = hub.call("POST", "/tickets", BODY, as_=LEADER).json
    hub.call("POST", f"/tickets/{ticket['id']}/assign", {"person_id": "zhao"}, as_=LEADER)
    assert hub.timeline(ticket["id"])["intact"] is True
