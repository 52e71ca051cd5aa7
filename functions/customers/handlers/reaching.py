"""Reaching people: what whoever sends notices is told of a customer, whenever it has changed."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime

from functions.customers.desk import Desk
from functions.customers.handlers.records import read_whole
from functions.customers.homes import home_of
from functions.customers.people.consent import refused_channels, words_of
from functions.customers.people.identities import Identity, Who
from functions.customers.profile import CONSENT, Fact, Profile, latest_facts, seal_context
from functions.customers.views import Record
from hub.contracts import events
from hub.kernel.errors import NotFound
from hub.kernel.ids import contacts_context, derived_id

REACHED_BY = "official_account"
"""The channel whose names of people are good for notices."""
SPOKEN = {"unfollowed": "no", "messages_refused": "no", "revoked": "no", "messages_allowed": "yes"}
"""What a platform's word on consent says; the others ask for data, and say nothing of messages."""


def reachable(desk: Desk, record_id: str, now: datetime) -> Iterator[events.CustomerReachable]:
    """How the customer of a record is reached now, and what they refuse; nothing for nobody of ours."""
    customer_id = desk.people.root(record_id)
    try:
        records = read_whole(desk, customer_id).records
    except NotFound:
        return
    contacts = _contacts(desk, records)
    yield events.CustomerReachable(
        id=derived_id("evt", now, "customer.reachable", customer_id, json.dumps(contacts), *_refused(desk, records)),
        tenant=desk.tenant,
        at=now,
        customer_id=customer_id,
        record_ids=tuple(record.profile.id for record in records),
        sealed_contacts=desk.sealer.seal(json.dumps(contacts), contacts_context(customer_id)) if contacts else "",
        refuses=_refused(desk, records),
    )


def consent_fact(event: events.ConsentChanged) -> tuple[str, str] | None:
    """The fact that a platform's word on consent is: its name and value. None for what says nothing of messages."""
    value = SPOKEN.get(event.change)
    return (f"{CONSENT}{event.channel}", value) if value and not event.scope else None


def order_resolved(
    event: events.OrderPaid | events.RefundPaid | events.OrderFinished, who: Who, profiles: Sequence[Profile]
) -> events.OrderResolved:
    """The order's money with the customer behind it, whose records these are; its id derives from the event's, so a
    repeat is recognised."""
    kinds = {"order.paid": "paid", "refund.paid": "refunded", "order.finished": "finished"}
    home = home_of(latest_facts(profiles))
    names = ("tenant", "at", "replay", "connection_id", "channel", "region", "store_id", "order_id", "order_no")
    return events.OrderResolved(
        id=derived_id("evt", event.at, "order.resolved", event.id),
        **{name: getattr(event, name) for name in names},
        kind=kinds[event.type],
        customer_id=who.customer_id,
        identity_id=who.record_id,
        amount_minor=event.amount_minor,
        currency=event.currency,
        home_region=home.region,
        home_store=home.store,
    )


def _contacts(desk: Desk, records: Sequence[Record]) -> dict[str, object]:
    """Phone, e-mail and names, the last word on each; {} for nothing."""
    facts = {fact.name: fact for fact in latest_facts([record.profile for record in records])}
    phone, email = (_value(desk, facts.get(name)) for name in ("phone", "email"))
    names = list(_names(desk, (identity for record in records for identity, _ in record.identities)))
    contacts = {"sms": phone, "phone": phone, "email": email, "names": names}
    return {name: value for name, value in contacts.items() if value}


def _names(desk: Desk, identities: Iterable[Identity]) -> Iterator[tuple[str, str, str]]:
    """(channel, connection, what the platform calls them) of those by which notices go."""
    for identity in identities:
        if identity.channel == REACHED_BY and (connection := _connection(desk, identity.account)):
            yield identity.channel, connection, identity.external_id


def _connection(desk: Desk, account: str) -> str:
    """The connection of an official account: that which has it, else the only one that there is; "" for none."""
    accounts = [c for c in desk.connections.every() if c.channel == REACHED_BY and c.enabled]
    own = [c for c in accounts if account in (c.settings.get("app_id"), c.settings.get("account"), *c.accounts)]
    fitting = own or (accounts if len(accounts) == 1 else [])
    return fitting[0].id if fitting else ""


def _refused(desk: Desk, records: Sequence[Record]) -> tuple[str, ...]:
    merges = [merge.at for record in records for merge in record.merges]
    words = []
    for record in records:
        consents = [fact for fact in record.profile.facts if fact.name.startswith(CONSENT)]
        words.append(words_of({fact.name: (_value(desk, fact), fact.at) for fact in consents}))
    return refused_channels(words, max(merges, default=None))


def _value(desk: Desk, fact: Fact | None) -> str:
    if fact is None:
        return ""
    return desk.sealer.unseal(fact.value, seal_context(fact.customer_id, fact.name)) if fact.sealed else fact.value
