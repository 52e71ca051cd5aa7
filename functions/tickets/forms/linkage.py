"""Linkage (联动): which questions are asked, by the answers to others. form.js evaluates the same trees in the browser.

Conditions are hub.rules', read with three values: what is said of a question that is not asked, or has no answer yet,
is unknown, also inside `not`; only `present` knows that a question which is asked has no answer. A question is asked
where its condition, and its section's, is true: so what hangs on an unasked question is not asked. Pure.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from hub.rules import Condition
from hub.rules.conditions import All, AnyOf, Check, Not
from hub.rules.schema import WrongValueError


class Unasked:
    """What stands for the answer to a question that is not asked."""


UNASKED = Unasked()
Known = Mapping[str, Any]
"""Field → its answer, None where there is none, UNASKED where it is not asked."""
Tree = list[Any]


def is_true(condition: Condition, known: Known) -> bool:
    """Whether a condition is true, and not merely unknown."""
    return truth(condition, known) is True


def truth(condition: Condition, known: Known) -> bool | None:
    """True, false, or None: unknown."""
    match condition:
        case Check():
            return _check(condition, known.get(condition.field.name, UNASKED))
        case Not(part=part):
            inner = truth(part, known)
            return None if inner is None else not inner
        case All(parts=parts):
            values = [truth(part, known) for part in parts]
            return False if False in values else None if None in values else True
        case AnyOf(parts=parts):
            values = [truth(part, known) for part in parts]
            return True if True in values else None if None in values else False


def mentions(condition: Condition) -> set[str]:
    """The fields that a condition speaks of."""
    match condition:
        case Check(field=field):
            return {field.name}
        case Not(part=part):
            return mentions(part)
        case All(parts=parts) | AnyOf(parts=parts):
            return {name for part in parts for name in mentions(part)}


def tree_of(condition: Condition) -> Tree:
    """The condition as JSON for form.js: ["all", …], ["any", …], ["not", …], [operator, field, operand]."""
    match condition:
        case Check(field=field, op=op, operand=operand):
            return [op, field.name, _plain(operand)]
        case Not(part=part):
            return ["not", tree_of(part)]
        case All(parts=(part,)):
            return tree_of(part)
        case All(parts=parts):
            return ["all", *map(tree_of, parts)]
        case AnyOf(parts=parts):
            return ["any", *map(tree_of, parts)]


def _check(check: Check, value: Any) -> bool | None:
    if value is UNASKED:
        return None
    if value is None:
        return not check.operand if check.op == "present" else None
    try:
        return check.accepts(check.field.read(value))
    except WrongValueError:
        return None  # an answer that does not fit is told as that, and decides nothing


def _plain(operand: Any) -> Any:
    if isinstance(operand, frozenset):
        return sorted(map(_plain, operand))
    return operand if isinstance(operand, bool | str) else str(operand)
