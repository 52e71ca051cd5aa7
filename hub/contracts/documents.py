"""HTTP bodies of documents, the same for every kind: what is in force, drafts, findings, publications, copies.

Where a `document` stands, the generated reference shows the kind's own schema.
"""

from typing import Annotated, Any, Literal

from pydantic import Field

from hub.contracts.base import Contract, Moment
from hub.contracts.http import PageQuery

Json = dict[str, Any]
Number = Annotated[int, Field(ge=0, le=999_999)]
ScopeText = Annotated[
    str,
    Field(
        min_length=1,
        max_length=80,
        examples=["base", "310000", "store_001"],
        description="base, a region code, or a store's id (store:<id> where that looks like a region code)",
    ),
]
Which = Annotated[
    str,
    Field(
        pattern=r"^(current|draft|[0-9]{1,6})$", description="current: what is in force; draft; or a version's number"
    ),
]
Pointer = Annotated[str, Field(description="a JSON pointer; items of lists with ids are named by their id")]


class DocumentQuery(Contract):
    """at: what was in force then, as known then; known_at: as known at another moment. version: that version of the
    scope, whatever is in force. store: the same as its scope."""

    scope: ScopeText = "base"
    store: str = Field(default="", max_length=64)
    version: Number | None = None
    at: Moment | None = None
    known_at: Moment | None = None


class ScopeQuery(Contract):
    """Which scope's."""

    scope: ScopeText = "base"


class HistoryQuery(PageQuery):
    """The moves of one scope."""

    scope: ScopeText = "base"


class CompareQuery(Contract):
    """What has changed from `old` to `new`."""

    old: Which = "current"
    new: Which = "draft"
    scope: ScopeText = "base"


class LintDocument(Contract):
    """A document, or for a scope that isn't base its overlay."""

    document: Json
    scope: ScopeText = "base"


class CompareDocument(LintDocument):
    """What would change from `old` to this document."""

    old: Which = "current"


class SaveDraft(LintDocument):
    """seen_draft: the revision that its author saw, 0 for none: if there is another by now, the answer is 409.
    seen_version: the head that it was made from, today's unless stated."""

    seen_draft: Number | None = None
    seen_version: Number | None = None
    valid_from: Moment | None = None
    valid_to: Moment | None = None


class PublishDocument(Contract):
    """document: none publishes the draft. seen_version: the head that its author saw: if there is another by now, the
    answer is 409 with what has changed. valid_from, valid_to: of kinds with effective dates, from now on unless
    stated."""

    document: Json | None = None
    scope: ScopeText = "base"
    seen_version: Number | None = None
    valid_from: Moment | None = None
    valid_to: Moment | None = None


class RevertDocument(Contract):
    """version: the one that is to be in force again; 0 is what ships with the hub, or in a region or store nothing."""

    version: Number
    scope: ScopeText = "base"
    seen_version: Number | None = None


class WithdrawDocument(Contract):
    """version: the one that is taken back."""

    version: Number
    scope: ScopeText = "base"


class CopyDocument(Contract):
    """The overlay of `source` becomes that of each of `targets`; of base, what makes each of them read as base does."""

    source: ScopeText = "base"
    targets: tuple[ScopeText, ...] = Field(min_length=1, max_length=500)


class FindingView(Contract):
    """What is to be said of one place of a document. An error is refused, a warning is not."""

    pointer: str
    rule: str
    severity: Literal["error", "warning"]


class LintView(Contract):
    """Every finding. usable: none of them is an error."""

    usable: bool
    findings: tuple[FindingView, ...]


class ChangeView(Contract):
    """One place that differs. was, now: absent where there is nothing."""

    pointer: Pointer
    what: Literal["added", "changed", "moved", "removed"]
    was: Any = None
    now: Any = None


class ChangesView(Contract):
    """What differs, the first five hundred places of it."""

    old: str
    new: str
    changes: tuple[ChangeView, ...]


class ConflictView(Contract):
    """One place that an overlay and what lies below it have both changed since it was written: the overlay's holds."""

    scope: str
    pointer: Pointer
    was: Any = None
    overlay: Any = None
    below: Any = None


class OriginView(Contract):
    """Whose a part of a document is; a part that isn't listed is of the part around it."""

    pointer: Pointer
    scope: str
    version: int


class SwitchView(Contract):
    """From `start` on this version is in force; none: nothing is."""

    start: Moment
    version: int | None


class DocumentView(Contract):
    """A document as it is in force in a scope. version: of the scope's own; 0: of what ships with the hub, or no
    overlay. head_version: what `seen_version` compares with. pins: every version that it is made of.
    overlay: what the scope changes of what is below it. origins, conflicts: where there are overlays. ahead: what will
    be in force, of kinds with effective dates. facts: what followed from the base's publication."""

    kind: str
    key: str
    scope: str
    version: int
    head_version: int
    latest_version: int
    origin: Literal["preset", "published"]
    pins: str
    document: Json
    overlay: Json | None = None
    origins: tuple[OriginView, ...] = ()
    conflicts: tuple[ConflictView, ...] = ()
    valid_from: Moment | None = None
    valid_to: Moment | None = None
    ahead: tuple[SwitchView, ...] = ()
    published_at: Moment | None = None
    published_by: str = ""
    facts: dict[str, str] = Field(default_factory=dict)


class DocumentHead(Contract):
    """One document of a list, as base has it; version None: there is only a draft."""

    key: str
    version: int | None
    origin: Literal["preset", "published", "draft"]
    published_at: Moment | None = None
    published_by: str = ""


class DraftView(Contract):
    """What is being worked on in a scope. revision: what `seen_draft` compares with. based_on: the head then."""

    kind: str
    key: str
    scope: str
    revision: int
    based_on: int
    document: Json
    saved_at: Moment
    saved_by: str
    valid_from: Moment | None = None
    valid_to: Moment | None = None
    warnings: tuple[FindingView, ...] = ()


class MoveView(Contract):
    """One move of a scope's pointer, as it was recorded."""

    revision: int
    what: Literal["publish", "revert", "withdraw"]
    version: int
    recorded_at: Moment
    recorded_by: str
    valid_from: Moment | None = None
    valid_to: Moment | None = None


class OverlayView(Contract):
    """One region or store with an overlay, and where it conflicts with what lies below it today."""

    scope: str
    version: int
    pins: str
    conflicts: tuple[ConflictView, ...] = ()


class OverlaysView(Contract):
    """Every overlay of a document."""

    data: tuple[OverlayView, ...]


class PublicationView(Contract):
    """What was done, or with `dry_run` what would be. version: its number, an earlier one where that says the same.
    unchanged: it was in force already. changes: to what is read in this scope. conflicts: overlays above it that have
    changed the same; they hold."""

    kind: str
    key: str
    scope: str
    version: int
    unchanged: bool
    dry_run: bool
    changes: tuple[ChangeView, ...] = ()
    warnings: tuple[FindingView, ...] = ()
    conflicts: tuple[ConflictView, ...] = ()

    @property
    def id(self) -> str:
        """What a repeat of the request is answered from."""
        return str(self.version)


class CopyResult(Contract):
    """What came of one scope: it is written whole, or not at all."""

    scope: str
    outcome: Literal["copied", "unchanged", "refused"]
    version: int | None = None
    code: str = ""
    reason: str = ""


class CopiesView(Contract):
    """One result a scope."""

    key: str
    dry_run: bool
    results: tuple[CopyResult, ...]
