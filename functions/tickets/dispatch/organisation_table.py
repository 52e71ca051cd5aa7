"""The organisation as this room knows it: people and rosters copied from the directory, and everybody's load."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from datetime import datetime
from typing import Any

from functions.tickets.dispatch.dispatch import Organisation, Person, Roster
from functions.tickets.dispatch.loads import Fix, Load
from functions.tickets.tables import LOOK, Items, Record, shard_of
from hub.kernel.clock import parse_rfc3339, rfc3339
from hub.kernel.datum import Point
from hub.store.due import due_keys
from hub.store.table import Lost

FRESH_SECONDS = 5
"""People and rosters are at most this old (real time)."""
PEOPLE_SHARDS = 4
PEOPLE_LIMIT = 10_000


class OrganisationTable:
    """The organisation of one tenant. wall_now: real time, by which what is known grows old."""

    def __init__(self, items: Items, wall_now: Callable[[], datetime]) -> None:
        self._items, self._wall_now = items, wall_now
        self._read_at = 0.0
        self._people: tuple[Person, ...] = ()
        self._rosters: dict[str, Roster] = {}

    def people(self) -> tuple[Person, ...]:
        """Everybody, at most a few seconds old."""
        self._refresh()
        return self._people

    def organisation(self) -> Organisation:
        """People and rosters, at most a few seconds old; loads are read when they are asked for."""
        self._refresh()
        return Organisation(self._people, self._rosters, self._loads)

    def person_by_userid(self, userid: str) -> Person | None:
        """The one of us who is this member of the corp in WeCom; without a userid of their own, their id is it.
        Whoever has left is nobody."""
        return next((p for p in self.people() if p.active and userid and userid == (p.wecom_userid or p.id)), None)

    def teams_of(self, person_id: str) -> tuple[str, ...]:
        """The teams of one of us, () for anybody else."""
        return next((person.teams for person in self.people() if person.active and person.id == person_id), ())

    def keep_person(self, person: Person, look_at: datetime) -> None:
        """Keep what routing needs to know of a person, unless something newer is known. look_at: when the sweep is to
        see what their work becomes, once every process knows."""
        pk = f"people#{shard_of(person.id, PEOPLE_SHARDS)}"
        due = due_keys(self._items.tenant, LOOK, person.id, look_at)
        self._items.keep_newest(pk, f"person#{person.id}", person, person.version, **due)

    def looked_after(self, person: Person) -> None:
        """The sweep has seen to what this change of a person meant for their work."""
        key = self._items.key(f"people#{shard_of(person.id, PEOPLE_SHARDS)}"), f"person#{person.id}"
        as_seen, names = "#body.#revision = :version", {"#revision": "version"}
        with suppress(Lost):  # somebody changed them since: then that is looked at
            self._items.table.update(key, "REMOVE due_pk, due_at", {":version": person.version}, as_seen, names)

    def keep_roster(self, roster: Roster) -> None:
        """Keep a team's roster, unless a newer one is known."""
        self._items.keep_newest(f"team#{roster.team}", "roster", roster, roster.version)

    def keep_fix(self, person_id: str, fix: Fix) -> bool:
        """Keep where a phone said that its owner was. Whether it did: what was measured before is known already."""
        point = {"latitude": fix.point.latitude, "longitude": fix.point.longitude, "datum": fix.point.datum}
        change, values = "SET #fix = :fix, #fix_at = :at", {":fix": json.dumps(point), ":at": rfc3339(fix.at)}
        newer = "attribute_not_exists(#fix_at) OR #fix_at < :at"
        try:
            self._items.table.update((self._items.key(f"load#{person_id}"), "load"), change, values, newer)
        except Lost:
            return False
        return True

    def _loads(self, people: Iterable[str]) -> Mapping[str, Load]:
        keys = [(self._items.key(f"load#{person}"), "load") for person in people]
        items = self._items.table.get_many(keys, consistent=True)
        return {item["pk"].rpartition("#")[2]: _load_of(item) for item in items}

    def _refresh(self) -> None:
        wall = self._wall_now().timestamp()
        if self._read_at and wall - self._read_at < FRESH_SECONDS:
            return
        shards = (self._items.all_of(f"people#{n}", "person#", PEOPLE_LIMIT) for n in range(PEOPLE_SHARDS))
        self._people = tuple(record.read(Person) for shard in shards for record in shard)
        teams = sorted({team for person in self._people for team in person.teams})
        items = self._items.table.get_many(((self._items.key(f"team#{t}"), "roster") for t in teams), consistent=True)
        self._rosters = {roster.team: roster for roster in (Record(item).read(Roster) for item in items)}
        self._read_at = wall


def _load_of(item: Mapping[str, Any]) -> Load:
    given_at, fix_at = item.get("given_at"), item.get("fix_at")
    fix = Fix(Point(**json.loads(item["fix"])), parse_rfc3339(fix_at)) if fix_at else None
    return Load(int(item.get("open_tickets", 0)), parse_rfc3339(given_at) if given_at else None, fix)
