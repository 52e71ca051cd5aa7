"""A form that is ready to be filled in: its conditions parsed, its questions in the order in which they depend on each
other, its schemas compiled. Made once a version and process. Pure.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Any

from functions.tickets.forms.document import Form, FormField
from functions.tickets.forms.field_types import TYPES
from functions.tickets.forms.linkage import mentions
from functions.tickets.forms.value_schema import Validator, compile_validator, value_schema
from functions.tickets.forms.wording import rules_problems, value_problems
from hub.kernel.dataclass import dataclass
from hub.kernel.errors import Invalid, Problem
from hub.rules import Condition, DecisionTable, Field, Schema, parse_condition
from hub.rules.conditions import All

ALWAYS = All(())


@dataclass(frozen=True)
class CompiledForm:
    """order: the fields' ids, each behind those that it depends on. conditions: when a field is asked, its section's
    condition with its own. required: when it must be answered, None for never. outcomes: which ticket is opened."""

    document: Form
    order: tuple[str, ...]
    conditions: Mapping[str, Condition]
    required: Mapping[str, Condition | None]
    outcomes: DecisionTable | None

    @cached_property
    def fields(self) -> Mapping[str, FormField]:
        return {field.id: field for field in self.document.fields}

    @cached_property
    def validator(self) -> Validator:
        """Of the answers, by JSON Schema; what is required it leaves to the linkage."""
        return compile_validator(self.document)

    @cached_property
    def classes(self) -> Mapping[str, str]:
        """Field → what it is to the field policy, "" for plain."""
        return {field.id: class_of(field) for field in self.document.fields}

    @property
    def facts(self) -> Mapping[str, str]:
        """Field → what of the customer it tells."""
        return {field.id: field.fact for field in self.document.fields if field.fact}


def class_of(field: FormField) -> str:
    """What a field is to the field policy, "" for plain."""
    if field.field_class:
        return "" if field.field_class == "plain" else field.field_class
    return TYPES[field.type].field_class or ""


def compile_form(form: Form) -> CompiledForm:
    """A form that can work. Raises Invalid with the place of everything that can't: twins, unknown sections, conditions
    that are none or go in circles, schemas that no answer could be read by."""
    problems = [*_twins(form), *_sections(form), *value_problems(form)]
    schema = rule_schema(form)
    sections = {
        section.id: _condition(section.when, schema, f"/sections/{i}/when", problems)
        for i, section in enumerate(form.sections)
    }
    conditions, required = dict[str, Condition](), dict[str, Condition | None]()
    for i, field in enumerate(form.fields):
        own = _condition(field.when, schema, f"/fields/{i}/when", problems)
        whole = tuple(part for part in (sections.get(field.section, ALWAYS), own) if part.parts)
        conditions[field.id] = whole[0] if len(whole) == 1 else All(whole)
        required[field.id] = ALWAYS if field.required else None
        if field.required_when is not None:
            when = _condition(field.required_when, schema, f"/fields/{i}/required_when", problems)
            required[field.id] = required[field.id] or when
    outcomes = _outcomes(form, schema, problems)
    order = _order(form.fields, conditions, problems)
    if problems:
        raise Invalid("the form cannot work", problems=problems)
    compiled = CompiledForm(form, order, conditions, required, outcomes)
    compiled.validator  # noqa: B018 - a pattern that is none is a finding, too
    return compiled


def rule_schema(form: Form) -> Schema:
    """The form's fields as conditions read them."""
    fields = {}
    for field in form.fields:
        kind = TYPES[field.type].rule_kind
        values = tuple(option.id for option in field.options) if kind == "enum" else ()
        fields[field.id] = Field(field.id, kind, values)
    return Schema(fields)


def _twins(form: Form) -> list[Problem]:
    problems = []
    for name, items in (("sections", form.sections), ("fields", form.fields)):
        ids = [item.id for item in items]
        problems += [Problem(f"/{name}/{i}/id", "stands twice") for i, own in enumerate(ids) if ids.index(own) != i]
    return problems


def _sections(form: Form) -> list[Problem]:
    known = [section.id for section in form.sections]
    rule = "must be one of the sections: " + ", ".join(known)
    return [Problem(f"/fields/{i}/section", rule) for i, field in enumerate(form.fields) if field.section not in known]


def _condition(doc: Mapping[str, Any], schema: Schema, pointer: str, problems: list[Problem]) -> All:
    try:
        return parse_condition(dict(doc), schema, pointer)
    except Invalid as wrong:
        problems.extend(wrong.problems)
        return ALWAYS


def _outcomes(form: Form, schema: Schema, problems: list[Problem]) -> DecisionTable | None:
    on_submit = form.on_submit
    if not on_submit.rules and on_submit.ticket is None:
        return None
    rules = [rule.model_dump(mode="json") for rule in on_submit.rules]
    default = on_submit.ticket.model_dump(mode="json") if on_submit.ticket else None
    document = {"key": "on_submit", "version": 1, "rules": rules, "default": default}
    try:
        return DecisionTable.parse(document, schema)
    except Invalid as wrong:
        problems.extend(rules_problems(wrong.problems))
        return None


def _order(
    fields: Sequence[FormField], conditions: Mapping[str, Condition], problems: list[Problem]
) -> tuple[str, ...]:
    """The fields behind those that they depend on, else in the document's order."""
    needs = {name: mentions(condition) & conditions.keys() for name, condition in conditions.items()}
    order: list[str] = []
    placed: set[str] = set()
    while len(order) < len(conditions):
        ready = [name for name in conditions if name not in placed and needs[name] <= placed]
        if not ready:
            rule = "hangs on itself through other fields"
            problems += [Problem(f"/fields/{i}/when", rule) for i, field in enumerate(fields) if field.id not in placed]
            break
        order += ready
        placed |= set(ready)
    return tuple(order)


__all__ = ["CompiledForm", "class_of", "compile_form", "rule_schema", "value_schema"]
