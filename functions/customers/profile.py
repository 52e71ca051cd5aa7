"""What is known of a customer: facts, each with who said it and when. Personal ones are sealed before they are kept;
all are, but those whose names are declared plain."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from functions.customers.contacts import Contact
from functions.customers.identities import Identity
from functions.customers.places import Listed
from functions.customers.timeline import orders_of, tickets_of
from hub.contracts.customers import ContactView, CustomerSummary, CustomerView, FactView, IdentityView, TimelineEntry
from hub.kernel.errors import Invalid, Problem

FACTS_LIMIT = 100
"""A profile is one item: more kinds of facts than this would make it heavy to read."""

_NAME = re.compile(r"[a-z][a-z0-9_]{0,63}")
Change = Callable[[str, str], str]
"""(text, context) → text: seals or unseals for a context."""


@dataclass(frozen=True)
class Fact:
    """One thing known. A personal one is sealed: then `masked` is what most see of it, else "". What was stored before
    its name counted as personal is clear, and shown by its name all the same."""

    name: str
    value: str
    masked: str
    source: str
    at: datetime

    @property
    def sealed(self) -> bool:
        return bool(self.masked)


@dataclass(frozen=True)
class Profile:
    """A customer's own record. `version` counts its changes."""

    id: str
    created_at: datetime
    first_channel: str
    version: int
    facts: tuple[Fact, ...] = ()

    @property
    def listed(self) -> Listed:
        return Listed(self.id, self.created_at, self.first_channel)


@dataclass(frozen=True)
class Reader:
    """Whoever reads. is_personal: whether a fact of this name is; opens: whether they would see it in full, so that it
    is worth unsealing. What they may see of it is decided when the answer leaves."""

    is_personal: Callable[[str], bool]
    opens: Callable[[str], bool]
    unseal: Change


def make_fact(
    customer_id: str,
    name: str,
    value: str,
    *,
    source: str,
    at: datetime,
    personal: bool,
    seal: Change,
    mask: Callable[[str], str],
) -> Fact:
    """A fact ready to be kept; a personal value is sealed for this customer and field. Raises Invalid."""
    if not _NAME.fullmatch(name):
        raise Invalid("not a fact", problems=[Problem("path:name", "must be a-z, 0-9 and _, at most 64")])
    if not personal:
        return Fact(name, value, "", source, at)
    return Fact(name, seal(value, seal_context(customer_id, name)), mask(value), source, at)


def with_facts(profile: Profile, facts: Iterable[Fact]) -> dict[str, Fact]:
    """The profile's facts, by name, after `facts`. Raises Invalid beyond FACTS_LIMIT."""
    after = {fact.name: fact for fact in (*profile.facts, *facts)}
    if len(after) > FACTS_LIMIT:
        raise Invalid("too many facts", problems=[Problem("", f"a customer has at most {FACTS_LIMIT} facts")])
    return after


def unknown_of(profile: Profile, facts: Mapping[str, str]) -> dict[str, str]:
    """What is told of a customer and not known yet, as far as there is room for it. What is known stays as it is."""
    known = {fact.name for fact in profile.facts}
    unknown = [(name, value) for name, value in facts.items() if name not in known]
    return dict(unknown[: FACTS_LIMIT - len(known)])


def show_summary(customer: Listed) -> CustomerSummary:
    """A line of the list."""
    return CustomerSummary(
        id=customer.customer_id, created_at=customer.created_at, first_channel=customer.first_channel
    )


def show_customer(
    profile: Profile,
    identities: Iterable[tuple[Identity, datetime]],
    contacts: Iterable[Contact],
    recent: Iterable[TimelineEntry],
    reader: Reader,
) -> CustomerView:
    """All that is known of a customer. recent: the newest entries of the timeline, newest first."""
    entries = tuple(recent)
    return CustomerView(
        id=profile.id,
        created_at=profile.created_at,
        first_channel=profile.first_channel,
        version=profile.version,
        facts=tuple(_show_fact(profile.id, fact, reader) for fact in profile.facts),
        identities=tuple(_show_identity(identity, at) for identity, at in identities),
        contacts=tuple(_show_contact(contact) for contact in contacts),
        tickets=tickets_of(entries),
        orders=orders_of(entries),
    )


def seal_context(customer_id: str, name: str) -> str:
    """What a sealed value is bound to: it opens nowhere else."""
    return f"{customer_id}/{name}"


def _show_fact(customer_id: str, fact: Fact, reader: Reader) -> FactView:
    value = fact.value
    if fact.sealed:
        value = reader.unseal(value, seal_context(customer_id, fact.name)) if reader.opens(fact.name) else fact.masked
    personal = reader.is_personal(fact.name)
    return FactView(name=fact.name, value=value, personal=personal, source=fact.source, at=fact.at)


def _show_identity(identity: Identity, at: datetime) -> IdentityView:
    external_id = identity.external_id
    return IdentityView(channel=identity.channel, account=identity.account, external_id=external_id, linked_at=at)


def _show_contact(contact: Contact) -> ContactView:
    return ContactView(
        connection_id=contact.connection_id,
        channel=contact.channel,
        member_id=contact.member_id,
        contact_id=contact.contact_id,
        follow_state=contact.follow_state,
        attribution=contact.attribution,
        at=contact.at,
    )
