"""What a customer asked for lately that they may not have too often. Frozen; as stored."""

from __future__ import annotations

from functions.tickets.ticket.stored import Stored
from hub.contracts.base import Moment


class Claim(Stored):
    """That a ticket asked for something its customer may not have too often."""

    ticket_id: str
    at: Moment


class Claims(Stored):
    """What of a kind a customer has claimed lately, the oldest first; seen: the item's version when it was read."""

    customer_id: str = ""
    kind: str = ""
    claims: tuple[Claim, ...] = ()
    seen: int = 0
