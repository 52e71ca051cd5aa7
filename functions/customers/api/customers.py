"""Customers over HTTP: who they are, what happened to them, what is known, and whether two of them are one."""

from __future__ import annotations

from functools import partial

from functions.customers.desk import Desk
from functions.customers.handlers.introducing import foresee, introduce
from functions.customers.handlers.meeting import is_personal, relist, scribe_of, settle_merge
from functions.customers.handlers.reaching import reachable
from functions.customers.handlers.records import read_whole, told
from functions.customers.handlers.spending import level_now, leveled, seen_now
from functions.customers.homes import with_derived
from functions.customers.people.merging import merge_by_hand, merge_to_do
from functions.customers.people.persons import identities_of, person_of
from functions.customers.places import asked_places, places_of
from functions.customers.places_table import LIST, listed
from functions.customers.profile import CONSENT, Profile
from functions.customers.room import READERS, WRITERS, room
from functions.customers.views import Reader, Whole, show_customer, show_fact, show_summary
from hub.contracts.customers import (
    FACTS,
    CustomerQuery,
    CustomerSummary,
    CustomerView,
    FactBody,
    FactView,
    MergeBody,
    NewCustomer,
    TimelineEntry,
    UnmergeBody,
    WholeQuery,
)
from hub.contracts.http import Page, PageQuery
from hub.edge import cursors
from hub.edge.access import Place, Subject
from hub.edge.access.listing import within
from hub.edge.answers import page
from hub.edge.requests import Request
from hub.kernel.errors import Invalid, NotFound, Problem
from hub.kernel.positions import no_such_cursor
from hub.store.lists import ListQuery

REACHING = ("phone", "email")
"""Facts by which notices reach somebody."""


def find_customer(desk: Desk, request: Request) -> Subject:
    """The customer that the record of the path is part of, and where they are served."""
    return _subject(desk, request.path["customer_id"])


@room.http("GET", "/customers", summary="客户列表 · List customers", query=CustomerQuery,
           answer=Page[CustomerSummary], roles=READERS, scope="region")  # fmt: skip
def list_customers(desk: Desk, request: Request) -> Page[CustomerSummary]:
    """The customers who are served within the caller's reach, newest first: all, or those of a region, a store, a
    member of staff; the list may be two seconds behind."""
    query, reach = request.query, within(request.reach)
    position = cursors.decode(query.cursor)
    wish = ListQuery(desk.tenant, LIST, reach, request.now, query.limit, since=query.since, position=position)
    places = asked_places(query.assignee, query.store, query.region)
    listing = desk.places.page_of(wish, places) if places else desk.places.page(wish)
    return page([show_summary(listed(item)) for item in listing.items], listing.position)


def _served(_desk: Desk, request: Request) -> Place:
    return Place(region=request.body.region, store=request.body.store_id)


def _introduced(desk: Desk, request: Request, _made: str) -> CustomerView:
    return introduce_customer(desk, request)


@room.http("POST", "/customers", summary="录入客户 · Record a customer", body=NewCustomer, answer=CustomerView,
           roles=WRITERS, scope="region", subject=_served, status=201, replay=_introduced,
           dry_run=True)  # fmt: skip
def introduce_customer(desk: Desk, request: Request) -> CustomerView:
    """Whoever is known by the phone or union_id, else somebody new; they are found where the body says that they are
    served. 409 for somebody who is known already and served where you do not reach."""
    at = request.made_at or request.now
    if request.dry_run:
        return _shown(desk, request, foresee(desk, request.body, request.reach, request.principal.sub, at))
    return _show(desk, request, introduce(desk, request.body, request.reach, request.principal.sub, at))


@room.http("GET", "/customers/{customer_id}", summary="客户详情 · Show a customer", answer=CustomerView,
           query=WholeQuery, roles=READERS, scope="region", subject=find_customer)  # fmt: skip
