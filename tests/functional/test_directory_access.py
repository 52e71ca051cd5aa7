"""What the directory says of rights: scopes of people and teams, grants of one thing, broken glass, who sees what."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from functions.directory import app
from hub.edge.access import Place, reach_of
from hub.edge.access.policy import packaged_document
from hub.edge.auth import Principal, principal_from
from hub.edge.bus import Change
from hub.edge.host import Host
from hub.kernel.clock import StepClock, rfc3339
from tests.support.aws import account
from tests.support.hosts import host_of, install
from tests.support.http import Context, bus_events, call, sqs_batch, token

LI = {"name": "李雷", "roles": ["agent"], "region": "310000"}
SHIFTS = {"shifts": [{"person_id": "a", "starts_at": "2026-11-21T01:00:00Z", "ends_at": "2026-11-21T10:00:00Z"}]}


@pytest.fixture(autouse=True)
def session() -> Iterator[Any]:
    with account("directory") as session:
        install(app.room, session)
        yield session


def put_person(person_id: str = "li", **more: Any) -> None:
    assert call(app.room, "PUT", f"/directory/people/{person_id}", {**LI, **more}).status == 200


def now_of(sub: str) -> Principal:
    """The principal as any room's edge reads it at this moment."""
    host: Host = app.room.host
    return principal_from({"sub": sub, "aud": "demo"}, host.principals.principal(sub), host.now())


def test_stores_teams_and_level_reach_every_room_s_edge() -> None:
    """A person's home store and further stores, teams and level are the principal's at the next request."""
    put_person(store_id="s1", stores=["s2", "s1"], teams=["care"])
    assert now_of("li").stores == ("s1", "s2")
    put_person(teams=["care"], level="team")
    me = call(app.room, "GET", "/auth/me", as_=token("agent", sub="li")).json
    assert (me["stores"], me["teams"], me["level"]) == ([], ["care"], "team")
    put_person(level="own")
    assert not reach_of(now_of("li")).covers(Place("310000"))
    put_person()
    assert reach_of(now_of("li")).covers(Place("310000"))


def test_an_administrator_of_one_region_does_not_change_the_whole_organisation() -> None:
    """They read it; people, stores, teams and keys are for who reaches the whole tenant."""
    regional = token("administrator", sub="root", region="310000")
    asked = (
        ("PUT", "/directory/people/li", LI),
        ("PUT", "/directory/stores/s1", {"name": "门店", "region": "310101"}),
        ("PUT", "/directory/teams/care", {"name": "客服"}),
        ("POST", "/auth/keys", {"name": "x", "scopes": ["viewer"]}),
    )
    assert {call(app.room, method, path, body, as_=regional).status for method, path, body in asked} == {403}
    assert call(app.room, "GET", "/directory/people", as_=regional).status == 200


def test_a_roster_is_arranged_by_those_who_reach_its_team() -> None:
    """A supervisor of the team's region or one in the team may; one of elsewhere finds nothing, nor does anybody of a
    region for a team that nobody placed."""
    team = {"name": "沪东", "region": "310115", "stores": ["s1"]}
    assert call(app.room, "PUT", "/directory/teams/east", team).json["stores"] == ["s1"]
    put_person("member", roles=["supervisor"], region="440000", teams=["east"])
    put_person("keeper", roles=["supervisor"], region="310115", store_id="s1")
    put_person("other", roles=["supervisor"], region="310115", store_id="s2")
    people = {
        "of the region": token("supervisor", region="310000"),
        "of the team": token(sub="member"),
        "of the store": token(sub="keeper"),
        "of another store": token(sub="other"),
        "of another region": token("supervisor", region="440000"),
    }
    got = {
        name: call(app.room, "PUT", "/directory/rosters/east", SHIFTS, as_=as_).status for name, as_ in people.items()
    }
    assert got == {
        "of the region": 200,
        "of the team": 200,
        "of the store": 200,
        "of another store": 404,
        "of another region": 404,
    }
    unplaced = [call(app.room, "PUT", "/directory/rosters/west", SHIFTS, as_=as_).status for as_ in people.values()]
    assert unplaced == [404] * 5
    assert call(app.room, "PUT", "/directory/rosters/west", SHIFTS, as_=token("supervisor")).status == 200


