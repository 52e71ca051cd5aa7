"""What is handed in to be published, and what came of it. Pure."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import field
from datetime import datetime
from typing import Any, Literal

from hub.documents.compare import Change
from hub.documents.kinds import Finding, Kind, is_key
from hub.documents.merge import Clash
from hub.documents.overlay import ABSENT
from hub.documents.scopes import TENANT, Scope
from hub.kernel.dataclass import dataclass
from hub.kernel.errors import Difference, Forbidden, HubError, Invalid, NotFound, Problem, Stale

Json = Any
MayEdit = Callable[[Scope], bool]
TOLD_LIMIT = 50
"""So many changes are told to who was overtaken."""
VALUE_LIMIT = 80
"""So many characters of a value."""


@dataclass(frozen=True, slots=True)
class Submission:
    """What is to be published. document: None for the draft. seen_version: the head that its author saw (of a draft:
    when it was saved). valid_from, valid_to: of a kind with effective dates; from now on unless stated. may_approve:
    whether who hands it in may say yes to what needs approval."""

    document: Json = None
    seen_version: int | None = None
    valid_from: datetime | None = None
    valid_to: datetime | None = None
    may_approve: bool = True


@dataclass(frozen=True, slots=True)
class Publication:
    """What a publication did, or with `dry_run` would do. version: its number, the earlier one where an earlier version
    says the same; unchanged: it was in force already. changes: against what is in force here. findings: warnings.
    clashes: overlays above that change the same, which stay as they are, by their scopes."""

    scope: Scope
    version: int
    unchanged: bool = False
    changes: tuple[Change, ...] = ()
    findings: tuple[Finding, ...] = ()
    clashes: Mapping[str, tuple[Clash, ...]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Copied:
    """What came of one scope of a copy. error: why nothing of it was written."""

    scope: str
    outcome: Literal["copied", "unchanged", "refused"]
    version: int | None = None
    error: HubError | None = None


class Moved(Stale):
    """Somebody has published since the author looked: `problems` says what has changed, place by place."""

    def __init__(self, changed: Sequence[Change] = (), **facts: object) -> None:
        shown = changed[:TOLD_LIMIT]
        super().__init__("the document has moved on", [_difference(change) for change in shown], **facts)
        self.problems = tuple(Problem(change.pointer, _told(change)) for change in shown)


def everywhere(scope: Scope) -> bool:  # noqa: ARG001 - MayEdit's signature
    """For who may edit in every scope: the hub itself."""
    return True


def require_editable(kind: Kind[Any], key: str, scope: Scope, may_edit: MayEdit) -> None:
    """Raises NotFound for a scope that the kind hasn't, Forbidden where `may_edit` says no, Invalid for no key."""
    if scope != TENANT and not kind.overlays:
        raise NotFound("no such scope", kind=kind.name, scope=scope)
    if not may_edit(scope):
        raise Forbidden("outside what you may edit", kind=kind.name, scope=scope)
    if not is_key(key):
        raise Invalid("key", problems=[Problem("path:key", "must be lower-case letters, digits and _")])


def require_period(kind: Kind[Any], submission: Submission) -> None:
    """Raises Invalid for dates that the kind doesn't have, or that are no period."""
    start, end = submission.valid_from, submission.valid_to
    dates = {"valid_from": start, "valid_to": end}
    if not kind.effective:
        wrong = [Problem(f"/{name}", "has no meaning here") for name, moment in dates.items() if moment]
    else:
        wrong = [Problem("/valid_to", "must be after valid_from")] if start and end and end <= start else []
    if wrong:
        raise Invalid("dates", problems=wrong)


def _difference(change: Change) -> Difference:
    seen, now = (None if value is ABSENT else value for value in (change.was, change.now))
    return Difference(change.pointer, seen, now=now)


def _told(change: Change) -> str:
    if change.what == "moved":
        return "moved since"
    return f"{change.what} since: {_short(change.was)} → {_short(change.now)}"


def _short(value: Json) -> str:
    text = "-" if value is ABSENT else json.dumps(value, ensure_ascii=False)
    return text if len(text) <= VALUE_LIMIT else f"{text[:VALUE_LIMIT]}…"