def read_customer(desk: Desk, request: Request) -> CustomerView:
    """Identities, contacts, facts, recent tickets and orders, as far as the caller may see them, each with its source;
    with `include=all` a page of what happened to them, too. The id of whoever was merged shows the customer that they
    are part of now."""
    shown = _show(desk, request, request.subject.id)
    if not request.query.include:
        if request.query.cursor:
            raise no_such_cursor()  # there is no list here that it could be of
        return shown
    return shown.model_copy(update={"timeline": read_timeline(desk, request)})


@room.http("GET", "/customers/{customer_id}/timeline", summary="客户时间线 · What happened to a customer",
           query=PageQuery, answer=Page[TimelineEntry], roles=READERS, scope="region",
           subject=find_customer)  # fmt: skip
def read_timeline(desk: Desk, request: Request) -> Page[TimelineEntry]:
    """What happened to a customer, by whichever name they came, newest first."""
    records, cursor = desk.people.records(request.subject.id), cursors.decode(request.query.cursor)
    entries, position = desk.customers.timeline(records, request.query.limit, cursor)
    return page(entries, position)


def _identify(desk: Desk, request: Request) -> None:
    """Whoever is known by what was recorded is this customer, unless it is another's already. Again changes nothing."""
    person = person_of({"person": {request.path["name"]: request.body.value}})
    for identity in identities_of(person, desk.phone_key):
        desk.people.claim(request.subject.id, (identity,), request.now)


def _replay_fact(desk: Desk, request: Request, _made: str) -> CustomerView:
    """A repeat: the fact stands, and what follows from it may not have been done yet."""
    _identify(desk, request)
    return _show(desk, request, request.subject.id)


@room.http("PUT", "/customers/{customer_id}/facts/{name}", summary="记录客户信息 · Record a fact", body=FactBody,
           answer=CustomerView, roles=WRITERS, scope="region", subject=find_customer,
           dry_run=True, replay=_replay_fact)  # fmt: skip
def record_fact(desk: Desk, request: Request) -> CustomerView:
    """Record one fact about a customer, with who said so and when; it holds from now on, and the one before stays in
    the history. Whoever comes with a `phone` or `union_id` that is recorded here is this customer, unless it is
    another's already."""
    customer_id, name, value = request.subject.id, request.path["name"], request.body.value
    scribe, source, at = scribe_of(desk), request.principal.sub, request.now
    values = with_derived(name, value)
    facts = [scribe.fact(customer_id, key, values[key], source=source, at=at) for key in values]
    if request.dry_run:
        return _shown(desk, request, told(read_whole(desk, customer_id), facts, request.body.version))
    desk.customers.save_facts(customer_id, facts, request.body.version)
    _identify(desk, request)
    if name in REACHING or name.startswith(CONSENT):
        desk.emit(*reachable(desk, customer_id, request.now))
    return _show(desk, request, customer_id)


@room.http("GET", "/customers/{customer_id}/facts/{name}", summary="客户信息历史 · What was said of one thing",
           query=PageQuery, answer=Page[FactView], roles=READERS, scope="region", subject=find_customer)  # fmt: skip
def read_fact(desk: Desk, request: Request) -> Page[FactView]:
    """Each value that was ever told of one thing, with who said so and when, newest first: the first one holds."""
    records, cursor = desk.people.records(request.subject.id), cursors.decode(request.query.cursor)
    facts, position = desk.customers.history(records, request.path["name"], request.query.limit, cursor)
    reader = _reader(desk, request)
    return page([show_fact(fact, reader) for fact in facts], position)


def _replay_change(desk: Desk, request: Request, _made: str) -> CustomerView:
    """A repeat of a merge or a split: it stands, and the lists may not have followed yet."""
    split = not isinstance(request.body, MergeBody)
    other = request.body.identity_id if split else request.body.into
    for customer_id in {request.subject.id, desk.people.root(other)}:
        relist(desk, customer_id)
        desk.emit(*reachable(desk, customer_id, request.now), *leveled(desk, seen_now(desk, customer_id), less=split))
    _settle(desk, request, request.subject.id)
    return _show(desk, request, request.subject.id)


def _settle(desk: Desk, request: Request, customer_id: str) -> None:
    """What else follows from a merge, if it has not yet."""
    if unsettled := desk.people.unsettled(request.path["customer_id"]):
        settle_merge(desk, customer_id, unsettled)


