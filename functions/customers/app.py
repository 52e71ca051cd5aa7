"""Customers (客户): one person across channels. What happens to them comes by events."""

from __future__ import annotations

from functions.customers.contacts import apply_change
from functions.customers.desk import Desk, build_desk
from functions.customers.identities import Identity, resolve_customer
from functions.customers.persons import Person, identities_of, person_of
from functions.customers.profile import Reader, make_fact, show_customer, show_summary, unknown_of
from functions.customers.timeline import KEPT_OF, entry_of
from hub.contracts.customers import CustomerSummary, CustomerView, FactBody, TimelineEntry
from hub.contracts.events import (
    AfterSaleChanged,
    ConsentChanged,
    ContactChanged,
    CouponChanged,
    Event,
    GroupChanged,
    LeadCaptured,
    LogisticsChanged,
    MemberChanged,
    MessageReceived,
    MessageResolved,
    OrderChanged,
    OrderPaid,
    ReviewPosted,
    TicketClosed,
    TicketOpened,
    TouchpointCaptured,
)
from hub.contracts.http import Page, PageQuery
from hub.edge import access, cursors
from hub.edge.answers import page
from hub.edge.auth import Principal
from hub.edge.requests import Request
from hub.edge.room import Room
from hub.kernel.errors import NotFound
from hub.kernel.ids import derived_id
from hub.store.idempotency import Idempotency

READERS = ("supervisor", "agent", "engineer", "finance", "store_manager", "viewer", "integrator")
WRITERS = ("supervisor", "agent", "integrator")
RECENT_LIMIT = 100
"""So many entries of the timeline make the recent tickets and orders of a customer's page."""

room = Room("customers", paths=("/customers",), make_desk=build_desk, idempotency=Idempotency)


@room.http("GET", "/customers", summary="客户列表 · List customers", query=PageQuery,
           answer=Page[CustomerSummary], roles=READERS)  # fmt: skip
def list_customers(desk: Desk, request: Request) -> Page[CustomerSummary]:
    """All customers, newest first; the list may be two seconds behind."""
    profiles, position = desk.customers.profiles(request.query.limit, cursors.decode(request.query.cursor))
    return page(map(show_summary, profiles), position)


@room.http("GET", "/customers/{customer_id}", summary="客户详情 · Show a customer", answer=CustomerView, roles=READERS)
def read_customer(desk: Desk, request: Request) -> CustomerView:
    """Identities, contacts, facts, recent tickets and orders; personal values masked for those who may not see them."""
    return _show(desk, request.path["customer_id"], request.principal)


@room.http("GET", "/customers/{customer_id}/timeline", summary="客户时间线 · What happened to a customer",
           query=PageQuery, answer=Page[TimelineEntry], roles=READERS)  # fmt: skip
def read_timeline(desk: Desk, request: Request) -> Page[TimelineEntry]:
    """What happened to a customer, newest first."""
    customer_id = request.path["customer_id"]
    desk.customers.profile(customer_id)
    entries, position = desk.customers.timeline(customer_id, request.query.limit, cursors.decode(request.query.cursor))
    return page(entries, position)


@room.http("PUT", "/customers/{customer_id}/facts/{name}", summary="记录客户信息 · Record a fact",
           body=FactBody, answer=CustomerView, roles=WRITERS)  # fmt: skip
def record_fact(desk: Desk, request: Request) -> CustomerView:
    """Record one fact about a customer, with who said so and when; the one before is replaced. Whoever comes with a
    `phone` or `union_id` that is recorded here is this customer, unless it is another's already."""
    customer_id = request.path["customer_id"]
    fact = make_fact(
        customer_id,
        request.path["name"],
        request.body.value,
        source=request.principal.sub,
        at=request.now,
        seal=desk.sealer.seal,
        mask=access.masked,
    )
    desk.customers.save_facts(customer_id, (fact,), request.body.version)
    for identity in identities_of(person_of({"person": {fact.name: request.body.value}}), desk.phone_key):
        desk.customers.claim(customer_id, (identity,), request.now)
    return _show(desk, customer_id, request.principal)


@room.events("message.received", *KEPT_OF)
def on_event(desk: Desk, event: Event) -> None:
    """Every step is the same again for the same event: an event that comes twice changes nothing. What names nobody is
    nobody's."""
    match event:
        case MessageReceived():
            desk.emit(_resolve_message(desk, event))
        case ContactChanged():
            _change_contact(desk, event)
        case OrderPaid() | OrderChanged() | AfterSaleChanged() if event.buyer_id:
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


def _record_members(desk: Desk, event: GroupChanged) -> None:
    """On those who came or went and are customers of ours: a group has members of staff too."""
    for person in event.people:
        if customer_id := desk.customers.find(Identity(event.channel, event.account, person)):
            _record(desk, customer_id, event)


def _resolve_message(desk: Desk, event: MessageReceived) -> MessageResolved:
    """The same message with its customer; its id derives from the event's, so a repeat is recognised."""
    customer_id = _meet(desk, Identity(event.channel, event.account, event.sender_id), event)
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
    )


def _change_contact(desk: Desk, event: ContactChanged) -> None:
    customer_id = _resolve(desk, Identity(event.channel, event.account, event.contact_id), event)
    known, item = desk.customers.contact(customer_id, event.connection_id, event.member_id)
    changed = apply_change(known, event)
    if changed is not None and changed != known:
        desk.customers.save_contact(item, changed)
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
    seal, mask = desk.sealer.seal, access.masked
    facts = [
        make_fact(customer_id, name, value, source=event.channel, at=event.at, seal=seal, mask=mask)
        for name, value in unknown_of(profile, person.facts).items()
    ]
    if facts:
        desk.customers.save_facts(customer_id, facts, profile.version)


def _resolve(desk: Desk, identity: Identity, event: Event, *others: Identity) -> str:
    return resolve_customer(desk.customers, desk.tenant, (identity, *others), event.at)


def _record(desk: Desk, customer_id: str, event: Event) -> None:
    desk.customers.record(customer_id, entry_of(event))


def _show(desk: Desk, customer_id: str, principal: Principal) -> CustomerView:
    reader = Reader(access.sees_personal(principal), desk.sealer.unseal, access.masked)
    recent, _ = desk.customers.timeline(customer_id, RECENT_LIMIT)
    return show_customer(
        desk.customers.profile(customer_id),
        desk.customers.identities(customer_id),
        desk.customers.contacts(customer_id),
        recent,
        reader,
    )
