"""Customers in the room's table: who they are, what is known of them, and what happened to them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any

from pynamodb.connection import Connection
from pynamodb.transactions import TransactWrite

from functions.customers.contacts import Contact
from functions.customers.identities import Identity
from functions.customers.places import Listed
from functions.customers.places_table import tenant_keys
from functions.customers.profile import Fact, Profile, with_facts
from functions.customers.tables import ContactItem, IdentityItem, KeyItem, ProfileItem, TimelineItem
from functions.customers.timeline import sort_key
from hub.contracts.customers import TimelineEntry
from hub.kernel.clock import parse_rfc3339, rfc3339
from hub.kernel.errors import Conflict
from hub.store.model import RoomModel, find_item, put_of, saving
from hub.store.paging import Position, read_page
from hub.store.table import Table

PARTS_LIMIT = 200
"""Identities and contacts that are read with a customer; nobody has more."""
CONTACT_MOMENTS = ("at", "moment", "attributed_at")


class CustomerTable:
    """Customers of one tenant, as kept in DynamoDB. Errors: Conflict for a lost race, Retry for what passes."""

    def __init__(self, tenant: str, table: Table) -> None:
        self._tenant, self._table = tenant, table

    # Identities.

    def find(self, identity: Identity) -> str | None:
        """The customer that this identity was claimed for (strongly consistent), None when it is free."""
        item = find_item(IdentityItem, self._identity_pk(identity), "identity")
        return item.customer_id if item else None

    def claim(self, customer_id: str, identities: Sequence[Identity], at: datetime, *, new: bool = False) -> bool:
        """Tie identities to a customer, who is made if `new`: one transaction, one winner. False when one is tied
        already. Raises Retry while somebody else's transaction holds one of them."""
        items: list[RoomModel] = [self._new_profile(customer_id, identities[0].channel, at)] if new else []
        for identity in identities:
            items.append(self._identity_item(self._identity_pk(identity), "identity", identity, customer_id, at))
            copy_sk = f"identity#{identity.key}"
            items.append(self._identity_item(self._pk(customer_id), copy_sk, identity, customer_id, at))
        try:
            with saving(customer=customer_id), TransactWrite(connection=Connection()) as transaction:
                for item in items:
                    transaction.save(item)
        except Conflict:
            return False
        return True

    def identities(self, customer_id: str) -> list[tuple[Identity, datetime]]:
        """The customer's identities, and since when."""
        items: list[IdentityItem] = self._parts(IdentityItem, customer_id, "identity#")
        return [(Identity(i.channel, i.account, i.external_id), parse_rfc3339(i.linked_at)) for i in items]

    def _new_profile(self, customer_id: str, channel: str, at: datetime) -> ProfileItem:
        pk, created_at = self._pk(customer_id), rfc3339(at)
        item = ProfileItem(pk, "profile", customer_id=customer_id, created_at=created_at, first_channel=channel)
        item.list_under(tenant_keys(self._tenant, Listed(customer_id, at, channel)))
        return item

    def phone_key(self, make: Callable[[], str]) -> str:
        """The key of the phones' hashes, sealed; made once for ever, by whoever first asks for it."""
        pk, sk = f"{self._tenant}#key", "phone"
        item = find_item(KeyItem, pk, sk)
        if item is None:
            KeyItem(pk, sk, sealed=make()).create_if_absent()
            item = KeyItem.get(pk, sk, consistent_read=True)
        return str(item.sealed)

    # Profile and facts.

    def profile(self, customer_id: str) -> Profile:
        """The profile (strongly consistent). Raises NotFound."""
        return to_profile(self._profile_item(customer_id))

    def save_facts(self, customer_id: str, facts: Iterable[Fact], seen_version: int | None) -> Profile:
        """Keep facts, all or none. Raises NotFound, Conflict when the profile moved on, Invalid for too many facts."""
        item = self._profile_item(customer_id)
        if seen_version is not None and seen_version != item.version:
            raise Conflict("the customer has changed since", yours=seen_version, now=item.version)
        item.list_under(tenant_keys(self._tenant, to_profile(item).listed))
        item.facts = {name: _stored(fact) for name, fact in with_facts(to_profile(item), facts).items()}
        self._table.transact(put_of(item))
        return to_profile(item)

    def _profile_item(self, customer_id: str) -> ProfileItem:
        with saving(customer=customer_id):
            return ProfileItem.get(self._pk(customer_id), "profile", consistent_read=True)

    # Contacts.

    def contact(self, customer_id: str, connection_id: str, member_id: str) -> tuple[Contact | None, ContactItem]:
        """What is known of a contact, and the item to write it with: `save_contact` fails if it moved on."""
        pk, sk = self._pk(customer_id), f"contact#{connection_id}#{member_id}"
        item = find_item(ContactItem, pk, sk)
        return (to_contact(item), item) if item else (None, ContactItem(pk, sk))

    def save_contact(self, item: ContactItem, contact: Contact) -> None:
        """Write a contact with the item that it was read by. Raises Conflict when somebody wrote since."""
        item.contact = {**asdict(contact), **{name: _text(getattr(contact, name)) for name in CONTACT_MOMENTS}}
        with saving(member=contact.member_id):
            item.save()

    def contacts(self, customer_id: str) -> list[Contact]:
        """The members of staff who are or were this customer's contacts."""
        return [to_contact(item) for item in self._parts(ContactItem, customer_id, "contact#")]

    # Timeline.

    def record(self, customer_id: str, entry: TimelineEntry) -> bool:
        """Add an entry to a customer's timeline; False when it is there already."""
        item = TimelineItem(self._pk(customer_id), f"timeline#{sort_key(entry)}", entry=entry.model_dump(mode="json"))
        return item.create_if_absent()

    def timeline(
        self, customer_id: str, limit: int, start: Position | None = None
    ) -> tuple[list[TimelineEntry], Position | None]:
        """A page of a customer's timeline, newest first."""
        items, position = read_page(
            TimelineItem.query,
            self._pk(customer_id),
            TimelineItem.sk.startswith("timeline#"),
            limit=limit,
            start=start,
            scan_index_forward=False,
        )
        return [TimelineEntry.model_validate(item.entry) for item in items], position

    def _parts(self, model: Any, customer_id: str, prefix: str) -> list[Any]:
        items, _ = read_page(
            model.query, self._pk(customer_id), model.sk.startswith(prefix), limit=PARTS_LIMIT, consistent_read=True
        )
        return items

    def _pk(self, customer_id: str) -> str:
        return f"{self._tenant}#customer#{customer_id}"

    def _identity_pk(self, identity: Identity) -> str:
        return f"{self._tenant}#identity#{identity.key}"

    @staticmethod
    def _identity_item(pk: str, sk: str, identity: Identity, customer_id: str, at: datetime) -> IdentityItem:
        return IdentityItem(pk, sk, customer_id=customer_id, linked_at=rfc3339(at), **asdict(identity))


def to_contact(item: ContactItem) -> Contact:
    """The contact that an item holds."""
    texts = {name: item.contact.get(name) for name in CONTACT_MOMENTS}
    moments = {name: parse_rfc3339(text) if text else None for name, text in texts.items()}
    return Contact(**{**item.contact, **moments})


def to_profile(item: ProfileItem) -> Profile:
    """The profile that an item holds, its facts by name."""
    facts = tuple(
        Fact(name, fact["value"], fact["masked"], fact["source"], parse_rfc3339(fact["at"]))
        for name, fact in sorted(item.facts.items())
    )
    created_at = parse_rfc3339(item.created_at)
    return Profile(item.customer_id, created_at, item.first_channel, int(item.version), facts)


def _text(moment: datetime | None) -> str | None:
    return rfc3339(moment) if moment else None


def _stored(fact: Fact) -> dict[str, str]:
    return {"value": fact.value, "masked": fact.masked, "source": fact.source, "at": rfc3339(fact.at)}
