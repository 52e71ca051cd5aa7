"""What people bend about tickets: types, ladders, flows and rules of a tenant's own, and what was stored before."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from functions.tickets import app
from functions.tickets.flows.asl import compile_flow
from functions.tickets.flows.legacy_table import Current, Published
from functions.tickets.flows.soundness import parse_flow
from functions.tickets.intake.legacy_table import Rulebook
from tests.support.presets import preset_flow
from tests.support.tickets import T0, World, world

INSTALL = {
    "title": {"zh": "安装", "en": "Installation"},
    "urgent_title": {"zh": "加急安装", "en": "Urgent installation"},
    "flow": "install",
    "ladder": "basic",
}
BODY = {"type": "repair", "customer_id": "cus_1", "region": "310101"}


@pytest.fixture
def hub() -> Iterator[World]:
    with world(publish=()) as made:
        made.hire("li", supervisor="chen")
        made.hire("chen", role="supervisor", region="base")
        yield made


def publish(hub: World, path: str, document: Any = None, **more: Any) -> Any:
    answer = hub.call("POST", f"{path}/publish", ({"document": document} if document else {}) | more)
    assert answer.status == 200, answer.text
    return answer.json


def rungs(hub: World, ticket: Any) -> list[tuple[str, str]]:
    why = hub.call("GET", f"/tickets/{ticket['id']}/explain").json
    return [(step["rung"], step["due_at"]) for step in why["ladder"]]


def test_a_type_of_ones_own(hub: World) -> None:
    """A tenant adds a type: tickets of it are opened at once, and its wrong ladder is refused by its place."""
    wrong = hub.call("POST", "/tickets/types/install/publish", {"document": INSTALL | {"ladder": "none"}})
    assert (wrong.status, wrong.json["errors"][0]["pointer"]) == (422, "/document/ladder")
    assert hub.call("POST", "/tickets", BODY | {"type": "install"}).status == 422

    published = publish(hub, "/tickets/types/install", INSTALL)
    assert [finding["pointer"] for finding in published["warnings"]] == ["/flow"]
    ticket = hub.call("POST", "/tickets", BODY | {"type": "install", "priority": "urgent"}).json

    assert (ticket["title"]["zh"], ticket["flow"]["version"]) == ("加急安装", 0)
    assert [head["key"] for head in hub.call("GET", "/tickets/types").json["data"]] == [
        *("after_sale", "complaint", "consult", "goods_return", "install", "installation", "medical_device"),
        *("refund", "repair", "return", "return_visit", "trial_lesson"),
    ]


def test_a_region_calls_a_type_its_own_way(hub: World) -> None:
    """What Shanghai changes of a type holds for tickets that lie there, and for no others."""
    overlay = {"title": {"zh": "上门维修"}}
    publish(hub, "/tickets/types/repair", overlay, scope="310000")
    assert hub.call("POST", "/tickets", BODY).json["title"] == {"zh": "上门维修", "en": "Repair"}
    assert hub.call("POST", "/tickets", BODY | {"region": "440300"}).json["title"]["zh"] == "维修"


def test_a_ladder_of_ones_own_holds_for_new_tickets(hub: World) -> None:
    """Tickets keep the ladder that they were opened with; a region's own rungs hold in that region."""
    before = hub.call("POST", "/tickets", BODY).json
    publish(hub, "/tickets/ladders/repair", {"steps": {"agent": {"after_seconds": 600}}}, scope="310000")
    here = hub.call("POST", "/tickets", BODY | {"customer_id": "cus_2"}).json
    elsewhere = hub.call("POST", "/tickets", BODY | {"customer_id": "cus_3", "region": "440300"}).json

    assert rungs(hub, before)[0] == ("agent", "2026-11-20T20:00:00Z")
    assert rungs(hub, here)[0] == ("agent", "2026-11-20T18:10:00Z")
    assert rungs(hub, elsewhere)[0] == ("agent", "2026-11-20T20:00:00Z")

    hub.sleep_until_done(f"{here['id']}-1-g1", T0 + timedelta(minutes=10))
    assert [(e.ticket_id, e.rung) for e in hub.told("rung.fired")] == [(here["id"], "agent")]


def test_a_ladder_that_cannot_work_is_refused_by_its_place(hub: World) -> None:
    """Twin rungs and no rung at all are 422; one that comes too early is a warning."""
    step = {"id": "agent", "after_seconds": 60, "audience": "agent"}
    ladder = {"title": {"zh": "快", "en": "Quick"}, "steps": [step, step]}
    answer = hub.call("POST", "/tickets/ladders/quick/publish", {"document": ladder})
    assert (answer.status, answer.json["errors"][0]["pointer"]) == (422, "/document/steps/1/id")
    assert hub.call("POST", "/tickets/ladders/quick/publish", {"document": ladder | {"steps": []}}).status == 422
    early = ladder | {"steps": [step, {"id": "all", "after_seconds": 30, "audience": "team"}]}
    assert [w["pointer"] for w in publish(hub, "/tickets/ladders/quick", early)["warnings"]] == [
        "/steps/1/after_seconds"
    ]


