"""Tickets over HTTP: who sees what, lists, the trail, flows, and the customer's page."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from functions.tickets import app
from tests.support.http import call, token
from tests.support.presets import preset_flow
from tests.support.tickets import World, as_, world
from tests.support.wire import faulty

BODY = {"type": "repair", "customer_id": "cus_1", "region": "310101", "priority": "high", "subject": "冷柜结霜"}


@pytest.fixture
def hub() -> Iterator[World]:
    with world() as made:
        made.hire("li")
        made.hire("chen", role="supervisor", region="base")
        yield made


@pytest.fixture
def ticket(hub: World) -> Any:
    return hub.call("POST", "/tickets", BODY, as_=as_("agent", sub="amy")).json


def test_opened_by_hand(hub: World) -> None:
    """An agent opens a ticket; with the same Idempotency-Key it is the same ticket."""
    first = hub.call("POST", "/tickets", BODY, as_=as_("agent", sub="amy"), key="k1")
    again = hub.call("POST", "/tickets", BODY, as_=as_("agent", sub="amy"), key="k1")

    assert (first.status, again.status) == (201, 201)
    assert first.json["id"] == again.json["id"]
    assert len(hub.tickets()) == 1
    assert (first.json["title"]["zh"], first.json["subject"], first.json["priority"]) == ("维修", "冷柜结霜", "high")


def test_a_dry_run_opens_nothing(hub: World) -> None:
    """It answers with the ticket as it would be, and none is made."""
    answer = hub.call("POST", "/tickets?dry_run=1", BODY)
    assert (answer.status, answer.json["type"], answer.json["state"]) == (201, "repair", "open")
    assert hub.tickets() == []


@pytest.mark.parametrize("typed", ["13800138000", "张三 幸福路 5 号", "cus_", "cus_" + "1" * 33])
def test_only_the_hubs_id_names_a_customer(hub: World, typed: str) -> None:
    """What goes on the bus is an id: a phone or a name typed in its place is a 422."""
    answer = hub.call("POST", "/tickets", BODY | {"customer_id": typed})
    assert (answer.status, answer.json["errors"][0]["pointer"]) == (422, "/customer_id")


def test_a_trail_that_grows_while_it_is_read_is_whole(hub: World, ticket: Any) -> None:
    """Somebody comments between the read of the ticket and that of its trail: no false alarm, for any call between."""
    path = f"/tickets/{ticket['id']}/timeline"
    with faulty() as wire:
        before = hub.call("GET", path).json
        calls = len(wire.calls)
    for at in range(calls):
        with faulty(at, between=lambda: comment(hub, ticket["id"])):
            timeline = hub.call("GET", path).json
        assert (timeline["intact"], timeline["broken_at"]) == (True, None)
    after = hub.call("GET", path).json
    assert (len(after["entries"]) - len(before["entries"]), after["intact"]) == (calls, True)


def comment(hub: World, ticket_id: str) -> None:
    answer = call(app.room, "POST", f"/tickets/{ticket_id}/comment", {"text": "同时"}, as_=as_("agent", sub="amy"))
    assert answer.status == 200


def test_unknown_type(hub: World) -> None:
    """A type that does not exist is named by its pointer."""
    answer = hub.call("POST", "/tickets", BODY | {"type": "dance"})
    assert (answer.status, answer.json["errors"][0]["pointer"]) == (422, "/type")


def test_another_region(hub: World, ticket: Any) -> None:
    """Who is responsible for another region finds no such ticket, can't touch it, nor open one here."""
    stranger = as_("agent", sub="bo", region="440300")

    for method, path, body in [
        ("GET", "", None),
        ("GET", "/timeline", None),
        ("GET", "/explain", None),
        ("POST", "/comment", {"text": "hi"}),
        ("POST", "/assign", {"person_id": "li"}),
        ("POST", "/acknowledge", {}),
        ("POST", "/nodes/accept/complete", {"outcome": "accepted"}),
    ]:
        assert hub.call(method, f"/tickets/{ticket['id']}{path}", body, as_=stranger).status == 404, path
    assert hub.call("POST", "/tickets", BODY, as_=stranger).status == 403
    assert hub.call("GET", "/tickets", as_=stranger).json["data"] == []
    assert len(hub.call("GET", "/tickets", as_=as_("agent", sub="amy", region="310000")).json["data"]) == 1