def test_a_guest_has_a_thing_and_a_role_has_none() -> None:
    """One thing for two days reaches every room's edge; half a grant is refused."""
    put_person()
    span = {"starts_at": "2026-11-21T00:00:00Z", "ends_at": "2099-01-01T00:00:00Z"}
    guest = {"role": "guest", "thing": "tkt_1", **span}
    assert call(app.room, "POST", "/directory/people/li/grant", guest).status == 200
    assert now_of("li").guest_of == ("tkt_1",)
    for wrong in ({"role": "guest", **span}, {"role": "agent", "thing": "tkt_1", **span},
                  {"role": "break_glass", "thing": "tkt_1", **span}):  # fmt: skip
        assert call(app.room, "POST", "/directory/people/li/grant", wrong).status == 422


def glass(reason: str = "VIP 客户投诉到总部", thing: str = "tkt_1") -> dict[str, str]:
    return {"thing": thing, "reason": reason}


def test_breaking_the_glass_shows_one_thing_for_an_hour_and_is_told(session: Any) -> None:
    """The supervisor sees that thing from now on, and it alone; why stands sealed in the directory, the event says who
    and until when, and a repeat with the same key breaks nothing again."""
    put_person("gm", roles=["supervisor"])
    gms = token("supervisor", sub="gm")
    first = call(app.room, "POST", "/directory/break-glass", glass(), as_=gms, key="k1")
    again = call(app.room, "POST", "/directory/break-glass", glass(), as_=gms, key="k1")
    assert (first.status, again.json) == (201, first.json)
    ends = datetime.fromisoformat(first.json["ends_at"])
    assert ends - datetime.fromisoformat(first.json["starts_at"]) == timedelta(minutes=60)
    who = now_of("gm")
    assert (who.glass_of, who.roles) == (("tkt_1",), ("supervisor",))
    stored = session.client("dynamodb").scan(TableName="hub-demo-directory")["Items"]
    assert "投诉" not in str(stored)
    (item,) = [item for item in stored if item["sk"]["S"].startswith("glass#")]
    change: Any = {
        "table": "t",
        "kind": "INSERT",
        "pk": item["pk"]["S"],
        "sk": item["sk"]["S"],
        "new": None,
        "old": None,
    }
    assert app.room.follows(Change(**change))
    assert app.on_change(sqs_batch(change), Context()) == {"batchItemFailures": []}
    (event,) = bus_events(session)
    assert (event["type"], event["glass_id"], event["thing"], event["person_id"]) == (
        "glass.broken", first.json["id"], "tkt_1", "gm",
    )  # fmt: skip
    assert "reason" not in event


def test_a_repeat_after_the_hour_is_told_what_was_broken(session: Any) -> None:
    """The glass is whole again by then; the same request hears of the first, and breaks nothing anew."""
    clock = StepClock(datetime.now(UTC))
    install(app.room, session, clock)
    put_person("gm", roles=["supervisor"])
    gms = token("supervisor", sub="gm")
    first = call(app.room, "POST", "/directory/break-glass", glass(), as_=gms, key="k1")
    clock.advance(seconds=3700)
    again = call(app.room, "POST", "/directory/break-glass", glass(), as_=gms, key="k1")
    assert (first.status, again.status, again.json) == (201, 201, first.json)


def test_the_record_of_broken_glass_is_read_by_administrators() -> None:
    """Thing by thing, the latest first, with the reason."""
    put_person("gm", roles=["supervisor"])
    call(app.room, "POST", "/directory/break-glass", glass(), as_=token("supervisor", sub="gm"))
    listed = call(app.room, "GET", "/directory/break-glass?thing=tkt_1")
    assert [(row["person_id"], row["reason"]) for row in listed.json["data"]] == [("gm", "VIP 客户投诉到总部")]
    assert call(app.room, "GET", "/directory/break-glass?thing=tkt_2").json["data"] == []
    assert call(app.room, "GET", "/directory/break-glass?thing=tkt_1", as_=token("supervisor")).status == 403


