"""What this room knows of people, of who is on duty, and of customers, as the rooms that own them told it."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime
from typing import Any

from functions.notifications.gateways.message import Address
from functions.notifications.sends.waiting_table import WAIT
from functions.notifications.tables import CustomerItem, DutyItem, PersonItem, RosterItem
from hub.contracts import events
from hub.contracts.rosters import Shift
from hub.kernel.clock import parse_rfc3339, rfc3339
from hub.kernel.ids import contacts_context
from hub.kernel.rosters import named_in, next_start, on_duty
from hub.store.ahead import read_once
from hub.store.due import due_keys
from hub.store.model import find_item, saving
from hub.store.paging import read_page
from hub.store.sharded import read_sharded, shard_pk

TEAMS_LIMIT = 50
OPERATORS = frozenset({"administrator", "integrator"})
OPERATORS_LIMIT = 50
"""So many of those who run the hub hear of a platform's notice."""
NAMES_LIMIT = 50
"""So many names of a customer are known here."""
Unseal = Callable[[str, str], str]
"""(a sealed text, its context) → the text."""


class PeopleTable:
    """People, their duty, and customers, of one tenant. Errors: Conflict for a lost race, Retry for what passes."""

    def __init__(self, tenant: str, unseal: Unseal) -> None:
        self._tenant, self._unseal = tenant, unseal

    # People.

    def address(self, person_id: str) -> Address:
        """How one of us is reached; somebody unheard of counts as active and is called by their id in WeCom."""
        item = find_item(PersonItem, self._pk("person", person_id), "person")
        if item is None:
            return Address({"wecom": person_id})
        contacts = self._contacts(item.contacts, person_id)
        phone = contacts.get("phone", "")
        names = {
            "wecom": item.wecom_userid or person_id,
            "dingtalk": phone,
            "feishu": contacts.get("feishu_open_id", ""),
            "sms": phone,
            "email": contacts.get("email", ""),
            "phone": phone,
        }
        return Address(
            {name: value for name, value in names.items() if value},
            active=bool(item.active),
            zone=item.timezone or "",
            roles=tuple(item.roles or ()),
            region=item.region,
            store=item.store_id,
        )

    def userid(self, person_id: str) -> str:
        """What WeCom calls one of us."""
        return self.address(person_id).names.get("wecom", person_id)

    def save_person(self, event: events.PersonChanged) -> None:
        """What the directory said, unless it said something later. Raises Conflict for a concurrent change."""
        pk = self._pk("person", event.person_id)
        item = find_item(PersonItem, pk, "person") or PersonItem(pk, "person")
        if item.revision >= event.version:
            return
        item.revision, item.active, item.wecom_userid = event.version, event.active, event.wecom_userid
        item.region, item.store_id, item.roles = event.region, event.store_id, list(event.roles)
        item.contacts, item.timezone = event.sealed_contacts, event.timezone
        runs_it = event.active and bool(OPERATORS & set(event.roles))
        listed = shard_pk(self._tenant, "operators", event.person_id)
        item.list_pk, item.list_sk = (listed, event.person_id) if runs_it else (None, None)
        with saving(person=event.person_id):
            item.save()

    def operators(self) -> tuple[str, ...]:
        """Those who run the hub (administrators, integrators), a few seconds behind: a batch reads them once."""
        return read_once("operators", self._operators)

    def _operators(self) -> tuple[str, ...]:
        query, by = PersonItem.by_list.query, PersonItem.list_sk
        items, _ = read_sharded(query, by, self._tenant, "operators", limit=OPERATORS_LIMIT)
        return tuple(str(item.list_sk) for item in items)

    # Duty.

    def roster(self, team: str) -> events.RosterChanged | None:
        """A team's roster (strongly consistent), None where there is none."""
        item = find_item(RosterItem, self._pk("roster", team), "roster")
        return None if item is None else _roster(self._tenant, team, item)

    def on_duty(self, team: str, at: datetime) -> tuple[str, ...]:
        """Who of a team is on duty at a moment."""
        roster = self.roster(team)
        return on_duty(roster, at) if roster else ()

    def is_on_duty(self, person_id: str, at: datetime) -> bool:
        """Whether any team's roster has somebody on duty at a moment (strongly consistent)."""
        items, _ = read_page(DutyItem.query, self._pk("duty", person_id), limit=TEAMS_LIMIT, consistent_read=True)
        return any(person_id in self.on_duty(str(item.sk), at) or _holds(item.shifts, at) for item in items)

    def save_roster(self, event: events.RosterChanged, now: datetime) -> None:
        """A team's roster, and whom it names. The roster's own item is written last, so a repeat after a crash does all
        of it again. Raises Conflict for a concurrent change."""
        pk = self._pk("roster", event.team)
        item = find_item(RosterItem, pk, "roster") or RosterItem(pk, "roster")
        if item.revision >= event.version:
            return
        named = named_in(event)
        for person_id in dict.fromkeys([*item.people, *named]):
            self._name_in(person_id, event)
        item.revision, item.team, item.people = event.version, event.team, list(named)
        item.hand_over = event.hand_over
        for name in ("shifts", "recurring", "swaps"):
            setattr(item, name, [part.model_dump(mode="json") for part in getattr(event, name)])
        self._save_due(item, next_start(event, now))

    def _name_in(self, person_id: str, event: events.RosterChanged) -> None:
        pk = self._pk("duty", person_id)
        item = find_item(DutyItem, pk, event.team) or DutyItem(pk, event.team)
        if item.revision < event.version:
            item.revision, item.shifts = event.version, []
            with saving(person=person_id, team=event.team):
                item.save()

    def due_shift(self, team: str, now: datetime) -> tuple[events.RosterChanged, datetime] | None:
        """A team's roster, and when the shift began that nobody was told of; None where none did."""
        item = find_item(RosterItem, self._pk("roster", team), "roster")
        if item is None or not item.due_at or item.due_at > rfc3339(now):
            return None
        return _roster(self._tenant, team, item), parse_rfc3339(item.due_at)

    def await_shift(self, team: str, after: datetime) -> None:
        """Wait for the first shift that begins later. Raises Conflict for a concurrent change."""
        item = find_item(RosterItem, self._pk("roster", team), "roster")
        if item is not None:
            self._save_due(item, next_start(_roster(self._tenant, team, item), after))

    def _save_due(self, item: RosterItem, at: datetime | None) -> None:
        keys = due_keys(self._tenant, WAIT, str(item.pk), at)
        item.due_pk, item.due_at = keys.get("due_pk"), keys.get("due_at")
        with saving(team=item.team):
            item.save()

    # Customers.

    def customer(self, record_id: str) -> tuple[str, Address] | None:
        """(the customer that a record is part of, how they are reached); None for nobody that was heard of."""
        item = find_item(CustomerItem, self._pk("customer", record_id), "customer")
        if item is None:
            return None
        contacts = self._contacts(item.contacts, item.customer_id)
        names = {name: contacts[name] for name in ("sms", "email", "phone") if contacts.get(name)}
        connections: dict[str, str] = {}
        for channel, connection_id, external_id in contacts.get("names", ())[:NAMES_LIMIT]:
            if channel not in names:
                names[channel], connections[channel] = external_id, connection_id
        address = Address(
            names,
            connections,
            zone=item.timezone or "",
            refuses=frozenset(item.refuses or ()),
            is_staff=False,
        )
        return str(item.customer_id), address

    def save_customer(self, event: events.CustomerReachable) -> None:
        """How a customer is reached, on each of their records, unless something later was said."""
        revision = rfc3339(event.at)
        for record_id in event.record_ids:
            pk = self._pk("customer", record_id)
            item = find_item(CustomerItem, pk, "customer") or CustomerItem(pk, "customer")
            if (item.revision or "") > revision:
                continue
            item.revision, item.customer_id = revision, event.customer_id
            item.contacts, item.refuses = event.sealed_contacts, list(event.refuses)
            with saving(customer=record_id):
                item.save()

    def _contacts(self, sealed: str, owner: str) -> dict[str, Any]:
        contacts: dict[str, Any] = json.loads(self._unseal(sealed, contacts_context(owner)) or "{}") if sealed else {}
        return contacts

    def _pk(self, kind: str, name: str) -> str:
        return f"{self._tenant}#{kind}#{name}"


def _holds(shifts: Any, at: datetime) -> bool:
    """Whether one of somebody's own shifts, as they were kept before, has them on duty."""
    spans = (Shift.model_validate(shift) for shift in shifts or ())
    return any(shift.starts_at <= at < shift.ends_at for shift in spans)


def _roster(tenant: str, team: str, item: RosterItem) -> events.RosterChanged:
    """A stored roster; it was told by an event, and is read as one."""
    parts = {name: getattr(item, name) or [] for name in ("shifts", "recurring", "swaps")}
    facts = {"id": "", "tenant": tenant, "at": "2026-01-01T00:00:00Z", "team": team, "version": int(item.revision)}
    return events.RosterChanged.model_validate({**facts, **parts, "hand_over": bool(item.hand_over)})
