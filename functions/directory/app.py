"""The directory (组织): people, roles, regions, stores and rosters; and how one gets in: keys and tokens."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from functions.directory.desk import Desk, build_desk
from functions.directory.keys import SECRET_BYTES, write_key
from functions.directory.people import add_grant, person_changed, roster_changed
from functions.directory.reference import POLICY, render_reference
from functions.directory.regions import named_regions, show_region
from functions.directory.roles import ROLES
from functions.directory.rosters import check_shifts, on_duty
from functions.directory.tables import PersonItem, RosterItem
from hub.contracts.directory import (
    GrantBody,
    KeyBody,
    KeyView,
    MeView,
    NewKeyView,
    PersonBody,
    PersonView,
    RegionName,
    RegionsQuery,
    RegionView,
    RoleView,
    RosterBody,
    RosterQuery,
    RosterView,
    StoreBody,
    StoreView,
    TokenBody,
    TokenView,
)
from hub.contracts.events import Event, Shift, StaffChanged
from hub.contracts.http import Page, PageQuery
from hub.edge import auth, cursors
from hub.edge.answers import Raw, page
from hub.edge.bus import Change
from hub.edge.requests import Request
from hub.edge.room import Room
from hub.kernel.clock import parse_rfc3339
from hub.kernel.errors import Conflict, Forbidden, Invalid, NotFound, Problem, Unauthenticated
from hub.kernel.ids import is_id
from hub.store.idempotency import Idempotency

ADMINISTRATOR = ("administrator",)
SCHEDULERS = ("supervisor",)
TOKEN_SECONDS = 900
OPENAPI = Path(__file__).parent / "openapi.json"
_CHOSEN = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.@-]{0,63}")
_TEAM = re.compile(r"[a-z][a-z0-9_]{0,63}")
_VERIFY_FILE = re.compile(r"(WW|MP)_verify_[A-Za-z0-9]{1,64}\.txt")

room = Room(
    "directory",
    paths=("/directory", "/auth"),
    make_desk=build_desk,
    idempotency=Idempotency,
    exact_paths=("/openapi.json", "/docs", "/{file}"),
)
forward = room.forward


# People.


@room.http("GET", "/directory/people", summary="员工列表 · List people", query=PageQuery, answer=Page[PersonView])
def list_people(desk: Desk, request: Request) -> Page[PersonView]:
    """Everybody by id; the list may be two seconds behind."""
    items, position = desk.directory.people(request.query.limit, cursors.decode(request.query.cursor))
    return page([_show_person(desk, item) for item in items], position)


@room.http("GET", "/directory/people/{person_id}", summary="员工详情 · Show a person", answer=PersonView)
def read_person(desk: Desk, request: Request) -> PersonView:
    """One of us, with roles, teams and whether frozen."""
    return _show_person(desk, desk.directory.person(request.path["person_id"]))


@room.http("POST", "/directory/people/{person_id}", summary="新增员工 · Add a person",
           body=PersonBody, answer=PersonView, roles=ADMINISTRATOR, status=201)  # fmt: skip
def add_person(desk: Desk, request: Request) -> PersonView:
    """Add a person. The same person again is answered as is; another under the same id is a conflict."""
    body: PersonBody = request.body
    try:
        return _save_person(desk, request, body.model_copy(update={"version": 0}))
    except Conflict:
        known = _show_person(desk, desk.directory.person(request.path["person_id"]))
        if any(getattr(known, name) != value for name, value in body if name != "version"):
            raise
        return known


@room.http("PUT", "/directory/people/{person_id}", summary="保存员工 · Save a person",
           body=PersonBody, answer=PersonView, roles=ADMINISTRATOR)  # fmt: skip
def save_person(desk: Desk, request: Request) -> PersonView:
    """Create or replace a person and their rights; rights that were taken away are gone at the next request."""
    return _save_person(desk, request, request.body)


@room.http("POST", "/directory/people/{person_id}/freeze", summary="冻结账号 · Freeze an account",
           answer=PersonView, roles=ADMINISTRATOR)  # fmt: skip
def freeze_person(desk: Desk, request: Request) -> PersonView:
    """From the next request on nothing is allowed any more, and every token given out so far is dead for good."""
    _keep_a_way_in(request, ())
    return _show_person(desk, desk.directory.freeze(request.path["person_id"], True, request.now))


@room.http("POST", "/directory/people/{person_id}/thaw", summary="解冻账号 · Thaw an account",
           answer=PersonView, roles=ADMINISTRATOR)  # fmt: skip
def thaw_person(desk: Desk, request: Request) -> PersonView:
    """The person may sign in anew."""
    return _show_person(desk, desk.directory.freeze(request.path["person_id"], False, request.now))


@room.http("POST", "/directory/people/{person_id}/grant", summary="临时授权 · Grant a role for a while",
           body=GrantBody, answer=PersonView, roles=ADMINISTRATOR)  # fmt: skip
def grant_role(desk: Desk, request: Request) -> PersonView:
    """A role from one moment to another; it ends by itself."""
    known = _show_person(desk, desk.directory.person(request.path["person_id"]))
    grants = add_grant(known.grants, request.body, request.now)
    return _show_person(desk, desk.directory.save_grants(known.id, grants, known.version, request.now))


# Roles and regions.


@room.http("GET", "/directory/roles", summary="角色目录 · List roles", answer=Page[RoleView])
def list_roles(desk: Desk, request: Request) -> Page[RoleView]:
    """The fixed catalogue of roles, in both languages."""
    return Page(data=ROLES)


@room.http("GET", "/directory/regions", summary="地区列表 · List regions", query=RegionsQuery,
           answer=Page[RegionName])  # fmt: skip
def list_regions(desk: Desk, request: Request) -> Page[RegionName]:
    """The regions that have names here, by code; `?within=` only those of a province or city."""
    return Page(data=named_regions(request.query.within))


@room.http("GET", "/directory/regions/{code}", summary="地区 · Show a region", answer=RegionView)
def read_region(desk: Desk, request: Request) -> RegionView:
    """A region by its six-digit code, and what it lies in."""
    return show_region(request.path["code"])


# Stores.


@room.http("GET", "/directory/stores", summary="门店列表 · List stores", query=PageQuery, answer=Page[StoreView])
def list_stores(desk: Desk, request: Request) -> Page[StoreView]:
    """All stores by id; the list may be two seconds behind."""
    return page(*desk.directory.stores(request.query.limit, cursors.decode(request.query.cursor)))


@room.http("GET", "/directory/stores/{store_id}", summary="门店详情 · Show a store", answer=StoreView)
def read_store(desk: Desk, request: Request) -> StoreView:
    """One store."""
    return desk.directory.store(request.path["store_id"])


@room.http("PUT", "/directory/stores/{store_id}", summary="保存门店 · Save a store",
           body=StoreBody, answer=StoreView, roles=ADMINISTRATOR)  # fmt: skip
def save_store(desk: Desk, request: Request) -> StoreView:
    """Create or replace a store."""
    return desk.directory.save_store(_checked_id(request.path["store_id"], "store_id"), request.body)


# Rosters.


@room.http("GET", "/directory/rosters", summary="值班表列表 · List rosters", query=PageQuery,
           answer=Page[RosterView])  # fmt: skip
def list_rosters(desk: Desk, request: Request) -> Page[RosterView]:
    """All teams' rosters, and who is on duty now; the list may be two seconds behind."""
    items, position = desk.directory.rosters(request.query.limit, cursors.decode(request.query.cursor))
    return page([_show_roster(item, request.now) for item in items], position)


