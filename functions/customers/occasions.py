"""What calls for work without a message (事由): an after-sale, a review, a lead, with the customer behind it. Pure."""

from __future__ import annotations

from typing import Any

from functions.customers.homes import Home
from functions.customers.people.identities import Who
from hub.contracts.events import AfterSaleChanged, LeadCaptured, OccasionResolved, ReviewPosted
from hub.kernel.ids import derived_id

COMMON = ("tenant", "at", "replay", "connection_id", "channel", "account", "source_at", "region", "store_id")


def occasion_of(event: AfterSaleChanged | ReviewPosted | LeadCaptured, who: Who, home: Home) -> OccasionResolved:
    """The event with its customer ("" for nobody); its id derives from the event's, so a repeat is recognised."""
    return OccasionResolved(
        id=derived_id("evt", event.at, "occasion.resolved", event.id),
        **{name: getattr(event, name) for name in COMMON},
        customer_id=who.customer_id,
        identity_id=who.record_id,
        home_region=home.region,
        home_store=home.store,
        **_subject(event),
    )


def _subject(event: AfterSaleChanged | ReviewPosted | LeadCaptured) -> dict[str, Any]:
    match event:
        case AfterSaleChanged():
            return {
                "kind": "after_sale",
                "subject_id": event.after_sale_id,
                "order_no": event.order_no,
                "state": event.state,
                "money": event.money,
                "after_sale_type": event.kind,
                "amount_minor": event.requested_minor,
                "currency": event.currency,
            }
        case ReviewPosted():
            written = {"order_no": event.order_no, "rating": event.rating, "content_ref": event.content_ref}
            return {"kind": "review", "subject_id": event.review_no, **written}
        case LeadCaptured():
            return {"kind": "lead", "subject_id": event.lead_no, "content_ref": event.content_ref}
