"""Customers in the room's table: what is known of each record, who of us knows it, and what happened to it.

A record's partition is `<t>#customer#<id>`; the rest of it is in places_table.py and people/identities_table.py:

    profile                         facts: JSON, name → {value (sealed where `masked` is not ""), masked, source, at,
                                    mark}; what was spent is counted there by levels/spend_table.py
    contact#<connection>#<member>   contact: JSON
    timeline#<time>#<event id>      entry: JSON; the key makes a repeat the same item
    told#<name>#<time>#<mark>       a fact as it was told once; the same word at the same time is the same item

`<t>#key` / `phone` holds the key under which phone numbers are hashed, sealed.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any

from functions.customers.contacts import Contact
from functions.customers.levels.spend import spend_of
from functions.customers.profile import Fact, Profile, with_facts
from functions.customers.timeline import sort_key, source_of
from hub.contracts.customers import TimelineEntry
from hub.kernel.clock import parse_rfc3339, rfc3339
from hub.kernel.errors import NotFound, Stale
from hub.kernel.positions import no_such_cursor
from hub.store.items import Item
from hub.store.table import NEW, Lost, Put, Table, Update

CONTACT_MOMENTS = ("at", "moment", "attributed_at")
Before = dict[str, str] | None
"""Where a page of a customer's records goes on: `{"before": <sort key>}`."""


class CustomerTable:
    """Customers of one tenant, as kept in DynamoDB. Errors: Conflict for a lost race, Retry for what passes."""

    def __init__(self, tenant: str, table: Table) -> None:
        self._tenant, self._table = tenant, table

    def phone_key(self, make: Callable[[], str]) -> str:
        """The key of the phones' hashes, sealed; made once for ever, by whoever first asks for it."""
        key = f"{self._tenant}#key", "phone"
        item = self._table.get(key)
        if item is not None:
            return str(item["sealed"])
        made = {"pk": key[0], "sk": key[1], "schema": 1, "version": 1, "sealed": make()}
        try:
            self._table.put(made, NEW)
        except Lost as lost:
            return str((lost.item or {})["sealed"])
        return str(made["sealed"])

    # Profile and facts.

    def profile(self, customer_id: str) -> Profile:
        """The record's profile (strongly consistent). Raises NotFound."""
        item = self._table.get((self._pk(customer_id), "profile"))
        if item is None:
            raise NotFound("no such item", customer=customer_id)
        return to_profile(item)

    def save_facts(self, customer_id: str, facts: Iterable[Fact], seen_version: int | None) -> Profile:
        """Keep facts with their history, all or none; what was told before, at the same time, changes nothing. Raises
        NotFound, Conflict when the profile moved on, Invalid for too many facts."""
        profile = self.profile(customer_id)
        if seen_version is not None and seen_version != profile.version:
            raise Stale("the customer has changed since", yours=seen_version, now=profile.version)
        news = self._news(profile, facts)
        if not news:
            return profile
        after = with_facts(profile.facts, news)
        stored = json.dumps({name: _stored(fact) for name, fact in after.items()}, ensure_ascii=False)
        values = {":facts": stored, ":one": 1, ":seen": profile.version}
        change = Update((self._pk(customer_id), "profile"), "SET facts = :facts ADD #version :one", values, SEEN)
        self._table.transact(change, *(self._history(customer_id, fact) for fact in news))
        return self.profile(customer_id)

    def _news(self, profile: Profile, facts: Iterable[Fact]) -> list[Fact]:
        """What the record does not say now, and was not told in just this way before."""
        present = {fact.name: fact for fact in profile.facts}
        news = [fact for fact in facts if fact.name not in present or fact.is_news(present[fact.name])]
        items = self._table.get_many([(self._pk(profile.id), f"told#{fact.key}") for fact in news], consistent=True)
        known = {item["sk"] for item in items}
        return [fact for fact in news if f"told#{fact.key}" not in known]

    def _history(self, customer_id: str, fact: Fact) -> Put:
        item = {"pk": self._pk(customer_id), "sk": f"told#{fact.key}", "schema": 1, "name": fact.name}
        return Put({**item, **_stored(fact)}, NEW)

    def history(self, customer_ids: Sequence[str], name: str, limit: int, start: Before) -> tuple[list[Fact], Before]:
        """A page of what was told of one thing, newest first, over a customer's records."""
        items, position = self._page(customer_ids, f"told#{name}#", limit, start)
        return [to_fact(item["name"], item, item["pk"].rpartition("#")[2]) for item in items], position

    # Contacts.

    def contact(self, customer_id: str, connection_id: str, member_id: str) -> tuple[Contact | None, int]:
        """What is known of a contact, and its version (0: nothing) to write it by."""
        item = self._table.get((self._pk(customer_id), f"contact#{connection_id}#{member_id}"))
        return (to_contact(item), int(item.get("version", 0))) if item else (None, 0)

    def save_contact(self, customer_id: str, contact: Contact, seen_version: int) -> None:
        """Write a contact that was read at this version. Raises Conflict when somebody wrote since."""
        moments = {name: _text(getattr(contact, name)) for name in CONTACT_MOMENTS}
        item = {
            "pk": self._pk(customer_id),
            "sk": f"contact#{contact.connection_id}#{contact.member_id}",
            "schema": 1,
            "version": seen_version + 1,
            "contact": json.dumps({**asdict(contact), **moments}, ensure_ascii=False),
        }
        self._table.put(item, SEEN if seen_version else NEW, {":seen": seen_version} if seen_version else None)

    # Timeline.

    def record(self, customer_id: str, entry: TimelineEntry) -> bool:
        """Add an entry to a record's timeline; False when it is there already."""
        try:
            self._table.put(timeline_item(self._pk(customer_id), entry), NEW, with_item=False)
        except Lost:
            return False
        return True

    def timeline(
        self, customer_ids: Sequence[str], limit: int, start: Before = None
    ) -> tuple[list[TimelineEntry], Before]:
        """A page of what happened to a customer whose records these are, newest first."""
        items, position = self._page(customer_ids, "timeline#", limit, start)
        return [_entry(item) for item in items], position

    def _page(
        self, customer_ids: Sequence[str], prefix: str, limit: int, start: Before
    ) -> tuple[list[dict[str, Any]], Before]:
        """The newest of these records' items below a prefix, merged. Raises Invalid for a cursor of another list."""
        before = start.get("before", "") if start else f"{prefix}~"
        if not isinstance(before, str) or not before.startswith(prefix):
            raise no_such_cursor()
        between = prefix, before
        items: list[dict[str, Any]] = []
        for customer_id in customer_ids:
            page = self._table.query(self._pk(customer_id), sk_between=between, newest_first=True, limit=limit + 2)
            items += [item for item in page.items if item["sk"] != before]
        items = sorted(items, key=lambda item: str(item["sk"]), reverse=True)
        more = len(items) > limit
        return items[:limit], {"before": str(items[limit - 1]["sk"])} if more else None

    def _pk(self, customer_id: str) -> str:
        return f"{self._tenant}#customer#{customer_id}"


