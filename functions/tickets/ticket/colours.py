"""The colours of the board (看板红黄绿) as a document: a decision table whose outcomes are colours. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Literal, get_args

from functions.tickets.context import Context
from functions.tickets.intake.kind import RulesDocument, foreign_facts, judge_table, rules_of
from functions.tickets.ticket.ticket import Ticket
from hub.documents.kinds import Finding, Kind, Proposal
from hub.rules import DecisionTable, decide

Colour = Literal["red", "yellow", "green"]
KEY = "board"
PRESET: dict[str, Any] = {
    "key": KEY,
    "hit": "first",
    "schema": {
        "state": {"enum": ["open", "closed", "cancelled"]},
        "priority": {"enum": ["low", "normal", "high", "urgent"]},
        "type": "text",
        "team": "text",
        "region": "region",
        "stands": "set",
        "paused": "boolean",
    },
    "rules": [
        {"id": "done", "when": {"state": {"ne": "open"}}, "then": "green", "note": "已完成 · it is over"},
        {"id": "urgent", "when": {"priority": {"eq": "urgent"}}, "then": "red", "note": "紧急 · it is urgent"},
    ],
    "default": "yellow",
}
"""Red is urgent, yellow waits, green is done."""


def colour_of(table: DecisionTable, ticket: Ticket) -> Colour:
    """What the table says of a ticket."""
    colour: Colour = decide(
        table,
        {
            "state": ticket.state,
            "priority": ticket.priority,
            "type": ticket.type,
            "team": ticket.team,
            "region": ticket.region,
            "stands": list(ticket.stands),
            "paused": ticket.paused or bool(ticket.blocked_by),
        },
    ).outcome
    return colour


def lint_colours(proposal: Proposal[DecisionTable], _context: Context) -> Iterable[Finding]:
    """Outcomes that are no colours, facts that no ticket has, rules that can never decide."""
    table, colours = proposal.value, get_args(Colour)
    outcomes = {f"/rules/{i}/then": rule.then for i, rule in enumerate(table.rules)} | {"/default": table.default}
    wrong = [
        Finding(at, "must be one of: " + ", ".join(colours)) for at, then in outcomes.items() if then not in colours
    ]
    wrong += foreign_facts(proposal.content.root.get("schema", {}), PRESET["schema"])
    return wrong or [finding for finding in judge_table(table) if finding.severity == "error"]


BOARD = Kind[DecisionTable](
    name="ticket_board",
    path="/tickets/board",
    title="看板颜色规则 · Colours of the board",
    schema=RulesDocument,
    read=rules_of,
    lint=lint_colours,
    presets=lambda: {KEY: PRESET},
    only=KEY,
    readers=("supervisor", "agent", "engineer", "finance", "store_manager", "viewer", "integrator"),
    editors=("supervisor",),
)