@room.http("GET", "/directory/rosters/{team}", summary="值班表 · Show a roster", query=RosterQuery, answer=RosterView)
def read_roster(desk: Desk, request: Request) -> RosterView:
    """A team's roster, and who is on duty now or `?at=` another moment."""
    return _show_roster(desk.directory.roster(request.path["team"]), request.query.at or request.now)


@room.http("PUT", "/directory/rosters/{team}", summary="保存值班表 · Save a roster",
           body=RosterBody, answer=RosterView, roles=SCHEDULERS)  # fmt: skip
def save_roster(desk: Desk, request: Request) -> RosterView:
    """Replace a team's roster; a swap holds at once."""
    check_shifts(request.body.shifts)
    team = request.path["team"]
    if not _TEAM.fullmatch(team):
        raise Invalid("not a team", problems=[Problem("path:team", "must be a-z, 0-9 and _, at most 64")])
    return _show_roster(desk.directory.save_roster(team, request.body, request.now), request.now)


@room.events("staff.changed")
def on_event(desk: Desk, event: Event) -> None:
    """Whoever left the corp in WeCom is frozen at once: no token of theirs holds, and no work goes to them. Whom to let
    back in is for an administrator to say; news from long ago says nothing of today."""
    assert isinstance(event, StaffChanged)  # noqa: S101 - the subscription above
    if event.replay:
        return
    for person in desk.directory.members(event.member_id):
        if event.change == "left" and not person.frozen:
            desk.directory.freeze(person.person_id, True, desk.host.now())
        elif event.new_member_id:
            desk.directory.rename_member(person.person_id, event.new_member_id, desk.host.now())


