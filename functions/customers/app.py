"""Customers (客户): one person across channels. What happens to them comes by events."""

from __future__ import annotations

from datetime import datetime
from functools import partial

from functions.customers.contacts import Contact, apply_change
from functions.customers.desk import Desk, build_desk
from functions.customers.homes import Home, home_of, with_derived
from functions.customers.identities import Identity, resolve_customer
from functions.customers.occasions import occasion_of
from functions.customers.persons import Person, identities_of, person_of
from functions.customers.places import Served, places_of, served_at
from functions.customers.places_table import LIST, listed
from functions.customers.profile import Fact, Profile, Reader, make_fact, show_customer, show_summary, unknown_of
from functions.customers.timeline import KEPT_OF, entry_of
from hub.contracts.customers import FACTS, CustomerQuery, CustomerSummary, CustomerView, FactBody, TimelineEntry
from hub.contracts.events import (
    AfterSaleChanged,
    ConsentChanged,
    ContactChanged,
    CouponChanged,
    Event,
    GlassBroken,
    GroupChanged,
    LeadCaptured,
    LogisticsChanged,
    MemberChanged,
    MessageReceived,
    MessageResolved,
    OrderChanged,
    OrderDepositPaid,
    OrderFinished,
    OrderPaid,
    RefundPaid,
    ReviewPosted,
    TicketChanged,
    TicketClosed,
    TicketOpened,
    TouchpointCaptured,
)
from hub.contracts.http import Page, PageQuery
from hub.edge import cursors
from hub.edge.access import Policy, Subject, masked
from hub.edge.access.listing import within
from hub.edge.answers import page
from hub.edge.requests import Request
from hub.edge.room import Room
from hub.kernel.errors import NotFound
from hub.kernel.ids import derived_id, is_id
from hub.store.idempotency import Idempotency
from hub.store.lists import ListQuery

READERS = ("supervisor", "agent", "engineer", "finance", "store_manager", "viewer", "integrator")
WRITERS = ("supervisor", "agent", "integrator")
RECENT_LIMIT = 100
"""So many entries of the timeline make the recent tickets and orders of a customer's page."""

room = Room("customers", paths=("/customers",), make_desk=build_desk, idempotency=Idempotency)


def find_customer(desk: Desk, request: Request) -> Subject:
    """The customer of the path, and where they are served."""
    profile = desk.customers.profile(request.path["customer_id"])
    return Subject(profile, places_of(profile.id, desk.places.places(profile.id)))


@room.http("GET", "/customers", summary="客户列表 · List customers", query=CustomerQuery,
           answer=Page[CustomerSummary], roles=READERS, scope="region")  # fmt: skip
def list_customers(desk: Desk, request: Request) -> Page[CustomerSummary]:
    """The customers who are served within the caller's reach, newest first; the list may be two seconds behind."""
    query, reach = request.query, within(request.reach)
    position = cursors.decode(query.cursor)
    listing = desk.places.page(
        ListQuery(desk.tenant, LIST, reach, request.now, query.limit, since=query.since, position=position)
    )
    return page([show_summary(listed(item)) for item in listing.items], listing.position)


@room.http("GET", "/customers/{customer_id}", summary="客户详情 · Show a customer", answer=CustomerView,
           roles=READERS, scope="region", subject=find_customer)  # fmt: skip
def read_customer(desk: Desk, request: Request) -> CustomerView:
    """Identities, contacts, facts, recent tickets and orders, as far as the caller may see them."""
    return _show(desk, request, request.subject)


@room.http("GET", "/customers/{customer_id}/timeline", summary="客户时间线 · What happened to a customer",
           query=PageQuery, answer=Page[TimelineEntry], roles=READERS, scope="region",
           subject=find_customer)  # fmt: skip
def read_timeline(desk: Desk, request: Request) -> Page[TimelineEntry]:
    """What happened to a customer, newest first."""
    limit, cursor = request.query.limit, request.query.cursor
    entries, position = desk.customers.timeline(request.subject.id, limit, cursors.decode(cursor))
    return page(entries, position)


def _identify(desk: Desk, request: Request) -> None:
    """Whoever is known by what was recorded is this customer, unless it is another's already. Again changes nothing."""
    person = person_of({"person": {request.path["name"]: request.body.value}})
    for identity in identities_of(person, desk.phone_key):
        desk.customers.claim(request.subject.id, (identity,), request.now)


