"""What is rehearsed, and what came of it. Pure."""

from __future__ import annotations

from collections.abc import Mapping

from functions.tickets.deadlines.deadlines import Ladder
from functions.tickets.flows.flow import Flow
from functions.tickets.ticket.ticket import Ticket
from hub.kernel.frozen import dataclass


@dataclass(frozen=True)
class Script:
    """What is rehearsed: a flow in a version, and the ladder that its tickets have."""

    flow: Flow
    version: int
    ladder_key: str
    ladder_pin: str
    ladder: Ladder


@dataclass(frozen=True)
class Performed:
    """What became of a ticket. sent: how many notices by event, and what its flow said. assumed: answers that nobody
    gave. failed: its flow could not go on."""

    ticket: Ticket
    rungs: tuple[str, ...]
    sent: Mapping[str, int]
    assumed: int
    failed: bool
