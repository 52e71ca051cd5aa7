"""Decisions (分支): which edge a flow's decision node takes, from the ticket's facts. Pure."""

from __future__ import annotations

from typing import Any

from functions.tickets.flows.flow import Decision, Flow
from functions.tickets.ticket.ticket import Ticket
from hub.kernel.errors import Invalid, Problem
from hub.rules import Schema, holds, parse_condition

OTHERWISE = "otherwise"
FACTS = Schema.parse(
    {
        "type": "text",
        "priority": {"enum": ["low", "normal", "high", "urgent"]},
        "region": "region",
        "store_id": "text",
        "channel": "text",
        "assignee": "text",
        "cost": "number",
    }
)
"""What an edge's condition may ask for. cost: what the work has cost so far, in minor units."""


def choose_edge(node: Decision, ticket: Ticket) -> str:
    """The id of the first edge whose condition holds, else "otherwise"."""
    facts = facts_of(ticket)
    for edge in node.edges:
        if holds(parse_condition(edge.when, FACTS), facts):
            return edge.id
    return OTHERWISE


def facts_of(ticket: Ticket) -> dict[str, Any]:
    """The ticket as conditions see it; what it does not have is missing."""
    facts = {
        "type": ticket.type,
        "priority": ticket.priority,
        "region": ticket.region,
        "store_id": ticket.store_id or None,
        "channel": ticket.channel or None,
        "assignee": ticket.assignee or None,
        "cost": ticket.labour_minor + ticket.parts_minor + ticket.travel_minor,
    }
    return {name: value for name, value in facts.items() if value is not None}


def condition_problems(flow: Flow) -> list[Problem]:
    """The conditions that cannot be asked of a ticket, by pointer into the document."""
    problems: list[Problem] = []
    for i, node in enumerate(flow.nodes):
        for j, edge in enumerate(node.edges if isinstance(node, Decision) else ()):
            try:
                parse_condition(edge.when, FACTS, f"/nodes/{i}/edges/{j}/when")
            except Invalid as wrong:
                problems += wrong.problems
    return problems
