"""What calls for work without a message: an after-sale, a review, a lead. Each event may come again; what it did once,
it does not do twice."""

from __future__ import annotations

from functions.tickets.desk import Desk
from functions.tickets.handlers.orders import put_order
from functions.tickets.handlers.patrols import count_review
from functions.tickets.handlers.reception import open_case, read_content
from functions.tickets.intake.intake import Classification, Opening
from functions.tickets.intake.occasions import Occasion, classify_occasion, join_occasion, occasion_key, words_of
from functions.tickets.intake.placing import Site, named_site, settle_site
from functions.tickets.tables import RACES_LIMIT, Record
from functions.tickets.ticket.ticket import Case, Move
from hub.contracts import events
from hub.kernel.errors import Conflict, Retry
from hub.kernel.ids import SYSTEM, derived_id


def take_occasion(desk: Desk, event: events.OccasionResolved) -> None:
    """Open a ticket for it where its rules say so, or add it to the one that it opened before, while that is open.
    Raises Retry when others keep changing both."""
    if event.kind == "review":
        count_review(desk, event)
    for _ in range(RACES_LIMIT):
        if desk.threads.message_ticket(event.id):
            return
        try:
            _take_once(desk, event)
        except (Conflict, Retry):
            continue
        return
    raise Retry("too many changes of one occasion at once", occasion=event.id)


def _take_once(desk: Desk, event: events.OccasionResolved) -> None:
    record, ticket_id = desk.threads.occasion(occasion_key(event))
    if ticket_id and desk.tickets.case(ticket_id).ticket.is_open:
        _join(desk, event, ticket_id)
        return
    content = read_content(desk, event.content_ref) if event.content_ref else {}
    account = Site("account", event.region, event.store_id)
    home = Site("customer", event.home_region, event.home_store)
    named = Site("named", event.region_code) if event.region_code else named_site(content, account.region)
    site = settle_site((named, account, home, Site("default", desk.default_region)))
    words = words_of(content)
    occasion = Occasion(event, words, site.region)
    classification = classify_occasion(desk.catalogue.occasion_rules(event.kind), occasion)
    if classification is not None:
        _open(desk, occasion, site, classification, record)


def _join(desk: Desk, event: events.OccasionResolved, ticket_id: str) -> None:
    def decide(case: Case) -> Move:
        if not case.ticket.is_open:
            raise Conflict("closed in the meantime", ticket=case.ticket.id)
        return join_occasion(case, event)

    seen = desk.threads.note_message(event.id, ticket_id, event.identity_id)
    desk.tickets.change(ticket_id, desk.now(), decide, extra=(seen, *put_order(desk.items, ticket_id, event)))


def _open(desk: Desk, occasion: Occasion, site: Site, classification: Classification, record: Record | None) -> None:
    event = occasion.event
    ticket_id = derived_id("tkt", event.at, event.id)
    opening = Opening(
        ticket_id=ticket_id,
        customer_id=event.customer_id,
        identity_id=event.identity_id,
        region=site.region,
        store_id=site.store_id,
        placed_by=site.source,
        home_region=event.home_region,
        home_store=event.home_store,
        link="",
        at=event.at,
        channel=event.channel,
        entry=event.kind,
        sealed=desk.seal_text(ticket_id, occasion.text),
        replay=event.replay,
        order_no=event.order_no,
        amount_minor=event.amount_minor,
        amount_currency=event.currency,
        level=None if event.kind == "survey" else event.level,
        level_priority=event.level_priority,
    )
    moved = desk.threads.move_occasion(record, occasion_key(event), ticket_id)
    seen = desk.threads.note_message(event.id, ticket_id, event.identity_id)
    about = put_order(desk.items, ticket_id, event)
    open_case(desk, classification, opening, event.customer_id or SYSTEM, event.subject_id, moved, seen, *about)