def test_no_such_ticket(hub: World) -> None:
    """A ticket that never was is 404."""
    assert hub.call("GET", "/tickets/tkt_01ARZ3NDEKTSV4RRFFQ69G5FAV").status == 404


def test_list_pages_and_filters(hub: World) -> None:
    """Pages hold each ticket once, the newest first; filters have to hold together."""
    for n in range(5):
        hub.clock.advance(minutes=1)
        hub.call("POST", "/tickets", BODY | {"customer_id": f"cus_{n % 2}"})
    everything = hub.ids()

    paged, cursor = [], ""
    for _ in range(3):
        page = hub.call("GET", "/tickets", query={"limit": "2", "cursor": cursor}).json
        paged += [ticket["id"] for ticket in page["data"]]
        cursor = page["next_cursor"]
    assert (paged, cursor) == (everything, "")

    mine = hub.call("GET", "/tickets", query={"customer": "cus_1", "state": "open", "assignee": "li"}).json["data"]
    assert [ticket["customer_id"] for ticket in mine] == ["cus_1", "cus_1"]
    assert hub.call("GET", "/tickets", query={"state": "closed"}).json["data"] == []
    assert hub.call("GET", "/tickets", query={"cursor": "nonsense"}).status == 422


def test_lists_hold_no_text(hub: World, ticket: Any) -> None:
    """A list shows no word of what people wrote."""
    assert ticket["subject"] == "冷柜结霜"
    listed = hub.call("GET", "/tickets").json["data"]
    assert [(found["subject"], found["visits"]) for found in listed] == [("", [])]


def test_who_may_not_read_text(hub: World, ticket: Any) -> None:
    """A viewer sees the ticket, with what people wrote masked."""
    hub.call("POST", f"/tickets/{ticket['id']}/comment", {"text": "客户很着急"})
    viewer = as_("viewer", sub="eve")

    assert hub.call("GET", f"/tickets/{ticket['id']}", as_=viewer).json["subject"] == "冷**"
    entries = hub.call("GET", f"/tickets/{ticket['id']}/timeline", as_=viewer).json["entries"]
    assert [e["text"] for e in entries if e["what"] == "comment"] == ["客**"]


def test_trail_is_chained(hub: World, ticket: Any) -> None:
    """The trail is whole; an entry altered in the table is named by its number."""
    hub.call("POST", f"/tickets/{ticket['id']}/comment", {"text": "客户很着急"}, as_=as_("agent", sub="amy"))
    trail = hub.timeline(ticket["id"])
    assert (trail["intact"], trail["broken_at"]) == (True, None)
    assert [entry["seq"] for entry in trail["entries"]] == list(range(1, len(trail["entries"]) + 1))
    assert [e["text"] for e in trail["entries"] if e["what"] == "comment"] == ["客户很着急"]

    hub.session.client("dynamodb").update_item(
        TableName="hub-demo-tickets",
        Key={"pk": {"S": f"demo#ticket#{ticket['id']}"}, "sk": {"S": "~trail#000002"}},
        UpdateExpression="SET #b.actor = :a",
        ExpressionAttributeNames={"#b": "body"},
        ExpressionAttributeValues={":a": {"S": "mallory"}},
    )
    assert hub.timeline(ticket["id"])["broken_at"] == 2


