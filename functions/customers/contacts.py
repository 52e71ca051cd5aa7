"""Who of us is a customer's contact (外部联系人), and how it stands between them, by what happened last."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from hub.contracts.customers import FollowState
from hub.contracts.events import ContactChanged

_STATES: dict[str, FollowState] = {
    "added": "following",
    "half_added": "half_added",
    "edited": "following",
    "deleted_by_member": "deleted_by_member",
    "deleted_by_customer": "deleted_by_customer",
}


@dataclass(frozen=True)
class Contact:
    """One member of staff and one customer on one connection. `attribution` is the state of the code they met by."""

    connection_id: str
    channel: str
    member_id: str
    contact_id: str
    follow_state: FollowState
    attribution: str
    at: datetime


def apply_change(known: Contact | None, event: ContactChanged) -> Contact | None:
    """The contact after `event`, or None when something later is known already (events may come out of order).

    An attribution once known stays, unless the two meet anew through another code.
    """
    changed = Contact(
        connection_id=event.connection_id,
        channel=event.channel,
        member_id=event.member_id,
        contact_id=event.contact_id,
        follow_state=_STATES[event.change],
        attribution=event.state,
        at=event.at,
    )
    if known is None:
        return changed
    if event.at < known.at:
        return None
    return replace(changed, attribution=event.state or known.attribution)
