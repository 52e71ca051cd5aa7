"""What ships with the tickets room, as its documents and as what the room works with."""

from __future__ import annotations

import copy
from typing import Any

from functions.tickets.deadlines.deadlines import Ladder
from functions.tickets.deadlines.ladders import LADDERS
from functions.tickets.flows.preset_flows import preset_flows
from functions.tickets.intake.kind import INTAKE_RULES, KEY
from functions.tickets.ticket.types import TICKET_TYPES, TicketType
from hub.documents.linting import propose
from hub.rules import DecisionTable


def preset_flow(key: str) -> dict[str, Any]:
    """A preset flow's document, to be changed at will."""
    return copy.deepcopy(preset_flows()[key])


def ladder(key: str) -> Ladder:
    """A preset ladder."""
    return propose(LADDERS, key, LADDERS.presets()[key]).value


def ticket_type(key: str) -> TicketType:
    """A preset type."""
    return propose(TICKET_TYPES, key, TICKET_TYPES.presets()[key]).value


def intake_rules() -> DecisionTable:
    """The preset rules."""
    return propose(INTAKE_RULES, KEY, INTAKE_RULES.presets()[KEY]).value
