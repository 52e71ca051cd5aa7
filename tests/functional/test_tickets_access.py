"""Who reaches which tickets, and what they may do with them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.support.http import token
from tests.support.tickets import World, as_, world
from tests.support.wire import faulty

BODY = {"type": "repair", "customer_id": "cus_1", "region": "310101", "store_id": "s1", "subject": "冷柜结霜"}
LEADER = as_("supervisor", sub="chen")
STEPS = (
    ("comment", {"text": "hi"}),
    ("acknowledge", {}),
    ("nodes/accept/complete", {"outcome": "accepted"}),
    ("assign", {"person_id": "li"}),
    ("pause", {}),
    ("resume", {}),
    ("close", {}),
)
NOWHERE = "tkt_01ARZ3NDEKTSV4RRFFQ69G5FAV"


@pytest.fixture
def hub() -> Iterator[World]:
    with world() as made:
        made.hire("li")
        made.hire("zhao", skills=())
        made.hire("chen", role="supervisor", region="310000")
        yield made


@pytest.fixture
def ticket(hub: World) -> Any:
    return hub.call("POST", "/tickets", BODY, as_=LEADER).json


def manager(*stores: str, sub: str = "wang") -> str:
    return token("store_manager", sub=sub, region="310101", stores=stores)


def listed(hub: World, as_: str, **query: str) -> list[str]:
    answer = hub.call("GET", "/tickets", as_=as_, query=query)
    assert answer.status == 200, answer.text
    return [found["id"] for found in answer.json["data"]]


def test_another_stores_ticket_is_not_there(hub: World, ticket: Any) -> None:
    """The manager of one store gets, of another's ticket, just the answers of one that never was."""
    other = manager("s2")
    for path, body in STEPS:
        theirs = hub.call("POST", f"/tickets/{ticket['id']}/{path}", body, as_=other)
        nobodys = hub.call("POST", f"/tickets/{NOWHERE}/{path}", body, as_=other)
        assert (theirs.status, nobodys.status) in ((404, 404), (403, 403)), path
        assert theirs.json["title"] == nobodys.json["title"]
    for path in ("", "/timeline"):
        assert hub.call("GET", f"/tickets/{ticket['id']}{path}", as_=other).status == 404
    assert hub.call("POST", "/tickets", BODY, as_=other).status == 403
    assert listed(hub, other) == []
    assert hub.ticket(ticket["id"]) == hub.ticket(ticket["id"]) | {"acknowledged_at": None, "state": "open"}


def test_their_own_stores_ticket_is(hub: World, ticket: Any) -> None:
    """A store's manager lists, reads, opens and comments on what lies in the store."""
    own = manager("s1", "s3")
    opened = hub.call("POST", "/tickets", BODY | {"store_id": "s3"}, as_=own)
    assert opened.status == 201
    assert hub.call("POST", f"/tickets/{ticket['id']}/comment", {"text": "hi"}, as_=own).status == 200
    assert sorted(listed(hub, own)) == sorted([ticket["id"], opened.json["id"]])


def test_only_who_answers_for_it_takes_it_up(hub: World, ticket: Any) -> None:
    """An engineer who isn't the assignee neither stops the ladder nor ends the visit, and hears why in words; nor does
    an agent for whom it is not; the assignee does, or a supervisor."""
    assert hub.ticket(ticket["id"])["assignee"] == "li"
    for sub in ("zhao", "somebody"):
        stranger = as_("engineer", sub=sub)
        refused = hub.call("POST", f"/tickets/{ticket['id']}/acknowledge", {}, as_=stranger)
        assert (refused.status, "须由负责人或主管确认 · not yours to take up" in refused.json["detail"]) == (403, True)
        path = f"/tickets/{ticket['id']}/nodes/accept/complete"
        assert hub.call("POST", path, {"outcome": "accepted"}, as_=stranger).status == 403
    assert hub.ticket(ticket["id"])["acknowledged_at"] is None
    assert hub.call("POST", f"/tickets/{ticket['id']}/acknowledge", {}, as_=as_("engineer", sub="li")).status == 200

    second = hub.call("POST", "/tickets", BODY, as_=LEADER).json
    path = f"/tickets/{second['id']}/acknowledge"
    assert hub.call("POST", path, {}, as_=as_("agent", sub="amy")).status == 403
    assert hub.call("POST", path, {}, as_=as_("supervisor", sub="chen", region="base")).status == 200