def _replay_fact(desk: Desk, request: Request, _made: str) -> CustomerView:
    """A repeat: the fact stands, and what follows from it may not have been done yet."""
    _identify(desk, request)
    return _show(desk, request, request.subject)


@room.http("PUT", "/customers/{customer_id}/facts/{name}", summary="记录客户信息 · Record a fact", body=FactBody,
           answer=CustomerView, roles=WRITERS, scope="region", subject=find_customer, replay=_replay_fact)  # fmt: skip
def record_fact(desk: Desk, request: Request) -> CustomerView:
    """Record one fact about a customer, with who said so and when; the one before is replaced. Whoever comes with a
    `phone` or `union_id` that is recorded here is this customer, unless it is another's already."""
    customer_id, name = request.subject.id, request.path["name"]
    value, source = request.body.value, request.principal.sub
    facts = [_fact(desk, customer_id, *fact, source, request.now) for fact in with_derived(name, value).items()]
    profile = desk.customers.save_facts(customer_id, facts, request.body.version)
    _identify(desk, request)
    return _show(desk, request, profile)


@room.events("message.received", "ticket.changed", *KEPT_OF)
def on_event(desk: Desk, event: Event) -> None:
    """Every step is the same again for the same event: an event that comes twice changes nothing. What names nobody is
    nobody's."""
    match event:
        case MessageReceived():
            desk.emit(_resolve_message(desk, event))
        case ContactChanged():
            _change_contact(desk, event)
        case (
            OrderPaid() | OrderDepositPaid() | OrderFinished() | OrderChanged() | AfterSaleChanged() | RefundPaid()
        ) if event.buyer_id:
            _record(desk, _resolve(desk, Identity(event.channel, event.shop_id, event.buyer_id), event), event)
        case ReviewPosted() | LogisticsChanged() if event.person_id:
            account = event.account or event.shop_id
            _record(desk, _resolve(desk, Identity(event.channel, account, event.person_id), event), event)
        case LeadCaptured() if event.person_id:
            _record(desk, _meet(desk, Identity(event.channel, event.account, event.person_id), event), event)
        case TouchpointCaptured() | ConsentChanged() | MemberChanged() | CouponChanged() if event.person_id:
            _record(desk, _resolve(desk, Identity(event.channel, event.account, event.person_id), event), event)
        case GroupChanged():
            _record_members(desk, event)
        case TicketOpened() | TicketClosed() if event.customer_id:
            _record(desk, event.customer_id, event)
            _serve(desk, event.customer_id, served_at(event.region, event.store_id))
        case TicketChanged() if event.customer_id and {"region", "store_id"} & set(event.changed):
            _serve(desk, event.customer_id, served_at(event.region, event.store_id))
        case GlassBroken() if _is_known(desk, event.thing):
            _record(desk, event.thing, event)
    if isinstance(event, AfterSaleChanged | ReviewPosted | LeadCaptured):
        customer_id = _customer_of(desk, event)
        desk.emit(occasion_of(event, customer_id, _home(desk, customer_id)))


def _customer_of(desk: Desk, event: AfterSaleChanged | ReviewPosted | LeadCaptured) -> str:
    """Who is behind it, "" where the platform names nobody."""
    person = event.buyer_id if isinstance(event, AfterSaleChanged) else event.person_id
    shop = "" if isinstance(event, LeadCaptured) else event.shop_id
    account = shop if isinstance(event, AfterSaleChanged) else event.account or shop
    return desk.customers.find(Identity(event.channel, account, person)) or "" if person else ""


def _home(desk: Desk, customer_id: str) -> Home:
    return home_of(desk.customers.profile(customer_id).facts) if customer_id else Home()


def _record_members(desk: Desk, event: GroupChanged) -> None:
    """On those who came or went and are customers of ours: a group has members of staff too."""
    for person in event.people:
        if customer_id := desk.customers.find(Identity(event.channel, event.account, person)):
            _record(desk, customer_id, event)


