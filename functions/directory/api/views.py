"""What the room shows, and the ids that it takes."""

from __future__ import annotations

import json
import re
from datetime import datetime

from functions.directory.desk import Desk
from functions.directory.rosters import roster_of
from functions.directory.tables import PersonItem, RosterItem
from hub.contracts.directory import PersonView, RosterView
from hub.kernel.errors import Invalid, Problem
from hub.kernel.ids import contacts_context, is_id
from hub.kernel.rosters import assumes, on_duty

_CHOSEN = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.@-]{0,63}")
_TEAM = re.compile(r"[a-z][a-z0-9_]{0,63}")
SHOWN = (
    *("roles", "skills", "teams", "region", "store_id", "stores", "level", "supervisor", "wecom_userid", "active"),
    *("capacity", "frozen", "grants", "timezone", "version", "updated_at"),
)


def show_person(desk: Desk, item: PersonItem) -> PersonView:
    """A person with their name."""
    name = desk.sealer.unseal(item.name, f"{item.person_id}/name")
    fields = {field: getattr(item, field) for field in SHOWN}
    contacts = json.loads(desk.sealer.unseal(item.contacts, contacts_context(item.person_id)) or "{}")
    return PersonView.model_validate({**fields, **contacts, "id": item.person_id, "name": name})


def show_roster(item: RosterItem, at: datetime) -> RosterView:
    """A roster, and who is on duty at a moment."""
    body = roster_of(item.attribute_values)
    parts = {name: getattr(body, name) for name in ("shifts", "recurring", "swaps", "hand_over")}
    shown = {**parts, "at": at, "on_duty": on_duty(body, at), "assumed": assumes(body, at)}
    return RosterView(team=item.team, version=int(item.version), **shown)


def checked_id(text: str, parameter: str) -> str:
    """An id that people chose, as it may stand in keys and paths. A machine's id is not for the taking."""
    if not _CHOSEN.fullmatch(text) or is_id(text, "key"):
        raise Invalid("not an id", problems=[Problem(f"path:{parameter}", "must be 1 to 64 of A-Z a-z 0-9 _ . @ -")])
    return text


def checked_team(text: str) -> str:
    """A team's key. Raises Invalid."""
    if not _TEAM.fullmatch(text):
        raise Invalid("not a team", problems=[Problem("path:team", "must be a-z, 0-9 and _, at most 64")])
    return text