def test_explain(hub: World, ticket: Any) -> None:
    """Why: the rule, everybody who was weighed with what speaks against them, the clock and the ladder."""
    hub.hire("sun", skills=("plumbing",), region="440300")
    hub.clock.advance(seconds=6)

    why = hub.call("GET", f"/tickets/{ticket['id']}/explain").json

    assert why["rule_id"] == "by hand"
    assert [(c["person_id"], c["open_tickets"], c["fits"], len(c["why"])) for c in why["dispatch"]["candidates"]] == [
        ("li", 1, True, 0),
        ("sun", None, False, 2),
    ]
    assert why["clock"]["next_due_at"] == "2026-11-20T20:00:00Z"
    assert [(step["rung"], step["due_at"], step["fired"]) for step in why["ladder"]] == [
        ("agent", "2026-11-20T20:00:00Z", False),
        ("supervisor", "2026-11-20T20:30:00Z", False),
        ("team", "2026-11-20T21:00:00Z", False),
    ]


def test_assign_with_a_version(hub: World, ticket: Any) -> None:
    """Assigning by an old version is 409; the same person again changes nothing; nobody is 422."""
    path = f"/tickets/{ticket['id']}/assign"
    hub.hire("zhao")
    hub.clock.advance(seconds=6)
    version = hub.ticket(ticket["id"])["version"]

    assert hub.call("POST", path, {"person_id": "zhao", "version": version - 1}).status == 409
    done = hub.call("POST", path, {"person_id": "zhao", "version": version}).json
    assert (done["assignee"], done["visits"][-1]["assignee"]) == ("zhao", "zhao")
    assert hub.call("POST", path, {"person_id": "zhao"}).json["version"] == done["version"]
    assert hub.call("POST", path, {"person_id": "ghost"}).status == 422
    assert [e.assignee for e in hub.told("ticket.assigned")] == ["li", "zhao"]


def test_a_flow_closes_its_ticket(hub: World, ticket: Any) -> None:
    """A ticket that follows a flow cannot be closed by hand."""
    refused = hub.call("POST", f"/tickets/{ticket['id']}/close", {})
    assert (refused.status, refused.json["facts"]["flow"]) == (409, "repair")


def test_progress_page(hub: World, ticket: Any) -> None:
    """Whoever holds the link sees the kind of matter and its milestones with times, and exactly that."""
    hub.clock.advance(minutes=5)
    done = {"outcome": "done", "fields": {"labour_amount": "80.00"}}
    for node, body in (("accept", {"outcome": "accepted"}), ("service", done)):
        hub.call("POST", f"/tickets/{ticket['id']}/nodes/{node}/complete", body)
        hub.clock.advance(minutes=30)

    seen = hub.call("GET", ticket["link"], as_="")

    assert seen.status == 200
    assert set(seen.json) == {"title", "milestones"}
    assert {key for milestone in seen.json["milestones"] for key in milestone} == {"title", "at", "news", "entered_at"}
    assert {key for milestone in seen.json["milestones"] for key in milestone["title"]} == {"zh", "en"}
    assert [(m["title"]["zh"], m["at"]) for m in seen.json["milestones"]] == [
        ("已受理", "2026-11-20T18:00:00Z"),
        ("已派工", "2026-11-20T18:00:00Z"),
        ("工程师已接单", "2026-11-20T18:05:00Z"),
        ("维修完成", "2026-11-20T18:35:00Z"),
        ("已完成", "2026-11-20T18:35:00Z"),
    ]
    for secret in ("li", "80", "cus_1", ticket["id"], "冷柜"):
        assert f'"{secret}' not in seen.text


def test_a_link_that_never_was(hub: World) -> None:
    """A link that nobody gave out is 404, without a word about tickets."""
    assert hub.call("GET", "/t/guess", as_="").status == 404


def publish(hub: World, document: Any = None) -> Any:
    answer = hub.call("POST", "/flows/repair/publish", {"document": document} if document else {})
    assert answer.status == 200
    return answer.json


def shown(hub: World) -> Any:
    return hub.call("GET", "/flows/repair").json


