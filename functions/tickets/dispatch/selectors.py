"""Selectors (办理人): for whom a node waits, as a flow's document says it in a word. Pure.

ticket.assignee          whoever has the ticket
supervisor               of the narrowest region around the ticket
actor.supervisor         of whoever ended the node before
assignee.supervisor      of whoever has the ticket
role:finance             whoever holds the role and fits best: region, duty, load
role:store_manager@store the one of the ticket's store
team:cold                the member of the team who is on duty and has least to do; as signers, all of them
queue:cold               any member of the team: whoever takes it first
person:li                this person, or their supervisor once they have left
field:approver           whom a field of the ticket names
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated

from pydantic import Field

from functions.tickets.dispatch.dispatch import (
    Need,
    Organisation,
    Person,
    choose_person,
    on_duty,
    region_supervisor,
    supervisor_of,
    team_members,
)
from functions.tickets.dispatch.loads import IDLE
from functions.tickets.ticket.ticket import Ticket
from hub.kernel.dataclass import dataclass

ASSIGNEE, QUEUE = "ticket.assignee", "queue:"
SELECTOR = (
    r"^(ticket\.assignee|supervisor|(actor|assignee)\.supervisor"
    r"|role:(administrator|supervisor|agent|engineer|finance|integrator|store_manager|viewer)(@store)?"
    r"|(team|queue|field):[a-z][a-z0-9_]{0,63}|person:[A-Za-z0-9][A-Za-z0-9_.@-]{0,63})$"
)
Selector = Annotated[str, Field(pattern=SELECTOR, examples=["ticket.assignee", "role:finance", "team:cold"])]


@dataclass(frozen=True)
class Asker:
    """For which ticket somebody is looked for, who ended the node before, and when it is."""

    ticket: Ticket
    actor: str
    organisation: Organisation
    at: datetime


def select_person(selector: str, asker: Asker) -> str:
    """The one for whom a node waits, "" where there is nobody, or where it is the ticket's assignee or a queue."""
    if selector == ASSIGNEE or selector.startswith(QUEUE):
        return ""
    people = select_people(selector, asker)
    if selector.startswith("team:"):
        return _least_loaded(people, asker.organisation) or _above(asker)
    return people[0] if people else _above(asker)


def select_signers(selectors: Sequence[str], asker: Asker) -> tuple[str, ...]:
    """Everybody who is to sign, each once, in order. Where a selector finds nobody, whoever answers for the region."""
    signers: list[str] = []
    for selector in selectors:
        signers += select_people(selector, asker) or filter(None, (_above(asker),))
    return tuple(dict.fromkeys(signers))


def select_people(selector: str, asker: Asker) -> tuple[str, ...]:
    """Whom a selector means, now."""
    ticket, organisation = asker.ticket, asker.organisation
    kind, _, value = selector.partition(":")
    match kind:
        case "ticket.assignee":
            chosen = ticket.assignee
        case "actor.supervisor":
            chosen = supervisor_of(asker.actor, ticket.region, organisation)
        case "assignee.supervisor":
            chosen = supervisor_of(ticket.assignee, ticket.region, organisation)
        case "role":
            chosen = _of_role(value, asker)
        case "team" | "queue":
            return _on_duty(team_members(value, organisation.people), asker)
        case "person":
            chosen = _standing(value, asker)
        case "field":
            chosen = _standing(ticket.fields.get(value, ""), asker)
        case _:
            chosen = _above(asker)
    return (chosen,) if chosen else ()


def _above(asker: Asker) -> str:
    return region_supervisor(asker.ticket.region, asker.organisation.people)


def _standing(person_id: str, asker: Asker) -> str:
    """This person while they are with us, else who stands above them."""
    person = asker.organisation.find(person_id)
    if person is not None and person.active:
        return person.id
    return supervisor_of(person_id, asker.ticket.region, asker.organisation)


def _of_role(value: str, asker: Asker) -> str:
    role, _, where = value.partition("@")
    ticket = asker.ticket
    if not where:
        return choose_person(Need(ticket.region, role=role), asker.organisation, asker.at).chosen
    holders = [p for p in asker.organisation.people if _works_at(p, role, ticket.store_id)]
    return min((person.id for person in holders), default="")


def _works_at(person: Person, role: str, store_id: str) -> bool:
    return bool(store_id) and person.active and role in person.roles and person.store_id == store_id


def _on_duty(members: Sequence[str], asker: Asker) -> tuple[str, ...]:
    """Those of the team who are on duty; all of them where nobody is: somebody has to be asked."""
    organisation = asker.organisation
    people = (person for person in organisation.people if person.id in members)
    present = tuple(sorted(p.id for p in people if on_duty(p, organisation.rosters, asker.at)))
    return present or tuple(members)


def _least_loaded(people: Sequence[str], organisation: Organisation) -> str:
    loads = organisation.loads(people) if people else {}
    return min(people, key=lambda each: (loads.get(each, IDLE).open_tickets, each), default="")