def _resolve_message(desk: Desk, event: MessageReceived) -> MessageResolved:
    """The same message with its customer; its id derives from the event's, so a repeat is recognised."""
    customer_id = _meet(desk, Identity(event.channel, event.account, event.sender_id), event)
    home = _home(desk, customer_id)
    return MessageResolved(
        id=derived_id("evt", event.at, "message.resolved", event.id),
        tenant=event.tenant,
        at=event.at,
        replay=event.replay,
        message_id=event.message_id,
        connection_id=event.connection_id,
        channel=event.channel,
        sender_id=event.sender_id,
        customer_id=customer_id,
        kind=event.kind,
        content_ref=event.content_ref,
        region=event.region,
        store_id=event.store_id,
        home_region=home.region,
        home_store=home.store,
    )


def _change_contact(desk: Desk, event: ContactChanged) -> None:
    customer_id = _resolve(desk, Identity(event.channel, event.account, event.contact_id), event)
    known, item = desk.customers.contact(customer_id, event.connection_id, event.member_id)
    changed = apply_change(known, event)
    if changed is not None and changed != known:
        desk.customers.save_contact(item, changed)
        _keep_with(desk, customer_id, changed)
    _record(desk, customer_id, event)


def _meet(desk: Desk, identity: Identity, event: MessageReceived | LeadCaptured) -> str:
    """The customer behind what somebody sent, by all that its content says of them."""
    person = _person(desk, event.content_ref)
    customer_id = _resolve(desk, identity, event, *identities_of(person, desk.phone_key))
    _learn(desk, customer_id, person, event)
    return customer_id


def _person(desk: Desk, content_ref: str) -> Person:
    try:
        return person_of(desk.contents.get(content_ref))
    except NotFound:
        return Person()


def _learn(desk: Desk, customer_id: str, person: Person, event: MessageReceived | LeadCaptured) -> None:
    """Keep what was not known. When somebody else writes just now this raises Conflict, and the event comes again."""
    if not person.facts:
        return
    profile = desk.customers.profile(customer_id)
    facts = [
        _fact(desk, customer_id, name, value, event.channel, event.at)
        for name, value in unknown_of(profile, person.facts).items()
    ]
    if facts:
        desk.customers.save_facts(customer_id, facts, profile.version)


def _fact(desk: Desk, customer_id: str, name: str, value: str, source: str, at: datetime) -> Fact:
    seal, personal = desk.sealer.seal, _is_personal(desk.policy(), name)
    return make_fact(customer_id, name, value, source=source, at=at, personal=personal, seal=seal, mask=masked)


def _is_personal(policy: Policy, name: str) -> bool:
    return FACTS.class_of(name, policy.plain_facts) is not None


def _is_known(desk: Desk, thing: str) -> bool:
    """Whether the glass that was broken is a customer's of ours."""
    try:
        return is_id(thing, "cus") and desk.customers.profile(thing).id == thing
    except NotFound:
        return False


def _serve(desk: Desk, customer_id: str, places: tuple[Served, ...]) -> None:
    """Whoever serves there finds this customer from now on; one who is none of ours is found by nobody."""
    try:
        desk.places.serve(desk.customers.profile(customer_id).listed, places)
    except NotFound:
        return


def _keep_with(desk: Desk, customer_id: str, contact: Contact) -> None:
    """A customer is found by their contacts among the staff, as long as they are that."""
    (place,) = served_at(person=contact.member_id)
    if contact.follow_state in ("following", "half_added"):
        _serve(desk, customer_id, (place,))
    else:
        desk.places.leave(customer_id, place)


def _resolve(desk: Desk, identity: Identity, event: Event, *others: Identity) -> str:
    return resolve_customer(desk.customers, desk.tenant, (identity, *others), event.at)


def _record(desk: Desk, customer_id: str, event: Event) -> None:
    desk.customers.record(customer_id, entry_of(event))


def _show(desk: Desk, request: Request, profile: Profile) -> CustomerView:
    def opens(name: str) -> bool:
        field_class = FACTS.class_of(name, request.policy.plain_facts)
        return field_class is None or request.sees(field_class)

    recent, _ = desk.customers.timeline(profile.id, RECENT_LIMIT)
    return show_customer(
        profile,
        desk.customers.identities(profile.id),
        desk.customers.contacts(profile.id),
        recent,
        Reader(partial(_is_personal, request.policy), opens, desk.sealer.unseal),
    )
