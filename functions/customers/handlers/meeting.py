"""Meeting people: what the bus tells, put down to the record of the name that somebody came by.

Every step is the same again for the same event: an event that comes twice changes nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from functions.customers.contacts import Contact, apply_change, owns
from functions.customers.customers_table import to_profile
from functions.customers.desk import Desk
from functions.customers.handlers.records import read_whole
from functions.customers.handlers.spending import level_now
from functions.customers.homes import Home, home_of
from functions.customers.levels.levels import Level
from functions.customers.occasions import Occasion, occasion_of, owner_conflict
from functions.customers.people.identities import Identity, Who, canonical_identity, former_identity, resolve_record
from functions.customers.people.merging import merge_known
from functions.customers.people.persons import Person, identities_of, person_of
from functions.customers.places import Served, served_at
from functions.customers.profile import Scribe, latest_facts, roomy
from functions.customers.timeline import entry_of
from hub.contracts import events
from hub.contracts.customers import FACTS
from hub.contracts.events import Event
from hub.edge.access import Policy, masked
from hub.kernel.errors import Conflict, NotFound, Retry
from hub.kernel.ids import derived_id, is_id

MEETINGS = ("added", "half_added")
"""What begins a contact."""


def resolve_message(desk: Desk, event: events.MessageReceived, who: Who) -> events.MessageResolved:
    """The same message with its customer; its id derives from the event's, so a repeat is recognised."""
    home, level = _standing(desk, who.customer_id)
    return events.MessageResolved(
        id=derived_id("evt", event.at, "message.resolved", event.id),
        tenant=event.tenant,
        at=event.at,
        replay=event.replay,
        message_id=event.message_id,
        connection_id=event.connection_id,
        channel=event.channel,
        sender_id=event.sender_id,
        customer_id=who.customer_id,
        identity_id=who.record_id,
        kind=event.kind,
        content_ref=event.content_ref,
        region=event.region,
        store_id=event.store_id,
        home_region=home.region,
        home_store=home.store,
        level=level.id,
        level_priority=level.priority,
    )


def occasion(desk: Desk, event: Occasion) -> events.OccasionResolved:
    """What may call for work, with its customer; nobody where the platform names none."""
    person_id = event.buyer_id if isinstance(event, events.AfterSaleChanged | events.OrderPaid) else event.person_id
    claims = desk.people.claims([identity_of(desk, person_id, event)]) if person_id else {}
    record_id = next((claim.customer_id for claim in claims.values()), "")
    who = Who(record_id, desk.people.root(record_id) if record_id else "")
    home, level = _standing(desk, who.customer_id)
    return occasion_of(event, who, home, level)


def meet_sender(desk: Desk, person_id: str, event: events.MessageReceived | events.LeadCaptured) -> Who:
    """Who sent something, by all that its content says of them; what it says is kept."""
    person = _person(desk, event.content_ref)
    who = meet(desk, person_id, event, *identities_of(person, desk.phone_key))
    if not person.facts:
        return who
    _learn(desk, who.record_id, person, event)
    return replace(who, changed=True)


def meet(desk: Desk, person_id: str, event: Event, *others: Identity) -> Who:
    """Who somebody is whom a platform names so; whoever turns out to be known already is merged with them."""
    identity = identity_of(desk, person_id, event)
    unions = desk.unions.identity(identity, desk.connections.find(_text(event, "connection_id")))
    former = former_identity(_text(event, "channel"), _account(event), person_id, identity)
    return meet_known_by(desk, (identity, *unions, *others), event.at, former)


def meet_known_by(desk: Desk, identities: Sequence[Identity], at: datetime, former: Sequence[Identity] = ()) -> Who:
    """Who somebody is who is known by all of these, the strongest first. former: older forms of the first."""
    record_id, claims = resolve_record(desk.people, desk.tenant, identities, at, former)
    try:
        customer_id = merge_known(desk.people, record_id, claims, at)
    except Conflict:
        raise Retry("two customers are being merged", customer=record_id) from None
    unsettled = desk.people.unsettled(record_id) if customer_id != record_id else ()
    if unsettled:
        settle_merge(desk, customer_id, unsettled)
    return Who(record_id, customer_id, bool(unsettled) or any(claim.fresh for claim in claims.values()))


def identity_of(desk: Desk, person_id: str, event: Event) -> Identity:
    """A person as an event names them, by the one name that all channels of a family share."""
    connection = desk.connections.find(_text(event, "connection_id"))
    settings = connection.settings if connection else None
    return canonical_identity(_text(event, "channel"), _account(event), person_id, settings)


def change_contact(desk: Desk, event: events.ContactChanged) -> None:
    """A member of staff and a customer became, or ceased to be, contacts."""
    who = meet(desk, event.contact_id, event)
    known, version = desk.customers.contact(who.record_id, event.connection_id, event.member_id)
    changed = apply_change(known, event)
    if changed is not None and changed != known:
        desk.customers.save_contact(who.record_id, changed, version)
        _keep_with(desk, who, changed)
    if event.change in MEETINGS and len(desk.people.records(who.customer_id)) > 1:
        _tell_conflict(desk, who.customer_id, {who.record_id}, event.at)
    record(desk, who.record_id, event)


