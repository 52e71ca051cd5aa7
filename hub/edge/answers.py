"""From an error of the tree to the answer that a caller reads (RFC 9457), by type alone."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import field
from typing import Any, TypeVar

from pydantic import ValidationError

from hub.contracts.http import FieldDifference, FieldProblem, Page, ProblemAnswer, ProblemInChinese
from hub.edge import cursors
from hub.edge.chinese import detail_zh, field_zh
from hub.kernel import errors
from hub.kernel.dataclass import dataclass
from hub.kernel.errors import HubError, Invalid, Problem
from hub.kernel.wrong_places import Wrong, wrong_places

PROBLEM_TYPE = "application/problem+json"
XLSX_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
PDF_TYPE = "application/pdf"
BINARY_TYPES = (XLSX_TYPE, PDF_TYPE)
"""Answers that are no text: they leave as bytes."""
Item = TypeVar("Item")
TYPE_BASE = "urn:scrm-hub:problem:"
WRONG_FIELDS = "the request has wrong fields"

STATUS: Mapping[type[HubError], tuple[int, str]] = {
    errors.Malformed: (400, "请求无法解析 · The request cannot be read"),
    errors.Unauthenticated: (401, "请先登录 · Sign in first"),
    errors.Forbidden: (403, "没有权限 · Not allowed"),
    errors.NotFound: (404, "找不到 · Not found"),
    errors.NotAllowed: (405, "不支持该方法 · Method not allowed"),
    errors.Conflict: (409, "已被更改 · It has changed since"),
    errors.Stale: (409, "已被更改 · It has changed since"),
    errors.TooLarge: (413, "内容过大 · Too large"),
    errors.Invalid: (422, "内容有误 · Some fields are wrong"),
    errors.TooMany: (429, "请求过于频繁 · Too many requests"),
    errors.Refuse: (400, "请求被拒绝 · Refused"),
    errors.Retry: (503, "请稍后再试 · Try again shortly"),
    errors.Broken: (500, "系统错误 · Our fault"),
    errors.HubError: (500, "系统错误 · Our fault"),
}


@dataclass(frozen=True)
class Raw:
    """An answer that is not a JSON model: its bytes, exactly."""

    status: int
    body: bytes
    content_type: str = "text/plain; charset=utf-8"
    headers: Mapping[str, str] = field(default_factory=dict)


def page(items: Iterable[Item], position: Mapping[str, Any] | None = None) -> Page[Item]:
    """A page of a list, all of it unless it goes on. position: where DynamoDB goes on after these items, None at the
    end."""
    return Page(data=tuple(items), next_cursor=cursors.encode(position), has_more=position is not None)


def status_of(error: HubError) -> tuple[int, str]:
    """HTTP status and title for an error: the nearest ancestor in the tree that is mapped."""
    return next(STATUS[kind] for kind in type(error).__mro__ if kind in STATUS)


def problem(error: HubError, instance: str) -> ProblemAnswer:
    """The problem+json body. Facts of a 5xx stay inside: they go to the log, not to the caller."""
    status, title = status_of(error)
    ours, problems = status >= 500, getattr(error, "problems", ())
    detail = "" if ours and not isinstance(error, errors.Retry) else _sentence(error)
    in_chinese = tuple(FieldProblem(pointer=p.pointer, detail=field_zh(p.rule)) for p in problems)
    return ProblemAnswer(
        type=TYPE_BASE + error.code,
        title=title,
        status=status,
        detail=detail,
        instance=instance,
        errors=tuple(FieldProblem(pointer=p.pointer, detail=p.rule) for p in problems),
        zh=ProblemInChinese(detail=detail_zh(detail, title), errors=in_chinese),
        facts={} if ours else {name: str(value) for name, value in error.facts.items()},
        differences=tuple(
            FieldDifference(pointer=d.pointer, seen=d.seen, yours=d.yours, now=d.now)
            for d in getattr(error, "differences", ())
        ),
    )


def _sentence(error: HubError) -> str:
    """What an error says; one that only names its subject ("service") is told by its fields."""
    return WRONG_FIELDS if isinstance(error, Invalid) and error.problems and " " not in error.detail else error.detail


def invalid_from(error: ValidationError, prefix: str = "") -> Invalid:
    """pydantic's findings as ours: every wrong field with its JSON pointer and what would be right."""
    findings = wrong_places(error.errors(include_url=False, include_context=False, include_input=False))
    return Invalid(WRONG_FIELDS, problems=[Problem(prefix + _pointer(item.place), _rule(item)) for item in findings])


def _pointer(location: tuple[Any, ...]) -> str:
    return "".join("/" + str(part).replace("~", "~0").replace("/", "~1") for part in location)


def _rule(item: Wrong) -> str:
    if item.kind == "missing":
        return "is required"
    if item.kind == "extra_forbidden":
        return "is not a known field"
    return item.words.removeprefix("Value error, ")
