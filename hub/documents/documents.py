"""Documents, all that can be done with them: reading and publishing, and here going back, taking back and copying."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from hub.documents.compare import changes
from hub.documents.kinds import Finding, Kind, Proposal
from hub.documents.linting import check
from hub.documents.overlay import difference
from hub.documents.publishing import Ground, Publishing
from hub.documents.rails import new_steps, require_within
from hub.documents.resolve import lay
from hub.documents.scopes import TENANT, Scope
from hub.documents.submissions import Copied, MayEdit, Publication, Submission, everywhere, require_editable
from hub.documents.versions import PRESET, Line, Move, Pointer
from hub.kernel.errors import Conflict, Invalid, NotFound, Problem, Refuse, Retry

Json = Any
COPIES_LIMIT = 500
"""To so many scopes a document is copied in one call."""


class Documents(Publishing):
    """The documents of one tenant in one room's table: see Reader for what it is made of. `by`: who does it;
    `may_edit`: in which scopes they may."""

    def revert(
        self,
        kind: Kind[Any],
        key: str,
        number: int,
        by: str,
        *,
        scope: Scope = TENANT,
        may_edit: MayEdit = everywhere,
        seen_version: int | None = None,
        may_approve: bool = True,
        dry_run: bool = False,
    ) -> Publication:
        """Put an earlier version in force again, from now on: held to the same rails as a publication. Version 0 is
        what ships with the hub; in a region or store, no overlay. Raises NotFound where there is no such version, else
        as `publish`."""
        require_editable(kind, key, scope, may_edit)
        ground = self._ground(kind, key, scope)
        proposal = self._again(kind, ground, number)
        after = proposal.content.model_dump(mode="json")
        self._require_seen(kind, ground, seen_version)
        if self._number(kind, ground.line, ground.pointer, None, None) == number:
            return Publication(scope, number, unchanged=True)
        below = self._resolved(kind, key, ground.below)[0].content if ground.below else None
        content = self.stored(kind, ground.line, number).content if number or not ground.below else {}
        clashes = self.require_bearable(kind, key, scope, content, below, ground.now)
        pins = self._pins(kind, ground.known, None, None)
        before = self._resolved(kind, key, pins)[0].content if pins else {}
        above = require_within(self._above_limits(kind, ground, proposal, None), may_approve or dry_run)
        if not dry_run:
            self._move(kind, ground, Move(ground.pointer.revision + 1, "revert", number, ground.now, by, ground.now))
        return Publication(scope, number, changes=changes(before, after), findings=above, clashes=clashes)

    def _again(self, kind: Kind[Any], ground: Ground, number: int) -> Proposal[Any]:
        """The whole document that an earlier version makes today. Raises Invalid when that cannot work any more."""
        key = ground.line.key
        if not ground.below:
            whole = self.stored(kind, ground.line, number).content
        else:
            below = self._resolved(kind, key, ground.below)[0]
            whole = lay(below, self._layer(kind, key, ground.line.scope, number)).content if number else below.content
        return check(kind, key, whole, self._context, ground.scope).require()

    def withdraw(
        self,
        kind: Kind[Any],
        key: str,
        number: int,
        by: str,
        *,
        scope: Scope = TENANT,
        may_edit: MayEdit = everywhere,
        may_approve: bool = True,
        dry_run: bool = False,
    ) -> Publication:
        """Take a version of a kind with effective dates back: it isn't in force from now on, and what was below it is,
        if that can work, and is within the rails of a publication. Raises NotFound where there is none, Conflict when
        nothing would ever be in force any more, else as `publish`."""
        require_editable(kind, key, scope, may_edit)
        ground = self._ground(kind, key, scope)
        moves = [move for move in self.moves(kind, key, scope) if move.number == number]
        if not kind.effective or not moves:
            raise NotFound("no such version", kind=kind.name, key=key, scope=scope, version=number)
        if moves[-1].what == "withdraw":
            return Publication(scope, number, unchanged=True)
        move = Move(ground.pointer.revision + 1, "withdraw", number, ground.now, by, ground.now)
        planned = self._planned(kind, ground.line, move)
        if all(switch.number is None for switch in planned):
            raise Conflict("a document keeps at least one version", version=number)
        above = [
            finding
            for before, after in new_steps(ground.pointer.plan, planned, ground.now)
            for finding in self._stepped(kind, ground, before, after)
        ]
        findings = require_within(above, may_approve or dry_run)
        if not dry_run:
            self._move(kind, ground, move)
        return Publication(scope, number, findings=findings)

    def _stepped(self, kind: Kind[Any], ground: Ground, before: int | None, after: int | None) -> Sequence[Finding]:
        """What the rails say of a step from one version to another, without an overlay's where there is none. Raises
        Invalid when what comes into force cannot work any more."""
        if after is None and not ground.below:
            return ()
        proposal = self._again(kind, ground, after or PRESET)
        if kind.approval is None or before is None:
            return ()
        own = ((ground.line.scope, before),) if before or not ground.below else ()
        reading = self.pinned(kind, ground.line.key, ground.below + own)
        return tuple(kind.approval(reading, proposal, self._context))

    def copy(
        self,
        kind: Kind[Any],
        key: str,
        source: Scope,
        targets: Sequence[str],
        by: str,
        *,
        may_edit: MayEdit = everywhere,
        dry_run: bool = False,
    ) -> list[Copied]:
        """Publish the overlay of one scope in others; of base, what makes each of them read as base does. Each scope is
        written whole or not at all, and has a result of its own; a second call changes nothing more.

        Raises Invalid for more than COPIES_LIMIT targets, NotFound where `source` has nothing.
        """
        if len(targets) > COPIES_LIMIT:
            raise Invalid("scopes", problems=[Problem("/to", f"must be at most {COPIES_LIMIT}")])
        states = self._states(kind, key)
        self._require_place(kind, key, sum(Line(kind.name, key, target) not in states for target in targets))
        line = Line(kind.name, key, str(source))
        number = self._number(kind, line, states[line], None, None) if line in states else None
        if number is None or (number == PRESET and source != TENANT):
            raise NotFound("nothing to copy", kind=kind.name, key=key[:64], scope=source)
        content = self.stored(kind, line, number).content
        copies = []
        for target in dict.fromkeys(targets):
            try:
                scope = self.scope(target)
                if scope in (source, TENANT):
                    raise Conflict("it is there already", scope=target)
                require_editable(kind, key, scope, may_edit)
                done = self._copy(kind, key, content, source, scope, by, states, dry_run)
            except (Refuse, Retry) as error:
                copies.append(Copied(target, "refused", error=error))
            else:
                copies.append(Copied(target, "unchanged" if done.unchanged else "copied", done.version))
        return copies

    def _copy(
        self,
        kind: Kind[Any],
        key: str,
        content: Json,
        source: Scope,
        scope: Scope,
        by: str,
        states: Mapping[Line, Pointer],
        dry_run: bool,
    ) -> Publication:
        ground = self._ground(kind, key, scope, states)
        if source == TENANT:
            content = difference(self._resolved(kind, key, ground.below)[0].content, content)
        return self._publish(kind, ground, Submission(content), by, dry_run)