def test_publishing_is_idempotent_by_content(hub: World) -> None:
    """The same document is the same version; a new one is the next, on the same machine where edges are the same."""
    again, first = publish(hub), shown(hub)
    assert (again["version"], again["unchanged"], first["origin"]) == (1, True, "published")
    assert first["facts"]["machine_arn"].endswith(f":hub-demo-f-{first['facts']['digest'][:12]}")

    document = preset_flow("repair") | {"title": {"zh": "冷柜维修", "en": "Freezer repair"}}
    assert publish(hub, document)["version"] == 2
    assert (shown(hub)["document"], shown(hub)["facts"]) == (document, first["facts"])

    assert publish(hub)["version"] == 1
    assert (shown(hub)["version"], shown(hub)["latest_version"]) == (1, 2)
    assert len(hub.machines.definitions) == 2


def test_running_tickets_keep_their_version(hub: World, ticket: Any) -> None:
    """A ticket stays on the flow version that it was opened with."""
    publish(hub, preset_flow("repair") | {"title": {"zh": "冷柜维修", "en": "Freezer repair"}})

    assert hub.ticket(ticket["id"])["flow"] == {"key": "repair", "version": 1}
    assert hub.call("POST", "/tickets", BODY).json["flow"] == {"key": "repair", "version": 2}

    assert hub.call("POST", "/flows/repair/revert", {"version": 1}).status == 200
    assert hub.call("POST", "/tickets", BODY).json["flow"] == {"key": "repair", "version": 1}


def test_publishing_nonsense(hub: World) -> None:
    """An unsound flow is refused with pointers, a key without preset or document is 404; administrators publish."""
    wrong = hub.call("POST", "/flows/repair/publish", {"document": preset_flow("repair") | {"start": "nowhere"}})
    assert (wrong.status, wrong.json["errors"][0]["pointer"]) == (422, "/document/start")
    lost = hub.call("POST", "/flows/repair/publish", {"document": preset_flow("repair") | {"ladder": "none"}})
    assert (lost.status, lost.json["errors"][0]["pointer"]) == (422, "/document/ladder")
    assert hub.call("POST", "/flows/install/publish", {}).status == 404
    assert hub.call("GET", "/flows/install").status == 404
    assert hub.call("POST", "/flows/repair/publish", {}, as_=as_("agent", sub="amy")).status == 403
    assert hub.call("POST", "/flows/repair/publish", {}, as_=token("administrator", region="base")).status == 200


def test_a_rehearsed_publication_makes_no_machine(hub: World) -> None:
    """With dry_run the answer says what would change, and nothing is published or made."""
    document = preset_flow("repair")
    document["nodes"][0]["outcomes"] = {"unassigned": "closed"}
    answer = hub.call("POST", "/flows/repair/publish?dry_run=1", {"document": document}).json
    assert (answer["version"], answer["dry_run"]) == (2, True)
    assert [change["pointer"] for change in answer["changes"]] == ["/nodes/dispatch/outcomes"]
    assert (shown(hub)["version"], len(hub.machines.definitions)) == (1, 2)


def test_what_was_seen_holds_against_what_is(hub: World, ticket: Any) -> None:
    """By If-Match: who saw an older version changes nothing and hears what the ticket is now; who saw this one does."""
    path, seen = f"/tickets/{ticket['id']}/comment", hub.call("GET", f"/tickets/{ticket['id']}").headers["etag"]
    assert hub.call("POST", path, {"text": "first"}, headers={"if-match": seen}).status == 200
    late = hub.call("POST", path, {"text": "second"}, headers={"if-match": seen})
    assert (late.status, late.json["facts"]["state"], late.json["zh"]["detail"]) == (
        409,
        "open",
        "其间已被更改，请刷新后重试",
    )
    assert int(late.json["facts"]["current"]) == hub.ticket(ticket["id"])["version"]
    timeline = hub.call("GET", f"/tickets/{ticket['id']}/timeline").json["entries"]
    assert [entry["text"] for entry in timeline if entry["what"] == "comment"] == ["first"]


