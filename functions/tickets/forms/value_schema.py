"""A form as JSON Schema 2020-12, and the validator that it compiles to. Pure.

jsonschema-rs is imported by whoever compiles: patterns run in linear time (Rust's regex: no look-around, no
back-references) and within a memory limit, and nothing is fetched: references are no keyword of a field at all.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, Protocol

from functions.tickets.forms.document import Form, FormField
from functions.tickets.forms.field_types import TYPES
from hub.kernel.errors import Invalid, Problem

DIALECT = "https://json-schema.org/draft/2020-12/schema"
PATTERN_BYTES = 500_000
"""Of memory that a compiled pattern may take."""


class Validator(Protocol):
    """jsonschema_rs.Draft202012Validator, as far as it is used here."""

    def iter_errors(self, instance: Any) -> Iterator[Any]: ...


def value_schema(field: FormField) -> dict[str, Any]:
    """The JSON Schema of one answer as it is stored."""
    row, title = TYPES[field.type], {"title": f"{field.title.zh} · {field.title.en}"}
    options = [option.id for option in field.options]
    limits = {name: operand for name, operand in field.value.items() if field.type not in ("money", "date")}
    match field.type:
        case "integer":
            return {**title, "type": "integer", **{name: _number(operand) for name, operand in limits.items()}}
        case "boolean":
            return {**title, "type": "boolean"}
        case "select":
            return {**title, "type": "string", "enum": options}
        case "multi_select":
            return {**title, "type": "array", "items": {"enum": options}, "uniqueItems": True, **limits}
        case "files":
            return {**title, "type": "array", "items": {"type": "string"}, "maxItems": 20, **limits}
    patterned = {} if field.type in ("money", "date") or not row.pattern else {"pattern": row.pattern}
    dated = {"format": "date"} if field.type == "date" else {}
    own = {"pattern": r"^-?[0-9]{1,13}\.[0-9]{2}$"} if field.type == "money" else patterned
    return {**title, "type": "string", "maxLength": row.most, **own, **dated, **limits}


def json_schema(form: Form, key: str, version: int) -> dict[str, Any]:
    """The whole form for others' tools; `required` is what is asked of everybody. Linkage stands in `x-rules`."""
    always = [field.id for field in form.fields if field.required and not field.when and not _hidden(form, field)]
    rules = {
        field.id: {"when": field.when, "required_when": field.required_when}
        for field in form.fields
        if field.when or field.required_when
    }
    return {
        "$schema": DIALECT,
        "$id": f"urn:scrm-hub:form:{key}:{version}",
        "title": f"{form.title.zh} · {form.title.en}",
        **_object(form),
        "required": always,
        "x-rules": rules,
    }


def compile_validator(form: Form) -> Validator:
    """Raises Invalid with the place of each schema that is none."""
    from jsonschema_rs import Draft202012Validator, RegexOptions, ValidationError  # only forms need it

    options = RegexOptions(size_limit=PATTERN_BYTES)
    try:
        validator: Validator = Draft202012Validator(_object(form), pattern_options=options, validate_formats=True)
    except ValidationError as error:
        raise Invalid("no schema", problems=_schema_problems(form, [*error.instance_path])) from None
    return validator


def _object(form: Form) -> dict[str, Any]:
    properties = {field.id: value_schema(field) for field in form.fields}
    return {"type": "object", "properties": properties, "additionalProperties": False}


def _schema_problems(form: Form, path: list[Any]) -> list[Problem]:
    """Where in the form a part of its schema stands."""
    _, name, keyword = (*path, "", "", "")[:3]
    place = next((i for i, field in enumerate(form.fields) if field.id == name), 0)
    rule = "must be a pattern without look-around and back-references, and not too large"
    return [Problem(f"/fields/{place}/value/{keyword}", rule if keyword == "pattern" else "must be JSON Schema")]


def _hidden(form: Form, field: FormField) -> bool:
    return any(section.when for section in form.sections if section.id == field.section)


def _number(operand: Any) -> Any:
    return int(operand) if isinstance(operand, str) and re.fullmatch(r"-?[0-9]+", operand) else operand


def answer_problems(validator: Validator, answers: Mapping[str, Any]) -> list[Problem]:
    """What the schema refuses of these answers, a problem a field."""
    problems: dict[str, Problem] = {}
    for error in validator.iter_errors(dict(answers)):
        name = str(error.instance_path[0]) if error.instance_path else ""
        problems.setdefault(name, Problem(f"/{name}", _rule(error)))
    return [*problems.values()]


LIMITED = {
    "minLength": "must be at least {} characters",
    "maxLength": "must be at most {} characters",
    "minimum": "must be at least {}",
    "maximum": "must be at most {}",
    "multipleOf": "must be a multiple of {}",
    "minItems": "must be at least {} of them",
    "maxItems": "must be at most {} of them",
}


def _rule(error: Any) -> str:
    kind = error.kind
    if kind.name in LIMITED:
        return LIMITED[kind.name].format(getattr(kind, "limit", None) or getattr(kind, "multiple_of", 0))
    return {"pattern": "does not fit the pattern", "enum": "must be one of the options"}.get(kind.name, "does not fit")
