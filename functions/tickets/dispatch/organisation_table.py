"""The organisation as this room knows it: people and rosters copied from the directory, and everybody's load."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from functions.tickets.dispatch.dispatch import Organisation, Person, Roster
from functions.tickets.tables import Tables

FRESH_SECONDS = 5
"""People and rosters are at most this old (real time)."""
PEOPLE_LIMIT = 10_000


class OrganisationTable:
    """The organisation of one tenant. wall_now: real time, by which what is known grows old."""

    def __init__(self, tables: Tables, wall_now: Callable[[], datetime]) -> None:
        self._tables, self._wall_now = tables, wall_now
        self._read_at = 0.0
        self._people: tuple[Person, ...] = ()
        self._rosters: dict[str, Roster] = {}

    def people(self) -> tuple[Person, ...]:
        """Everybody, at most a few seconds old."""
        self._refresh()
        return self._people

    def organisation(self) -> Organisation:
        """People and rosters, at most a few seconds old, and everybody's load as it is now."""
        self._refresh()
        return Organisation(self._people, self._rosters, self._tables.loads())

    def person_by_userid(self, userid: str) -> Person | None:
        """The one of us who is this member of the corp in WeCom; without a userid of their own, their id is it.
        Whoever has left is nobody."""
        return next((p for p in self.people() if p.active and userid and userid == (p.wecom_userid or p.id)), None)

    def keep_person(self, person: Person) -> None:
        """Keep what routing needs to know of a person, unless something newer is known."""
        self._tables.keep_newest("people", f"person#{person.id}", person, person.version)

    def keep_roster(self, roster: Roster) -> None:
        """Keep a team's roster, unless a newer one is known."""
        self._tables.keep_newest("rosters", f"team#{roster.team}", roster, roster.version)

    def _refresh(self) -> None:
        wall = self._wall_now().timestamp()
        if self._read_at and wall - self._read_at < FRESH_SECONDS:
            return
        self._people = tuple(record.read(Person) for record in self._tables.all_of("people", "person#", PEOPLE_LIMIT))
        rosters = [record.read(Roster) for record in self._tables.all_of("rosters", "team#", PEOPLE_LIMIT)]
        self._rosters = {roster.team: roster for roster in rosters}
        self._read_at = wall
