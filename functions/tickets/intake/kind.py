"""Intake rules (受理规则) as a document: a decision table whose outcomes are kinds of tickets. Pure."""

import json
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any, get_args

from pydantic import RootModel

from functions.tickets.context import Context
from functions.tickets.ticket.types import TICKET_TYPES
from hub.contracts.base import Priority
from hub.documents.kinds import Finding, Kind, Proposal
from hub.rules import DecisionTable, lint
from hub.rules import Finding as TableFinding

PRESET = Path(__file__).parents[1] / "presets" / "intake.json"
KEY = "intake"


class RulesDocument(RootModel[dict[str, Any]]):
    """A decision table as hub.rules has it. Its outcomes: {"type", "priority", "skill"?, "topic"?}; its facts: those
    that the rules which ship with the hub declare."""


@cache
def preset_rules() -> Mapping[str, dict[str, Any]]:
    """The rules that ship with the hub."""
    return {KEY: json.loads(PRESET.read_text(encoding="utf-8"))}


def rules_of(document: RulesDocument) -> DecisionTable:
    """The table. Its `version` is its author's own; documents count theirs."""
    return DecisionTable.parse({"version": 1, **document.root})


def lint_rules(proposal: Proposal[DecisionTable], context: Context) -> Iterable[Finding]:
    """Outcomes that open no ticket, facts that no message has, rules that can never decide."""
    known = preset_rules()[KEY]["schema"]
    return lint_table(proposal, context.in_force(TICKET_TYPES), known)


def lint_table(
    proposal: Proposal[DecisionTable], types: Collection[str], known: Mapping[str, Any], nothing: str = ""
) -> Iterable[Finding]:
    """As `lint_rules`. types: that there are. known: the facts that there are, with their kinds. nothing: the type that
    stands for no ticket, where rules may say so."""
    table = proposal.value
    outcomes = {f"/rules/{i}/then": rule.then for i, rule in enumerate(table.rules)} | {"/default": table.default}
    opening = {pointer: then for pointer, then in outcomes.items() if not nothing or then != {"type": nothing}}
    findings = [finding for pointer, then in opening.items() for finding in _wrong(pointer, then, types)]
    findings += foreign_facts(proposal.content.root.get("schema", {}), known)
    return findings or judge_table(table)


def judge_table(table: DecisionTable) -> Iterator[Finding]:
    """Rules that can never decide; where only their order decides between two (overlaps), and what none of them takes
    (gaps), which goes to the default: both work, and are warnings."""
    places = {rule.id: f"/rules/{i}" for i, rule in enumerate(table.rules)}
    report = lint(replace(table, has_default=False))
    for shadowed in report.shadowed:
        others = ", ".join(shadowed.rule_ids[1:])
        rule = f"can never decide: {others} take all of it" if others else "can never hold"
        yield Finding(places[shadowed.rule_ids[0]], rule)
    for overlap in report.overlaps:
        first, later = overlap.rule_ids
        yield Finding(places[later], f"overlaps with {first}, which comes first: {_facts(overlap)}", "warning")
    for gap in report.gaps:
        yield Finding("/default", f"takes what no rule does: {_facts(gap)}", "warning")


def _facts(finding: TableFinding) -> str:
    """The example of a finding, as one reads it."""
    return json.dumps(dict(finding.example), ensure_ascii=False, default=str)


def _wrong(pointer: str, then: Any, types: Iterable[str]) -> Iterator[Finding]:
    """What is wrong with an outcome: it names a type and a priority that exist, perhaps a skill and a topic."""
    if not isinstance(then, dict):
        yield Finding(pointer, 'must be an object: {"type": …, "priority": …}')
        return
    for name, values in {"type": tuple(types), "priority": get_args(Priority)}.items():
        if then.get(name) not in values:
            yield Finding(f"{pointer}/{name}", "must be one of: " + ", ".join(values))
    for name in ("skill", "topic"):
        if not isinstance(then.get(name, ""), str):
            yield Finding(f"{pointer}/{name}", "must be text")


def foreign_facts(schema: Mapping[str, Any], known: Mapping[str, Any]) -> Iterator[Finding]:
    """Fields that nothing has, or that are read as something else: they would refuse the message itself."""
    rule = "must be one of: " + ", ".join(f"{name} ({kind})" for name, kind in known.items())
    for name, kind in schema.items():
        if known.get(name) != kind:
            yield Finding(f"/schema/{name}", rule)


INTAKE_RULES = Kind[DecisionTable](
    name="intake_rules",
    path="/tickets/rules",
    title="受理规则 · Intake rules",
    schema=RulesDocument,
    read=rules_of,
    lint=lint_rules,
    presets=preset_rules,
    legacy=lambda context: context.old_rules,
    only=KEY,
    readers=("supervisor", "agent"),
    editors=("administrator",),
)