def test_the_glass_is_for_those_whom_the_policy_names() -> None:
    """An agent, a machine and somebody of no record may not break it; nor anybody without a reason."""
    put_person("li")
    made = call(app.room, "POST", "/auth/keys", {"name": "ERP", "scopes": ["supervisor"]}).json
    for as_ in (token("agent", sub="li"), made["api_key"], token("supervisor", sub="nobody")):
        assert call(app.room, "POST", "/directory/break-glass", glass(), as_=as_).status == 403
    put_person("gm", roles=["supervisor"])
    assert call(app.room, "POST", "/directory/break-glass", glass("x"), as_=token(sub="gm")).status == 422


def test_a_right_ends_at_its_second_however_often_it_is_used() -> None:
    """Read from the record each time: over is over, though the item still has it."""
    put_person()
    end = datetime.now(UTC) + timedelta(hours=1)
    span = {"starts_at": "2026-11-21T00:00:00Z", "ends_at": rfc3339(end)}
    call(app.room, "POST", "/directory/people/li/grant", {"role": "finance", **span})
    record = app.room.host.principals.principal("li")
    held = [
        principal_from({"sub": "li", "aud": "demo"}, record, end + timedelta(seconds=seconds)).roles
        for seconds in (-1, 0, 1)
    ]
    assert held == [("agent", "finance"), ("agent",), ("agent",)]


def test_who_sees_a_field_is_answered_to_everybody() -> None:
    """The same table as the command prints; an unknown contract's field is a 404."""
    answer = call(app.room, "GET", "/directory/fields/TicketView.subject", as_=token("viewer"))
    (row,) = answer.json["data"]
    assert (row["field_class"], row["roles"]["agent"], row["roles"]["viewer"]) == ("words", "full", "masked")
    assert call(app.room, "GET", "/directory/fields/Nothing.here").status == 404


def test_a_published_policy_is_every_edges_in_seconds(session: Any) -> None:
    """What a tenant publishes holds in the next room that asks, and is asked for again after five seconds; without one
    it is the packaged policy; a rule that contradicts itself is refused with its place."""
    path, rules = "/directory/field-policy", packaged_document().model_dump(mode="json")
    before = host_of(app.room, session).read_policy()
    assert before.verdicts(("viewer",))["contact"] == "masked"
    rules["rules"] = [{**rule, "sees": [*rule["sees"], "contact"]} for rule in rules["rules"]]
    refused = call(app.room, "POST", f"{path}/publish", {"document": rules})
    assert (refused.status, {e["pointer"].split("/")[-1] for e in refused.json["errors"]}) == (422, {"masks"})
    for rule in rules["rules"]:
        rule["masks"] = [name for name in rule["masks"] if name not in rule["sees"]]
    assert call(app.room, "POST", f"{path}/publish", {"document": rules}).status in (200, 201)
    stored = session.client("dynamodb").scan(TableName="hub-demo-directory")["Items"]
    keys = [(item["pk"]["S"], item["sk"]["S"]) for item in stored]
    ((pk, sk),) = [key for key in keys if "#doc#field_policy#" in key[0] and key[1].startswith("p#")]
    change = {"table": "t", "kind": "MODIFY", "pk": pk, "sk": sk, "new": None, "old": None}
    assert app.on_change(sqs_batch(change), Context()) == {"batchItemFailures": []}
    clock = StepClock(datetime.now(UTC))
    elsewhere = host_of(app.room, session, clock)
    assert elsewhere.read_policy().verdicts(("viewer",))["contact"] == "full"
    assert elsewhere.read_policy() is elsewhere.read_policy()
    assert call(app.room, "POST", f"{path}/revert", {"version": 0}).status == 200
    assert app.on_change(sqs_batch(change), Context()) == {"batchItemFailures": []}
    assert elsewhere.read_policy().verdicts(("viewer",))["contact"] == "full"
    clock.advance(seconds=6)
    assert elsewhere.read_policy().verdicts(("viewer",))["contact"] == "masked"


