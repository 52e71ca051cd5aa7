"""People of the organisation (员工): who they are, what they may, and when they are out."""

from __future__ import annotations

import json
from collections.abc import Sequence
from functools import partial

from functions.directory.api.views import checked_id, show_person
from functions.directory.choosing import is_asked
from functions.directory.desk import Desk
from functions.directory.directory_table import CONTACTS, Sealed
from functions.directory.room import ADMINISTRATOR, room
from hub.contracts.directory import PeopleQuery, PersonBody, PersonView
from hub.contracts.http import Page
from hub.edge import cursors
from hub.edge.access import Place, Subject
from hub.edge.access.listing import within
from hub.edge.answers import page
from hub.edge.auth import epoch_at
from hub.edge.requests import Request
from hub.kernel.errors import Conflict, Forbidden
from hub.kernel.ids import contacts_context


@room.http(
    "GET",
    "/directory/people",
    summary="员工列表 · List people",
    query=PeopleQuery,
    answer=Page[PersonView],
    scope="region",
)
def list_people(desk: Desk, request: Request) -> Page[PersonView]:
    """Whoever is within your reach, by id, or those of a role, a team, a region, a store; the list may be two seconds
    behind."""
    query = request.query
    scope, start = within(request.reach, query.region), cursors.decode(query.cursor)
    items, position = desk.directory.people(scope, query.limit, start, partial(is_asked, query))
    return page([show_person(desk, item) for item in items], position)


def find_person(desk: Desk, request: Request) -> Subject:
    """A person of the path: in their region and home store, of their teams, and their own."""
    item = desk.directory.person(request.path["person_id"])
    teams = tuple(map(str, item.teams))
    return Subject(item, (Place(item.region, item.store_id, (item.person_id,), teams, thing=item.person_id),))


def _past_person(desk: Desk, request: Request, version: int) -> tuple[PersonView, PersonView] | None:
    past = desk.directory.past(request.subject, version)
    return (show_person(desk, past), show_person(desk, request.subject)) if past else None


@room.http("GET", "/directory/people/{person_id}", summary="员工详情 · Show a person", answer=PersonView,
           scope="region", subject=find_person, past=_past_person)  # fmt: skip
def read_person(desk: Desk, request: Request) -> PersonView:
    """One of us, with roles, teams and whether frozen."""
    return show_person(desk, request.subject)


@room.http("POST", "/directory/people/{person_id}", summary="新增员工 · Add a person",
           body=PersonBody, answer=PersonView, roles=ADMINISTRATOR, scope="tenant", status=201,
           dry_run="rehearsed")  # fmt: skip
def add_person(desk: Desk, request: Request) -> PersonView:
    """Add a person. The same person again is answered as is; another under the same id is a conflict."""
    body: PersonBody = request.body
    try:
        return _save_person(desk, request, body.model_copy(update={"version": 0}))
    except Conflict:
        known = show_person(desk, desk.directory.person(request.path["person_id"]))
        if any(getattr(known, name) != value for name, value in body if name != "version"):
            raise
        return known


@room.http("PUT", "/directory/people/{person_id}", summary="保存员工 · Save a person",
           body=PersonBody, answer=PersonView, roles=ADMINISTRATOR, scope="tenant", dry_run="rehearsed")  # fmt: skip
def save_person(desk: Desk, request: Request) -> PersonView:
    """Create or replace a person and their rights; rights that were taken away are gone at the next request."""
    return _save_person(desk, request, request.body)


@room.http("POST", "/directory/people/{person_id}/freeze", summary="冻结账号 · Freeze an account",
           answer=PersonView, roles=ADMINISTRATOR, scope="tenant", dry_run="rehearsed")  # fmt: skip
def freeze_person(desk: Desk, request: Request) -> PersonView:
    """From the next request on nothing is allowed any more, and every token given out so far is dead for good."""
    _keep_a_way_in(request, ())
    epoch = epoch_at(desk.host.clock.wall_now())
    return show_person(desk, desk.directory.freeze(request.path["person_id"], request.now, epoch))


@room.http("POST", "/directory/people/{person_id}/thaw", summary="解冻账号 · Thaw an account",
           answer=PersonView, roles=ADMINISTRATOR, scope="tenant", dry_run="rehearsed")  # fmt: skip
def thaw_person(desk: Desk, request: Request) -> PersonView:
    """The person may sign in anew."""
    return show_person(desk, desk.directory.thaw(request.path["person_id"], request.now))


def _save_person(desk: Desk, request: Request, body: PersonBody) -> PersonView:
    person_id = checked_id(request.path["person_id"], "person_id")
    _keep_a_way_in(request, body.roles)
    contacts = {name: getattr(body, name) for name in CONTACTS if getattr(body, name)}
    sealed = Sealed(
        name=desk.sealer.seal(body.name, f"{person_id}/name"),
        contacts=desk.sealer.seal(json.dumps(contacts) if contacts else "", contacts_context(person_id)),
    )
    return show_person(desk, desk.directory.save_person(person_id, body, sealed, request.now))


def _keep_a_way_in(request: Request, roles: Sequence[str]) -> None:
    """Raises Forbidden when an administrator would shut itself out: another one can do that, so one always stays."""
    if request.path["person_id"] == request.principal.sub and not {*ADMINISTRATOR} & {*roles}:
        raise Forbidden(
            "another administrator has to do this: you would shut yourself out", person=request.principal.sub
        )
