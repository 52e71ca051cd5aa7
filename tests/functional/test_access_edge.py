"""The gate at the edge: role, then scope, then the thing, before a handler runs and before a repeat is answered."""

from __future__ import annotations

from collections.abc import Iterator
from types import SimpleNamespace
from typing import Annotated, Any

import pytest

from hub.contracts.base import Contract, RegionCode
from hub.contracts.classes import Classified, Located
from hub.contracts.http import Page, PageQuery
from hub.edge.access import Place, Subject
from hub.edge.access.parameters import Selects
from hub.edge.auth import Principal
from hub.edge.inside import Call
from hub.edge.requests import Request
from hub.edge.room import Room
from hub.edge.serving import Caller
from hub.jobs.exports import try_export
from hub.kernel.errors import Invalid, NotFound, Problem
from hub.store.idempotency import Idempotency
from tests.support.aws import account
from tests.support.hosts import install
from tests.support.http import Answer, call, token


class ThingBody(Contract):
    region: RegionCode = "base"
    note: Annotated[str, Classified("words")] = ""
    price: Annotated[str, Classified("contract")] = ""


class Thing(ThingBody):
    id: Annotated[str, Located("thing")]
    region: Annotated[str, Located("region")]
    phone: Annotated[str, Classified("contact")]
    cost: Annotated[int, Classified("cost")] = 5


class ThingQuery(PageQuery):
    sort: Annotated[str, Selects(Thing)] = ""


class Desk(list[str]):
    """What the handlers did."""


THINGS = {
    "t1": (Thing(id="t1", region="310101", phone="13800138000"), Place("310101", "s1", people=("amy",), thing="t1")),
    "t2": (Thing(id="t2", region="440100", phone="13900139000"), Place("440100", "s2", people=("bob",), thing="t2")),
}
ROLES = ("agent", "finance", "viewer")


def find(_desk: Desk, request: Request) -> Subject:
    thing = THINGS.get(request.path["thing_id"])
    if thing is None:
        raise NotFound("there is no such row", row=request.path["thing_id"])
    return Subject(thing[0], (thing[1],))


def make_room() -> Room[Desk]:
    room: Room[Desk] = Room("sample", paths=("/things",), make_desk=lambda _: Desk(), idempotency=Idempotency)

    @room.http("GET", "/things", summary="s", query=ThingQuery, answer=Page[Thing], roles=ROLES, scope="region")
    def browse(desk: Desk, request: Request) -> Page[Thing]:
        return Page(data=tuple(thing for thing, place in THINGS.values() if request.reach.covers(place)))

    @room.http("POST", "/things", summary="s", body=ThingBody, answer=Thing, roles=ROLES, status=201, scope="region",
               subject=lambda _, request: Place(request.body.region))  # fmt: skip
    def make(desk: Desk, request: Request) -> Thing:
        desk.append("made")
        return Thing(id=request.new_id("thg"), phone="1", **request.body.model_dump())

    @room.http("GET", "/things/{thing_id}", summary="s", answer=Thing, roles=ROLES, scope="region", subject=find)
    def show(desk: Desk, request: Request) -> Any:
        return request.subject

    @room.http("POST", "/things/{thing_id}/touch", summary="s", body=ThingBody, answer=Thing, roles=ROLES,
               scope="region", subject=find, dry_run=True)  # fmt: skip
    def touch(desk: Desk, request: Request) -> Any:
        if not request.dry_run:
            desk.append("touched")
        return request.subject

    @room.http("GET", "/things/{thing_id}/mine", summary="s", answer=Thing, scope="own", subject=find)
    def mine(desk: Desk, request: Request) -> Any:
        return request.subject

    @room.http("GET", "/things/{thing_id}/why", summary="s", answer=Thing, roles=ROLES, scope="region", subject=find,
               explain=("finance",))  # fmt: skip
    def why(desk: Desk, request: Request) -> Any:
        return request.subject

    @room.http("GET", "/things/rules", summary="s", answer=ThingBody, scope="tenant")
    def rules(desk: Desk, request: Request) -> ThingBody:
        return ThingBody()

    @room.http("PUT", "/things/rules", summary="s", body=ThingBody, answer=ThingBody, scope="tenant")
    def set_rules(desk: Desk, request: Request) -> Any:
        desk.append("ruled")
        return request.body

    @room.http("GET", "/things/{thing_id}/page", summary="s", answer=Thing, scope="public")
    def page(desk: Desk, request: Request) -> Any:
        return find(desk, request).thing

    return room


@pytest.fixture(name="room")
def _room() -> Iterator[Room[Desk]]:
    with account("sample") as session:
        room = make_room()
        install(room, session)
        yield room


SHANGHAI = {"region": "310000", "sub": "cai"}


def body_without_ids(answer: Answer, thing_id: str) -> str:
    return answer.text.replace(thing_id, "…")


