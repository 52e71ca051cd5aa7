"""What follows from the directory's records: what other rooms hear of people, stores and rosters, and of grants."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from hub.contracts import events
from hub.contracts.directory import Grant, RosterBody
from hub.kernel.clock import parse_rfc3339
from hub.kernel.effective import BEGINNING
from hub.kernel.errors import Invalid, Problem
from hub.kernel.ids import derived_id

GRANTS_LIMIT = 200
"""An expert may be asked into so many tickets at once. Each request of theirs reads them all, some 120 bytes each."""


def add_grant(grants: tuple[Grant, ...], grant: Grant, now: datetime) -> tuple[Grant, ...]:
    """The grants with one more, without those that ended. Raises Invalid for one too many or over."""
    if grant.ends_at <= now:
        raise Invalid("the grant is over", problems=[Problem("/ends_at", "must be in the future")])
    kept = tuple(known for known in grants if known.ends_at > now and known != grant)
    if len(kept) >= GRANTS_LIMIT:
        raise Invalid("too many grants", problems=[Problem("", f"a person holds at most {GRANTS_LIMIT} grants")])
    return (*kept, grant)


def asked_in(grants: tuple[Grant, ...], event: events.ExpertMentioned, now: datetime) -> tuple[Grant, ...]:
    """The grants with what a mention gives; as they are where that is over. Mentions in any order come to the same."""
    if event.ends_at <= now:
        return grants
    return add_grant(grants, Grant(role="guest", thing=event.ticket_id, starts_at=event.at, ends_at=event.ends_at), now)


def person_changed(tenant: str, item: Mapping[str, Any]) -> events.PersonChanged:
    """What the rooms hear of a person's record as it is now. One who is frozen gets no work: not active."""
    at, version = parse_rfc3339(item["updated_at"]), int(item["version"])
    return events.PersonChanged(
        id=derived_id("evt", at, "person.changed", item["person_id"], str(version)),
        tenant=tenant,
        at=at,
        version=version,
        person_id=item["person_id"],
        active=bool(item["active"]) and not item["frozen"],
        roles=tuple(item["roles"]),
        skills=tuple(item["skills"]),
        teams=tuple(item["teams"]),
        region=item["region"],
        store_id=item["store_id"],
        supervisor=item["supervisor"],
        wecom_userid=item["wecom_userid"],
        capacity=None if item.get("capacity") is None else int(item["capacity"]),
        timezone=item.get("timezone") or "",
        sealed_contacts=item.get("contacts") or "",
    )


def glass_broken(tenant: str, item: Mapping[str, Any]) -> events.GlassBroken:
    """What the rooms hear of somebody who broke the glass of a thing."""
    at = parse_rfc3339(item["starts_at"])
    return events.GlassBroken(
        id=derived_id("evt", at, "glass.broken", item["glass_id"]),
        tenant=tenant,
        at=at,
        glass_id=item["glass_id"],
        thing=item["thing"],
        person_id=item["person_id"],
        ends_at=parse_rfc3339(item["ends_at"]),
    )


def store_changed(tenant: str, item: Mapping[str, Any]) -> events.StoreChanged:
    """What the rooms hear of a store's record as it is now. One that was last saved before it carried when is told as
    of the beginning: its version alone orders it."""
    at = parse_rfc3339(item["updated_at"]) if item.get("updated_at") else BEGINNING
    return events.StoreChanged(
        id=derived_id("evt", at, "store.changed", item["store_id"], str(int(item["version"]))),
        tenant=tenant,
        at=at,
        store_id=item["store_id"],
        version=int(item["version"]),
        region=item["region"],
        manager=item["manager"],
        position=item.get("position"),
    )


def roster_changed(tenant: str, team: str, version: int, roster: RosterBody, at: datetime) -> events.RosterChanged:
    """What the rooms hear of a team's roster."""
    parts = {name: getattr(roster, name) for name in ("shifts", "recurring", "swaps", "hand_over")}
    event_id = derived_id("evt", at, "roster.changed", team, str(version))
    return events.RosterChanged(id=event_id, tenant=tenant, at=at, team=team, version=version, **parts)
