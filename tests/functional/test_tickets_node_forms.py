"""A node's form: whoever completes the node fills it in, with whatever fields its document has."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.support.tickets import World, as_, world

T = {"zh": "节点", "en": "Node"}


def field(name: str, kind: str, **more: Any) -> dict[str, Any]:
    return {"id": name, "section": "need", "title": T, "type": kind, **more}


FORM: dict[str, Any] = {
    "title": T,
    "sections": [{"id": "need", "kind": "need"}],
    "fields": [
        field("leak", "select", options=["none", "slow", "fast"], required=True),
        field("pressure", "integer", required_when={"leak": {"ne": "none"}}, when={"leak": {"ne": "none"}}),
        field("finding", "long_text", required=True),
        field("revisit_on", "date"),
        field("labour_minutes", "integer"),
        field("labour_amount", "money"),
    ],
}
NODES: list[dict[str, Any]] = [
    {"id": "inspect", "kind": "human", "assignee": "supervisor", "form": "inspection", "back": True,
     "outcomes": {"done": "how", "declined": "inspect_again"}},
    {"id": "inspect_again", "kind": "human", "assignee": "supervisor", "outcomes": {"done": "closed"}},
    {"id": "how", "kind": "decision", "otherwise": "closed",
     "edges": [{"id": "bad", "when": {"field_leak": {"eq": "fast"}, "field_pressure": {"lt": 3}}, "next": "repair"}]},
    {"id": "repair", "kind": "human", "assignee": "supervisor", "outcomes": {"done": "closed"}},
    {"id": "closed", "kind": "end", "outcome": "done"},
]  # fmt: skip
FLOW = {
    "key": "consult",
    "title": T,
    "ladder": "basic",
    "start": "inspect",
    "nodes": [{**n, "title": T} for n in NODES],
}
GOOD = {"leak": "fast", "pressure": 2, "finding": "阀门老化，张三 13800138000", "revisit_on": "2026-12-01"}
WORK = {"labour_minutes": 90, "labour_amount": "120.00"}


@pytest.fixture
def hub() -> Iterator[World]:
    with world(publish=()) as made:
        made.hire("chen", role="supervisor", region="base")
        assert made.call("POST", "/forms/inspection/publish", {"document": FORM}).status == 200
        assert made.call("POST", "/flows/consult/publish", {"document": FLOW}).status == 200
        yield made


def opened(hub: World) -> str:
    body = {"type": "consult", "customer_id": "cus_1", "region": "310101"}
    return str(hub.call("POST", "/tickets", body).json["id"])


def complete(hub: World, ticket_id: str, node: str = "inspect", **body: Any) -> Any:
    path = f"/tickets/{ticket_id}/nodes/{node}/complete"
    return hub.call("POST", path, {"outcome": "done", **body}, as_=as_("supervisor", sub="chen", region="base"))


def test_what_is_filled_in_leads_on(hub: World) -> None:
    """Numbers, dates and choices are the ticket's, and conditions ask for them; texts are sealed and shown by class;
    what the work took is reported as ever."""
    ticket_id = opened(hub)
    answer = complete(hub, ticket_id, answers={**GOOD, **WORK})
    assert answer.status == 200, answer.text
    ticket = hub.ticket(ticket_id)
    visit = ticket["visits"][0]
    plain = {"leak": "fast", "pressure": "2", "revisit_on": "2026-12-01"}
    assert (ticket["fields"], visit["answers"], visit["form"]) == (plain, plain, "inspection")
    assert visit["texts"] == {"finding": GOOD["finding"]}
    assert [each["node"] for each in ticket["visits"] if not each["outcome"]] == ["repair"]
    assert (visit["fields"]["labour_minutes"], ticket["labour_amount"]) == (90, "120.00")
    (reported,) = hub.told("work.reported")
    assert (reported.labour_minutes, reported.labour_minor, reported.person_id) == (90, 12_000, "chen")
    viewer = hub.call("GET", f"/tickets/{ticket_id}", as_=as_("finance", sub="fang", region="base")).json
    assert GOOD["finding"] not in str(viewer)
    events = [event.model_dump_json() for event in hub.emitted]
    assert not any("阀门" in text for text in events)


@pytest.mark.parametrize(
    ("answers", "pointers"),
    [
        ({}, ["/answers/leak", "/answers/finding"]),
        ({**GOOD, "leak": "river"}, ["/answers/leak"]),
        ({**GOOD, "pressure": None}, ["/answers/pressure"]),
        ({**GOOD, "colour": "red"}, ["/answers/colour"]),
        ({**GOOD, "labour_minutes": -5}, ["/answers/labour_minutes"]),
    ],
)
def test_what_is_missing_or_wrong_is_named_by_its_place(
    hub: World, answers: dict[str, Any], pointers: list[str]
) -> None:
    """422, and nothing is written."""
    ticket_id = opened(hub)
    answer = complete(hub, ticket_id, answers=answers)
    assert (answer.status, [each["pointer"] for each in answer.json["errors"]]) == (422, pointers)
    ticket = hub.ticket(ticket_id)
    assert (ticket["fields"], ticket["visits"][0]["outcome"]) == ({}, "")


def test_an_outcome_that_there_is_not_is_named_beside_what_is_missing(hub: World) -> None:
    """All that is wrong is said at once; whose turn it is not hears that alone, whatever they fill in."""
    ticket_id = opened(hub)
    answer = complete(hub, ticket_id, outcome="nonsense", answers={})
    pointers = [each["pointer"] for each in answer.json["errors"]]
    assert (answer.status, pointers[0], "/answers/leak" in pointers) == (422, "/outcome", True)
    path, stranger = f"/tickets/{ticket_id}/nodes/inspect/complete", as_("agent", sub="eve", region="base")
    assert hub.call("POST", path, {"outcome": "done", "answers": {}}, as_=stranger).status == 403
    assert hub.ticket(ticket_id)["visits"][0]["outcome"] == ""


def test_what_is_not_asked_is_left_out(hub: World) -> None:
    """The pressure of what does not leak is dropped, whatever it says."""
    ticket_id = opened(hub)
    assert complete(hub, ticket_id, answers={"leak": "none", "pressure": 9, "finding": "好"}).status == 200
    assert hub.ticket(ticket_id)["fields"] == {"leak": "none"}


def test_the_form_is_the_one_that_was_there_when_the_node_was_reached(hub: World) -> None:
    """A version that is published later asks the next ticket."""
    before = opened(hub)
    later = {**FORM, "fields": [*FORM["fields"], field("photo_no", "text", required=True)]}
    assert hub.call("POST", "/forms/inspection/publish", {"document": later}).status == 200
    after = opened(hub)
    assert complete(hub, before, answers=GOOD).status == 200
    assert [each["pointer"] for each in complete(hub, after, answers=GOOD).json["errors"]] == ["/answers/photo_no"]


def test_who_turns_it_down_fills_in_nothing(hub: World) -> None:
    """And at a node without a form there is nothing to fill in."""
    ticket_id = opened(hub)
    assert complete(hub, ticket_id, outcome="declined").status == 200
    answer = complete(hub, ticket_id, "inspect_again", answers=GOOD)
    assert {each["pointer"] for each in answer.json["errors"]} == {f"/answers/{name}" for name in GOOD}
    assert complete(hub, ticket_id, "inspect_again").status == 200


def test_a_form_that_there_is_not_is_refused_at_the_draft(hub: World) -> None:
    """With its place in the flow."""
    wrong = {**FLOW, "nodes": [{**FLOW["nodes"][0], "form": "nowhere"}, *FLOW["nodes"][1:]]}
    answer = hub.call("PUT", "/flows/consult/draft", {"document": wrong})
    assert (answer.status, answer.json["errors"][0]["pointer"]) == (422, "/document/nodes/0/form")


def test_a_card_has_no_button_for_it(hub: World) -> None:
    """A tap that would end the node without its form changes nothing."""
    ticket_id = opened(hub)
    visit = hub.ticket(ticket_id)["visits"][0]["id"]
    hub.tell(hub.tap("chen", f"{ticket_id}@{visit}", "done"))
    assert hub.ticket(ticket_id)["visits"][0]["outcome"] == ""
