"""Forms that were handed in: whose they are, by the phone in them where nobody said, and what they tell of them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from functions.customers.desk import Desk
from functions.customers.handlers.meeting import meet_known_by, record, scribe_of, serve
from functions.customers.homes import with_derived
from functions.customers.people.identities import Who
from functions.customers.people.persons import identities_of, person_of
from functions.customers.places import served_at
from functions.customers.profile import roomy
from hub.contracts import events
from hub.kernel.errors import NotFound
from hub.kernel.ids import hashed_id

SOURCE = "form"


def take_form(desk: Desk, event: events.FormSubmitted) -> tuple[events.SubmitterFound, ...]:
    """Keep what it tells of its customer, who is met by it if need be; tells those who keep it who that is. One that
    says nothing by which anybody is known is nobody's. Again changes nothing."""
    content = _content(desk, event.content_ref)
    who = _who(desk, event, content)
    if who is None:
        return ()
    _learn(desk, who.record_id, _facts(content), event)
    record(desk, who.record_id, event)
    serve(desk, who, served_at(event.region, event.store_id))
    return () if event.customer_id else (_found(event, who),)


def _who(desk: Desk, event: events.FormSubmitted, content: Mapping[str, Any]) -> Who | None:
    if event.customer_id:
        try:
            return Who(event.customer_id, desk.people.root(event.customer_id))
        except NotFound:
            return None
    identities = identities_of(person_of(content), desk.phone_key)
    if not identities:
        return None
    return meet_known_by(desk, identities, event.at)


def _facts(content: Mapping[str, Any]) -> dict[str, str]:
    """What it tells, numbers as everywhere else (E.164)."""
    person = content.get("person")
    facts = {str(name): str(value) for name, value in person.items()} if isinstance(person, Mapping) else {}
    phone = person_of(content).phone
    return {**facts, "phone": phone} if phone else facts


def _learn(desk: Desk, record_id: str, facts: Mapping[str, str], event: events.FormSubmitted) -> None:
    """When somebody else writes just now this raises Conflict, and the event comes again."""
    profile, scribe = desk.customers.profile(record_id), scribe_of(desk)
    known = {key: value for name, text in facts.items() for key, value in with_derived(name, text).items()}
    scribed = [
        scribe.fact(record_id, name, value, source=SOURCE, at=event.at) for name, value in roomy(profile, known).items()
    ]
    if scribed:
        desk.customers.save_facts(record_id, scribed, profile.version)


def _found(event: events.FormSubmitted, who: Who) -> events.SubmitterFound:
    return events.SubmitterFound(
        id=hashed_id("evt", "submitter.found", event.id),
        tenant=event.tenant,
        at=event.at,
        submission_id=event.submission_id,
        ticket_id=event.ticket_id,
        customer_id=who.customer_id,
        identity_id=who.record_id,
    )


def _content(desk: Desk, ref: str) -> Mapping[str, Any]:
    try:
        return desk.contents.get(ref) if ref else {}
    except NotFound:
        return {}
