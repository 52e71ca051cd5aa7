"""Submissions (填写记录): what somebody handed in on a form, pinned to the form's version for ever. Pure."""

import json
from collections.abc import Mapping
from typing import Any, Literal

from functions.tickets.forms.compiled import CompiledForm, class_of
from functions.tickets.forms.document import FormField, TicketOutcome
from functions.tickets.forms.field_types import TYPES
from functions.tickets.ticket.ticket import Stored
from hub.contracts.base import Moment
from hub.kernel.regions import BASE
from hub.rules import decide

TRAVELS = ("number", "boolean", "enum", "set", "region")
"""What may go with a ticket's events: numbers and choices, never what somebody typed."""
PERSONAL = ("contact", "identity", "technical", "cost", "earning", "contract", "secret")
PUBLIC = "public"
"""Who made it, for one who never signed in."""
SUBJECT_LIMIT = 500


class Submission(Stored):
    """As stored; answers_sealed is JSON. A draft's are as they were typed. made_at: when it was first kept. revision:
    how often it was handed in. content_ref: where what it says of the customer lies for those who keep customers."""

    id: str
    form: str
    form_pin: str
    form_version: int
    state: Literal["draft", "submitted"]
    region: str = BASE
    store_id: str = ""
    made_by: str
    customer_id: str = ""
    ticket_id: str = ""
    made_at: Moment
    saved_at: Moment
    submitted_at: Moment | None = None
    revision: int = 0
    content_ref: str = ""
    answers_sealed: str = ""


def outcome_of(form: CompiledForm, answers: Mapping[str, Any]) -> tuple[str, TicketOutcome | None]:
    """(the rule that says so, the ticket that these answers open); None where the form opens none."""
    if form.outcomes is None:
        return "", None
    decision = decide(form.outcomes, answers)
    return decision.rule_id or "default", TicketOutcome.model_validate(decision.outcome) if decision.outcome else None


def ticket_fields(form: CompiledForm, answers: Mapping[str, Any]) -> tuple[dict[str, str], dict[str, str]]:
    """(what travels with the ticket's events, what is sealed on it), each as text."""
    plain, sealed = dict[str, str](), dict[str, str]()
    for name, value in answers.items():
        field = form.fields[name]
        (plain if travels(field) else sealed)[name] = as_text(value)
    return plain, sealed


def travels(field: FormField) -> bool:
    """Whether an answer of this field says nothing of a person, and nothing that anybody typed."""
    return not class_of(field) and (TYPES[field.type].rule_kind in TRAVELS or field.type == "date")


def as_text(value: Any) -> str:
    """An answer as people read it."""
    if isinstance(value, list | tuple):
        return "、".join(map(str, value))
    return str(value).lower() if isinstance(value, bool) else str(value)


def subject_of(form: CompiledForm, answers: Mapping[str, Any]) -> str:
    """What the ticket is about in words: the form's title, and what of the answers is no more than words."""
    shown = (field for field in form.document.fields if field.id in answers and class_of(field) not in PERSONAL)
    lines = (f"{field.title.zh}：{_said(field, answers[field.id])}" for field in shown)
    return "\n".join((form.document.title.zh, *lines))[:SUBJECT_LIMIT]


def told_of_customer(form: CompiledForm, answers: Mapping[str, Any]) -> dict[str, str]:
    """Fact → what the answers say of it."""
    return {fact: as_text(answers[name]) for name, fact in form.facts.items() if name in answers}


def to_json(answers: Mapping[str, Any]) -> str:
    """Answers as one text, to be sealed."""
    return json.dumps(dict(answers), ensure_ascii=False)


def _said(field: FormField, value: Any) -> str:
    """With the words of the options in place of their ids."""
    words = {option.id: option.title.zh for option in field.options if option.title}
    if isinstance(value, list | tuple):
        return "、".join(words.get(str(part), str(part)) for part in value)
    return words.get(value, as_text(value)) if isinstance(value, str) else as_text(value)
