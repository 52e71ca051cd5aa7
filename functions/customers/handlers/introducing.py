"""Introducing (录入): a customer as one of us, a file or a system of the tenant's own tells of them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from functions.customers.desk import Desk
from functions.customers.handlers.meeting import meet_known_by, relist, scribe_of, serve
from functions.customers.handlers.reaching import reachable
from functions.customers.handlers.records import read_whole, told
from functions.customers.homes import HOME_REGION
from functions.customers.people.identities import Identity, Who, customer_id_of
from functions.customers.people.persons import Person, identities_of, person_of
from functions.customers.places import places_of, served_at
from functions.customers.profile import Fact, Profile, roomy
from functions.customers.views import Record, Whole
from hub.contracts.customers import NewCustomer
from hub.edge.access import Reach
from hub.kernel.errors import Conflict, Invalid, Problem


def introduce(desk: Desk, body: NewCustomer, reach: Reach, by: str, at: datetime) -> str:
    """The customer's id: whoever is known by the phone or UnionID, else a new one; what is told of them is kept, and
    whoever serves there finds them. Again changes nothing.

    reach: of whoever tells. Raises Invalid where nobody is known by what is said, Conflict for somebody's who is out of
    reach: nobody gets to see a customer by knowing a number."""
    person = _person(body)
    identities = identities_of(person, desk.phone_key)
    _known_within(desk, identities, reach)
    who = meet_known_by(desk, identities, at)
    _learn(desk, who, person, body, by, at)
    serve(desk, who, served_at(body.region, body.store_id))
    relist(desk, who.customer_id)
    desk.emit(*reachable(desk, who.customer_id, at))
    return who.customer_id


def foresee(desk: Desk, body: NewCustomer, reach: Reach, by: str, at: datetime) -> Whole:
    """The customer as they would be introduced; nothing is kept. Raises what introducing them would."""
    person = _person(body)
    identities = identities_of(person, desk.phone_key)
    known = _known_within(desk, identities, reach)
    if known:
        whole = read_whole(desk, known[0])
    else:
        channel, new_id = identities[0].channel, customer_id_of(desk.tenant, identities[0])
        named = tuple((identity, at) for identity in identities)
        whole = Whole((Record(Profile(new_id, at, channel, version=1), identities=named),))
    return told(whole, _facts(desk, whole.records[0].profile, person, body, by, at))


def _known_within(desk: Desk, identities: Sequence[Identity], reach: Reach) -> list[str]:
    """The customers who are known by these, the strongest name's first. Raises Conflict for one out of reach."""
    claims = desk.people.claims(identities)
    known = dict.fromkeys(desk.people.root(claims[each].customer_id) for each in identities if each in claims)
    if any(reach.nearest(places_of(root, desk.places.places(root))) is None for root in known):
        raise Conflict("somebody is known by this already, and served elsewhere")
    return [*known]


def _person(body: NewCustomer) -> Person:
    person = person_of({"person": body.model_dump(include={"phone", "union_id", "name", "email"})})
    if body.phone and not person.phone:
        raise Invalid("no phone", problems=[Problem("/phone", "must be a phone number, e.g. 13800138000")])
    if not (person.phone or person.union_id):
        raise Invalid("nobody", problems=[Problem("/phone", "is required where there is no union_id")])
    return person


def _learn(desk: Desk, who: Who, person: Person, body: NewCustomer, by: str, at: datetime) -> None:
    profile = desk.customers.profile(who.record_id)
    desk.customers.save_facts(who.record_id, _facts(desk, profile, person, body, by, at), None)


def _facts(desk: Desk, profile: Profile, person: Person, body: NewCustomer, by: str, at: datetime) -> list[Fact]:
    """What is told of somebody, as far as their record has room for it."""
    scribe = scribe_of(desk)
    known = {**person.facts, **({HOME_REGION: body.home_region} if body.home_region else {})}
    return [scribe.fact(profile.id, name, value, source=by, at=at) for name, value in roomy(profile, known).items()]
