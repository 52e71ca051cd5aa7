"""Drafts (草稿): one a scope, linted when it is saved; and whole documents to compare."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal, TypeVar

from hub.documents.kinds import Finding, Kind
from hub.documents.linting import Checked, check, check_overlay
from hub.documents.overlay import apply
from hub.documents.readings import Pins
from hub.documents.scoped import ScopedReader
from hub.documents.scopes import TENANT, Scope
from hub.documents.submissions import MayEdit, Submission, everywhere, require_editable, require_period
from hub.documents.versions import Draft, Line, Pointer
from hub.kernel.errors import Conflict, NotFound

Json = Any
Value = TypeVar("Value")
Which = int | Literal["draft", "current"]


class Drafts(ScopedReader):
    """What people work on before it is in force."""

    def lint(
        self, kind: Kind[Value], key: str, document: Json, scope: Scope = TENANT, start: datetime | None = None
    ) -> Checked[Value]:
        """Every finding on a document, or on an overlay where `scope` isn't base, over what is below it now, or at its
        `start`; nothing is stored. Raises NotFound for an overlay over nothing."""
        return self._check(kind, key, document, scope, self._below(kind, key, scope, start))

    def draft(self, kind: Kind[Any], key: str, scope: Scope = TENANT) -> Draft:
        """The draft of a scope. Raises NotFound."""
        draft = self._table.draft(Line(kind.name, key, str(scope)))
        if draft is None:
            raise NotFound("no draft", kind=kind.name, key=key[:64], scope=scope)
        return draft

    def save_draft(
        self,
        kind: Kind[Any],
        key: str,
        submission: Submission,
        by: str,
        *,
        scope: Scope = TENANT,
        may_edit: MayEdit = everywhere,
        seen_draft: int | None = None,
    ) -> tuple[Draft, tuple[Finding, ...]]:
        """Save a draft; answers it with its warnings. Raises Invalid with every finding of one that cannot work, and
        Conflict when the draft isn't at the revision `seen_draft` any more, or is saved at this moment."""
        require_editable(kind, key, scope, may_edit)
        require_period(kind, submission)
        checked = self.lint(kind, key, submission.document, scope, submission.valid_from)
        checked.require("/document")
        line = Line(kind.name, key, str(scope))
        earlier = self._table.draft(line)
        revision = earlier.revision if earlier else 0
        if seen_draft is not None and seen_draft != revision:
            raise Conflict("the draft has changed since", yours=seen_draft, current=revision)
        pointer = self.pointer(kind, key, scope) or Pointer()
        based_on = pointer.head if submission.seen_version is None else submission.seen_version
        dates = submission.valid_from, submission.valid_to
        draft = Draft(revision + 1, submission.document, based_on, self._now(), by, *dates)
        self._table.save_draft(line, draft)
        return draft, checked.warnings

    def discard_draft(self, kind: Kind[Any], key: str, scope: Scope = TENANT, may_edit: MayEdit = everywhere) -> None:
        """Forget the draft, if there is one."""
        require_editable(kind, key, scope, may_edit)
        self._table.discard_draft(Line(kind.name, key, str(scope)))

    def whole(self, kind: Kind[Any], key: str, which: Which, scope: Scope = TENANT) -> Json:
        """A whole document, to compare: a version of this scope, its draft, or what is in force. Of a region or store
        its overlay is laid over what is below it today, a draft's over what is when it begins. Raises NotFound."""
        if which == "current":
            return self.current(kind, key, scope).content
        if which == "draft":
            draft = self.draft(kind, key, scope)
            return self.made_of(kind, key, draft.content, scope, draft.valid_from)
        return self.version_in(kind, key, which, scope).content

    def made_of(
        self, kind: Kind[Any], key: str, document: Json, scope: Scope = TENANT, start: datetime | None = None
    ) -> Json:
        """The whole document that this one, or this overlay in its scope, makes. Raises Invalid when it cannot work."""
        return self.lint(kind, key, document, scope, start).require("/document").content.model_dump(mode="json")

    def _check(self, kind: Kind[Value], key: str, document: Json, scope: Scope, below: Pins) -> Checked[Value]:
        if scope == TENANT:
            return check(kind, key, document, self._context)
        content = self._resolved(kind, key, below)[0].content
        if findings := check_overlay(content, document):
            return Checked(None, findings)
        return check(kind, key, apply(content, document), self._context, scope)