def test_hours_that_a_clock_cannot_keep_are_refused_by_their_place(hub: World) -> None:
    """A zone that is none, hours that end before they begin, and a rung that the hours would not reach in years."""
    wrong = [
        ({"timezone": "Asia/Nowhere"}, 60, ["/document/calendar/timezone"]),
        ({"hours": [{"opens": "12:00", "closes": "09:00"}]}, 60, ["/document/calendar/hours/0"]),
        ({"hours": [{"opens": "9", "closes": "12:00"}]}, 60, ["/document/calendar/hours/0/opens"]),
        ({"hours": [{"opens": "09:00", "closes": "09:01"}]}, 42_001, ["/document/steps/0/after_seconds"]),
    ]
    for calendar, after_seconds, pointers in wrong:
        step = {"id": "agent", "after_seconds": after_seconds, "audience": "agent"}
        ladder = {"title": {"zh": "白天", "en": "By day"}, "steps": [step], "calendar": calendar}
        refused = hub.call("POST", "/tickets/ladders/by_day/publish", {"document": ladder})
        assert (refused.status, [error["pointer"] for error in refused.json["errors"]]) == (422, pointers)


def test_a_preset_is_published_where_nothing_else_is_handed_in(hub: World) -> None:
    """Until then it is shown as what ships with the hub, and tickets follow no flow: it has no machine yet."""
    shown = hub.call("GET", "/flows/repair").json
    assert (shown["version"], shown["origin"], shown["facts"]) == (0, "preset", {})
    assert hub.call("POST", "/tickets", BODY).json["flow"]["version"] == 0

    assert publish(hub, "/flows/repair")["version"] == 1
    assert hub.call("POST", "/tickets", BODY).json["flow"] == {"key": "repair", "version": 1}


def store_old_flow(hub: World, *titles: str) -> None:
    """Versions of the repair flow as they were stored before flows were documents; the first is the one in force."""
    compiled = compile_flow(parse_flow(preset_flow("repair")))
    arn = hub.machines.create("hub-demo-f-old", compiled.rendered("aws", "hub-demo-tickets-steps"))
    items = app.room.desk.items
    for number, title in enumerate(titles, 1):
        document = json.dumps(preset_flow("repair") | {"title": {"zh": title, "en": title}}, ensure_ascii=False)
        facts = {"digest": compiled.digest, "machine_arn": arn, "published_at": T0, "published_by": "boss"}
        old = Published(version=number, document=document, **facts)
        items.write(items.new("flow#repair", f"v#{number:06d}", old))
    items.write(items.new("flow#repair", "current", Current(version=1)))


def test_flows_that_were_published_before_are_read_where_they_lie(hub: World) -> None:
    """The version in force then is in force, tickets that are pinned to one follow it, and numbers go on after them."""
    store_old_flow(hub, "旧一", "旧二")
    shown = hub.call("GET", "/flows/repair").json
    assert (shown["version"], shown["document"]["title"]["zh"], shown["published_by"]) == (1, "旧一", "boss")
    opened = hub.call("POST", "/tickets", BODY).json
    ticket = hub.ticket(opened["id"])
    assert (ticket["flow"]["version"], ticket["assignee"], ticket["visits"][-1]["node"]) == (1, "li", "accept")
    assert hub.call("GET", "/flows/repair", query={"version": "2"}).json["document"]["title"]["zh"] == "旧二"
    assert publish(hub, "/flows/repair", preset_flow("repair"))["version"] == 3
    assert hub.ticket(opened["id"])["flow"]["version"] == 1


def test_rules_that_were_published_before_are_in_force(hub: World) -> None:
    """Rules of the old shape decide until others are published, and count on."""
    table = {"key": "intake", "version": 4, "schema": {"text": "text"}, "rules": []}
    document = {**table, "default": {"type": "repair", "priority": "low"}}
    items = app.room.desk.items
    book = Rulebook(version=4, document=json.dumps(document), published_at=T0, published_by="boss")
    items.write(items.new("rules", "intake", book))
    hub.say("随便什么")
    assert (hub.ticket()["type"], hub.ticket()["priority"]) == ("repair", "low")
    assert hub.call("GET", "/tickets/rules").json["version"] == 4
    assert publish(hub, "/tickets/rules", document | {"version": 1})["version"] == 5
