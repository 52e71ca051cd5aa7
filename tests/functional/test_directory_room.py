"""The room of the directory: people, rosters, keys, and the files that everybody may read."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from functions.directory import app
from functions.directory.api import pages
from hub.contracts.events import StaffChanged
from hub.kernel.calendar import last_known_day
from tests.support.aws import account
from tests.support.hosts import install
from tests.support.http import Context, bus_batch, bus_events, call, sqs_batch, token

LI = {"name": "李雷", "roles": ["agent"], "teams": ["east"], "region": "310000", "wecom_userid": "lilei"}
VERIFY = json.dumps({"WW_verify_abc.txt": "abc"})


@pytest.fixture(autouse=True)
def session() -> Iterator[Any]:
    with account("directory", HUB_VERIFY_FILES=VERIFY) as session:
        install(app.room, session)
        yield session


def put_person(person_id: str = "li", **more: Any) -> Any:
    return call(app.room, "PUT", f"/directory/people/{person_id}", {**LI, **more})


def changed(pk: str, sk: str, kind: str = "MODIFY") -> None:
    change = {"table": "t", "kind": kind, "pk": pk, "sk": sk, "new": None, "old": None}
    assert app.on_change(sqs_batch(change), Context()) == {"batchItemFailures": []}


def shift(person: str, start: str, end: str) -> dict[str, str]:
    return {
        "person_id": person,
        "starts_at": f"2026-11-21T{start}:00+08:00",
        "ends_at": f"2026-11-21T{end}:00+08:00",
    }


def test_a_saved_person_is_read_back_and_sealed_at_rest(session: Any) -> None:
    """The name is shown to those signed in and stands nowhere in the table."""
    assert put_person().status == 200
    found = call(app.room, "GET", "/directory/people/li", as_=token("viewer"))
    assert (found.json["name"], found.json["roles"], found.json["version"]) == ("李雷", ["agent"], 1)
    assert "李雷" not in str(session.client("dynamodb").scan(TableName="hub-demo-directory")["Items"])


def test_adding_the_same_person_again_is_no_conflict_but_another_is() -> None:
    """POST creates: a repeat is answered as is, somebody else under the id is a 409."""
    assert call(app.room, "POST", "/directory/people/li", LI).status == 201
    assert call(app.room, "POST", "/directory/people/li", LI).json["version"] == 1
    assert call(app.room, "POST", "/directory/people/li", {**LI, "roles": ["finance"]}).status == 409


def test_a_stale_version_is_refused() -> None:
    """Who writes on an old version changes nothing."""
    put_person()
    put_person(teams=["west"], version=1)
    assert put_person(teams=["north"], version=1).status == 409
    assert call(app.room, "GET", "/directory/people/li").json["teams"] == ["west"]


def test_a_frozen_person_is_out_at_the_next_request() -> None:
    """The token that worked a moment ago is refused, and stays dead after the thaw; one made anew opens again."""
    put_person()
    lis = token("agent", sub="li")
    assert call(app.room, "GET", "/auth/me", as_=lis).status == 200
    assert call(app.room, "POST", "/directory/people/li/freeze").json["frozen"] is True
    assert call(app.room, "GET", "/auth/me", as_=lis).status == 403
    assert call(app.room, "POST", "/directory/people/li/thaw").json["frozen"] is False
    assert call(app.room, "GET", "/auth/me", as_=lis).status == 401
    assert call(app.room, "GET", "/auth/me", as_=token("agent", sub="li")).status == 200


def test_a_freeze_that_is_repeated_happens_once() -> None:
    """With the same Idempotency-Key the person is written once, and tokens made after a thaw live on."""
    put_person()
    frozen = call(app.room, "POST", "/directory/people/li/freeze", {}, key="k1").json
    call(app.room, "POST", "/directory/people/li/thaw")
    lis = token("agent", sub="li")
    again = call(app.room, "POST", "/directory/people/li/freeze", {}, key="k1")
    assert (frozen["version"], again.json["version"], again.json["frozen"]) == (2, 3, False)
    assert call(app.room, "GET", "/auth/me", as_=lis).status == 200


def test_a_refused_request_may_come_again_with_its_key() -> None:
    """What was refused is not done: the same key does it once it can be."""
    refused = call(app.room, "POST", "/directory/people/li/freeze", {}, key="k1")
    put_person()
    done = call(app.room, "POST", "/directory/people/li/freeze", {}, key="k1")
    assert (refused.status, done.status, done.json["frozen"]) == (404, 200, True)


def test_rights_taken_away_are_gone_whatever_the_token_says() -> None:
    """The record's roles win over the token's."""
    put_person(roles=["viewer"])
    me = call(app.room, "GET", "/auth/me", as_=token("administrator", sub="li")).json
    assert (me["roles"], me["region"]) == (["viewer"], "310000")
    refused = call(app.room, "PUT", "/directory/people/li", LI, as_=token("administrator", sub="li"))
    assert refused.status == 403


def test_no_administrator_shuts_itself_out() -> None:
    """An administrator can neither take its own role away nor freeze itself, so one always stays."""
    asked = [
        call(app.room, "PUT", "/directory/people/root", LI, as_=token("administrator", sub="root")),
        call(app.room, "POST", "/directory/people/root", LI, as_=token("administrator", sub="root")),
        call(app.room, "POST", "/directory/people/root/freeze", as_=token("administrator", sub="root")),
    ]
    assert [answer.status for answer in asked] == [403, 403, 403]
    kept = call(
        app.room,
        "PUT",
        "/directory/people/root",
        {**LI, "roles": ["administrator"]},
        as_=token("administrator", sub="root"),
    )
    assert kept.status == 200


def test_a_machine_exchanges_its_key_for_a_token() -> None:
    """The key is told once; key and token open what its scopes allow, until it is revoked."""
    made = call(app.room, "POST", "/auth/keys", {"name": "ERP", "scopes": ["integrator"], "region": "310000"})
    assert made.status == 201
    got = call(app.room, "POST", "/auth/tokens", {"api_key": made.json["api_key"]}, as_="").json
    for credential in (got["access_token"], made.json["api_key"]):
        me = call(app.room, "GET", "/auth/me", as_=credential).json
        assert (me["sub"], me["kind"], me["roles"]) == (made.json["id"], "machine", ["integrator"])
    assert call(app.room, "POST", f"/auth/keys/{made.json['id']}/revoke").json["revoked"] is True
    for credential in (got["access_token"], made.json["api_key"]):
        assert call(app.room, "GET", "/auth/me", as_=credential).status == 403
    assert call(app.room, "POST", "/auth/tokens", {"api_key": made.json["api_key"]}, as_="").status == 403


def test_a_repeated_request_makes_one_key_and_is_told_it_again(session: Any) -> None:
    """The same Idempotency-Key is the same API key with its secret: an answer that was lost loses no key. No list shows
    one, and no table holds one in clear."""
    body = {"name": "ERP", "scopes": ["integrator"]}
    first = call(app.room, "POST", "/auth/keys", body, key="k1").json
    again = call(app.room, "POST", "/auth/keys", body, key="k1").json
    assert (again["id"], again["api_key"]) == (first["id"], first["api_key"])
    assert len(call(app.room, "GET", "/auth/keys").json["data"]) == 1
    stored = str(session.client("dynamodb").scan(TableName="hub-demo-directory")["Items"])
    assert first["api_key"] not in stored


def test_an_unknown_key_opens_nothing() -> None:
    """401, and no hint."""
    assert call(app.room, "POST", "/auth/tokens", {"api_key": "hubk_guess"}, as_="").status == 401


def test_a_saved_store_reaches_the_other_rooms_with_its_position(session: Any) -> None:
    """One event a version: region, manager, and where it stands, with its datum; a position without one is refused."""
    position = {"latitude": 31.2304, "longitude": 121.4737, "datum": "wgs84"}
    body = {"name": "人民广场店", "region": "310101", "manager": "li", "position": position}
    saved = call(app.room, "PUT", "/directory/stores/s1", body)
    changed("demo#store#s1", "store")
    (event,) = bus_events(session)
    assert (saved.json["position"], event["type"], event["position"]) == (position, "store.changed", position)
    assert (event["store_id"], event["region"], event["manager"], event["version"]) == ("s1", "310101", "li", 1)
    del position["datum"]
    assert call(app.room, "PUT", "/directory/stores/s1", body).status == 422


def test_only_administrators_make_people_and_keys() -> None:
    """A supervisor may not."""
    for method, path, body in (
        ("PUT", "/directory/people/li", LI),
        ("POST", "/directory/people/li/freeze", None),
        ("POST", "/auth/keys", {"name": "x", "scopes": ["viewer"]}),
    ):
        assert call(app.room, method, path, body, as_=token("supervisor")).status == 403


def test_the_roster_knows_who_is_on_duty_to_the_minute() -> None:
    """a until 18:00, b after: 17:59 is a's, 18:00 is b's."""
    roster = {"shifts": [shift("a", "09:00", "18:00"), shift("b", "18:00", "23:00")]}
    assert call(app.room, "PUT", "/directory/rosters/east", roster, as_=token("supervisor")).status == 200
    for at, who in (("17:59", ["a"]), ("18:00", ["b"])):
        asked = {"at": f"2026-11-21T{at}:00+08:00"}
        assert call(app.room, "GET", "/directory/rosters/east", query=asked).json["on_duty"] == who
    assert "east" in [roster["team"] for roster in call(app.room, "GET", "/directory/rosters").json["data"]]


@pytest.mark.parametrize(("days", "guessed"), [("workdays", True), ("days_off", True), ("any", False)])
def test_a_roster_of_work_days_that_nobody_knows_yet_says_so(days: str, guessed: bool) -> None:
    """Behind the last year whose holidays are published, who is on duty by work days is a guess; by every day it is
    none, and within that year neither."""
    again = {"person_id": "a", "rule": "FREQ=DAILY", "since": "2026-11-01", "starts": "09:00", "ends": "18:00"}
    roster = {"recurring": [{**again, "days": days}]}
    assert call(app.room, "PUT", "/directory/rosters/east", roster, as_=token("supervisor")).status == 200
    last = last_known_day()
    for day, assumed in ((last, False), (last + timedelta(days=1), guessed)):
        query = {"at": f"{day}T10:00:00+08:00"}
        assert call(app.room, "GET", "/directory/rosters/east", query=query).json["assumed"] is assumed


def test_overlapping_shifts_of_one_person_are_refused() -> None:
    """422, and the pointer names the shift."""
    roster = {"shifts": [shift("a", "09:00", "18:00"), shift("a", "17:00", "20:00")]}
    refused = call(app.room, "PUT", "/directory/rosters/east", roster)
    assert (refused.status, refused.json["errors"][0]["pointer"]) == (422, "/shifts/1")


def test_changes_of_people_and_rosters_reach_the_other_rooms(session: Any) -> None:
    """Each version is one event with one id; what follows from it (rights) says nothing."""
    put_person(skills=["fibre"])
    call(app.room, "PUT", "/directory/rosters/east", {"shifts": [shift("li", "09:00", "18:00")]})
    for _ in range(2):
        changed("demo#person#li", "person")
    changed("demo#roster#east", "roster")
    changed("demo#principal#li", "principal")
    changed("demo#person#li", "person", kind="REMOVE")
    person, again, roster = bus_events(session)
    assert person == again
    assert (person["type"], person["skills"], person["version"]) == ("person.changed", ["fibre"], 1)
    assert (roster["type"], roster["shifts"][0]["person_id"]) == ("roster.changed", "li")


def test_a_grant_stands_on_the_person() -> None:
    """A role for a while is kept with its start and end."""
    put_person()
    grant = {"role": "supervisor", "starts_at": "2026-11-21T00:00:00Z", "ends_at": "2099-01-01T00:00:00Z"}
    assert call(app.room, "POST", "/directory/people/li/grant", grant).json["grants"] == [{**grant, "thing": ""}]
    assert call(app.room, "GET", "/auth/me", as_=token("agent", sub="li")).json["roles"] == ["agent", "supervisor"]


def test_stores_and_people_are_listed_page_by_page() -> None:
    """Cursors go on where the page ended."""
    for store_id in ("s1", "s2", "s3"):
        body = {"name": f"门店{store_id}", "region": "310101", "manager": "li"}
        assert call(app.room, "PUT", f"/directory/stores/{store_id}", body).status == 200
    first = call(app.room, "GET", "/directory/stores", query={"limit": "2"}).json
    rest = call(app.room, "GET", "/directory/stores", query={"limit": "2", "cursor": first["next_cursor"]}).json
    assert [s["id"] for s in (*first["data"], *rest["data"])] == ["s1", "s2", "s3"]
    assert (first["has_more"], rest["has_more"]) == (True, False)
    put_person()
    assert [p["id"] for p in call(app.room, "GET", "/directory/people").json["data"]] == ["li"]
    assert call(app.room, "GET", "/directory/stores/s2").json["manager"] == "li"


@pytest.mark.parametrize("person_id", ["key_01JD3ZK2Q8Z4X5V6B7N8M9P0QR", "a b", "_x", "x" * 65])
def test_an_id_that_could_be_mistaken_is_refused(person_id: str) -> None:
    """A person cannot take a machine's id, nor one that paths and keys cannot hold."""
    assert put_person(person_id.replace(" ", "%20")).status == 422


