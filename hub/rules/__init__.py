"""One condition language and decision tables, for routing, escalation, settlement and prices alike. Pure."""

from hub.rules.conditions import Condition, holds, parse_condition
from hub.rules.explanation import Explanation, Failure, RuleTrace, explain
from hub.rules.linting import Finding, LintReport, lint
from hub.rules.schema import Field, Schema
from hub.rules.table import Decision, DecisionTable, Rule, decide

__all__ = [
    "Condition",
    "Decision",
    "DecisionTable",
    "Explanation",
    "Failure",
    "Field",
    "Finding",
    "LintReport",
    "Rule",
    "RuleTrace",
    "Schema",
    "decide",
    "explain",
    "holds",
    "lint",
    "parse_condition",
]