def test_the_policy_is_the_tenant_s() -> None:
    """A supervisor reads it; only an administrator of the whole tenant changes it."""
    path, body = "/directory/field-policy", {"document": packaged_document().model_dump(mode="json")}
    assert call(app.room, "GET", path, as_=token("supervisor", region="310000")).json["version"] == 0
    assert call(app.room, "GET", path, as_=token("agent")).status == 403
    for as_ in (token("supervisor"), token("administrator", region="310000")):
        assert call(app.room, "POST", f"{path}/publish", body, as_=as_).status == 403


def listed(path: str, as_: str, **query: str) -> list[str]:
    """The ids, or the teams, of a list as somebody reads it."""
    answer = call(app.room, "GET", path, as_=as_, query=query or None)
    assert answer.status == 200, answer.text
    return [str(row.get("id") or row["team"]) for row in answer.json["data"]]


NORTH, SOUTH = token("supervisor", sub="n", region="130000"), token("supervisor", sub="s", region="440000")


def test_who_moves_is_on_the_list_of_where_they_are() -> None:
    """A person, and a team with its roster, from 华南 to 华北: from then on the one region's and not the other's, and
    headquarters' all the time. Whoever has no region is headquarters' alone."""
    rosters = "/directory/rosters"
    for region, finds, misses in (("440106", SOUTH, NORTH), ("130102", NORTH, SOUTH)):
        put_person(region=region)
        assert call(app.room, "PUT", "/directory/teams/care", {"name": "客服", "region": region}).status == 200
        assert call(app.room, "PUT", f"{rosters}/care", SHIFTS).status == 200
        for path, mark in (("/directory/people", "li"), ("/directory/teams", "care"), (rosters, "care")):
            assert [listed(path, as_) for as_ in (finds, misses, token())] == [[mark], [], [mark]]
            found = [call(app.room, "GET", f"{path}/{mark}", as_=as_).status for as_ in (finds, misses, token())]
            assert found == [200, 404, 200]
    assert call(app.room, "PUT", "/directory/teams/care", {"name": "客服", "region": "440106"}).status == 200
    assert (listed(rosters, NORTH), listed(rosters, SOUTH)) == ([], ["care"])
    put_person(region="base")
    assert [listed("/directory/people", as_) for as_ in (NORTH, SOUTH, token())] == [[], [], ["li"]]


def test_a_list_is_narrowed_by_its_key_and_widened_by_nothing() -> None:
    """A region within reach, one around it, one beside it; and pages that go on within it."""
    for number, region in enumerate(("130102", "130105", "130203", "440106")):
        put_person(f"p{number}", region=region)
    people = "/directory/people"
    asked = {region: listed(people, NORTH, region=region) for region in ("130100", "130000", "base", "440000")}
    province = ["p0", "p1", "p2"]
    assert asked == {"130100": ["p0", "p1"], "130000": province, "base": province, "440000": []}
    first = call(app.room, "GET", people, as_=NORTH, query={"limit": "2"}).json
    rest = call(app.room, "GET", people, as_=NORTH, query={"limit": "2", "cursor": first["next_cursor"]}).json
    assert [row["id"] for row in (*first["data"], *rest["data"])] == ["p0", "p1", "p2"]
    assert (first["has_more"], rest["has_more"]) == (True, False)


def test_a_keeper_finds_the_people_of_their_store_and_themselves() -> None:
    """Those whose home store it is; not whoever reaches it from above, nor the region's others."""
    put_person("keeper", region="310115", store_id="s1")
    put_person("clerk", region="310115", store_id="s1")
    put_person("other", region="310115", store_id="s2")
    put_person("above", region="310000", stores=["s1", "s2"])
    put_person("courier", region="310115", level="own")
    people = "/directory/people"
    assert listed(people, token("agent", sub="keeper")) == ["clerk", "keeper"]
    assert listed(people, token("agent", sub="above")) == ["above", "clerk", "keeper", "other"]
    assert listed(people, token("agent", sub="courier")) == ["courier"]
