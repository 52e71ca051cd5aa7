"""Publishing (发布): decided first, from what is read; then one conditional move of the pointer, or nothing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from hub.documents.compare import changes
from hub.documents.drafting import Drafts
from hub.documents.kinds import Finding, Kind, Proposal
from hub.documents.linting import Checked, normal
from hub.documents.rails import require_within
from hub.documents.readings import Pins
from hub.documents.scopes import TENANT, Scope
from hub.documents.submissions import (
    MayEdit,
    Moved,
    Publication,
    Submission,
    everywhere,
    require_editable,
    require_period,
)
from hub.documents.versions import PRESET, Draft, Line, Move, Pointer, Version, digest
from hub.documents.versions_table import MOVES_LIMIT, SCOPES_LIMIT
from hub.kernel.dataclass import dataclass
from hub.kernel.effective import END, Switch, in_force, plan
from hub.kernel.errors import Conflict, NotFound
from hub.kernel.regions import BASE
from hub.store.table import Lost

Json = Any
SWITCHES_LIMIT = 100
"""So many switches may lie ahead of a document."""


@dataclass(frozen=True)
class Ground:
    """What a change of one scope stands on, as it was read. known: the pointers of the scopes that meet here; below:
    the versions in force under it when the change begins; now: when it would be recorded."""

    line: Line
    scope: Scope
    pointer: Pointer
    known: Mapping[Line, Pointer]
    below: Pins
    now: datetime


class Publishing(Drafts):
    """Drafts that come into force."""

    def publish(
        self,
        kind: Kind[Any],
        key: str,
        submission: Submission,
        by: str,
        *,
        scope: Scope = TENANT,
        may_edit: MayEdit = everywhere,
        dry_run: bool = False,
    ) -> Publication:
        """Publish a document, an overlay, the draft, or what ships with the hub where there is none. What the kind
        needs first is done first, then one conditional write. The same content as an earlier version is that version
        again.

        Raises Invalid with every finding, those on overlays that could not work over it too; Moved when the head isn't
        the one that was seen, or somebody publishes at this moment; Forbidden, also from who may not say yes to what
        needs approval; NotFound without any of them.
        """
        require_editable(kind, key, scope, may_edit)
        return self._publish(kind, self._ground(kind, key, scope), submission, by, dry_run)

    def _publish(self, kind: Kind[Any], ground: Ground, submission: Submission, by: str, dry_run: bool) -> Publication:
        submission, draft = self._drafted(kind, ground.line, submission)
        require_period(kind, submission)
        ground = self._from(kind, ground, submission.valid_from)
        checked = self._check(kind, ground.line.key, submission.document, ground.scope, ground.below)
        proposal = checked.require("/document")
        version = self._new_version(kind, ground, submission, by)
        earlier = self._number_of(kind, ground, version)
        if earlier and self._holds(kind, ground, earlier, submission.valid_from):
            if draft and not dry_run:
                self._table.discard_draft(ground.line)
            return Publication(ground.scope, earlier, unchanged=True, findings=checked.warnings)
        self._require_seen(kind, ground, submission.seen_version)
        publication = self._foreseen(kind, ground, replace(version, number=earlier or version.number), checked)
        above = self._above_limits(kind, ground, proposal, submission.valid_from)
        above = require_within(above, submission.may_approve or dry_run, "/document")
        publication = replace(publication, findings=(*publication.findings, *above))
        if dry_run:
            return publication
        facts = {} if earlier else kind.published(proposal, self._context)
        start, end = submission.valid_from or ground.now, submission.valid_to
        move = Move(ground.pointer.revision + 1, "publish", publication.version, ground.now, by, start, end)
        try:
            self._move(kind, ground, move, None if earlier else replace(version, facts=facts), draft)
        except Moved:
            fresh = self.pointer(kind, ground.line.key, ground.scope)
            if fresh is None or fresh.head != self._table.number_of(ground.line, digest(version)):
                raise
            return Publication(ground.scope, fresh.head, unchanged=True, findings=checked.warnings)
        return publication

    def _ground(self, kind: Kind[Any], key: str, scope: Scope, states: Mapping[Line, Pointer] | None = None) -> Ground:
        """states: every pointer of the document where they have been read; else they are read now."""
        lines = [Line(kind.name, key, name) for name in self._chain(kind, scope)]
        known = (
            self._pointers(kind, lines) if states is None else {part: states[part] for part in lines if part in states}
        )
        line = Line(kind.name, key, str(scope))
        below: Pins = ()
        if scope != TENANT:
            below = self._pins(kind, {other: state for other, state in known.items() if other != line}, None, None)
            if not below:
                raise NotFound("no such document", kind=kind.name, key=key[:64])
        pointer = known.get(line) or Pointer(stored=False)
        if scope != TENANT and not pointer.stored and states is None:
            self._require_place(kind, key, 1)
        return Ground(line, scope, pointer, known, below, max(self._now(), pointer.moved_at))

    def _from(self, kind: Kind[Any], ground: Ground, start: datetime | None) -> Ground:
        """The same ground for what begins later: over what is planned to be in force then."""
        if ground.scope == TENANT or start is None or start <= ground.now:
            return ground
        others = {line: pointer for line, pointer in ground.known.items() if line != ground.line}
        return replace(ground, below=self._pins(kind, others, start, None))

    def _require_place(self, kind: Kind[Any], key: str, more: int) -> None:
        """Raises Conflict when so many more overlays are more than are read at once."""
        overlays = len(self._table.scopes(kind.name, key)) + more
        if overlays > SCOPES_LIMIT:
            raise Conflict("too many overlays", kind=kind.name, key=key, limit=SCOPES_LIMIT)

    def _drafted(self, kind: Kind[Any], line: Line, submission: Submission) -> tuple[Submission, Draft | None]:
        """What is handed in; where it brings no document of its own the draft, and where there is none what ships."""
        if submission.document is not None:
            return submission, None
        draft = self._table.draft(line)
        preset = kind.presets().get(line.key) if line.scope == BASE else None
        if draft is None and preset is not None:
            return replace(submission, document=preset), None
        if draft is None:
            raise NotFound("no draft", kind=line.kind, key=line.key, scope=line.scope)
        seen = draft.based_on if submission.seen_version is None else submission.seen_version
        start, end = submission.valid_from or draft.valid_from, submission.valid_to or draft.valid_to
        return replace(submission, document=draft.content, seen_version=seen, valid_from=start, valid_to=end), draft

    def _new_version(self, kind: Kind[Any], ground: Ground, submission: Submission, by: str) -> Version:
        document = submission.document
        return Version(
            number=ground.pointer.latest + 1,
            content=document if ground.below else normal(kind, document),
            schema=kind.schema_version,
            over=dict(ground.below),
            valid_from=submission.valid_from,
            valid_to=submission.valid_to,
            published_at=ground.now,
            published_by=by,
        )

    def _number_of(self, kind: Kind[Any], ground: Ground, version: Version) -> int | None:
        """The earlier version that says the same, if one does."""
        if ground.pointer.latest == PRESET:
            return None
        if number := self._table.number_of(ground.line, digest(version)):
            return number
        past = self._past(kind, ground.line.key, ground.scope)
        versions = [self.stored(kind, ground.line, old.number) for old in (past.versions if past else ())]
        return next((old.number for old in versions if digest(old) == digest(version)), None)

    def _holds(self, kind: Kind[Any], ground: Ground, number: int, valid_from: datetime | None) -> bool:
        """Whether publishing this version again would change nothing: it is what is in force from then on."""
        if not kind.effective:
            return ground.pointer.head == number
        records = self._records(kind, ground.line, self._table.moves(ground.line))
        return in_force(records, valid_from or ground.now, END) == number

    def _foreseen(self, kind: Kind[Any], ground: Ground, version: Version, checked: Checked[Any]) -> Publication:
        """What it would change here, and of the overlays above."""
        key, at = ground.line.key, max(version.valid_from or ground.now, ground.now)
        below = self._resolved(kind, key, ground.below)[0].content if ground.below else None
        clashes = self.require_bearable(kind, key, ground.scope, version.content, below, at)
        pins = self._pins(kind, ground.known, at, None)
        before = self._resolved(kind, key, pins)[0].content if pins else {}
        after = checked.require().content.model_dump(mode="json")
        return Publication(
            ground.scope, version.number, changes=changes(before, after), findings=checked.warnings, clashes=clashes
        )

    def _above_limits(
        self, kind: Kind[Any], ground: Ground, proposal: Proposal[Any], start: datetime | None
    ) -> tuple[Finding, ...]:
        """What of it needs approval, against what would be in force without it."""
        if kind.approval is None:
            return ()
        before = self.find(kind, ground.line.key, ground.scope, at=start and max(start, ground.now))
        return tuple(kind.approval(before, proposal, self._context)) if before else ()

    def _require_seen(self, kind: Kind[Any], ground: Ground, seen_version: int | None) -> None:
        if seen_version is not None and seen_version != ground.pointer.head:
            raise self._moved(kind, ground.line, seen_version, ground.pointer)

    def _moved(self, kind: Kind[Any], line: Line, seen: int, pointer: Pointer) -> Moved:
        """What has changed between the version that was seen and the head, as far as there were both."""
        try:
            contents = [self.stored(kind, line, number).content for number in (seen, pointer.head)]
        except NotFound:
            contents = [{}, {}]
        facts = {"kind": kind.name, "key": line.key, "scope": line.scope, "yours": seen, "current": pointer.head}
        return Moved(changes(*contents), **facts, moved_by=pointer.moved_by)

    def _planned(self, kind: Kind[Any], line: Line, move: Move) -> tuple[Switch, ...]:
        """What is in force from a move on. Raises Conflict when that is more than is kept."""
        if not kind.effective:
            return (Switch(move.recorded_at, move.number),)
        switches = plan([*self._records(kind, line, self._table.moves(line)), move.record], move.recorded_at)
        if len(switches) > SWITCHES_LIMIT or move.revision > MOVES_LIMIT:
            raise Conflict("too many switches", ahead=len(switches), moves=move.revision)
        return switches

    def _move(
        self,
        kind: Kind[Any],
        ground: Ground,
        move: Move,
        version: Version | None = None,
        draft: Draft | None = None,
    ) -> None:
        """Raises Moved when somebody was faster, Conflict when the draft was saved meanwhile: nothing is written."""
        seen = ground.pointer
        move = replace(move, plan=self._planned(kind, ground.line, move))
        head = seen.head if move.what == "withdraw" else move.number
        latest = max(seen.latest, move.number)
        pointer = Pointer(move.revision, latest, head, move.plan, move.recorded_at, move.recorded_by)
        says = digest(version) if version else ""
        try:
            self._table.move(ground.line, seen if seen.stored else None, pointer, move, version, says, draft)
        except Lost as error:
            fresh = self._pointers(kind, [ground.line]).get(ground.line)
            if fresh is None or fresh.revision == seen.revision:
                raise Conflict("the draft has changed since", kind=kind.name, key=ground.line.key) from error
            raise self._moved(kind, ground.line, seen.head, fresh) from error