@room.changes
def on_change(desk: Desk, change: Change) -> None:
    """Tell the other rooms of a changed person or roster, as it is now: what they hear of late is what holds."""
    tenant, name = desk.host.settings.tenant, change.pk.split("#", 2)[-1]
    if change.kind == "REMOVE":
        return
    if change.sk == "person":
        desk.host.emit(person_changed(tenant, desk.directory.person(name).attribute_values))
    if change.sk == "roster":
        item = desk.directory.roster(name)
        at = parse_rfc3339(item.updated_at)
        desk.host.emit(roster_changed(tenant, item.team, int(item.version), _shifts(item), at))


# Keys and tokens.


@room.http("GET", "/auth/keys", summary="密钥列表 · List API keys", query=PageQuery,
           answer=Page[KeyView], roles=ADMINISTRATOR)  # fmt: skip
def list_keys(desk: Desk, request: Request) -> Page[KeyView]:
    """All API keys, without their secrets."""
    return page(*desk.directory.keys(request.query.limit, cursors.decode(request.query.cursor)))


def _replay_key(desk: Desk, _: Request, key_id: str) -> NewKeyView:
    """A repeat of the creating request: the key again, but its secret was told once and is not stored."""
    return NewKeyView(**desk.directory.key(key_id).model_dump(), api_key="")


@room.http("POST", "/auth/keys", summary="新建密钥 · Make an API key", body=KeyBody,
           answer=NewKeyView, roles=ADMINISTRATOR, status=201, replay=_replay_key)  # fmt: skip
def make_key(desk: Desk, request: Request) -> NewKeyView:
    """A key for a machine. The answer is the only place where the key ever stands."""
    api_key = write_key(auth.API_KEY_PREFIX, os.urandom(SECRET_BYTES))
    made = desk.directory.create_key(request.new_id("key"), auth.key_fingerprint(api_key), request.body, request.now)
    return NewKeyView(**made.model_dump(), api_key=api_key)


@room.http("POST", "/auth/keys/{key_id}/revoke", summary="吊销密钥 · Revoke an API key",
           answer=KeyView, roles=ADMINISTRATOR)  # fmt: skip
def revoke_key(desk: Desk, request: Request) -> KeyView:
    """From the next request on neither the key nor a token made from it opens anything."""
    return desk.directory.revoke_key(request.path["key_id"])


@room.http("POST", "/auth/tokens", summary="换取令牌 · Exchange a key for a token", body=TokenBody,
           answer=TokenView, public=True)  # fmt: skip
def make_token(desk: Desk, request: Request) -> TokenView:
    """A token of a quarter of an hour for an API key. An unknown key: 401, a revoked one: 403."""
    record = desk.host.principals.api_key(auth.key_fingerprint(request.body.api_key))
    if record is None:
        raise Unauthenticated("no such API key")
    rights = desk.host.principals.principal(str(record["sub"])) or record
    epoch = int(rights.get("epoch", 0))
    claims = {"sub": record["sub"], "aud": desk.host.settings.tenant, "kind": "machine", "epoch": epoch}
    token = auth.issue(
        desk.host.auth_keys(), auth.principal_from(claims, rights), desk.host.clock.wall_now(), TOKEN_SECONDS, epoch
    )
    return TokenView(access_token=token, expires_in=TOKEN_SECONDS)


