"""HTTP bodies that every room uses: a page of a list, and the error answer (RFC 9457)."""

from typing import Any, Generic, TypeVar

from pydantic import Field

from hub.contracts.base import Contract

Item = TypeVar("Item")
PAGE_LIMIT = 200


class Page(Contract, Generic[Item]):
    """One page of a list. `next_cursor` is opaque: hand it back as `?cursor=` for the next page; "" at the end."""

    data: tuple[Item, ...]
    next_cursor: str = ""
    has_more: bool = False


class PageQuery(Contract):
    """The query of every list."""

    limit: int = Field(default=50, ge=1, le=PAGE_LIMIT)
    cursor: str = ""


class FieldProblem(Contract):
    """One wrong field: `pointer` is a JSON pointer into the body, or names a query field or header."""

    pointer: str
    detail: str


class FieldDifference(Contract):
    """One field that is not as its sender saw it. null: not known, or nothing there."""

    pointer: str = Field(description="a JSON pointer into the thing as it is shown", examples=["/assignee"])
    seen: Any = Field(default=None, description="as it was in the version that you named")
    yours: Any = Field(default=None, description="as you want it, where your body speaks of it")
    now: Any = Field(default=None, description="as it is")


class ProblemInChinese(Contract):
    """What an error says, in Chinese: `errors` in the order of the answer's own."""

    detail: str = ""
    errors: tuple[FieldProblem, ...] = ()


class ProblemAnswer(Contract):
    """application/problem+json: what every error answer looks like. `title` is Chinese and English; `detail` and
    `errors` are English, and stand in `zh` in Chinese."""

    type: str
    title: str
    status: int
    detail: str = ""
    instance: str = Field(default="", description="the request's id: quote it when you ask for help")
    errors: tuple[FieldProblem, ...] = ()
    zh: ProblemInChinese = Field(default_factory=ProblemInChinese)
    facts: dict[str, str] = Field(default_factory=dict)
    differences: tuple[FieldDifference, ...] = Field(
        default=(), description="of a 409 about a version that has moved on: field by field, as far as you may see it"
    )
