"""Reception: what the bus tells the room. Each event may come again; what it did once, it does not do twice."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from functions.tickets.deadlines.stuck import SLACK
from functions.tickets.desk import Desk
from functions.tickets.dispatch.dispatch import Person, Roster
from functions.tickets.intake.intake import (
    STAFF_CHANNELS,
    Classification,
    Message,
    Opening,
    classify,
    entry_of,
    join_ticket,
    joins,
    latest_thread,
    open_ticket,
    opening_notes,
    threads_of,
)
from functions.tickets.intake.levels import CustomerLevel, classify_for, tagged
from functions.tickets.intake.levels_table import find_level
from functions.tickets.intake.overrides import overrule
from functions.tickets.intake.placing import Site, named_site, settle_site
from functions.tickets.tables import RACES_LIMIT, Record
from functions.tickets.ticket.ticket import Case, Move, Thread, Way
from functions.tickets.ticket.visits import hear, tap_card
from hub.contracts import events
from hub.kernel.errors import Conflict, NotFound, Retry
from hub.kernel.ids import derived_id, is_id
from hub.kernel.regions import BASE
from hub.store.table import Write

LINK_BYTES = 16
STRANGER = "member:"
"""Before the userid of a member who is none of us: no person's id begins so."""
Known = tuple[Record | None, Thread | None]
"""What a customer talks about, as it was read."""


def take_message(desk: Desk, event: events.MessageResolved) -> None:
    """Open a ticket for a message, or join it to the conversation's. Raises Retry when others keep changing both."""
    message = _read_message(desk, event)
    for _ in range(RACES_LIMIT):
        try:
            _take_once(desk, message)
        except (Conflict, Retry):  # the message was taken before, or its customer's thread has moved
            if desk.threads.message_ticket(message.id):
                return
            continue
        return
    raise Retry("too many messages of one customer at once", message=message.id)


def take_tap(desk: Desk, event: events.CardTapped) -> None:
    """A button pressed on a card that we sent; `task_id` is "<ticket id>@<visit id>". Others' cards are ignored."""
    ticket_id, _, visit_id = event.task_id.partition("@")
    if not is_id(ticket_id, "tkt") or desk.threads.message_ticket(event.id):
        return
    person = desk.staff.person_by_userid(event.member_id)
    actor = person.id if person else f"{STRANGER}{event.member_id}"
    seen = desk.threads.note_message(event.id, ticket_id)
    for _ in range(RACES_LIMIT):
        try:
            desk.tickets.change(
                ticket_id,
                desk.now(),
                lambda case: tap_card(case, visit_id, actor, event.key, desk.now(), desk.catalogue.flow(case.ticket)),
                extra=(seen,),
            )
        except (Conflict, Retry):
            if desk.threads.message_ticket(event.id):
                return
            continue
        except NotFound:
            pass
        return
    raise Retry("too many changes of one ticket at once", ticket=ticket_id)


def take_person(desk: Desk, event: events.PersonChanged) -> None:
    """Keep what routing needs to know of a person, unless something newer is known."""
    person = Person(id=event.person_id, **event.model_dump(include=set(Person.model_fields) - {"id"}))
    desk.staff.keep_person(person, desk.now() + desk.in_business(SLACK))


def take_roster(desk: Desk, event: events.RosterChanged) -> None:
    """Keep a team's roster, unless a newer one is known."""
    roster = Roster.model_validate(event.model_dump(include=set(Roster.model_fields)))
    desk.staff.keep_roster(roster)


def open_case(
    desk: Desk, classification: Classification, opening: Opening, actor: str, message: str = "", *extra: Write
) -> Case:
    """Open a ticket with its link and first entries, and pin the flow's current version. Raises Conflict when it, or
    one of `extra`, is there already."""
    with desk.documents.held():
        return _open_case(desk, classification, opening, actor, message, *extra)


def _open_case(
    desk: Desk, classification: Classification, opening: Opening, actor: str, message: str, *extra: Write
) -> Case:
    level = _level_of(desk, opening)
    classification = classify_for(classification, level)
    ticket_type = desk.catalogue.ticket_type(classification.type, opening.region)
    version, flow = desk.catalogue.published_flow(ticket_type.flow) or (0, None)
    ladder = (flow.ladder or "") if flow else ticket_type.ladder
    opening = replace(
        opening,
        level=level.level,
        tags=tagged(opening.tags, level),
        link=secrets.token_urlsafe(LINK_BYTES),
        flow_version=version,
        ladder=ladder,
        ladder_pin=desk.catalogue.ladder_pin(ladder, opening.region),
        pins=desk.catalogue.policy_pins(ticket_type.policy, opening.region),
    )
    ticket = open_ticket(classification, ticket_type, opening)
    return desk.tickets.create(ticket, opening_notes(ticket, actor, message), desk.now(), extra)


