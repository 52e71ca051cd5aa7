"""Why a table decided so: for each rule what held, and what did not, with the expected and the actual value."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from hub.kernel.dataclass import dataclass
from hub.rules.conditions import All, AnyOf, Check, Condition, Not, holds
from hub.rules.table import Decision, DecisionTable, Rule, decide


@dataclass(frozen=True)
class Failure:
    """One check that did not hold.

    pointer: where it stands in the rule's `when`, as a JSON pointer into the table.
    field, op, expected: the check as it was written; for a `not` that failed because its part held, op is
        "not", and field and expected are empty.
    actual: the fact as it was given; None when it is missing.
    """

    pointer: str
    field: str
    op: str
    expected: Any
    actual: Any


@dataclass(frozen=True)
class RuleTrace:
    """One rule: whether it holds, whether it was chosen (a later rule may hold and be passed over), and why
    not."""

    rule_id: str
    note: str
    holds: bool
    chosen: bool
    failures: tuple[Failure, ...]


@dataclass(frozen=True)
class Explanation:
    """The decision, and every rule's trace in table order."""

    decision: Decision
    rules: tuple[RuleTrace, ...]


def explain(table: DecisionTable, facts: Mapping[str, Any]) -> Explanation:
    """Decide, and say of each rule why or why not. Raises Invalid as `decide` does."""
    decision = decide(table, facts)
    return Explanation(decision, tuple(_trace(rule, decision, facts) for rule in table.rules))


def _trace(rule: Rule, decision: Decision, facts: Mapping[str, Any]) -> RuleTrace:
    failures = tuple(_failures(rule.when, facts))
    return RuleTrace(rule.id, rule.note, not failures, rule.id in decision.rule_ids, failures)


def _failures(condition: Condition, facts: Mapping[str, Any]) -> Iterator[Failure]:
    """Empty exactly when the condition holds. Of an `any` that fails, what fails in each branch."""
    if holds(condition, facts):
        return
    match condition:
        case Check(field=field, op=op, doc=doc, pointer=pointer):
            yield Failure(pointer, field.name, op, doc, facts.get(field.name))
        case All(parts=parts) | AnyOf(parts=parts):
            for part in parts:
                yield from _failures(part, facts)
        case Not(pointer=pointer):
            yield Failure(pointer, "", "not", None, None)
