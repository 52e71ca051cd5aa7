"""What readers get of a customer: all of their records together."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime

from functions.customers.contacts import Contact
from functions.customers.levels.levels import Level
from functions.customers.levels.spend import CURRENCY, total_of
from functions.customers.people.identities import Identity
from functions.customers.people.merging import Merged
from functions.customers.places import Listed
from functions.customers.profile import Change, Fact, Profile, latest_facts, seal_context
from functions.customers.timeline import orders_of, tickets_of
from hub.contracts.customers import (
    ContactView,
    CustomerSummary,
    CustomerView,
    FactView,
    IdentityView,
    MergeView,
    TimelineEntry,
)
from hub.kernel.dataclass import dataclass
from hub.kernel.money import Money


@dataclass(frozen=True)
class Reader:
    """Whoever reads. is_personal: whether a fact of this name is; opens: whether they would see it in full, so that it
    is worth unsealing. What they may see of it is decided when the answer leaves."""

    is_personal: Callable[[str], bool]
    opens: Callable[[str], bool]
    unseal: Change


@dataclass(frozen=True)
class Record:
    """One record of a customer: everything but what happened. shared: the keys of the identities that it shares with
    other people."""

    profile: Profile
    identities: tuple[tuple[Identity, datetime], ...] = ()
    contacts: tuple[Contact, ...] = ()
    merges: tuple[Merged, ...] = ()
    shared: tuple[str, ...] = ()


@dataclass(frozen=True)
class Whole:
    """A customer with all records, the customer's own first. recent: the newest entries, newest first. perhaps: other
    customers who share a phone with this one."""

    records: Sequence[Record]
    recent: Sequence[TimelineEntry] = ()
    perhaps: tuple[str, ...] = ()


def show_summary(customer: Listed) -> CustomerSummary:
    """A line of the list."""
    return CustomerSummary(
        id=customer.customer_id, created_at=customer.created_at, first_channel=customer.first_channel
    )


def show_customer(whole: Whole, reader: Reader, level_of: Callable[[Sequence[Profile]], Level]) -> CustomerView:
    """All that is known of a customer. level_of: what they are to us whose records these are."""
    records, profiles = whole.records, [record.profile for record in whole.records]
    profile = profiles[0]
    return CustomerView(
        id=profile.id,
        created_at=profile.created_at,
        first_channel=profile.first_channel,
        version=profile.version,
        facts=tuple(show_fact(fact, reader) for fact in latest_facts(profiles)),
        identities=tuple(_show_identity(r.profile.id, *known) for r in records for known in r.identities),
        contacts=_show_contacts(contact for record in records for contact in record.contacts),
        tickets=tickets_of(whole.recent),
        orders=orders_of(whole.recent),
        level=level_of(profiles).id,
        spent=str(Money(total_of(each.spend for each in profiles).minor, CURRENCY)),
        merged=tuple(_show_merge(merged) for record in records for merged in record.merges),
        perhaps=whole.perhaps,
    )


def show_fact(fact: Fact, reader: Reader) -> FactView:
    """One fact, opened for whoever may see it."""
    value = fact.value
    if fact.sealed:
        context = seal_context(fact.customer_id, fact.name)
        value = reader.unseal(value, context) if reader.opens(fact.name) else fact.masked
    personal = reader.is_personal(fact.name)
    return FactView(name=fact.name, value=value, personal=personal, source=fact.source, at=fact.at)


def _show_identity(record_id: str, identity: Identity, at: datetime) -> IdentityView:
    return IdentityView(
        channel=identity.channel,
        account=identity.account,
        external_id=identity.external_id,
        linked_at=at,
        identity_id=record_id,
        source=identity.channel,
    )


def _show_merge(merged: Merged) -> MergeView:
    return MergeView(
        customer_id=merged.customer_id,
        into=merged.into,
        at=merged.at,
        evidence=merged.evidence,
        actor=merged.actor,
        source=merged.actor or merged.evidence,
    )


def _show_contacts(contacts: Iterable[Contact]) -> tuple[ContactView, ...]:
    """Each pair of two once, by what happened last."""
    latest: dict[tuple[str, str, str], Contact] = {}
    for contact in contacts:
        key = contact.connection_id, contact.member_id, contact.contact_id
        if key not in latest or contact.at > latest[key].at:
            latest[key] = contact
    return tuple(_show_contact(contact) for contact in latest.values())


def _show_contact(contact: Contact) -> ContactView:
    return ContactView(
        connection_id=contact.connection_id,
        channel=contact.channel,
        member_id=contact.member_id,
        contact_id=contact.contact_id,
        follow_state=contact.follow_state,
        attribution=contact.attribution,
        at=contact.at,
        source=contact.channel,
    )