@room.http("GET", "/auth/me", summary="当前身份 · Who am I", answer=MeView)
def read_me(desk: Desk, request: Request) -> MeView:
    """Who the hub takes the caller for, with the rights as they are now."""
    who = request.principal
    return MeView(sub=who.sub, kind=who.kind, roles=who.roles, region=who.region, stores=who.stores, tenant=who.tenant)


# What everybody may read.


@room.http("GET", "/openapi.json", summary="接口描述 · The OpenAPI document", public=True)
def read_openapi(desk: Desk, request: Request) -> Raw:
    """The OpenAPI 3.1 document of the whole hub."""
    return Raw(200, _openapi(), "application/json")


@room.http("GET", "/docs", summary="接口文档 · The reference page", public=True)
def read_docs(desk: Desk, request: Request) -> Raw:
    """The reference as one page that loads nothing."""
    page = render_reference(json.loads(_openapi()))
    return Raw(200, page.encode(), "text/html; charset=utf-8", {"Content-Security-Policy": POLICY})


@room.http("GET", "/{file}", summary="域名校验文件 · A platform's verification file", public=True)
def read_verification(desk: Desk, request: Request) -> Raw:
    """`WW_verify_….txt` or `MP_verify_….txt` of the tenant, by which a platform sees that the domain is ours."""
    name = request.path["file"]
    content = desk.host.settings.verify_file(name) if _VERIFY_FILE.fullmatch(name) else None
    if content is None:
        raise NotFound("no such path", path=f"/{name}")
    return Raw(200, content.encode(), "text/plain; charset=utf-8")


def _openapi() -> bytes:
    if not OPENAPI.exists():
        raise NotFound("this build has no OpenAPI document")
    return OPENAPI.read_bytes()


def _save_person(desk: Desk, request: Request, body: PersonBody) -> PersonView:
    person_id = _checked_id(request.path["person_id"], "person_id")
    _keep_a_way_in(request, body.roles)
    name = desk.sealer.seal(body.name, f"{person_id}/name")
    return _show_person(desk, desk.directory.save_person(person_id, body, name, request.now))


def _keep_a_way_in(request: Request, roles: Sequence[str]) -> None:
    """Raises Forbidden when an administrator would shut itself out: another one can do that, so one always stays."""
    if request.path["person_id"] == request.principal.sub and not {*ADMINISTRATOR} & {*roles}:
        raise Forbidden(
            "another administrator has to do this: you would shut yourself out", person=request.principal.sub
        )


def _checked_id(text: str, parameter: str) -> str:
    """An id that people chose, as it may stand in keys and paths. A machine's id is not for the taking."""
    if not _CHOSEN.fullmatch(text) or is_id(text, "key"):
        raise Invalid("not an id", problems=[Problem(f"path:{parameter}", "must be 1 to 64 of A-Z a-z 0-9 _ . @ -")])
    return text


def _show_person(desk: Desk, item: PersonItem) -> PersonView:
    fields = ("roles", "skills", "teams", "region", "store_id", "supervisor", "wecom_userid", "active", "frozen")
    return PersonView.model_validate(
        {
            **{name: getattr(item, name) for name in fields},
            "id": item.person_id,
            "name": desk.sealer.unseal(item.name, f"{item.person_id}/name"),
            "grants": item.grants,
            "version": item.version,
            "updated_at": item.updated_at,
        }
    )


def _show_roster(item: RosterItem, at: datetime) -> RosterView:
    shifts = _shifts(item)
    return RosterView(team=item.team, version=int(item.version), shifts=shifts, at=at, on_duty=on_duty(shifts, at))


def _shifts(item: RosterItem) -> tuple[Shift, ...]:
    return tuple(Shift.model_validate(shift) for shift in item.shifts)