def test_an_assignee_reaches_it_from_anywhere(hub: World, ticket: Any) -> None:
    """Whose ticket it is sees and works on it, though it lies outside their region, and finds it in their list."""
    li = as_("engineer", sub="li", region="440300")
    assert hub.call("GET", f"/tickets/{ticket['id']}", as_=li).status == 200
    assert listed(hub, li) == [ticket["id"]]
    path = f"/tickets/{ticket['id']}/nodes/accept/complete"
    assert hub.call("POST", path, {"outcome": "accepted"}, as_=li).status == 200


def test_a_list_moves_with_its_ticket(hub: World, ticket: Any) -> None:
    """Reassigned, it leaves one's list and is in the other's; closed, it leaves the list of those that are open."""
    hub.call("POST", f"/tickets/{ticket['id']}/assign", {"person_id": "zhao"}, as_=LEADER)
    far = {sub: as_("engineer", sub=sub, region="440300") for sub in ("li", "zhao")}
    assert (listed(hub, far["li"]), listed(hub, far["zhao"])) == ([], [ticket["id"]])
    assert listed(hub, LEADER, state="open") == listed(hub, LEADER, assignee="zhao") == [ticket["id"]]

    for node, body in (
        ("accept", {"outcome": "accepted"}),
        ("service", {"outcome": "done", "fields": {"labour_amount": "1.00"}}),
    ):
        assert hub.call("POST", f"/tickets/{ticket['id']}/nodes/{node}/complete", body, as_=LEADER).status == 200
    assert (listed(hub, LEADER, state="open"), listed(hub, LEADER, state="closed")) == ([], [ticket["id"]])


def test_filters_show_nothing_from_outside(hub: World, ticket: Any) -> None:
    """Who asks by a customer or an assignee is shown only what lies within their own reach."""
    south = as_("supervisor", sub="wu", region="440000")
    here = {"customer": "cus_1"}, {"assignee": "li"}, {"state": "open"}, {"customer": "cus_1", "entry": "hand"}
    for query in here:
        assert listed(hub, LEADER, **query) == [ticket["id"]], query
        assert listed(hub, south, **query) == [], query
    assert listed(hub, LEADER, customer="cus_2") == []


@pytest.mark.parametrize("query", [{}, {"state": "open"}, {"customer": "cus_1"}, {"assignee": "li"}])
def test_pages_hold_each_ticket_once(hub: World, query: dict[str, str]) -> None:
    """However a list is asked for, its pages follow each other without a gap, and none is there twice."""
    for _ in range(5):
        hub.clock.advance(minutes=1)
        hub.call("POST", "/tickets", BODY, as_=LEADER)
    paged, cursor = [], ""
    for _ in range(9):
        page = hub.call("GET", "/tickets", as_=LEADER, query={"limit": "2", "cursor": cursor, **query}).json
        paged += [found["id"] for found in page["data"]]
        if not (cursor := page["next_cursor"]):
            break
    assert paged == hub.ids()


@pytest.mark.parametrize(
    ("path", "body", "field", "would"),
    [
        ("assign", {"person_id": "zhao"}, "assignee", "zhao"),
        ("acknowledge", {}, "acknowledged_at", "2026-11-20T18:00:00Z"),
        ("pause", {"waits_for": ["P1"]}, "paused", True),
        ("nodes/accept/complete", {"outcome": "accepted"}, "accepted_at", "2026-11-20T18:00:00Z"),
    ],
)
def test_a_rehearsal_changes_nothing(hub: World, ticket: Any, path: str, body: Any, field: str, would: Any) -> None:
    """With dry_run the answer is the ticket as it would be; it stays as it is, and nobody hears of it."""
    before, told = hub.timeline(ticket["id"]), len(hub.emitted)
    foreseen = hub.call("POST", f"/tickets/{ticket['id']}/{path}?dry_run=1", body, as_=LEADER)
    assert (foreseen.status, foreseen.json[field]) == (200, would)
    assert (hub.timeline(ticket["id"]), len(hub.emitted)) == (before, told)
    assert hub.ticket(ticket["id"])[field] != would