@pytest.mark.parametrize("role", ROLES)
def test_what_is_out_of_reach_is_not_there(room: Room[Desk], role: str) -> None:
    """To each role the thing of another region answers just as one that never was, whatever is done to it."""
    as_ = token(role, **SHANGHAI)
    for method, path, body in (("GET", "/things/{}", None), ("POST", "/things/{}/touch", {})):
        answers = [call(room, method, path.format(name), body, as_=as_) for name in ("t2", "t9")]
        assert {answer.status for answer in answers} == {404}
        assert body_without_ids(answers[0], "t2") == body_without_ids(answers[1], "t9")
    assert call(room, "GET", "/things/t1", as_=as_).status == 200
    assert room.desk == []


def test_the_role_is_asked_before_the_thing(room: Room[Desk]) -> None:
    """Who may not ask at all hears that, for what is there and what is not alike."""
    as_ = token("engineer", **SHANGHAI)
    assert {call(room, "GET", f"/things/{name}", as_=as_).status for name in ("t1", "t2", "t9")} == {403}


def test_a_repeat_does_not_get_past_the_gate(room: Room[Desk]) -> None:
    """The same Idempotency-Key, sent again after the right was taken away, finds nothing; and is not done again."""
    first = call(room, "POST", "/things/t1/touch", {}, as_=token("agent", sub="cai"), key="k1")
    again = call(room, "POST", "/things/t1/touch", {}, as_=token("agent", sub="cai", region="440000"), key="k1")
    assert (first.status, again.status, room.desk) == (200, 404, ["touched"])


def test_a_key_holds_for_one_thing(room: Room[Desk]) -> None:
    """The same Idempotency-Key with the same body at another thing is another request: it is done."""
    for number, thing in enumerate(("t1", "t2"), 1):
        answer = call(room, "POST", f"/things/{thing}/touch", {}, as_=token(sub="cai"), key="k1")
        assert (answer.json["id"], len(room.desk), "idempotency-replayed" in answer.headers) == (thing, number, False)


def test_who_broke_the_glass_looks_and_changes_nothing(room: Room[Desk]) -> None:
    """So does a guest: the thing of another region is shown, and 403 says that it is not theirs to work with."""
    for grant in ({"guest_of": ("t2",)}, {"glass_of": ("t2",)}):
        caller = Caller(Principal("cai", ("agent",), "demo", region="310000", **grant), {})
        shown, changed = (
            room.ask(caller, made) for made in (Call("GET", "/things/t2"), Call("POST", "/things/t2/touch", body={}))
        )
        assert (shown.status, changed.status, room.desk) == (200, 403, [])


def test_a_token_for_one_terminal_is_no_token_for_another(room: Room[Desk]) -> None:
    """Whatever `X-Client` says; and what changes the whole tenant's rules is not done on a page for guests."""
    phone = token(sub="cai", terminal="h5")
    assert call(room, "GET", "/things/t1", as_=phone).status == 200
    assert call(room, "GET", "/things/t1", as_=phone, headers={"X-Client": "pc"}).status == 403
    assert call(room, "PUT", "/things/rules", {}, as_=phone).status == 403
    assert room.desk == []


def test_the_reasons_of_a_decision_are_for_those_whom_the_route_names(room: Room[Desk]) -> None:
    """The thing is anybody's of the route's roles; `?explain=1` only theirs who may ask why."""
    statuses = {
        role: [call(room, "GET", f"/things/t1/why{query}", as_=token(role, **SHANGHAI)).status
               for query in ("", "?explain=0", "?explain=1")]
        for role in ("agent", "finance")
    }  # fmt: skip
    assert statuses == {"agent": [200, 200, 403], "finance": [200, 200, 200]}


@pytest.mark.parametrize("column", ["cost", "salary"])
def test_a_column_that_one_may_not_see_is_as_good_as_none(room: Room[Desk], column: str) -> None:
    """An export that names it is refused by its place before anything is begun, just as one of a name that there is
    not; whoever sees it may choose it."""

    def begin(role: str, *columns: str) -> None:
        who = Principal("cai", (role,), "demo", region="310000")
        desk: Any = SimpleNamespace(room=room, ask=lambda principal, made: room.ask(Caller(principal, {}), made))
        try_export(desk, who, {"list": "/things", "query": {}, "columns": columns})

    with pytest.raises(Invalid) as refused:
        begin("agent", "region", column)
    assert refused.value.problems == (Problem("/columns/1", "must be a column of the list that you may see"),)
    begin("finance", "region", "cost")


def test_a_region_that_the_caller_typed_is_refused_openly(room: Room[Desk]) -> None:
    """Making something elsewhere is 403: the region was no secret."""
    as_ = token("agent", **SHANGHAI)
    assert call(room, "POST", "/things", {"region": "440100"}, as_=as_).status == 403
    assert call(room, "POST", "/things", {"region": "310104"}, as_=as_).status == 201