def test_platforms_find_their_verification_files() -> None:
    """Exactly the tenant's own, as plain text, to everybody."""
    found = call(app.room, "GET", "/WW_verify_abc.txt", as_="")
    assert (found.status, found.text, found.headers["content-type"]) == (200, "abc", "text/plain; charset=utf-8")
    for missing in ("/WW_verify_other.txt", "/secrets.txt"):
        assert call(app.room, "GET", missing, as_="").status == 404


def test_the_document_and_its_page_are_public() -> None:
    """Where a build has an OpenAPI document, it and its page are served; a build without one says so."""
    served = call(app.room, "GET", "/openapi.json", as_="")
    page = call(app.room, "GET", "/docs", as_="")
    if not pages.OPENAPI.exists():
        assert (served.status, page.status) == (404, 404)
        return
    assert served.json["openapi"].startswith("3.1")
    assert page.headers["content-type"].startswith("text/html")
    assert "default-src 'none'" in page.headers["content-security-policy"]


def test_roles_and_regions_are_read_by_anyone_signed_in() -> None:
    """The catalogue and the map."""
    assert len(call(app.room, "GET", "/directory/roles", as_=token("viewer")).json["data"]) == 8
    assert call(app.room, "GET", "/directory/regions/310101", as_=token("viewer")).json["name"]["zh"] == "黄浦区"
    assert call(app.room, "GET", "/directory/regions/999999").status == 404
    listed = [region["code"] for region in call(app.room, "GET", "/directory/regions?within=310000").json["data"]]
    assert "310101" in listed
    assert all(code.startswith("31") for code in listed)