def _level_of(desk: Desk, opening: Opening) -> CustomerLevel:
    """What whose ticket it is are to us: as the event says that opens it, else as was told last."""
    if opening.level is None:
        return find_level(desk.items, opening.customer_id)
    return CustomerLevel(level=opening.level, priority=opening.level_priority)


def read_content(desk: Desk, ref: str) -> Mapping[str, Any]:
    """What somebody wrote, {} where it is gone."""
    try:
        return desk.contents.get(ref)
    except NotFound:
        return {}


def _read_message(desk: Desk, event: events.MessageResolved) -> Message:
    sender = desk.staff.person_by_userid(event.sender_id) if event.channel in STAFF_CHANNELS else None
    content = read_content(desk, event.content_ref)
    site = settle_site(_sites(desk, event, content, sender))
    return Message(
        id=event.message_id,
        customer_id=event.customer_id,
        channel=event.channel,
        kind=event.kind,
        at=event.at,
        region=site.region,
        store_id=site.store_id,
        placed_by=site.source,
        home_region=event.home_region,
        home_store=event.home_store,
        from_staff=sender is not None,
        replay=event.replay,
        text=str(content.get("text", "")),
        entry=entry_of(content, event.channel),
        identity_id=event.identity_id,
        level=event.level,
        level_priority=event.level_priority,
        way=Way(
            connection_id=event.connection_id,
            channel=event.channel,
            person=event.sender_id,
            desk=str(content.get("open_kfid", "")),
            last_at=event.at,
        ),
    )


def _sites(
    desk: Desk, event: events.MessageResolved, content: Mapping[str, Any], sender: Person | None
) -> tuple[Site, ...]:
    """Where the message may belong, what counts most first: a colleague's own place is the way that it came in."""
    staff = (Site("account", sender.region, sender.store_id),) if sender else ()
    ways = (*staff, Site("account", event.region, event.store_id))
    near = next((way.region for way in ways if way.region != BASE), BASE)
    home = Site("customer", event.home_region, event.home_store)
    return (named_site(content, near), *ways, home, Site("default", desk.default_region))


def _take_once(desk: Desk, message: Message) -> None:
    record, known = desk.threads.thread(message.customer_id, message.identity_id)
    classification = _classified(desk, message)
    for thread in threads_of(known, classification):
        case = desk.tickets.case(thread.ticket_id)
        if joins(thread, case.ticket, message.at):
            _join(desk, message, thread, (record, known), case)
            return
    _open(desk, message, classification, (record, known))


def _classified(desk: Desk, message: Message) -> Classification:
    """By the intake rules, then by the dated rule that has the last word; what was learned suggests, and moves
    nothing."""
    by_rule = classify(desk.catalogue.intake_rules(), message)
    by_rule = replace(by_rule, suggests=desk.learned.model().suggest(message.text))
    rule = desk.catalogue.overrides().of(message, by_rule, desk.today())
    return overrule(by_rule, rule) if rule else by_rule


def _join(desk: Desk, message: Message, thread: Thread, known: Known, seen: Case) -> None:
    sealed = replace(message, sealed=desk.seal_text(thread.ticket_id, message.text))
    last = thread.but(last_at=max(thread.last_at, message.at), identity_id=message.identity_id)
    moved = desk.threads.move(known[0], message.customer_id, latest_thread(known[1], last))

    def decide(case: Case) -> Move:
        if not case.ticket.is_open:
            raise Conflict("closed in the meantime", ticket=case.ticket.id)
        move = join_ticket(case, sealed)
        return hear(case, move, "message.resolved", desk.now(), desk.catalogue.flow(case.ticket))

    link = desk.threads.note_message(message.id, thread.ticket_id, message.identity_id)
    desk.tickets.change(thread.ticket_id, desk.now(), decide, extra=(link, moved), seen=seen)


def _open(desk: Desk, message: Message, classification: Classification, known: Known) -> None:
    ticket_id = derived_id("tkt", message.at, message.id)
    thread = Thread(
        ticket_id=ticket_id, last_at=message.at, topic=classification.matter, identity_id=message.identity_id
    )
    opening = Opening(
        ticket_id=ticket_id,
        customer_id=message.customer_id,
        region=message.region,
        link="",
        at=message.at,
        store_id=message.store_id,
        placed_by=message.placed_by,
        home_region=message.home_region,
        home_store=message.home_store,
        channel=message.channel,
        entry=message.entry,
        sealed=desk.seal_text(ticket_id, message.text),
        replay=message.replay,
        identity_id=message.identity_id,
        way=message.way,
        level=message.level,
        level_priority=message.level_priority,
    )
    moved = desk.threads.move(known[0], message.customer_id, latest_thread(known[1], thread))
    link = desk.threads.note_message(message.id, ticket_id, message.identity_id)
    open_case(desk, classification, opening, message.customer_id, message.id, moved, link)
