"""Who of us is a customer's contact (外部联系人), and how it stands between them, by what happened last."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from hub.contracts import events
from hub.contracts.customers import FollowState
from hub.kernel.dataclass import dataclass

_STATES: dict[str, FollowState] = {
    "added": "following",
    "half_added": "half_added",
    "edited": "following",
    "deleted_by_member": "deleted_by_member",
    "deleted_by_customer": "deleted_by_customer",
}
"""What else may change (a transfer failed, archiving was agreed to) says nothing of how the two stand."""


@dataclass(frozen=True)
class Contact:
    """One member of staff and one customer on one connection. `attribution` is the state of the code they met by.

    at: when we heard of the last change. moment: when it happened, by the platform's clock where it says so.
    attributed_at: the moment of the change that named the attribution.
    """

    connection_id: str
    channel: str
    member_id: str
    contact_id: str
    follow_state: FollowState
    attribution: str
    at: datetime
    moment: datetime | None = None
    attributed_at: datetime | None = None


def owns(contact: Contact) -> bool:
    """Whether the member of staff looks after the customer."""
    return contact.follow_state in ("following", "half_added")


def apply_change(known: Contact | None, event: events.ContactChanged) -> Contact | None:
    """The contact after `event`, or None when all of it is known already (events may come out of order, and what a
    platform repeats comes later than it happened).

    An attribution once known stays, unless the two met anew through another code.
    """
    state = _STATES.get(event.change)
    if state is None:
        return None
    moment = event.source_at or event.at
    changed = Contact(
        connection_id=event.connection_id,
        channel=event.channel,
        member_id=event.member_id,
        contact_id=event.contact_id,
        follow_state=state,
        attribution=event.state,
        at=event.at,
        moment=moment,
        attributed_at=moment if event.state else None,
    )
    if known is None:
        return changed
    met_anew = bool(event.state) and (known.attributed_at is None or moment > known.attributed_at)
    if (moment, event.at) < (known.moment or known.at, known.at):
        return replace(known, attribution=event.state, attributed_at=moment) if met_anew else None
    if event.state:
        return changed
    return replace(changed, attribution=known.attribution, attributed_at=known.attributed_at)
