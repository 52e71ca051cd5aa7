"""Named fields (字段) of a ticket: what its type declares beside what every ticket has. Numbers, amounts and choices
travel with its events; texts are what people wrote, and stay sealed on the ticket. Pure."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence

from functions.tickets.flows.facts import day_of
from functions.tickets.ticket.types import TypeField
from hub.kernel.errors import Invalid, Problem
from hub.kernel.money import Money

_INTEGER = re.compile(r"-?[0-9]{1,15}", re.ASCII)


def read_fields(declared: Sequence[TypeField], answers: Mapping[str, object]) -> tuple[dict[str, str], dict[str, str]]:
    """(what travels, what is sealed) of the values for these fields. Raises Invalid, pointing at each that the type
    does not declare, or that is not of its kind."""
    kinds = {field.id: field for field in declared}
    values = {name: value for name, value in answers.items() if isinstance(value, str)}
    problems = [Problem(f"/fields/{name}", "must be text") for name in answers if name not in values]
    problems += [problem for name, value in values.items() if (problem := _problem(kinds.get(name), name, value))]
    if problems:
        raise Invalid("fields that the type does not have so", problems=problems)
    plain = {name: value for name, value in values.items() if kinds[name].type != "text"}
    return plain, {name: value for name, value in values.items() if name not in plain}


def read_amount(text: str, currency: str, pointer: str) -> Money:
    """An amount of nothing or more. Raises Invalid, pointing at it."""
    try:
        amount = Money.parse(text, currency)
    except Invalid as error:
        raise Invalid("amount", problems=[Problem(pointer, problem.rule) for problem in error.problems]) from None
    if amount.amount_minor < 0:
        raise Invalid("amount", problems=[Problem(pointer, "must be 0 or more")])
    return amount


def to_text(values: Mapping[str, str]) -> str:
    """Texts as one, to be sealed; "" for none."""
    return json.dumps(dict(values), ensure_ascii=False) if values else ""


def from_text(text: str) -> dict[str, str]:
    """What `to_text` wrote."""
    return dict(json.loads(text)) if text else {}


def _problem(field: TypeField | None, name: str, value: str) -> Problem | None:
    rule = "the type has no such field" if field is None else _rule(field, value)
    return Problem(f"/fields/{name}", rule) if rule else None


def _rule(field: TypeField, value: str) -> str:
    """What the value must be, "" where it is."""
    match field.type:
        case "integer":
            return "" if _INTEGER.fullmatch(value) else "must be a whole number"
        case "money":
            return "" if _is_money(value) else 'must be an amount, e.g. "12.35"'
        case "choice":
            return "" if value in field.choices else "must be one of: " + ", ".join(field.choices)
        case "date":
            return "" if day_of(value) else 'must be a date, e.g. "2026-11-23"'
        case "text":
            return ""


def _is_money(value: str) -> bool:
    try:
        Money.parse(value)
    except Invalid:
        return False
    return True
