"""What is rehearsed, and what came of it. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from typing import Any

from functions.tickets.deadlines.deadlines import Ladder
from functions.tickets.flows.flow import Flow
from functions.tickets.ticket.ticket import Ticket
from hub.kernel.dataclass import dataclass


@dataclass(frozen=True)
class Script:
    """What one ticket is played by: a flow in a version, and the ladder that goes with it. opened: what else of the
    ticket is another as it comes in, by its field: the priority and the type that another rule gives it, and that
    type's policy."""

    flow: Flow
    version: int
    ladder_key: str
    ladder_pin: str
    ladder: Ladder
    opened: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Reading:
    """What the intake rules in force make of a ticket's message, and what the rehearsed ones would: {"type",
    "priority", …}."""

    was: Mapping[str, Any]
    would_be: Mapping[str, Any]

    def differs_in(self, name: str) -> bool:
        """Whether a part of the outcome would be another."""
        return bool(self.was[name] != self.would_be[name])


@dataclass(frozen=True)
class Play:
    """Tickets side by side, each with its script, by its id. drafts: what of policies, calendars and matrices is
    drafted, by (kind, key); pins: what a drafted policy names, as it is now."""

    scripts: Mapping[str, Script]
    drafts: Mapping[tuple[str, str], Any] = field(default_factory=dict)
    pins: Mapping[str, str] = field(default_factory=dict)


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