SEEN = "#version = :seen"


def timeline_item(pk: str, entry: TimelineEntry) -> dict[str, Any]:
    """An entry of the record of this partition."""
    key = {"pk": pk, "sk": f"timeline#{sort_key(entry)}", "schema": 1, "version": 1}
    return {**key, "entry": entry.model_dump_json()}


def to_contact(item: Item) -> Contact:
    """The contact that an item holds."""
    contact = json.loads(item["contact"])
    moments = {name: parse_rfc3339(contact[name]) if contact.get(name) else None for name in CONTACT_MOMENTS}
    return Contact(**{**contact, **moments})


def to_profile(item: Item) -> Profile:
    """The profile that an item holds, its facts by name."""
    customer_id, facts = str(item["customer_id"]), json.loads(item.get("facts") or "{}")
    return Profile(
        id=customer_id,
        created_at=parse_rfc3339(item["created_at"]),
        first_channel=str(item["first_channel"]),
        version=int(item["version"]),
        facts=tuple(to_fact(name, fact, customer_id) for name, fact in sorted(facts.items())),
        merged_into=str(item.get("merged_into", "")),
        spend=spend_of(item),
    )


def to_fact(name: str, fact: Mapping[str, Any], customer_id: str) -> Fact:
    """A fact as it is stored of a record."""
    at, mark = parse_rfc3339(fact["at"]), str(fact.get("mark", ""))
    return Fact(name, fact["value"], fact["masked"], fact["source"], at, mark, customer_id)


def _entry(item: Item) -> TimelineEntry:
    """An entry as it is stored; older ones do not say who told it."""
    entry = TimelineEntry.model_validate_json(item["entry"])
    return entry if entry.source else entry.model_copy(update={"source": source_of(entry.kind, entry.details)})


def _text(moment: datetime | None) -> str | None:
    return rfc3339(moment) if moment else None


def _stored(fact: Fact) -> dict[str, str]:
    at = rfc3339(fact.at)
    return {"value": fact.value, "masked": fact.masked, "source": fact.source, "at": at, "mark": fact.mark}
