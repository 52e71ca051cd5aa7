"""What is rehearsed, and what came of it. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from typing import Any

from functions.tickets.deadlines.deadlines import Ladder
from functions.tickets.flows.flow import Flow
from functions.tickets.ticket.ticket import Ticket
from hub.contracts.base import Priority
from hub.kernel.frozen import dataclass


@dataclass(frozen=True)
class Script:
    """What is rehearsed: a flow in a version, and the ladder that its tickets have. drafts: what is drafted beside it,
    by (kind, key); pins: what a drafted policy names, as it is now. priority: what a ticket's
    would have been, by its id, where another rule had read it."""

    flow: Flow
    version: int
    ladder_key: str
    ladder_pin: str
    ladder: Ladder
    drafts: Mapping[tuple[str, str], Any] = field(default_factory=dict)
    pins: Mapping[str, str] = field(default_factory=dict)
    priority: Mapping[str, Priority] = field(default_factory=dict)


@dataclass(frozen=True)
class Performed:
    """What became of a ticket. breached: the clocks that were over their time. sent: how many notices by event, and
    what its flow said. assumed: answers that nobody gave. failed: its flow could not go on."""

    ticket: Ticket
    rungs: tuple[str, ...]
    breached: tuple[str, ...]
    sent: Mapping[str, int]
    assumed: int
    failed: bool