@room.http("POST", "/customers/{customer_id}/merge", summary="合并客户 · Two customers are one person", body=MergeBody,
           answer=CustomerView, roles=WRITERS, scope="region", subject=find_customer, dry_run=True,
           replay=_replay_change)  # fmt: skip
def merge_customer(desk: Desk, request: Request) -> CustomerView:
    """Make this customer part of another: from now on both ids lead to that one, who has both histories. Nothing to do
    where they are one already; `unmerge` takes them apart again, each with what was theirs."""
    into = request.body.into
    if into == request.path["customer_id"]:
        raise Invalid("merged into itself", problems=[Problem("/into", "must be another customer")])
    other = _within_reach(desk, request, into, "/into")
    if request.dry_run:
        merged = merge_to_do(desk.people, request.subject.id, other, request.now, request.principal.sub)
        return _shown(desk, request, read_whole(desk, other, joined=merged))
    customer_id = merge_by_hand(desk.people, request.subject.id, other, request.now, request.principal.sub)
    relist(desk, customer_id)
    desk.emit(*reachable(desk, customer_id, request.now), *leveled(desk, seen_now(desk, customer_id)))
    _settle(desk, request, customer_id)
    return _show(desk, request, customer_id)


@room.http("POST", "/customers/{customer_id}/unmerge", summary="拆分客户 · A name is somebody else's", body=UnmergeBody,
           answer=CustomerView, roles=WRITERS, scope="region", subject=find_customer, dry_run=True,
           replay=_replay_change)  # fmt: skip
def unmerge_customer(desk: Desk, request: Request) -> CustomerView:
    """Take a record out of this customer, with what was merged into it before: a customer of their own again, whom the
    hub does not merge by itself any more. Nothing to do where they are two already."""
    identity_id, customer_id = request.body.identity_id, request.subject.id
    merged = next((merge for merge in desk.people.merges(customer_id) if merge.customer_id == identity_id), None)
    if merged is not None and request.dry_run:
        return _shown(desk, request, read_whole(desk, customer_id, apart=identity_id))
    if merged is not None:
        desk.people.split(merged, desk.customers.profile(identity_id).listed)
    elif desk.people.root(_within_reach(desk, request, identity_id, "/identity_id")) == customer_id:
        rule = "must be a record that was merged: this one is the customer itself"
        raise Invalid("not merged", problems=[Problem("/identity_id", rule)])
    if not request.dry_run:
        for root in (customer_id, desk.people.root(identity_id)):
            relist(desk, root)
            desk.emit(*reachable(desk, root, request.now), *leveled(desk, seen_now(desk, root), less=True))
    return _show(desk, request, customer_id)


def _within_reach(desk: Desk, request: Request, customer_id: str, pointer: str) -> str:
    """The customer of an id in a body. Raises Invalid alike for one who is not there and one who is out of reach."""
    try:
        subject = _subject(desk, customer_id)
    except NotFound:
        subject = Subject(None, ())
    if not any(request.reach.may_change(place) for place in subject.places):
        raise Invalid("no such customer", problems=[Problem(pointer, "must be a customer of yours")])
    return str(subject.thing.id)


def _subject(desk: Desk, customer_id: str) -> Subject:
    profile: Profile = desk.customers.profile(desk.people.root(customer_id))
    return Subject(profile, places_of(profile.id, desk.places.places(profile.id)))


def _reader(desk: Desk, request: Request) -> Reader:
    def opens(name: str) -> bool:
        field_class = FACTS.class_of(name, request.policy.plain_facts)
        return field_class is None or request.sees(field_class)

    return Reader(partial(is_personal, request.policy), opens, desk.sealer.unseal)


def _show(desk: Desk, request: Request, customer_id: str) -> CustomerView:
    return _shown(desk, request, read_whole(desk, customer_id))


def _shown(desk: Desk, request: Request, whole: Whole) -> CustomerView:
    return show_customer(whole, _reader(desk, request), partial(level_now, desk))
