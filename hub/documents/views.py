"""Documents as the HTTP API shows them. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from hub.contracts.documents import (
    ChangeView,
    ConflictView,
    CopyResult,
    DocumentHead,
    DocumentView,
    DraftView,
    FindingView,
    MoveView,
    OriginView,
    OverlayView,
    PublicationView,
    SwitchView,
)
from hub.documents.compare import Change
from hub.documents.kinds import Finding, Kind
from hub.documents.merge import Clash
from hub.documents.overlay import ABSENT
from hub.documents.readings import Overlaid, Reading, pin_text
from hub.documents.scopes import TENANT, Scope
from hub.documents.submissions import Copied, Publication
from hub.documents.versions import PRESET, Draft, Move, Pointer, Version

Json = Any


def show_document(
    kind: Kind[Any], scope: Scope, reading: Reading[Any], pointer: Pointer | None, overlay: Version | None
) -> DocumentView:
    """A reading in a scope. overlay: the scope's own, None where it has none or is base. pointer: the scope's own."""
    own = reading.base if scope == TENANT else overlay
    number = own.number if own else PRESET
    state = pointer or Pointer()
    return DocumentView(
        kind=kind.name,
        key=reading.key,
        scope=str(scope),
        version=number,
        head_version=state.head,
        latest_version=state.latest,
        origin="preset" if reading.version == PRESET else "published",
        pins=reading.pin,
        document=reading.content,
        overlay=overlay.content if overlay else None,
        origins=tuple(
            OriginView(pointer=place, scope=origin.scope, version=origin.version)
            for place, origin in reading.origins.items()
        ),
        conflicts=show_clashes(reading.clashes),
        valid_from=(own.valid_from or own.published_at) if own and kind.effective else None,
        valid_to=own.valid_to if own else None,
        ahead=tuple(SwitchView(start=s.start, version=s.number) for s in state.plan[1:]) if kind.effective else (),
        published_at=(own or reading.base).published_at,
        published_by=(own or reading.base).published_by,
        facts=dict(reading.base.facts),
    )


def show_head(key: str, reading: Reading[Any] | None) -> DocumentHead:
    """One line of a list; reading: None where there is only a draft."""
    if reading is None:
        return DocumentHead(key=key, version=None, origin="draft")
    return DocumentHead(
        key=key,
        version=reading.version,
        origin="preset" if reading.version == PRESET else "published",
        published_at=reading.base.published_at,
        published_by=reading.base.published_by,
    )


def show_draft(kind: Kind[Any], key: str, scope: Scope, draft: Draft, warnings: Iterable[Finding] = ()) -> DraftView:
    """A draft; warnings where it was just linted."""
    return DraftView(
        kind=kind.name,
        key=key,
        scope=str(scope),
        revision=draft.revision,
        based_on=draft.based_on,
        document=draft.content,
        saved_at=draft.saved_at,
        saved_by=draft.saved_by,
        valid_from=draft.valid_from,
        valid_to=draft.valid_to,
        warnings=show_findings(warnings),
    )


def show_move(kind: Kind[Any], move: Move) -> MoveView:
    """One move; its period where the kind has effective dates."""
    dated = kind.effective and move.what != "withdraw"
    return MoveView(
        revision=move.revision,
        what=move.what,
        version=move.number,
        recorded_at=move.recorded_at,
        recorded_by=move.recorded_by,
        valid_from=move.valid_from if dated else None,
        valid_to=move.valid_to if dated else None,
    )


def show_publication(kind: Kind[Any], key: str, publication: Publication, *, dry_run: bool) -> PublicationView:
    """What a publication did, or would do."""
    return PublicationView(
        kind=kind.name,
        key=key,
        scope=str(publication.scope),
        version=publication.version,
        unchanged=publication.unchanged,
        dry_run=dry_run,
        changes=show_changes(publication.changes),
        warnings=show_findings(publication.findings),
        conflicts=show_clashes(publication.clashes),
    )


def show_overlay(overlaid: Overlaid) -> OverlayView:
    """One region's or store's."""
    scope = str(overlaid.scope)
    pins, conflicts = pin_text(overlaid.pins), show_clashes({scope: overlaid.clashes})
    return OverlayView(scope=scope, version=overlaid.version, pins=pins, conflicts=conflicts)


def show_copy(copied: Copied) -> CopyResult:
    """What came of one scope."""
    error = copied.error
    return CopyResult(
        scope=copied.scope,
        outcome=copied.outcome,
        version=copied.version,
        code=error.code if error else "",
        reason=error.detail if error else "",
    )


def show_findings(findings: Iterable[Finding]) -> tuple[FindingView, ...]:
    """What lint says."""
    return tuple(FindingView(pointer=f.pointer, rule=f.rule, severity=f.severity) for f in findings)


def show_changes(changes: Iterable[Change]) -> tuple[ChangeView, ...]:
    """What differs."""
    return tuple(
        ChangeView(pointer=change.pointer, what=change.what, was=_value(change.was), now=_value(change.now))
        for change in changes
    )


def show_clashes(clashes: Mapping[str, Iterable[Clash]]) -> tuple[ConflictView, ...]:
    """By scope, as an overlay holds against what is below it."""
    return tuple(
        ConflictView(
            scope=scope,
            pointer=clash.pointer,
            was=_value(clash.was),
            overlay=_value(clash.ours),
            below=_value(clash.theirs),
        )
        for scope, parts in clashes.items()
        for clash in parts
    )


def _value(value: Json) -> Json:
    return None if value is ABSENT else value
