"""Settlement policies as documents: with effective dates, so that old facts keep old rules."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from string import Formatter
from typing import Any

from functions.settlement.policies import Part, Rule
from hub.contracts.settlement import PolicyDocument, PolicyPart
from hub.documents.kinds import Finding, Kind, Proposal, preset_files
from hub.kernel.money import parse_rate

ACCOUNT_NAMES = {"assignee", "store", "region"}
WORD_NAMES = {"base_amount", "currency", "rate_percent"}
NAMES = {"debit": ACCOUNT_NAMES, "credit": ACCOUNT_NAMES, "zh": WORD_NAMES, "en": WORD_NAMES}


def rule_of(document: PolicyDocument) -> Rule:
    """What a document says."""
    return Rule(document.ticket_type, tuple(map(_part, document.parts)))


def lint_policy(proposal: Proposal[Rule], _context: Any) -> Iterable[Finding]:
    """Accounts and words that could not be filled in when money is due, and purposes that stand twice: an entry is one
    fact for one purpose."""
    document: PolicyDocument = proposal.content
    seen: set[str] = set()
    for nth, part in enumerate(document.parts):
        if part.purpose in seen:
            yield Finding(f"/parts/{nth}/purpose", "stands twice: the second would never be posted")
        seen.add(part.purpose)
        yield from _unknown_names(part, f"/parts/{nth}")


def _part(part: PolicyPart) -> Part:
    return Part(**{**part.model_dump(), "rate": parse_rate(part.rate)})


def _unknown_names(part: PolicyPart, place: str) -> Iterator[Finding]:
    for field, known in NAMES.items():
        try:
            names = {name for _, name, _, _ in Formatter().parse(getattr(part, field)) if name is not None}
        except ValueError:
            names = {""}
        if names - known:
            words = ", ".join(f"{{{name}}}" for name in sorted(known))
            yield Finding(f"{place}/{field}", f"may name {words} and nothing else")


POLICIES = Kind[Rule](
    name="settlement_policy",
    path="/settlement/policies",
    title="结算规则 · Settlement policy",
    schema=PolicyDocument,
    read=rule_of,
    lint=lint_policy,
    presets=preset_files(Path(__file__).parent / "presets"),
    effective=True,
    readers=("finance", "supervisor"),
    editors=("finance",),
)
