"""What a batch of events will read of whom it is about, read together before the first of them."""

from __future__ import annotations

from collections.abc import Sequence

from functions.customers.desk import Desk
from functions.customers.handlers.meeting import identity_of
from hub.contracts import events
from hub.contracts.events import Event


def read_ahead(desk: Desk, batch: Sequence[Event]) -> None:
    """Who wrote the messages among them, what is known of their UnionIDs, and what they wrote."""
    messages = [event for event in batch if isinstance(event, events.MessageReceived)]
    senders = list(dict.fromkeys(identity_of(desk, message.sender_id, message) for message in messages))
    desk.people.read_ahead(senders)
    desk.unions.read_ahead(senders)
    desk.contents.read_ahead([message.content_ref for message in messages])
