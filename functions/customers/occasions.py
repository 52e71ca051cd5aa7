"""What calls for work without a message (事由): an after-sale, a review, a lead, with the customer behind it; and two
members of staff who each take a customer for theirs. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, TypeAlias

from functions.customers.contacts import Contact, owns
from functions.customers.homes import Home
from functions.customers.levels.levels import Level
from functions.customers.people.identities import Who
from hub.contracts import events
from hub.kernel.ids import derived_id

COMMON = {"tenant", "at", "replay", "connection_id", "channel", "account", "source_at", "region", "store_id"}


Occasion: TypeAlias = "events.AfterSaleChanged | events.OrderPaid | events.ReviewPosted | events.LeadCaptured"


def occasion_of(event: Occasion, who: Who, home: Home, level: Level) -> events.OccasionResolved:
    """The event with its customer ("" for nobody); its id derives from the event's, so a repeat is recognised."""
    return events.OccasionResolved(
        id=derived_id("evt", event.at, "occasion.resolved", event.id),
        **event.model_dump(include=COMMON),
        customer_id=who.customer_id,
        identity_id=who.record_id,
        home_region=home.region,
        home_store=home.store,
        level=level.id,
        level_priority=level.priority,
        **_subject(event),
    )


def owner_conflict(
    who: Who, contacts: Mapping[str, Sequence[Contact]], joined: set[str], home: Home, **envelope: Any
) -> events.OccasionResolved | None:
    """Two customers who turn out to be one have different owners (归属): somebody has to say whose the customer is now.
    None where they agree, or one side has none.

    contacts: of each record of the customer. joined: some of these, the others being what they joined. envelope: tenant
    and time. Its id derives from the customer and who the owners are, so a repeat is recognised.
    """
    ours = {c.member_id for record, known in contacts.items() if record not in joined for c in known if owns(c)}
    theirs = {c.member_id for record in joined for c in contacts.get(record, ()) if owns(c)}
    if not ours or not theirs or ours == theirs:
        return None
    first = next(contact for record in sorted(joined) for contact in contacts.get(record, ()) if owns(contact))
    return events.OccasionResolved(
        id=derived_id("evt", envelope["at"], "owner_conflict", who.customer_id, *sorted(ours | theirs)),
        **envelope,
        connection_id=first.connection_id,
        channel=first.channel,
        kind="owner_conflict",
        subject_id=who.customer_id,
        customer_id=who.customer_id,
        identity_id=who.record_id,
        home_region=home.region,
        home_store=home.store,
    )


def needs_service(event: events.OrderPaid) -> bool:
    """Whether something in the order is work (安装, 上门), not goods alone."""
    return any(line.kind == "service" for line in event.lines)


def _subject(event: Occasion) -> dict[str, Any]:
    match event:
        case events.OrderPaid():
            return {
                "kind": "order",
                "subject_id": event.order_id,
                "order_no": event.order_no,
                "amount_minor": event.amount_minor,
                "currency": event.currency,
                "region_code": event.region_code,
                "lines": event.lines,
            }
        case events.AfterSaleChanged():
            return {
                "kind": "after_sale",
                "subject_id": event.after_sale_id,
                "order_no": event.order_no,
                "state": event.state,
                "money": event.money,
                "after_sale_type": event.kind,
                "amount_minor": event.requested_minor,
                "currency": event.currency,
                "reason": event.reason,
                "tracking_no": event.tracking_no,
                "lines": event.lines,
            }
        case events.ReviewPosted():
            written = {"order_no": event.order_no, "rating": event.rating, "content_ref": event.content_ref}
            return {"kind": "review", "subject_id": event.review_no, **written}
        case events.LeadCaptured():
            return {"kind": "lead", "subject_id": event.lead_no, "content_ref": event.content_ref}
