"""What a batch of events will read, read together before the first of them."""

from __future__ import annotations

from collections.abc import Sequence

from functions.tickets.desk import Desk
from hub.contracts import events
from hub.contracts.events import Event


def read_ahead(desk: Desk, batch: Sequence[Event]) -> None:
    """What the customers of its messages talk about, and what they wrote."""
    messages = [event for event in batch if isinstance(event, events.MessageResolved)]
    desk.threads.read_ahead([message.customer_id for message in messages])
    desk.contents.read_ahead([message.content_ref for message in messages])