def test_who_works_on_a_ticket_that_is_over_hears_so(hub: World, ticket: Any) -> None:
    """工单已结束, whatever was to be done with it."""
    hub.call("POST", f"/tickets/{ticket['id']}/nodes/accept/complete", {"outcome": "accepted"})
    report = {"outcome": "done", "fields": {"labour_amount": "80.00"}}
    hub.call("POST", f"/tickets/{ticket['id']}/nodes/service/complete", report)
    over = hub.ticket(ticket["id"])
    assert over["state"] == "closed"
    for path, body in (("nodes/service/complete", report), ("assign", {"person_id": "li"}), ("pause", {})):
        refused = hub.call("POST", f"/tickets/{ticket['id']}/{path}", body)
        assert (refused.status, refused.json["zh"]["detail"]) == (409, "工单已结束"), path


def test_what_changed_since_is_found_by_its_key(hub: World) -> None:
    """However many did not change: of seven the oldest was written to two days later, and is the whole of the first
    page, which ends there; each day later it stands in the list once, for its store and its assignee too."""
    body = {**BODY, "store_id": "s1"}
    first = hub.call("POST", "/tickets", body).json["id"]
    for _ in range(6):
        hub.call("POST", "/tickets", body)
    hub.clock.advance(days=2)
    for day in range(2):
        hub.call("POST", f"/tickets/{first}/comment", {"text": "请跟进"})
        since = {"updated_since": "2026-11-22T00:00:00Z", "limit": "1"}
        manager = token("store_manager", sub="wang", region="310101", stores=("s1",))
        for as_whom, query in (
            (as_("supervisor", sub="chen", region="base"), {}),
            (manager, {}),
            (as_("supervisor", sub="chen"), {"assignee": "li"}),
            (token("engineer", sub="li", level="own"), {}),
        ):
            page = hub.call("GET", "/tickets", query={**since, **query}, as_=as_whom).json
            assert ([row["id"] for row in page["data"]], page["has_more"]) == ([first], False), (day, query)
        hub.clock.advance(days=1)
    assert hub.call("GET", "/tickets", query={"updated_since": "2026-11-24T00:00:00Z"}).json["data"] == []


def test_a_card_on_a_board_is_told_in_one_call(hub: World, ticket: Any) -> None:
    """The list says what each card shows: its title, priority, whose it is and where it stands."""
    (card,) = hub.call("GET", "/tickets", query={"state": "open"}).json["data"]
    shown = {name: card[name] for name in ("priority", "assignee", "stands", "paused", "region")}
    assert shown == {"priority": "high", "assignee": "li", "stands": ["accept"], "paused": False, "region": "310101"}
    assert card["title"]["zh"]


def test_a_list_is_narrowed_by_what_a_board_asks(hub: World, ticket: Any) -> None:
    """By type, team, region and when it was last written; what fits nothing is an empty list."""

    def listed(**query: str) -> list[str]:
        rows = hub.call("GET", "/tickets", query=query, as_=as_("supervisor", sub="chen", region="base")).json["data"]
        return [row["region"] for row in rows]

    hub.clock.advance(hours=1)
    hub.call("POST", "/tickets", {**BODY, "type": "consult", "region": "440300"}, as_=token("agent", sub="amy"))
    assert listed() == ["440300", "310101"]
    by_type = [listed(state="open", type=name) for name in ("consult", "repair", "complaint")]
    assert by_type == [["440300"], ["310101"], []]
    assert (listed(region="310000"), listed(region="440300"), listed(region="320000")) == (["310101"], ["440300"], [])
    assert listed(updated_since="2026-11-20T19:00:00Z") == ["440300"]
    assert listed(region="310000", type="consult", state="open") == []
    assert listed(team="nobody", state="open") == []
    out = hub.call("GET", "/tickets", query={"region": "440300"}, as_=as_("supervisor", sub="sh", region="310000"))
    assert (out.status, out.json["data"]) == (200, [])