def record_members(desk: Desk, event: events.GroupChanged) -> None:
    """On those who came or went and are customers of ours: a group has members of staff too."""
    identities = [identity_of(desk, person, event) for person in event.people]
    for claim in desk.people.claims(identities).values():
        record(desk, claim.customer_id, event)


def record_ticket(desk: Desk, event: events.TicketOpened | events.TicketClosed) -> None:
    """On the record of the name that its customer came by; whoever serves there finds the customer from now on."""
    record_id = event.identity_id or event.customer_id
    record(desk, record_id, event)
    serve_ticket(desk, record_id, event)


def serve_ticket(
    desk: Desk, record_id: str, event: events.TicketOpened | events.TicketChanged | events.TicketClosed
) -> None:
    """Whoever serves where the ticket is finds its customer from now on; nowhere there is nobody to find them."""
    if places := served_at(event.region, event.store_id):
        serve(desk, Who(record_id, desk.people.root(record_id)), places)


def record(desk: Desk, record_id: str, event: Event) -> None:
    """That it happened to them."""
    desk.customers.record(record_id, entry_of(event, record_id))


def serve(desk: Desk, who: Who, places: tuple[Served, ...]) -> None:
    """Whoever serves there finds this customer from now on; one who is none of ours is found by nobody."""
    try:
        desk.places.serve(who.record_id, desk.customers.profile(who.customer_id).listed, places)
    except NotFound:
        return


def relist(desk: Desk, customer_id: str) -> None:
    """Whoever served one of a customer's records finds the customer."""
    desk.places.relist(desk.customers.profile(customer_id).listed, desk.people.records(customer_id))


def settle_merge(desk: Desk, customer_id: str, joined: Sequence[str]) -> None:
    """What follows from records having become part of a customer: whoever served one of them finds the customer, and
    if they bring another owner, somebody has to say whose the customer is."""
    relist(desk, customer_id)
    at = max((m.at for m in desk.people.merges(customer_id) if m.customer_id in joined), default=None)
    if at is not None:
        _tell_conflict(desk, customer_id, {part for each in joined for part in desk.people.records(each)}, at)
    for merged_id in joined:
        desk.people.settle(merged_id)


def _tell_conflict(desk: Desk, customer_id: str, parts: set[str], at: datetime) -> None:
    """Say it if some of a customer's records have another owner than the others."""
    whole = read_whole(desk, customer_id)
    contacts = {record.profile.id: record.contacts for record in whole.records}
    home = home_of(latest_facts([record.profile for record in whole.records]))
    who = Who(customer_id, customer_id)
    if conflict := owner_conflict(who, contacts, parts, home, tenant=desk.tenant, at=at):
        desk.emit(conflict)


def is_known(desk: Desk, thing: str) -> bool:
    """Whether a thing is a customer of ours."""
    try:
        return is_id(thing, "cus") and desk.customers.profile(thing).id == thing
    except NotFound:
        return False


def scribe_of(desk: Desk) -> Scribe:
    """Whoever writes facts down here."""
    policy = desk.policy()
    return Scribe(lambda name: is_personal(policy, name), desk.sealer.seal, masked, desk.mark)


def is_personal(policy: Policy, name: str) -> bool:
    """Whether a fact of this name is sealed."""
    return FACTS.class_of(name, policy.plain_facts) is not None


def _standing(desk: Desk, customer_id: str) -> tuple[Home, Level]:
    """Where a customer is at home, by the last word on any of their records, and what they are to us by all of them."""
    profiles = [to_profile(item) for item in desk.people.profiles(customer_id)] if customer_id else []
    return home_of(latest_facts(profiles)), level_now(desk, profiles)


def _person(desk: Desk, content_ref: str) -> Person:
    try:
        return person_of(desk.contents.get(content_ref))
    except NotFound:
        return Person()


def learn_consent(desk: Desk, record_id: str, fact: tuple[str, str], event: events.ConsentChanged) -> None:
    """What a platform says that somebody allows or refuses. Raises Conflict while somebody else writes."""
    profile, (name, value) = desk.customers.profile(record_id), fact
    word = scribe_of(desk).fact(record_id, name, value, source=event.channel, at=event.source_at or event.at)
    desk.customers.save_facts(record_id, [word], profile.version)


def _learn(desk: Desk, record_id: str, person: Person, event: events.MessageReceived | events.LeadCaptured) -> None:
    """Keep what was said. When somebody else writes just now this raises Conflict, and the event comes again."""
    profile, scribe = desk.customers.profile(record_id), scribe_of(desk)
    facts = [
        scribe.fact(record_id, name, value, source=event.channel, at=event.at)
        for name, value in roomy(profile, person.facts).items()
    ]
    desk.customers.save_facts(record_id, facts, profile.version)


def _keep_with(desk: Desk, who: Who, contact: Contact) -> None:
    """A customer is found by their contacts among the staff, as long as they are that."""
    (place,) = served_at(person=contact.member_id)
    if owns(contact):
        serve(desk, who, (place,))
        return
    desk.places.leave(who.record_id, place)
    if who.record_id != who.customer_id:
        relist(desk, who.customer_id)


def _account(event: Event) -> str:
    """The corp, app or shop that an event names."""
    return _text(event, "account") or _text(event, "shop_id")


def _text(event: Event, name: str) -> str:
    value = getattr(event, name, "")
    return value if isinstance(value, str) else ""