def test_a_rehearsal_refuses_what_would_be_refused(hub: World, ticket: Any) -> None:
    """An outcome that there is not is named, and a flow's ticket is not closed by hand, on trial as in earnest."""
    path = f"/tickets/{ticket['id']}"
    wrong = hub.call("POST", f"{path}/nodes/accept/complete?dry_run=1", {"outcome": "dance"}, as_=LEADER)
    assert (wrong.status, wrong.json["errors"][0]["pointer"]) == (422, "/outcome")
    assert hub.call("POST", f"{path}/close?dry_run=1", {}, as_=LEADER).status == 409


def test_parameters_that_nobody_declared(hub: World, ticket: Any) -> None:
    """A parameter that a route does not know is refused by name, before anything is done."""
    answer = hub.call("POST", f"/tickets/{ticket['id']}/comment?colour=red", {"text": "hi"}, as_=LEADER)
    assert (answer.status, answer.json["errors"][0]["pointer"]) == (422, "query:colour")
    assert hub.call("GET", "/tickets", as_=LEADER, query={"colour": "red"}).status == 422


def test_a_repeat_is_no_way_in(hub: World) -> None:
    """Who has lost the store since is not shown the ticket for a key that they used before."""
    opened = hub.call("POST", "/tickets", BODY, as_=manager("s1"), key="k1")
    assert opened.status == 201
    assert hub.call("POST", "/tickets", BODY, as_=manager("s2"), key="k1").status == 403


def test_what_a_viewer_sees(hub: World, ticket: Any) -> None:
    """Words are masked and costs left out for those whose role sees neither."""
    shown = hub.call("GET", f"/tickets/{ticket['id']}", as_=as_("viewer", sub="eve")).json
    assert shown["subject"] == "冷**"
    assert "labour_amount" not in shown


@pytest.mark.parametrize("query", [{"customer": "cus_1"}, {"assignee": "li"}])
def test_what_is_out_of_reach_is_not_even_counted(hub: World, ticket: Any, query: dict[str, str]) -> None:
    """Of a customer or colleague all of whose tickets lie elsewhere a page says what it says of one who has none."""
    for number in range(7):
        hub.call("POST", "/tickets", {"type": "repair", "customer_id": "cus_1", "region": "310000"}, key=f"k{number}")
    stranger = as_("supervisor", sub="wu", region="440000")
    there = hub.call("GET", "/tickets", query=query | {"limit": "1"}, as_=stranger)
    nowhere = hub.call("GET", "/tickets", query={"customer": "cus_9", "limit": "1"}, as_=stranger)
    own = hub.call("GET", "/tickets", query=query | {"limit": "1"}).json
    assert (there.text, own["has_more"]) == (nowhere.text, True)


def test_the_manager_of_300_stores_gets_their_page(hub: World) -> None:
    """As many as a person may have: each ticket of theirs, the newest first, none of the 301st store's, and nothing is
    read but what is shown; whoever has one store reads one key of it."""
    stores = [f"s{number}" for number in range(301)]
    for number in range(0, 301, 20):
        body = {"type": "repair", "region": "310101", "customer_id": f"cus_{number}", "store_id": stores[number]}
        hub.clock.advance(seconds=1)
        assert hub.call("POST", "/tickets", body).status == 201
    shown = {}
    for count in (300, 1):
        with faulty() as wire:
            answer = hub.call("GET", "/tickets", query={"limit": "200"}, as_=manager(*stores[:count]))
        shown[count] = [row["store_id"] for row in answer.json["data"]]
        assert wire.calls.count("BatchGetItem") == 1
    assert shown == {300: [f"s{number}" for number in range(280, -1, -20)], 1: ["s0"]}
    assert wire.calls.count("Query") <= 2  # of the store, and of what is one's own
