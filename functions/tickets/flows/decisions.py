"""Decisions (分支): which edge a flow's decision node takes, from the ticket's facts. Pure."""

from __future__ import annotations

from datetime import date

from functions.tickets.flows.facts import is_so, read_condition
from functions.tickets.flows.flow import Decision, Flow
from functions.tickets.ticket.ticket import Ticket
from hub.kernel.errors import Invalid, Problem

OTHERWISE = "otherwise"


def choose_edge(node: Decision, ticket: Ticket, today: date) -> str:
    """The id of the first edge whose condition holds, else "otherwise". today: in the tenant's zone."""
    return next((edge.id for edge in node.edges if is_so(edge.when, ticket, today)), OTHERWISE)


def condition_problems(flow: Flow) -> list[Problem]:
    """The conditions that cannot be asked of a ticket, by pointer into the document."""
    problems: list[Problem] = []
    for i, node in enumerate(flow.nodes):
        for j, edge in enumerate(node.edges if isinstance(node, Decision) else ()):
            try:
                read_condition(edge.when, f"/nodes/{i}/edges/{j}/when")
            except Invalid as wrong:
                problems += wrong.problems
    return problems
