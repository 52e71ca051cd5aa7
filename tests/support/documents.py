"""Two kinds of documents to test with: forms, which have overlays, and books, which have effective dates."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from hub.documents.kinds import Finding, Kind, Proposal


class Question(BaseModel):
    model_config = ConfigDict(extra="forbid")

    id: str
    label: str = ""
    required: bool = False
    limit: int = Field(default=0, ge=0)


class Form(BaseModel):
    model_config = ConfigDict(extra="forbid")

    title: str = Field(min_length=1)
    questions: list[Question] = []
    tags: list[str] = []


class Book(BaseModel):
    model_config = ConfigDict(extra="forbid")

    prices: dict[str, int] = Field(min_length=1)


@dataclass
class Workshop:
    """The context of the forms: what was made for them, and tags that are forbidden."""

    made: list[str] = field(default_factory=list)
    forbidden: frozenset[str] = frozenset({"bad"})


def lint_form(proposal: Proposal[Form], context: Any) -> Iterable[Finding]:
    """A forbidden tag is an error, no required question a warning."""
    form = proposal.value
    for nth, tag in enumerate(form.tags):
        if context and tag in context.forbidden:
            yield Finding(f"/tags/{nth}", "is forbidden")
    if not any(question.required for question in form.questions):
        yield Finding("/questions", "nothing is required", "warning")


def make_form(proposal: Proposal[Form], context: Any) -> Mapping[str, str]:
    """What a publication needs first."""
    if context is None:
        return {}
    context.made.append(proposal.value.title)
    return {"made": str(len(context.made))}


NOW = datetime(2026, 11, 21, 2, 0, tzinfo=UTC)

REFUND = {
    "title": "退款",
    "questions": [{"id": "reason", "required": True}, {"id": "photo", "limit": 3}, {"id": "logistics_no"}],
}

FORMS = Kind[Form](
    name="form",
    path="/forms",
    title="表单 · Form",
    schema=Form,
    lint=lint_form,
    published=make_form,
    presets=lambda: {"refund": REFUND},
    overlays=True,
    readers=("supervisor", "agent", "store_manager"),
    editors=("supervisor", "store_manager"),
)

BOOKS = Kind[Book](name="book", path="/books", title="价目表 · Price book", schema=Book, effective=True)

STORES = {f"s{nth}": "310101" if nth % 2 else "610113" for nth in range(400)}
"""Half of them lie in 上海黄浦, half in 西安长安."""