def staff(change: str, member_id: str, **more: Any) -> StaffChanged:
    """What WeCom says of a member."""
    facts = {"id": f"evt_{change}{member_id}", "tenant": "demo", "at": datetime(2026, 11, 21, tzinfo=UTC)}
    given = {"connection_id": "con_1", "channel": "wecom", "change": change, "member_id": member_id, **facts, **more}
    return StaffChanged.model_validate(given)


def test_who_leaves_the_corp_is_out_of_the_hub() -> None:
    """A member who left WeCom is frozen here, and their token is refused; everybody else stays."""
    put_person()
    put_person("mei", wecom_userid="")
    lis = token("agent", sub="li")
    assert app.on_event(bus_batch(staff("left", "lilei"), staff("left", "lilei")), Context()) == {
        "batchItemFailures": []
    }
    assert call(app.room, "GET", "/auth/me", as_=lis).status == 403
    assert call(app.room, "GET", "/directory/people/mei").json["frozen"] is False


def test_old_news_freezes_nobody() -> None:
    """A replayed message about somebody who left, and came back since, changes nothing."""
    put_person()
    app.on_event(bus_batch(staff("left", "lilei", replay=True)), Context())
    assert call(app.room, "GET", "/directory/people/li").json["frozen"] is False


def test_a_renamed_member_is_still_the_same_person() -> None:
    """The new userid stands with the person who had the old one."""
    put_person()
    app.on_event(bus_batch(staff("updated", "lilei", new_member_id="li.lei")), Context())
    assert call(app.room, "GET", "/directory/people/li").json["wecom_userid"] == "li.lei"