def test_what_the_tenant_shares_is_changed_by_who_reaches_it_all(room: Room[Desk]) -> None:
    """Everybody reads the tenant's rules; finance of one province does not set them for all."""
    for region, read, write in (("base", 200, 200), ("440000", 200, 403)):
        as_ = token("finance", region=region)
        assert call(room, "GET", "/things/rules", as_=as_).status == read
        assert call(room, "PUT", "/things/rules", {}, as_=as_).status == write
    assert room.desk == ["ruled"]


def test_own_things_are_for_their_people_and_those_who_oversee_them(room: Room[Desk]) -> None:
    """A colleague of the same region does not see them, a supervisor of that region does, one of another doesn't."""
    asked = [("agent", "amy"), ("agent", "dan"), ("supervisor", "eve"), ("supervisor", "eve", "440000")]
    got = [
        call(room, "GET", "/things/t1/mine", as_=token(role, sub=sub, region=(more or ["310000"])[0])).status
        for role, sub, *more in asked
    ]
    assert got == [200, 404, 200, 404]


def test_an_answer_holds_what_its_viewer_may_see(room: Room[Desk]) -> None:
    """One thing, three roles: in full, masked, without cost; and a page for nobody in particular has nothing."""
    shown = {role: call(room, "GET", "/things/t1", as_=token(role, **SHANGHAI)).json for role in ROLES}
    assert [shown[role].get("phone") for role in ROLES] == ["13800138000", None, "1**"]
    assert [shown[role].get("cost") for role in ROLES] == [None, 5, None]
    public = call(room, "GET", "/things/t1/page?from=singlemessage", as_="")
    assert (public.status, public.json) == (200, {"id": "t1", "region": "310101"})
    listed = call(room, "GET", "/things", as_=token("viewer", **SHANGHAI)).json["data"]
    assert [(row["id"], row["phone"]) for row in listed] == [("t1", "1**")]


def test_a_parameter_that_is_not_there_is_refused_by_name(room: Room[Desk]) -> None:
    """Undeclared parameters, dry_run where it is not understood, and sorting by what is masked: each named in a 422."""
    as_ = token("viewer", **SHANGHAI)
    for path, name in (
        ("/things/t1?x=1", "x"), ("/things/t1?dry_run=1", "dry_run"), ("/things?sort=phone", "sort"),
        ("/things?sort=-phone&limit=1", "sort"), ("/things?limti=1", "limti"),
    ):  # fmt: skip
        answer = call(room, "GET", path, as_=as_)
        assert (answer.status, [e["pointer"] for e in answer.json["errors"]]) == (422, [f"query:{name}"]), path
    assert call(room, "GET", "/things?sort=-id", as_=as_).status == 200
    assert call(room, "GET", "/things?sort=phone", as_=token("agent", **SHANGHAI)).status == 200


def test_a_dry_run_changes_nothing_and_uses_up_no_key(room: Room[Desk]) -> None:
    """Tried first under the same key, then done: once."""
    as_ = token("agent", **SHANGHAI)
    for query in ("?dry_run=1", "?dry_run=true", "", ""):
        assert call(room, "POST", f"/things/t1/touch{query}", {}, as_=as_, key="k1").status == 200
    assert room.desk == ["touched"]
    assert call(room, "POST", "/things/t1/touch?dry_run=maybe", {}, as_=as_).status == 422


def test_a_field_that_is_not_ones_own_to_write_is_refused_by_name(room: Room[Desk]) -> None:
    """Customer service can't change contract terms, whoever the thing belongs to (C088)."""
    refused = call(room, "POST", "/things/t1/touch", {"price": "1"}, as_=token("agent", **SHANGHAI))
    assert (refused.status, refused.json["facts"]) == (403, {"fields": "/price"})
    assert call(room, "POST", "/things/t1/touch", {"price": "1"}, as_=token("finance", **SHANGHAI)).status == 200


def test_the_terminal_is_one_that_there_is(room: Room[Desk]) -> None:
    """A client that misspells what it is gets no answer meant for another."""
    assert call(room, "GET", "/things/t1", headers={"X-Client": "H5"}).status == 200
    assert call(room, "GET", "/things/t1", headers={"X-Client": "watch"}).status == 422


@pytest.mark.parametrize(
    ("method", "path", "options"),
    [
        ("GET", "/things/{thing_id}", {"scope": "region"}),
        ("POST", "/things", {"scope": "store"}),
        ("GET", "/things/{thing_id}", {"scope": "tenant", "subject": find}),
        ("GET", "/things/{thing_id}", {"subject": find}),
    ],
)
def test_a_route_that_could_be_reached_unchecked_cannot_be_declared(method: str, path: str, options: Any) -> None:
    """A placed thing without a way to find its place is refused where it is declared, and so is a check without a
    scope."""
    room: Room[Desk] = Room("sample", paths=("/things",), make_desk=lambda _: Desk())
    with pytest.raises(ValueError, match=r"subject"):
        room.http(method, path, summary="s", **options)(find)
