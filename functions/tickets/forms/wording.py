"""What is wrong with a form's fields beside their conditions: options, keywords, limits; each with its place. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Any

from functions.tickets.forms.document import Form, FormField
from functions.tickets.forms.field_types import TYPES
from hub.kernel.errors import Problem

OPTIONED = ("select", "multi_select")
PATTERN_LIMIT = 200
_WHOLE = ("minLength", "maxLength", "minItems", "maxItems")
_BOUND = re.compile(r"-?[0-9]{1,13}(\.[0-9]{1,2})?|[0-9]{4}-[0-9]{2}-[0-9]{2}", re.ASCII)


def value_problems(form: Form) -> list[Problem]:
    """Options where there are none to choose, or none where there should be; keywords that the type does not have."""
    return [problem for i, field in enumerate(form.fields) for problem in _field_problems(field, f"/fields/{i}")]


def rules_problems(problems: Sequence[Problem]) -> list[Problem]:
    """The problems of the outcomes' table, by their places in the form."""
    return [Problem(f"/on_submit{problem.pointer}", problem.rule) for problem in problems]


def _field_problems(field: FormField, place: str) -> Iterator[Problem]:
    ids = [option.id for option in field.options]
    if (field.type in OPTIONED) != bool(ids):
        yield Problem(f"{place}/options", "must be given for a select, and for nothing else")
    for i, own in enumerate(ids):
        if ids.index(own) != i:
            yield Problem(f"{place}/options/{i}/id", "stands twice")
    known = TYPES[field.type].keywords
    for keyword, operand in field.value.items():
        if keyword not in known:
            yield Problem(f"{place}/value/{keyword}", "must be one of: " + (", ".join(known) or "nothing"))
        elif rule := _operand_rule(keyword, operand):
            yield Problem(f"{place}/value/{keyword}", rule)


def _operand_rule(keyword: str, operand: Any) -> str:
    """What a keyword's value must be, "" where it is."""
    if keyword in _WHOLE:
        return "" if type(operand) is int and 0 <= operand <= 10_000 else "must be a whole number from 0 to 10000"
    if keyword == "pattern":
        long = not isinstance(operand, str) or not 1 <= len(operand) <= PATTERN_LIMIT
        return f"must be a text of 1 to {PATTERN_LIMIT} characters" if long else ""
    if keyword == "multipleOf":
        return "" if type(operand) is int and 1 <= operand <= 10**9 else "must be a whole number from 1"
    bound = type(operand) is int or (isinstance(operand, str) and _BOUND.fullmatch(operand))
    return "" if bound else 'must be a whole number, a decimal string or a date, e.g. "12.35"'