def ids_of(path: str, **query: str) -> list[str]:
    """All pages of a list, each of two."""
    ids, cursor = list[str](), ""
    for _ in range(20):
        answer = call(app.room, "GET", path, query={"limit": "2", "cursor": cursor, **query})
        assert answer.status == 200, answer.text
        ids += [row["id"] for row in answer.json["data"]]
        cursor = answer.json["next_cursor"]
        if not cursor:
            return ids
    raise AssertionError("a list without an end")


def test_people_are_asked_for_by_role_team_region_and_store() -> None:
    """By id, page by page, all filters at once; without any it is everybody."""
    for number in range(6):
        put_person(
            f"p{number}", roles=["agent" if number % 2 else "engineer"], region="310101" if number < 4 else "440300"
        )
    put_person("q", roles=["finance", "engineer"], teams=["west"], store_id="s1", region="310000")
    put_person("r", roles=["store_manager"], teams=[], stores=["s1", "s2"], region="310101")
    assert ids_of("/directory/people") == ["p0", "p1", "p2", "p3", "p4", "p5", "q", "r"]
    assert ids_of("/directory/people", role="engineer") == ["p0", "p2", "p4", "q"]
    assert ids_of("/directory/people", role="engineer", region="310000", sort="id") == ["p0", "p2", "q"]
    assert ids_of("/directory/people", team="west") == ["q"]
    assert ids_of("/directory/people", store="s1") == ["q", "r"]
    assert ids_of("/directory/people", updated_since="2026-11-01T00:00:00Z", region="440000") == ["p4", "p5"]
    assert ids_of("/directory/people", updated_since="2036-11-01T00:00:00Z") == []


