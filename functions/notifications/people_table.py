"""What this room knows of people and of who is on duty, as the directory told it."""

from __future__ import annotations

from functions.notifications.tables import DutyItem, PersonItem, RosterItem
from hub.contracts.events import PersonChanged, RosterChanged, Shift
from hub.kernel.regions import BASE
from hub.store.model import find_item, saving
from hub.store.paging import read_page
from hub.store.sharded import read_sharded, shard_pk

TEAMS_LIMIT = 50
OPERATORS = frozenset({"administrator", "integrator"})
OPERATORS_LIMIT = 50
"""So many of those who run the hub hear of a platform's notice."""


class PeopleTable:
    """People and their duty, of one tenant. Errors: Conflict for a lost race, Retry for what passes."""

    def __init__(self, tenant: str) -> None:
        self._tenant = tenant

    def person(self, person_id: str) -> tuple[bool, str]:
        """(active, WeCom userid) of one of us; somebody unheard of counts as active and is called by their id."""
        item = find_item(PersonItem, self._pk("person", person_id), "person")
        return (item.active, item.wecom_userid or person_id) if item else (True, person_id)

    def place(self, person_id: str) -> tuple[str, str]:
        """(region, store) of one of us; somebody unheard of belongs to the whole tenant."""
        item = find_item(PersonItem, self._pk("person", person_id), "person")
        return (item.region, item.store_id) if item else (BASE, "")

    def save_person(self, event: PersonChanged) -> None:
        """What the directory said, unless it said something later. Raises Conflict for a concurrent change."""
        pk = self._pk("person", event.person_id)
        item = find_item(PersonItem, pk, "person") or PersonItem(pk, "person")
        if item.revision >= event.version:
            return
        item.revision, item.active, item.wecom_userid = event.version, event.active, event.wecom_userid
        item.region, item.store_id = event.region, event.store_id
        runs_it = event.active and bool(OPERATORS & set(event.roles))
        listed = shard_pk(self._tenant, "operators", event.person_id)
        item.list_pk, item.list_sk = (listed, event.person_id) if runs_it else (None, None)
        with saving(person=event.person_id):
            item.save()

    def operators(self) -> tuple[str, ...]:
        """Those who run the hub (administrators, integrators), up to two seconds behind."""
        query, by = PersonItem.by_list.query, PersonItem.list_sk
        items, _ = read_sharded(query, by, self._tenant, "operators", limit=OPERATORS_LIMIT)
        return tuple(str(item.list_sk) for item in items)

    def shifts(self, person_id: str) -> list[Shift]:
        """A person's shifts in all teams (strongly consistent)."""
        pk = self._pk("duty", person_id)
        items, _ = read_page(DutyItem.query, pk, limit=TEAMS_LIMIT, consistent_read=True)
        return [Shift.model_validate(shift) for item in items for shift in item.shifts]

    def save_roster(self, event: RosterChanged) -> None:
        """A team's roster, split by person: those it names no more have no shifts in it. The roster's own item is
        written last, so a repeat after a crash does all of it again. Raises Conflict for a concurrent change."""
        pk = self._pk("roster", event.team)
        item = find_item(RosterItem, pk, "roster") or RosterItem(pk, "roster")
        if item.revision >= event.version:
            return
        named = list(dict.fromkeys(shift.person_id for shift in event.shifts))
        for person_id in dict.fromkeys([*item.people, *named]):
            self._save_duty(person_id, event)
        item.revision, item.people = event.version, named
        with saving(team=event.team):
            item.save()

    def _save_duty(self, person_id: str, event: RosterChanged) -> None:
        pk = self._pk("duty", person_id)
        item = find_item(DutyItem, pk, event.team) or DutyItem(pk, event.team)
        if item.revision >= event.version:
            return
        own = [shift for shift in event.shifts if shift.person_id == person_id]
        item.revision, item.shifts = event.version, [shift.model_dump(mode="json") for shift in own]
        with saving(person=person_id, team=event.team):
            item.save()

    def _pk(self, kind: str, name: str) -> str:
        return f"{self._tenant}#{kind}#{name}"
