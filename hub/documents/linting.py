"""Linting a document (文档检查): every finding with its place, before anything is stored. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Generic, TypeVar

from pydantic import ValidationError

from hub.contracts.base import NO_NUMBER, misread
from hub.documents.kinds import Finding, Kind, Proposal, findings_of
from hub.documents.overlay import AFTER, VALUE, pointer, strangers
from hub.documents.scopes import TENANT, Scope
from hub.documents.versions import canonical
from hub.kernel.dataclass import dataclass
from hub.kernel.errors import Invalid, Problem
from hub.kernel.wrong_places import wrong_places

Json = Any
Value = TypeVar("Value")

DOCUMENT_LIMIT_BYTES = 2_000_000
"""Of a document as JSON in UTF-8."""
DEPTH_LIMIT = 32
"""So deep may objects and lists lie in one another."""
FINDINGS_LIMIT = 200
"""So many findings are told of one document."""
RESERVED = (VALUE, AFTER)


@dataclass(frozen=True)
class Checked(Generic[Value]):
    """What lint says of a document. proposal: None where it does not parse."""

    proposal: Proposal[Value] | None
    findings: tuple[Finding, ...] = ()

    @property
    def errors(self) -> tuple[Finding, ...]:
        return tuple(finding for finding in self.findings if finding.severity == "error")

    @property
    def warnings(self) -> tuple[Finding, ...]:
        return tuple(finding for finding in self.findings if finding.severity == "warning")

    def require(self, prefix: str = "") -> Proposal[Value]:
        """The proposal. Raises Invalid with every error, each pointer behind `prefix`."""
        if self.errors or self.proposal is None:
            problems = [Problem(prefix + finding.pointer, finding.rule) for finding in self.errors]
            raise Invalid("the document cannot work", problems=problems)
        return self.proposal


def check(kind: Kind[Value], key: str, content: Json, context: Any, scope: Scope = TENANT) -> Checked[Value]:
    """A whole document, checked: its shape, its schema, what `read` makes of it, then the kind's own lint."""
    if shape := _shape(content, whole=True, limit_bytes=kind.limit_bytes or DOCUMENT_LIMIT_BYTES):
        return Checked(None, shape)
    try:
        proposal = propose(kind, key, content, scope)
    except Invalid as error:
        return Checked(None, findings_of(error)[:FINDINGS_LIMIT])
    return Checked(proposal, tuple(kind.lint(proposal, context))[:FINDINGS_LIMIT])


def propose(kind: Kind[Value], key: str, content: Json, scope: Scope = TENANT) -> Proposal[Value]:
    """A document by its kind's schema and `read`. Raises Invalid with every problem of the step that fails."""
    try:
        model = kind.schema.model_validate(content)
    except ValidationError as error:
        raise Invalid("the document does not parse", problems=_problems(error, content)) from None
    if wrong := [Problem(pointer, NO_NUMBER) for pointer in misread(content, model)]:
        raise Invalid("the document does not parse", problems=wrong)
    return Proposal(key, model, kind.read(model), scope)


def normal(kind: Kind[Value], content: Json) -> Json:
    """Content as it is stored: by its schema, defaults filled in. It must validate."""
    return kind.schema.model_validate(content).model_dump(mode="json")


def check_overlay(below: Json, overlay: Json) -> tuple[Finding, ...]:
    """What is wrong with an overlay before it is laid over what is below it."""
    if shape := _shape(overlay, whole=False):
        return shape
    rule = "there is no such part in the document below"
    return tuple(Finding(pointer(place), rule) for place in strangers(below, overlay))[:FINDINGS_LIMIT]


def _shape(content: Json, *, whole: bool, limit_bytes: int = DOCUMENT_LIMIT_BYTES) -> tuple[Finding, ...]:
    """How large first, which is soon said of anything."""
    if not isinstance(content, dict):
        return (Finding("", "must be an object"),)
    if _bytes_of(content) > limit_bytes:
        return (Finding("", f"must be at most {limit_bytes} bytes of JSON"),)
    if deep := _too_deep(content):
        return (Finding(pointer(deep), f"must lie at most {DEPTH_LIMIT} levels deep"),)
    places = _reserved(content, ()) if whole else ()
    return tuple(Finding(pointer(place), "is a word of overlays") for place in places)[:FINDINGS_LIMIT]


def _bytes_of(content: Json) -> int:
    """Of its JSON in UTF-8; 0 for what lies too deep to be written."""
    try:
        return len(canonical(content).encode(errors="replace"))
    except RecursionError:
        return 0


def _too_deep(content: Json, place: tuple[str, ...] = ()) -> tuple[str, ...] | None:
    if len(place) >= DEPTH_LIMIT and isinstance(content, dict | list):
        return place
    inner = (_too_deep(part, (*place, name)) for name, part in _parts(content))
    return next((deep for deep in inner if deep), None)


def _reserved(content: Json, place: tuple[str, ...]) -> list[tuple[str, ...]]:
    own = [(*place, name) for name in RESERVED if isinstance(content, dict) and name in content]
    return own + [inner for name, part in _parts(content) for inner in _reserved(part, (*place, name))]


def _parts(content: Json) -> Sequence[tuple[str, Json]]:
    if isinstance(content, dict):
        return [*content.items()]
    return [(str(nth), part) for nth, part in enumerate(content)] if isinstance(content, list) else []


def _problems(error: ValidationError, content: Json) -> list[Problem]:
    """pydantic's findings: each wrong place, and what would be right."""
    items = wrong_places(error.errors(include_url=False, include_context=False, include_input=False), content)
    return [Problem(pointer([str(part) for part in item.place]), _rule(item.kind, item.words)) for item in items]


def _rule(kind: str, message: str) -> str:
    known = {"missing": "is required", "extra_forbidden": "is not a known field"}
    return known.get(kind, message.removeprefix("Value error, "))
