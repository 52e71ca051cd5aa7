"""What a board asks a list of tickets for: each by its own key, and nothing that has none."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from functions.tickets.app import room
from functions.tickets.handlers.listing import relist_page
from functions.tickets.handlers.sweep import sweep_tickets
from functions.tickets.ticket.lists_table import TicketLists
from tests.support.http import token
from tests.support.tickets import World, as_, world

SHANGHAI = {"customer_id": "cus_1", "region": "310101", "store_id": "s1"}
ALL = as_("supervisor", sub="chen", region="base")
KINDS = ("repair", "consult", "complaint")


@pytest.fixture
def hub() -> Iterator[World]:
    with world() as made:
        made.hire("li")
        made.hire("chen", role="supervisor", region="base")
        yield made


def opened(hub: World, count: int = 6, **body: Any) -> list[dict[str, Any]]:
    """So many tickets, one an hour, of each type in turn."""
    tickets = []
    for number in range(count):
        hub.clock.advance(hours=1)
        tickets.append(hub.call("POST", "/tickets", {"type": KINDS[number % 3], **SHANGHAI, **body}, as_=ALL).json)
    return tickets


def listed(hub: World, as_: str = ALL, **query: str) -> list[str]:
    """All pages of a list, each of two."""
    ids, cursor = list[str](), ""
    for _ in range(50):
        answer = hub.call("GET", "/tickets", query={"limit": "2", "cursor": cursor, **query}, as_=as_)
        assert answer.status == 200, answer.text
        ids += [row["id"] for row in answer.json["data"]]
        cursor = answer.json["next_cursor"]
        if not cursor:
            return ids
    raise AssertionError("a list without an end")


def close(hub: World, ticket_id: str) -> None:
    answer = hub.call("POST", f"/tickets/{ticket_id}/cancel", {}, as_=ALL)
    assert answer.status == 200, answer.text


def test_open_tickets_of_a_type_and_of_a_team(hub: World) -> None:
    """The newest first, in every reach; who is over, and who lies elsewhere, is not among them."""
    tickets = opened(hub)
    elsewhere = hub.call("POST", "/tickets", {"type": "repair", "customer_id": "cus_2", "region": "440300"}, as_=ALL)
    close(hub, tickets[3]["id"])
    by_type = [t["id"] for t in reversed(tickets) if t["type"] == "repair" and t != tickets[3]]
    assert listed(hub, type="repair", state="open") == [elsewhere.json["id"], *by_type]
    assert listed(hub, type="repair", state="open", region="310000") == by_type
    manager = token("store_manager", sub="wang", region="310101", stores=("s1",))
    assert listed(hub, manager, type="repair", state="open") == by_type
    team = hub.ticket(tickets[0]["id"])["team"]
    of_team = [t["id"] for t in reversed(tickets) if hub.ticket(t["id"])["team"] == team and t != tickets[3]]
    assert [t for t in listed(hub, team=team, state="open") if t != elsewhere.json["id"]] == of_team
    assert listed(hub, type="install", state="open") == listed(hub, team="nobody", state="open") == []


def test_a_board_asks_by_type_and_team_and_due_time_at_once(hub: World) -> None:
    """Each of them by itself means what is open; together they are what each of them holds, in the order of the due
    time where that is asked for, page by page; what is over is not among them."""
    tickets = [hub.ticket(t["id"]) for t in opened(hub, 12)]
    close(hub, tickets[3]["id"])
    there = [t for t in tickets if t != tickets[3]]
    team = next(t["team"] for t in there if t["type"] == "repair")
    both = [t["id"] for t in reversed(there) if (t["type"], t["team"]) == ("repair", team)]
    assert len(both) >= 3
    assert listed(hub, type="repair") == listed(hub, type="repair", state="open")
    assert listed(hub, team=team) == listed(hub, team=team, state="open")
    assert listed(hub, type="repair", team=team) == both
    due = [i for i in listed(hub, sort="due_at") if i in both]
    assert len(due) >= 3
    assert listed(hub, sort="due_at", type="repair", team=team) == due
    assert listed(hub, sort="due_at", type="repair", assignee="li") == [
        i for i in due if hub.ticket(i)["assignee"] == "li"
    ]
    before = hub.ticket(due[2])["due_at"]
    assert listed(hub, due_before=before, type="repair") == due[:2]
    since = {"updated_since": "2026-11-01T00:00:00Z"}
    changed = [i for i in listed(hub, **since) if i in both]
    assert listed(hub, **since, type="repair", team=team, state="open") == changed
    assert listed(hub, **since, state="cancelled") == [tickets[3]["id"]]


def test_what_is_over_is_a_list_of_its_own(hub: World) -> None:
    """Cancelled tickets by their key; one that is opened again has left it."""
    tickets = opened(hub)
    for number in (1, 4):
        close(hub, tickets[number]["id"])
    assert listed(hub, state="cancelled") == [tickets[4]["id"], tickets[1]["id"]]
    assert listed(hub, state="closed") == []
    assert hub.call("POST", f"/tickets/{tickets[4]['id']}/reopen", {}, as_=ALL).status == 200
    assert listed(hub, state="cancelled") == [tickets[1]["id"]]


def test_the_soonest_due_come_first(hub: World) -> None:
    """As each ticket's clocks say, overdue ones before all, between two moments where one asks; a ticket that stands,
    or is over, is not among them; each card says when it is due."""
    tickets = opened(hub)
    cards = {t["id"]: hub.ticket(t["id"]) for t in tickets}
    due = sorted((card["due_at"], ticket_id) for ticket_id, card in cards.items() if card["due_at"])
    assert len(due) >= 4
    assert all(card["due_at"] == min((c["due_at"] for c in card["clocks"] if c["due_at"]), default=None)
               for card in cards.values())  # fmt: skip
    in_order = [ticket_id for _, ticket_id in due]
    assert listed(hub, sort="due_at") == in_order
    assert listed(hub, due_before=due[2][0]) == [i for at, i in due if at < due[2][0]]
    assert listed(hub, due_after=due[2][0]) == [i for at, i in due if at >= due[2][0]]
    assert listed(hub, sort="due_at", assignee="li") == [i for i in in_order if hub.ticket(i)["assignee"] == "li"]
    assert hub.call("POST", f"/tickets/{in_order[0]}/pause", {}, as_=ALL).status == 200
    close(hub, in_order[1])
    assert listed(hub, sort="due_at") == in_order[2:]
    assert hub.ticket(in_order[0])["due_at"] is None
    hub.clock.advance(days=400)
    assert listed(hub, sort="due_at")[:1] == in_order[2:3]


def test_no_list_holds_what_lies_elsewhere(hub: World) -> None:
    """Whoever reaches another province, store or only their own finds nothing in any of them, and no word of more."""
    tickets = opened(hub)
    close(hub, tickets[5]["id"])
    team = hub.ticket(tickets[0]["id"])["team"]
    elsewhere = (
        as_("supervisor", sub="wu", region="440000"),
        token("store_manager", sub="ma", region="310101", stores=("s9",)),
        token("engineer", sub="nobody", level="own"),
    )
    for query in (
        {"type": "repair", "state": "open"},
        {"team": team, "state": "open"},
        {"sort": "due_at"},
        {"sort": "due_at", "assignee": "li"},
        {"sort": "due_at", "type": "repair"},
        {"type": "repair", "team": team},
        {"state": "cancelled"},
        {"updated_since": "2026-11-01T00:00:00Z"},
    ):
        assert listed(hub, **query) or query.get("assignee")
        for who in elsewhere:
            page = hub.call("GET", "/tickets", query=query, as_=who).json
            assert (page["data"], page["has_more"]) == ([], False), query


def test_a_hub_without_a_ticket_has_empty_lists(hub: World) -> None:
    """Each of them, the one by due time too, from the first minute on."""
    for query in (
        {},
        {"sort": "due_at"},
        {"type": "repair", "due_before": "2036-01-01T00:00:00Z"},
        {"state": "closed"},
    ):
        assert listed(hub, **query) == []
    wrong = hub.call("GET", "/tickets", query={"region": "shanghai"}, as_=ALL)
    assert [each["pointer"] for each in wrong.json["errors"]] == ["query:region"]


def test_a_clock_that_moves_moves_its_ticket(hub: World) -> None:
    """Paused for a day and resumed, a ticket is due a day later, behind what was due after it."""
    first, second = opened(hub, 2, type="repair")
    assert listed(hub, sort="due_at") == [first["id"], second["id"]]
    hub.call("POST", f"/tickets/{first['id']}/pause", {}, as_=ALL)
    hub.clock.advance(days=1)
    hub.call("POST", f"/tickets/{first['id']}/resume", {}, as_=ALL)
    assert listed(hub, sort="due_at") == [second["id"], first["id"]]


@pytest.mark.parametrize(
    ("query", "places"),
    [
        ({"type": "repair", "state": "closed"}, ["state"]),
        ({"team": "cold", "state": "closed"}, ["state"]),
        ({"team": "cold", "type": "repair", "state": "cancelled"}, ["state"]),
        ({"entry": "website"}, ["entry"]),
        ({"sort": "due_at", "entry": "website"}, ["entry"]),
        ({"due_before": "2026-12-01T00:00:00Z", "state": "closed"}, ["state"]),
        ({"due_before": "2026-12-01T00:00:00Z", "sort": "-opened_at"}, ["sort"]),
        ({"updated_since": "2026-11-01T00:00:00Z", "entry": "website"}, ["entry"]),
        ({"customer": "cus_1", "sort": "due_at"}, ["sort"]),
        ({"sort": "title"}, ["sort"]),
    ],
)
def test_what_no_key_allows_is_refused_with_what_is(hub: World, query: dict[str, str], places: list[str]) -> None:
    """422 with the place of each parameter that does not go with the rest, and the lists that there are."""
    answer = hub.call("GET", "/tickets", query=query, as_=ALL)
    assert (answer.status, [e["pointer"] for e in answer.json["errors"]]) == (422, [f"query:{name}" for name in places])
    if query.get("sort") != "title":
        assert all("lists are: by state" in problem["detail"] for problem in answer.json["errors"])


def test_a_page_reads_what_it_answers(hub: World) -> None:
    """However many there are of other types, a page of two reads two tickets."""
    opened(hub, 9)
    lists, calls = room.desk.lists, list[int]()

    class Counted:
        def __init__(self, client: Any) -> None:
            self.client = client

        def batch_get_item(self, **params: Any) -> Any:
            calls.extend(len(request["Keys"]) for request in params["RequestItems"].values())
            return self.client.batch_get_item(**params)

        def __getattr__(self, name: str) -> Any:
            return getattr(self.client, name)

    table = replace(lists.items.table, client=Counted(lists.items.table.client))
    room.desk.lists = TicketLists(replace(lists.items, table=table), lists.extent)
    for query in ({"type": "repair", "state": "open"}, {"sort": "due_at"}):
        calls.clear()
        page = hub.call("GET", "/tickets", query={"limit": "2", **query}, as_=ALL).json
        assert (len(page["data"]), page["has_more"], calls) == (2, True, [2, 2])


def forget_the_entries(hub: World) -> None:
    """The table as it was before there were entries for types, teams, states and dues."""
    table = room.desk.items.table
    for item in table.client.scan(TableName=table.name)["Items"]:
        key = {"pk": item["pk"], "sk": item["sk"]}
        if item["sk"]["S"].startswith("list#"):
            table.client.delete_item(TableName=table.name, Key=key)
        if item["sk"]["S"] in ("ticket", "tickets"):
            body = item.get("body", {"M": {}})
            body["M"].pop("listing", None)
            body["M"].pop("due_at", None)
            item.pop("listing", None)
            table.client.put_item(TableName=table.name, Item=item)


def test_tickets_of_before_are_listed_at_once_and_by_their_keys_after_a_sweep(hub: World) -> None:
    """Meanwhile by the list of all; by when they are due once they are listed so. Nothing else of them changes."""
    tickets = opened(hub)
    close(hub, tickets[5]["id"])
    asked = ({"type": "repair", "state": "open"}, {"state": "cancelled"}, {"state": "open"})
    before = [listed(hub, **query) for query in asked]
    due = listed(hub, sort="due_at")
    forget_the_entries(hub)
    versions = [hub.ticket(t["id"])["version"] for t in tickets]
    assert [listed(hub, **query) for query in asked] == before
    assert hub.call("GET", "/tickets", query={"sort": "due_at"}, as_=ALL).status == 503
    assert not relist_page(room.desk, hub.clock.now)
    assert room.desk.tickets.extent().is_keyed
    assert [listed(hub, **query) for query in asked] == before
    assert listed(hub, sort="due_at") == due
    assert [hub.ticket(t["id"])["version"] for t in tickets] == versions


def test_the_sweep_lists_tickets_of_before_by_itself(hub: World) -> None:
    """Nobody has to know of it."""
    (ticket,) = opened(hub, 1)
    forget_the_entries(hub)
    sweep_tickets(room.desk, hub.clock.now)
    assert listed(hub, sort="due_at") == [ticket["id"]]


def test_a_ticket_of_before_that_changes_is_listed_by_itself(hub: World) -> None:
    """Its next change writes its entries, and leaves none behind when it is over."""
    (ticket,) = opened(hub, 1)
    forget_the_entries(hub)
    hub.call("POST", f"/tickets/{ticket['id']}/comment", {"text": "跟进"}, as_=ALL)
    table = room.desk.items.table

    def entries() -> list[str]:
        return sorted(i["sk"] for i in table.query_all(room.desk.items.key(f"ticket#{ticket['id']}"), limit=99)
                      if i["sk"].startswith("list#"))  # fmt: skip

    assert {"list#type", "list#due"} <= set(entries())
    close(hub, ticket["id"])
    assert entries() == ["list#over"]
