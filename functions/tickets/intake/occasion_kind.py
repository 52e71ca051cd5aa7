"""Rules for what calls for work without a message (事由规则): a decision table each for after-sales, orders, reviews
and leads, whose outcomes are tickets, or none. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from functions.tickets.context import Context
from functions.tickets.intake.kind import RulesDocument, lint_table, rules_of
from functions.tickets.ticket.types import TICKET_TYPES
from hub.documents.kinds import Finding, Kind, Proposal, preset_files
from hub.rules import DecisionTable

PRESETS = preset_files(Path(__file__).parents[1] / "presets" / "occasions")
NO_TICKET = "none"
"""The type in an outcome that opens nothing: {"type": "none"}."""


def lint_occasions(proposal: Proposal[DecisionTable], context: Context) -> Iterable[Finding]:
    """As intake rules, with the facts of this kind of occasion."""
    preset = PRESETS().get(proposal.key)
    if preset is None:
        return [Finding("", "must be one of: " + ", ".join(PRESETS()))]
    return lint_table(proposal, context.in_force(TICKET_TYPES), preset["schema"], NO_TICKET)


OCCASION_RULES = Kind[DecisionTable](
    name="occasion_rules",
    path="/tickets/occasion-rules",
    title="售后、评价、线索的受理规则 · Rules for after-sales, reviews and leads",
    schema=RulesDocument,
    read=rules_of,
    lint=lint_occasions,
    presets=PRESETS,
    readers=("supervisor", "agent"),
    editors=("administrator",),
)
