"""Settlement policies as documents: with effective dates, so that old facts keep old rules, and overlays, so that a
province, a city, a district and a store each change what is theirs (省、市、商圈、门店)."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from functions.settlement.rules.linting import policy_findings
from functions.settlement.rules.policy import PolicyDocument, Rule, rule_of
from hub.documents.kinds import Finding, Kind, Proposal, preset_files

SCHEMA = 2


def lint_policy(proposal: Proposal[Rule], context: Any) -> Iterable[Finding]:
    """What can't be reached, overlaps, doesn't balance, leaves gaps, or names somebody unknown: each with its place.
    context: answers whether a party is known; None knows everybody."""
    knows: Callable[[str], bool] = context or (lambda _party: True)
    return policy_findings(proposal.value, knows)


def upcast_policy(schema: int, raw: Any) -> Any:
    """A policy as it was stored before there were pipelines: parts of one ticket type, each a rate of one cost."""
    if schema >= SCHEMA or "parts" not in raw:
        return raw
    when = {"ticket_type": {"eq": raw["ticket_type"]}}
    return {"facts": ["ticket"], "when": when, "postings": [_posting_of(part) for part in raw["parts"]]}


def _posting_of(part: Any) -> Any:
    title_zh, title_en = part["zh"].split("：")[0], part["en"].split(":")[0]
    return {
        **{name: part[name] for name in ("purpose", "rounding", "debit", "credit")},
        "zh": title_zh.split("{")[0].strip() or part["purpose"],
        "en": title_en.split("{")[0].strip() or part["purpose"],
        "steps": [{"rule": "percent", "of": part["base"], "rate": part["rate"]}],
    }


POLICIES = Kind[Rule](
    name="settlement_policy",
    path="/settlement/policies",
    title="结算规则 · Settlement policy",
    schema=PolicyDocument,
    read=rule_of,
    lint=lint_policy,
    presets=preset_files(Path(__file__).parent / "presets"),
    overlays=True,
    effective=True,
    schema_version=SCHEMA,
    upcast=upcast_policy,
    readers=("finance", "supervisor"),
    editors=("finance",),
)