def test_stores_are_asked_for_by_region_and_manager() -> None:
    """By id; an order that no key gives, and a filter that there is none of, are a 422 with what there is."""
    for number in range(5):
        body = {"name": f"{number}店", "region": "310101" if number < 3 else "440300", "manager": f"m{number % 2}"}
        assert call(app.room, "PUT", f"/directory/stores/s{number}", body).status == 200
    assert ids_of("/directory/stores", region="310000") == ["s0", "s1", "s2"]
    assert ids_of("/directory/stores", region="310000", manager="m0") == ["s0", "s2"]
    assert ids_of("/directory/stores", updated_since="2036-11-01T00:00:00Z") == []
    for path, query, pointer in (
        ("/directory/stores", {"sort": "name"}, "query:sort"),
        ("/directory/stores", {"team": "east"}, "query:team"),
        ("/directory/people", {"sort": "-updated_at"}, "query:sort"),
        ("/directory/people", {"assignee": "li"}, "query:assignee"),
    ):
        refused = call(app.room, "GET", path, query=query)
        assert (refused.status, [e["pointer"] for e in refused.json["errors"]]) == (422, [pointer])
        assert "'id'" in refused.text or "known: limit, cursor" in refused.text


def seen_of(answer: Any) -> dict[str, tuple[Any, Any, Any]]:
    assert answer.status == 409, answer.text
    differences = {each["pointer"]: (each["seen"], each["yours"], each["now"]) for each in answer.json["differences"]}
    return {pointer: three for pointer, three in differences.items() if pointer != "/updated_at"}


def test_who_changes_what_has_moved_on_hears_how_it_was() -> None:
    """A person, a store and a roster, each changed by another in between: what has changed since, as it was, as one
    wants it and as it is; a version that nobody kept tells only what one wants and what is."""
    put_person()
    assert put_person(teams=["north"], region="310101", version=1).status == 200
    assert put_person(teams=["south"], version=2).status == 200
    told = seen_of(put_person(name="韩梅梅", teams=["west"], version=1))
    assert told == {"/teams": (["east"], ["west"], ["south"])}
    assert seen_of(put_person(teams=["west"], version=2)) == {
        "/teams": (["north"], ["west"], ["south"]),
        "/region": ("310101", "310000", "310000"),
    }
    path, store = "/directory/stores/s1", {"name": "旗舰店", "region": "310101"}
    for version, name in enumerate(("旗舰店", "一店")):
        assert call(app.room, "PUT", path, {**store, "name": name, "version": version}).status == 200
    late = call(app.room, "PUT", path, {**store, "name": "二店", "version": 1})
    assert seen_of(late) == {"/name": ("旗舰店", "二店", "一店")}
    roster = "/directory/rosters/east"
    early, late_shift = shift("li", "08:00", "12:00"), shift("li", "12:00", "16:00")
    for version, shifts in enumerate(([early], [])):
        assert call(app.room, "PUT", roster, {"shifts": shifts, "version": version}).status == 200
    answer = call(app.room, "PUT", roster, {"shifts": [late_shift], "version": 1})
    assert [len(each) for each in seen_of(answer)["/shifts"]] == [1, 1, 0]
    unknown = call(app.room, "PUT", path, {**store, "name": "三店", "version": 77})
    assert seen_of(unknown) == {"/name": (None, "三店", "一店")}
    assert [row["id"] for row in call(app.room, "GET", "/directory/stores").json["data"]] == ["s1"]
