"""Rights for a while (临时权限), broken glass (破窗), and who sees what (谁能看到)."""

from __future__ import annotations

from dataclasses import asdict
from datetime import timedelta
from functools import partial

from functions.directory.api.views import show_person
from functions.directory.desk import Desk
from functions.directory.people import add_grant
from functions.directory.room import ADMINISTRATOR, room
from functions.directory.tables import GlassItem
from hub.contracts.directory import (
    BreakGlassBody,
    FieldSightView,
    GlassQuery,
    GlassView,
    Grant,
    GrantBody,
    PersonView,
    SightQuery,
)
from hub.contracts.http import Page
from hub.edge import cursors
from hub.edge.access import Place
from hub.edge.access.matrix import who_sees
from hub.edge.answers import page
from hub.edge.requests import Request
from hub.kernel.clock import rfc3339
from hub.kernel.errors import Forbidden, NotFound


@room.http("POST", "/directory/people/{person_id}/grant", summary="临时授权 · Grant a right for a while",
           body=GrantBody, answer=PersonView, roles=ADMINISTRATOR, scope="tenant", dry_run="rehearsed")  # fmt: skip
def grant_right(desk: Desk, request: Request) -> PersonView:
    """A role, or one thing to look at as a guest, from one moment to another; it ends by itself."""
    known = show_person(desk, desk.directory.person(request.path["person_id"]))
    grants = add_grant(known.grants, Grant(**request.body.model_dump()), request.now)
    return show_person(desk, desk.directory.save_grants(known.id, grants, known.version, request.now))


def _own(_: Desk, request: Request) -> Place:
    return Place(people=(request.principal.sub,))


@room.http("POST", "/directory/break-glass", summary="破窗查看 · Break the glass", body=BreakGlassBody,
           answer=GlassView, status=201, scope="own", subject=_own)  # fmt: skip
def break_glass(desk: Desk, request: Request) -> GlassView:
    """For a while the caller sees one thing whole, wherever it is, and changes nothing. Who may, and for how long, is
    in the field policy; that they did, and why, is told to those who watch and stays for good."""
    rule, who = request.policy.document.break_glass, request.principal
    if who.kind != "person" or not who.has(*rule.roles):
        raise Forbidden("your role does not break the glass", needs="|".join(rule.roles))
    at, thing = request.made_at or request.now, request.body.thing
    grant = Grant(role="break_glass", thing=thing, starts_at=at, ends_at=at + timedelta(minutes=rule.minutes))
    person = _person_of(desk, request)
    glass = GlassItem(
        glass_id=request.new_id("gls"),
        thing=thing,
        person_id=person.id,
        starts_at=rfc3339(grant.starts_at),
        ends_at=rfc3339(grant.ends_at),
    )
    glass.reason = desk.sealer.seal(request.body.reason, f"{glass.glass_id}/reason")
    grants = partial(add_grant, person.grants, grant, request.now)
    return _show_glass(desk, desk.directory.break_glass(person, grants, glass, request.now))


@room.http("GET", "/directory/break-glass", summary="破窗记录 · Who broke the glass", query=GlassQuery,
           answer=Page[GlassView], roles=ADMINISTRATOR, scope="whole")  # fmt: skip
def list_glass(desk: Desk, request: Request) -> Page[GlassView]:
    """Who looked at one thing by breaking the glass, the latest first, and why."""
    query = request.query
    items, position = desk.directory.glasses(query.thing, query.limit, cursors.decode(query.cursor))
    return page([_show_glass(desk, item) for item in items], position)


@room.http("GET", "/directory/fields/{field}", summary="谁能看到 · Who sees a field", query=SightQuery,
           answer=Page[FieldSightView], scope="tenant")  # fmt: skip
def read_field(desk: Desk, request: Request) -> Page[FieldSightView]:
    """What each role sees of a field (by its name, as `Contract.field`, as a fact, or all of a class)."""
    sights = who_sees(request.path["field"], request.policy, request.query.node, request.query.terminal)
    if not sights:
        raise NotFound("no such field", field=request.path["field"])
    return page(FieldSightView(**asdict(sight)) for sight in sights)


def _person_of(desk: Desk, request: Request) -> PersonView:
    try:
        return show_person(desk, desk.directory.person(request.principal.sub))
    except NotFound:
        raise Forbidden("only people of the directory break the glass", sub=request.principal.sub) from None


def _show_glass(desk: Desk, item: GlassItem) -> GlassView:
    reason = desk.sealer.unseal(item.reason, f"{item.glass_id}/reason")
    fields = {name: getattr(item, name) for name in ("thing", "person_id", "starts_at", "ends_at")}
    return GlassView.model_validate({**fields, "id": item.glass_id, "reason": reason})
