"""A form's document (表单): what is asked, in which section, of what type, when, and what an answer sets off.

A field's `value` is JSON Schema 2020-12 (some keywords of it, by its type); `when` and `required_when` are conditions
of hub.rules on the form's other answers. Lists go by `id`, so a region or store lays its own fields over them.
"""

from collections.abc import Mapping
from typing import Annotated, Any, Literal, Self

from pydantic import Field, model_validator

from functions.tickets.forms.field_types import FieldType
from hub.contracts.base import Contract, Label, Priority, Slug, TicketTag
from hub.contracts.classes import FieldClass

FORM_LIMIT_BYTES = 200_000
FIELDS_LIMIT = 200
OPTIONS_LIMIT = 300
SectionKind = Literal["basic", "need", "remark", "other"]
KINDS: Mapping[str, tuple[str, str]] = {
    "basic": ("客户基础信息", "Customer"),
    "need": ("服务需求", "What is needed"),
    "remark": ("备注", "Remarks"),
}
"""The three sections that a form is expected to have, and what they are called where nobody says."""


class Option(Contract):
    """One choice: `id` is what is stored and compared, `title` what people read ("": the id)."""

    id: Annotated[str, Field(min_length=1, max_length=100)]
    title: Label | None = None

    @model_validator(mode="before")
    @classmethod
    def _plain(cls, raw: Any) -> Any:
        """A text alone is an option that is called so."""
        return {"id": raw} if isinstance(raw, str) else raw


class Section(Contract):
    """A part of the form (分区). kind: which of the three it is. when: asked only then, with all that is in it."""

    id: Slug
    kind: SectionKind = "other"
    title: Label | None = None
    when: dict[str, Any] = Field(default={})

    @property
    def label(self) -> Label:
        """What people read above it."""
        zh, en = KINDS.get(self.kind, (self.id, self.id))
        return self.title or Label(zh=zh, en=en)


class FormField(Contract):
    """One question. required_when: required only then (beside `required`, always). field_class: what stands there, for
    the field policy: "" as its type says, "plain" for what everybody may see. fact: what of the customer it tells."""

    id: Slug
    section: Slug
    title: Label
    type: FieldType
    required: bool = False
    when: dict[str, Any] = Field(default={})
    required_when: dict[str, Any] | None = None
    options: Annotated[tuple[Option, ...], Field(max_length=OPTIONS_LIMIT)] = ()
    value: dict[str, Any] = Field(default={}, description="JSON Schema 2020-12 of the answer, beside its type")
    hint: Label | None = None
    field_class: FieldClass | Literal["plain", ""] = ""
    fact: Slug | Literal[""] = ""


class TicketOutcome(Contract):
    """The ticket that a submission opens."""

    type: Slug
    priority: Priority = "normal"
    skill: Slug | Literal[""] = ""
    topic: Slug | Literal[""] = ""
    tags: Annotated[tuple[TicketTag, ...], Field(max_length=20)] = ()


class TicketRule(Contract):
    """What is opened when the answers are so; the first rule that holds says it."""

    id: Slug
    when: dict[str, Any]
    then: TicketOutcome


class OnSubmit(Contract):
    """What a submission sets off. ticket: where no rule holds; None: then no ticket."""

    rules: Annotated[tuple[TicketRule, ...], Field(max_length=100)] = ()
    ticket: TicketOutcome | None = None


class Form(Contract):
    """A form. open_to: who may hand it in: `staff`, or `public`: whoever has its page /f/{key}. template: the shipped
    form that it was made from. extends: in a document that is handed in, the shipped form whose parts come first; they
    are written into this one, which a later release leaves as it is."""

    title: Label
    intro: Label | None = None
    open_to: Literal["public", "staff"] = "staff"
    extends: Slug | Literal[""] = ""
    template: Slug | Literal[""] = ""
    sections: Annotated[tuple[Section, ...], Field(min_length=1, max_length=20)]
    fields: Annotated[tuple[FormField, ...], Field(min_length=1, max_length=FIELDS_LIMIT)]
    on_submit: OnSubmit = Field(default_factory=OnSubmit)

    @model_validator(mode="before")
    @classmethod
    def _bounded(cls, raw: Any) -> Any:
        """Refused before it is looked at closely; then put together with the form that it extends."""
        if not isinstance(raw, dict):
            return raw
        if isinstance(raw.get("fields"), list) and len(raw["fields"]) > FIELDS_LIMIT:
            raise ValueError(f"must have at most {FIELDS_LIMIT} fields")
        return extended(raw) if raw.get("extends") else raw

    @model_validator(mode="after")
    def _settled(self) -> Self:
        """What was to be put together has been."""
        if self.extends:
            raise ValueError("extends: no form of this name ships with the hub")
        return self

    def field(self, name: str) -> FormField | None:
        """The field of this id."""
        return next((field for field in self.fields if field.id == name), None)


def extended(raw: dict[str, Any]) -> dict[str, Any]:
    """A document with the parts of the shipped form that it extends in front; its own of the same id take their
    place."""
    from functions.tickets.forms.shipped import shipped_forms  # which reads files: only who extends needs them

    base = shipped_forms().get(raw["extends"])
    if base is None:
        return raw
    lists = {name: _joined(base[name], raw.get(name) or []) for name in ("sections", "fields")}
    return {**base, **raw, **lists, "extends": "", "template": raw["extends"]}


def _joined(base: list[Any], own: list[Any]) -> list[Any]:
    """The base's items, each in its place, an own one instead where there is one; then what is new."""
    by_id = {item["id"]: item for item in own if isinstance(item, dict) and isinstance(item.get("id"), str)}
    first = [by_id.get(item["id"], item) for item in base]
    return [*first, *(item for item in own if item not in first)]
