"""Facts: what conditions of flows may ask of a ticket. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any

from functions.tickets.ticket.ticket import Ticket
from hub.rules import Condition, Schema, holds, parse_condition

FIELD = "field_"
"""Before the name of a field that the ticket's type declares: `field_trust`."""
DAYS_UNTIL = "days_until_"
"""Before the name of a field that is a date: so many days from today, less than 0 for what is past."""
KINDS: dict[str, Any] = {
    "type": "text",
    "priority": {"enum": ["low", "normal", "high", "urgent"]},
    "region": "region",
    "store_id": "text",
    "channel": "text",
    "assignee": "text",
    "topic": "text",
    "level": "text",
    "order_no": "text",
    "tags": "set",
    "cost": "number",
    "amount": "number",
}
"""level: its customer's, when it was opened; cost: what the work has cost so far, amount: what the ticket is about:
both in minor units."""
FACTS = Schema.parse(KINDS)
NUMERIC = ("gt", "gte", "lt", "lte", "between")


def read_condition(when: Any, pointer: str = "") -> Condition:
    """A condition on a ticket. A field of its type is a number where it is compared by size, else text. Raises Invalid
    with every wrong place."""
    fields = {name: "number" if numeric else "text" for name, numeric in _fields(when)}
    schema = Schema.parse({**KINDS, **fields}) if fields else FACTS
    return parse_condition(when, schema, pointer)


def fields_of(when: Any) -> tuple[str, ...]:
    """The fields of the ticket's type that a condition asks for."""
    return tuple(dict.fromkeys(_field_of(name) for name, _ in _fields(when)))


def is_so(when: Any, ticket: Ticket, today: date) -> bool:
    """Whether a condition holds of a ticket; a field that is no number where one is asked for is not there. today: in
    the tenant's zone."""
    condition, facts = read_condition(when), facts_of(ticket)
    for name, numeric in _fields(when):
        value: str | int | None = ticket.fields.get(_field_of(name))
        if value is not None and name.startswith(DAYS_UNTIL):
            value = days_until(str(value), today)
        if value is not None and (not numeric or isinstance(value, int) or _is_number(value)):
            facts[name] = value
    return holds(condition, facts)


def day_of(text: str) -> date | None:
    """A field's date ("2026-12-24"), None for what is none."""
    try:
        return date.fromisoformat(text) if len(text) == len("2026-12-24") else None
    except ValueError:
        return None


def days_until(text: str, today: date) -> int | None:
    """So many days from today to a field's date; None for what is none."""
    day = day_of(text)
    return (day - today).days if day else None


def _field_of(name: str) -> str:
    return name.removeprefix(FIELD).removeprefix(DAYS_UNTIL)


def facts_of(ticket: Ticket) -> dict[str, Any]:
    """The ticket as conditions see it; what it does not have is missing."""
    facts = {
        "type": ticket.type,
        "priority": ticket.priority,
        "region": ticket.region,
        "store_id": ticket.store_id or None,
        "channel": ticket.channel or None,
        "assignee": ticket.assignee or None,
        "topic": ticket.topic or None,
        "level": ticket.level or None,
        "order_no": ticket.order_no or None,
        "tags": list(ticket.tags),
        "cost": ticket.labour_minor + ticket.parts_minor + ticket.travel_minor,
        "amount": ticket.amount_minor,
    }
    return {name: value for name, value in facts.items() if value is not None}


def _fields(when: Any) -> Iterator[tuple[str, bool]]:
    """The type's fields in a condition, each with whether it is compared by size."""
    if isinstance(when, Mapping):
        for name, test in when.items():
            if isinstance(name, str) and name.startswith(DAYS_UNTIL):
                yield name, True
            elif isinstance(name, str) and name.startswith(FIELD):
                yield name, isinstance(test, Mapping) and any(operator in NUMERIC for operator in test)
            else:
                yield from _fields(test)
    elif isinstance(when, list | tuple):
        for part in when:
            yield from _fields(part)


def _is_number(value: str) -> bool:
    head, _, tail = value.removeprefix("-").partition(".")
    return head.isascii() and head.isdigit() and (not tail or (tail.isascii() and tail.isdigit()))
