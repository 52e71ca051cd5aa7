"""Dated overrides (动态规则): for some days a rule has the last word over what the intake rules say, then it is gone by
itself: a typhoon, a recall. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import date
from typing import Annotated, Any, Literal

from pydantic import Field

from functions.tickets.context import Context
from functions.tickets.intake.intake import Classification, Message
from functions.tickets.intake.kind import KEY as INTAKE
from functions.tickets.intake.kind import preset_rules
from functions.tickets.ticket.types import TICKET_TYPES
from hub.contracts.base import Contract, Priority, Slug
from hub.documents.kinds import Finding, Kind, Proposal
from hub.kernel.dataclass import dataclass
from hub.rules import Condition, Schema, holds, parse_condition

KEY = "overrides"
SCHEMA = Schema.parse({**preset_rules()[INTAKE]["schema"], "type": "text", "topic": "text", "priority": "text"})
"""What a message says, and what the intake rules say of it."""


class OverrideOutcome(Contract):
    """What is otherwise then; what is left out stays. team: whose it is: one of them gets it."""

    team: Slug | Literal[""] = ""
    type: Slug | Literal[""] = ""
    priority: Priority | None = None
    topic: Slug | Literal[""] = ""
    skill: Slug | Literal[""] = ""


class DatedRule(Contract):
    """One rule. from_day, until_day: of the tenant's days; it holds on both and between. note: why."""

    id: Slug
    note: Annotated[str, Field(min_length=1, max_length=200)]
    from_day: date
    until_day: date
    when: dict[str, Any]
    then: OverrideOutcome


class OverridesDocument(Contract):
    """The first rule that holds today, and of the message, has the last word."""

    rules: Annotated[tuple[DatedRule, ...], Field(max_length=100)] = ()


@dataclass(frozen=True)
class Overrides:
    """The rules, each with its condition as it is tried."""

    rules: tuple[tuple[DatedRule, Condition], ...] = ()

    def of(self, message: Message, classification: Classification, today: date) -> DatedRule | None:
        """The rule that has the last word over a message; None where none does."""
        live = [(rule, when) for rule, when in self.rules if rule.from_day <= today <= rule.until_day]
        if not live:
            return None
        read = {name: getattr(classification, name) for name in ("type", "topic", "priority")}
        facts: Mapping[str, Any] = {**message.facts(), **read}
        return next((rule for rule, when in live if holds(when, facts)), None)

    def note(self, rule_id: str) -> str:
        """Why there is this rule, "" for one that is gone."""
        return next((rule.note for rule, _ in self.rules if rule.id == rule_id), "")


def overrule(classification: Classification, rule: DatedRule) -> Classification:
    """What kind of ticket it is by the rule."""
    then = rule.then.model_dump(exclude_defaults=True)
    return replace(classification, override=rule.id, **then)


def read_overrides(document: OverridesDocument) -> Overrides:
    """The rules with their conditions. Raises Invalid where one can't be tried."""
    compiled = (parse_condition(rule.when, SCHEMA, f"/rules/{i}/when") for i, rule in enumerate(document.rules))
    return Overrides(tuple(zip(document.rules, compiled, strict=True)))


def lint_overrides(proposal: Proposal[Overrides], context: Context) -> Iterable[Finding]:
    """Names that come twice, days in the wrong order, types that there are not, rules that change nothing."""
    types, known = context.in_force(TICKET_TYPES), set[str]()
    for i, (rule, _) in enumerate(proposal.value.rules):
        if rule.id in known:
            yield Finding(f"/rules/{i}/id", "is another rule's name")
        known.add(rule.id)
        if rule.until_day < rule.from_day:
            yield Finding(f"/rules/{i}/until_day", "must not be before from_day")
        if rule.then.type and rule.then.type not in types:
            yield Finding(f"/rules/{i}/then/type", "must be one of: " + ", ".join(types))
        if rule.then == OverrideOutcome():
            yield Finding(f"/rules/{i}/then", "changes nothing")


OVERRIDES = Kind[Overrides](
    name="intake_overrides",
    path="/tickets/overrides",
    title="限时受理规则 · Dated intake rules",
    schema=OverridesDocument,
    read=read_overrides,
    lint=lint_overrides,
    presets=lambda: {KEY: {}},
    only=KEY,
    readers=("supervisor", "agent"),
    editors=("supervisor",),
)
