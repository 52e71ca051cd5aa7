"""The directory (组织): people, roles, regions, stores, teams and rosters; and how one gets in: keys and tokens."""

from __future__ import annotations

import json
from contextlib import suppress

from functions.directory.api import access, keys, pages, people, places, sign_in, teams
from functions.directory.api.views import show_person
from functions.directory.desk import Desk
from functions.directory.field_policy import FIELD_POLICY, KEY
from functions.directory.people import asked_in, glass_broken, person_changed, roster_changed, store_changed
from functions.directory.room import IMPORTS, room
from functions.directory.rosters import roster_of
from hub.contracts import events
from hub.contracts.events import Event
from hub.documents.items import line_of_pointer
from hub.documents.routes import serve_documents
from hub.edge.auth import epoch_at
from hub.edge.batch import serve_batch
from hub.edge.bus import Change
from hub.jobs.routes import follow_job, serve_jobs
from hub.kernel.clock import parse_rfc3339
from hub.kernel.errors import NotFound

__all__ = ["access", "forward", "keys", "pages", "people", "places", "room", "sign_in", "teams"]
forward = room.forward
serve_documents(room, (FIELD_POLICY,), lambda desk: desk.documents)
serve_jobs(room, IMPORTS)
serve_batch(room, "/directory/batch")


@room.events("staff.changed", "expert.mentioned")
def on_event(desk: Desk, event: Event) -> None:
    """Who of the corp left or was renamed in WeCom, and who was asked to help with a ticket."""
    match event:
        case events.StaffChanged():
            _take_member(desk, event)
        case events.ExpertMentioned():
            _take_mention(desk, event)


def _take_mention(desk: Desk, event: events.ExpertMentioned) -> None:
    """They may look at the ticket from now on, until the mention's end."""
    with suppress(NotFound):  # tickets knows its people from here: whoever is gone needs no right
        known = show_person(desk, desk.directory.person(event.person_id))
        grants = asked_in(known.grants, event, desk.host.now())
        if grants != known.grants:
            desk.directory.save_grants(known.id, grants, known.version, desk.host.now())


def _take_member(desk: Desk, event: events.StaffChanged) -> None:
    """Whoever left the corp in WeCom is frozen at once: no token of theirs holds, and no work goes to them. Whom to let
    back in is for an administrator to say; news from long ago says nothing of today."""
    if event.replay:
        return
    for person in desk.directory.members(event.member_id):
        if event.change == "left" and not person.frozen:
            desk.directory.freeze(person.person_id, desk.host.now(), epoch_at(desk.host.clock.wall_now()))
        elif event.new_member_id:
            desk.directory.rename_member(person.person_id, event.new_member_id, desk.host.now())


@room.changes
def on_change(desk: Desk, change: Change) -> None:
    """Tell the other rooms of a changed person, store or roster, as it is now: what they hear of late is what holds.
    A field policy that was published is put where every room's edge reads it."""
    tenant, name = desk.host.settings.tenant, change.pk.split("#", 2)[-1]
    if change.kind == "REMOVE" or follow_job(room, IMPORTS, change):
        return
    if change.sk == "person":
        desk.host.emit(person_changed(tenant, desk.directory.person(name).attribute_values))
    if change.sk == "store":
        desk.host.emit(store_changed(tenant, desk.directory.store_item(name).attribute_values))
    if change.sk == "roster":
        item = desk.directory.roster(name)
        at = parse_rfc3339(item.updated_at)
        desk.host.emit(roster_changed(tenant, item.team, int(item.version), roster_of(item.attribute_values), at))
    line = line_of_pointer(change.pk, change.sk)
    if line is not None and line.kind == FIELD_POLICY.name:
        held = desk.documents.current(FIELD_POLICY, KEY)
        desk.directory.keep_field_policy(int(held.version), json.dumps(held.content, ensure_ascii=False))
    if change.sk.startswith("glass#"):
        desk.host.emit(glass_broken(tenant, desk.directory.glass(change.pk, change.sk).attribute_values))
