"""What the routes of documents do: one class for every kind, declared by hub.documents.routes when a request comes.

A kind with a single document (`only`) has them at `path` itself. Base is edited by who reaches the whole tenant, a
region's or store's overlay by who reaches it: another that can be seen is 403, one that can't 404.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from hub.contracts.documents import (
    ChangesView,
    CompareDocument,
    CompareQuery,
    CopiesView,
    CopyDocument,
    DocumentHead,
    DocumentQuery,
    DocumentView,
    DraftView,
    HistoryQuery,
    LintDocument,
    LintView,
    MoveView,
    OverlaysView,
    PublicationView,
    PublishDocument,
    RevertDocument,
    SaveDraft,
    ScopeQuery,
    WithdrawDocument,
)
from hub.contracts.http import Page, PageQuery
from hub.documents.compare import changes
from hub.documents.documents import Documents
from hub.documents.drafting import Which
from hub.documents.kinds import Kind
from hub.documents.reference import typed
from hub.documents.scopes import TENANT, Scope, written
from hub.documents.submissions import MayEdit, Submission
from hub.documents.versions import Line
from hub.documents.views import (
    show_changes,
    show_copy,
    show_document,
    show_draft,
    show_findings,
    show_head,
    show_move,
    show_overlay,
    show_publication,
)
from hub.edge import cursors
from hub.edge.access import Place, Reach
from hub.edge.answers import page
from hub.edge.requests import Request
from hub.edge.room import Room
from hub.kernel.dataclass import dataclass
from hub.kernel.errors import Invalid, NotFound, Problem
from hub.kernel.positions import no_such_cursor

BODY_LIMIT_BYTES = 4_000_000
"""A document of the largest size, also where its sender writes Chinese as `\\u5b57`."""

Json = Any
Serve = Callable[[Documents, Request], Any]


@dataclass(frozen=True)
class Operations:
    """One kind's routes. documents_of: from the room's desk."""

    room: Room[Any]
    kind: Kind[Any]
    documents_of: Callable[[Any], Documents]

    def declare(self) -> None:
        """All of them, in the order of the reference."""
        kind = self.kind
        reads: dict[str, Any] = {"roles": kind.readers, "scope": "tenant"}
        peeks: dict[str, Any] = {"roles": kind.editors, "scope": "tenant"}
        edits: dict[str, Any] = {"roles": kind.editors, "scope": "tenant"}
        if kind.overlays:
            edits |= {"scope": "region", "subject": self._place, "ability": "adjust"}
        moves: dict[str, Any] = edits | {"dry_run": True, "answer": PublicationView, "replay": self._done_before}
        if not kind.only:
            self._add("GET", "", self.list, "列表", "list", query=PageQuery, answer=Page[DocumentHead], **reads)
        view, draft = typed(DocumentView, kind), typed(DraftView, kind)
        large: dict[str, Any] = {"body_limit_bytes": BODY_LIMIT_BYTES}
        self._add("GET", "/{key}", self.read, "查看", "show", query=DocumentQuery, answer=view, **reads)
        self._add("GET", "/{key}/history", self.history, "发布历史", "history",
                  query=HistoryQuery, answer=Page[MoveView], **reads)  # fmt: skip
        self._add("GET", "/{key}/draft", self.read_draft, "查看草稿", "show the draft",
                  query=ScopeQuery, answer=draft, **peeks)  # fmt: skip
        self._add("PUT", "/{key}/draft", self.save_draft, "保存草稿", "save a draft",
                  body=typed(SaveDraft, kind), answer=draft, replay=self._draft_before, **large, **edits)  # fmt: skip
        self._add("DELETE", "/{key}/draft", self.discard_draft, "丢弃草稿", "discard the draft",
                  query=ScopeQuery, **edits)  # fmt: skip
        self._add("POST", "/{key}/lint", self.lint, "检查", "lint",
                  body=typed(LintDocument, kind), answer=LintView, **large, **edits)  # fmt: skip
        self._add("GET", "/{key}/compare", self.compare, "版本对比", "compare two versions",
                  query=CompareQuery, answer=ChangesView, **peeks)  # fmt: skip
        self._add("POST", "/{key}/compare", self.compare_document, "与文档对比", "compare with a document",
                  body=typed(CompareDocument, kind), answer=ChangesView, **large, **edits)  # fmt: skip
        self._add("POST", "/{key}/publish", self.publish, "发布", "publish",
                  body=typed(PublishDocument, kind), **large, **moves)  # fmt: skip
        self._add("POST", "/{key}/revert", self.revert, "恢复旧版本", "revert", body=RevertDocument, **moves)
        if kind.effective:
            self._add("POST", "/{key}/withdraw", self.withdraw, "撤回版本", "withdraw a version",
                      body=WithdrawDocument, **moves)  # fmt: skip
        if kind.overlays:
            self._add("GET", "/{key}/overlays", self.overlays, "区域与门店配置", "overlays and their conflicts",
                      answer=OverlaysView, **reads)  # fmt: skip
            self._add("POST", "/{key}/copy", self.copy, "复制到多个范围", "copy to many scopes", body=CopyDocument,
                      answer=CopiesView, dry_run=True, **edits | {"subject": self._own_place})  # fmt: skip

    # Reading.

    def list(self, documents: Documents, request: Request) -> Page[DocumentHead]:
        """By key, as base has them: what ships with the hub, what was published, and drafts."""
        limit = request.query.limit
        keys = documents.keys(self.kind, self._listed_until(request.query.cursor), limit + 1)
        readings = documents.all(self.kind, keys=keys[:limit])
        position = {"kind": self.kind.name, "key": keys[limit - 1]} if len(keys) > limit else None
        return page((show_head(key, readings.get(key)) for key in keys[:limit]), position)

    def _listed_until(self, cursor: str) -> str:
        """The key that ended the page before; a cursor of another list is refused."""
        position = cursors.decode(cursor)
        if position is None:
            return ""
        if position.keys() != {"kind", "key"} or position["kind"] != self.kind.name:
            raise no_such_cursor()
        return str(position["key"])

    def read(self, documents: Documents, request: Request) -> DocumentView:
        """What is in force in a scope now, or was at a moment; or a version of it. For a region or a store with what
        lies below it, and whose each part is."""
        query, key, kind = request.query, self._key(request), self.kind
        if query.version is not None and (query.at or query.known_at):
            raise Invalid("too much", problems=[Problem("query:version", "is in force or not: not with at")])
        if query.store and query.scope != "base":
            raise Invalid("too much", problems=[Problem("query:store", "is a scope: not with scope")])
        scope = self._visible(documents, request.reach, written(query.store) if query.store else query.scope)
        if query.version is None:
            reading = documents.current(kind, key, scope, at=query.at, known_at=query.known_at)
        else:
            reading = documents.version_in(kind, key, query.version, scope)
        own = dict(reading.pins).get(str(scope)) if scope != TENANT else None
        overlay = documents.stored(kind, Line(kind.name, key, str(scope)), own) if own else None
        return show_document(kind, scope, reading, documents.pointer(kind, key, scope), overlay)

    def history(self, documents: Documents, request: Request) -> Page[MoveView]:
        """Every publication, revert and withdrawal, the newest first; a page may be longer than asked for by what was
        stored before documents were."""
        query, key = request.query, self._key(request)
        scope = self._visible(documents, request.reach, query.scope)
        if documents.pointer(self.kind, key, scope) is None and key not in documents.keys(self.kind):
            raise NotFound("no such document")
        whose = f"{self.kind.name}/{key}/{scope}"
        start = _position_in(whose, query.cursor)
        moves, position = documents.page_of_moves(self.kind, key, scope, start, query.limit)
        return page((show_move(self.kind, move) for move in moves), {**position, "of": whose} if position else None)

    def overlays(self, documents: Documents, request: Request) -> OverlaysView:
        """Those within your reach, each with the places where it and what lies below it have both changed."""
        documents.current(self.kind, self._key(request))
        overlaid = documents.overlays(self.kind, self._key(request))
        within = [overlay for overlay in overlaid if request.reach.covers(_place_of(overlay.scope))]
        return OverlaysView(data=tuple(map(show_overlay, within)))

    def compare(self, documents: Documents, request: Request) -> ChangesView:
        """What has changed between two versions of a scope, its draft, or what is in force."""
        query = request.query
        scope = self._visible(documents, request.reach, query.scope)
        old, new = (self._whole(documents, request, which, scope) for which in (query.old, query.new))
        return ChangesView(old=query.old, new=query.new, changes=show_changes(changes(old, new)))

    # Editing.

    def read_draft(self, documents: Documents, request: Request) -> DraftView:
        """What is being worked on in a scope."""
        key, scope = self._key(request), self._visible(documents, request.reach, request.query.scope)
        return show_draft(self.kind, key, scope, documents.draft(self.kind, key, scope))

    def save_draft(self, documents: Documents, request: Request) -> DraftView:
        """Saved if it can work; else 422 with every finding and its place."""
        body, key, scope = request.body, self._key(request), documents.scope(request.body.scope)
        draft, warnings = documents.save_draft(
            self.kind,
            key,
            self._submission(request),
            request.principal.sub,
            scope=scope,
            may_edit=_may_edit(request),
            seen_draft=body.seen_draft,
        )
        return show_draft(self.kind, key, scope, draft, warnings)

    def discard_draft(self, documents: Documents, request: Request) -> None:
        """Forget it; one that isn't there needs nothing."""
        scope = documents.scope(request.query.scope)
        documents.discard_draft(self.kind, self._key(request), scope, _may_edit(request))

    def lint(self, documents: Documents, request: Request) -> LintView:
        """Every finding with its place; nothing is stored."""
        body, scope = request.body, self._visible(documents, request.reach, request.body.scope)
        checked = documents.lint(self.kind, self._key(request), body.document, scope)
        return LintView(usable=not checked.errors, findings=show_findings(checked.findings))

    def compare_document(self, documents: Documents, request: Request) -> ChangesView:
        """What would change with this document; nothing is stored."""
        body, key = request.body, self._key(request)
        scope = self._visible(documents, request.reach, body.scope)
        old = self._whole(documents, request, body.old, scope)
        new = documents.made_of(self.kind, key, body.document, scope)
        return ChangesView(old=body.old, new="document", changes=show_changes(changes(old, new)))

    def publish(self, documents: Documents, request: Request) -> PublicationView:
        """In force at once, or from valid_from on; what runs stays with the version that it began with. 422 with every
        finding, 409 with what has changed since seen_version."""
        key, submission, by = self._key(request), self._submission(request), request.principal.sub
        done = documents.publish(self.kind, key, submission, by, **self._how(documents, request))
        return show_publication(self.kind, key, done, dry_run=request.dry_run)

    def revert(self, documents: Documents, request: Request) -> PublicationView:
        """Put an earlier version in force again."""
        key, number, by = self._key(request), request.body.version, request.principal.sub
        seen, how = request.body.seen_version, self._back(documents, request)
        done = documents.revert(self.kind, key, number, by, seen_version=seen, **how)
        return show_publication(self.kind, key, done, dry_run=request.dry_run)

    def withdraw(self, documents: Documents, request: Request) -> PublicationView:
        """Take a version back: what was below it is in force again; what was in force before stays on record."""
        key, number, by = self._key(request), request.body.version, request.principal.sub
        done = documents.withdraw(self.kind, key, number, by, **self._back(documents, request))
        return show_publication(self.kind, key, done, dry_run=request.dry_run)

    def copy(self, documents: Documents, request: Request) -> CopiesView:
        """One result a scope: each is written whole, or not at all."""
        key = self._key(request)
        source = self._visible(documents, request.reach, request.body.source)
        copies = documents.copy(
            self.kind,
            key,
            source,
            request.body.targets,
            request.principal.sub,
            may_edit=_may_edit(request),
            dry_run=request.dry_run,
        )
        return CopiesView(key=key, dry_run=request.dry_run, results=tuple(map(show_copy, copies)))

    # What all of them share.

    def _add(self, method: str, path: str, serve: Serve, zh: str, en: str, **options: Any) -> None:
        """Declare one route; its handler is named after what it does to what, as the reference's operations are."""

        def handler(desk: Any, request: Request) -> Any:
            return serve(self.documents_of(desk), request)

        handler.__name__ = f"{serve.__name__}_{self.kind.name}"
        handler.__doc__ = serve.__doc__
        title_zh, _, title_en = self.kind.title.partition(" · ")
        where = self.kind.path + (path.removeprefix("/{key}") if self.kind.only else path)
        summary = f"{title_zh}：{zh} · {title_en}: {en}"
        self.room.http(method, where, summary=summary, **options)(handler)

    def _submission(self, request: Request) -> Submission:
        body: SaveDraft | PublishDocument = request.body
        may_approve = request.principal.has(*self.kind.approvers)
        return Submission(body.document, body.seen_version, body.valid_from, body.valid_to, may_approve)

    def _key(self, request: Request) -> str:
        return self.kind.only or request.path["key"]

    def _how(self, documents: Documents, request: Request) -> dict[str, Any]:
        """Where, and by whose leave."""
        scope = documents.scope(request.body.scope)
        return {"scope": scope, "may_edit": _may_edit(request), "dry_run": request.dry_run}

    def _back(self, documents: Documents, request: Request) -> dict[str, Any]:
        """The same of going back, which needs what a publication does."""
        return {**self._how(documents, request), "may_approve": request.principal.has(*self.kind.approvers)}

    def _whole(self, documents: Documents, request: Request, which: str, scope: Scope) -> Json:
        named: Which = "draft" if which == "draft" else "current" if which == "current" else int(which)
        return documents.whole(self.kind, self._key(request), named, scope)

    def _visible(self, documents: Documents, reach: Reach, text: str) -> Scope:
        """The scope, if it is within reach or bears on what is. Raises NotFound, as for one that never was."""
        scope = documents.scope(text)
        if scope != TENANT and not self.kind.overlays:
            raise NotFound("no such scope", scope=text)
        if scope == TENANT or reach.covers(_place_of(scope)):
            return scope
        own = [Scope(reach.region), *(documents.scope(written(store)) for store in reach.stores)]
        if not any(str(scope) in inner.chain() for inner in own):
            raise NotFound("no such scope", scope=text)
        return scope

    def _place(self, desk: Any, request: Request) -> Place:
        """What an edit is about: the scope, as far as its editor can see it."""
        text = request.query.scope if request.body is None else request.body.scope
        return _place_of(self._visible(self.documents_of(desk), request.reach, text))

    def _own_place(self, _desk: Any, request: Request) -> Place:
        """Where the editor is: each target of a copy is judged by itself."""
        return Place(request.reach.region, next(iter(request.reach.stores), ""))

    def _done_before(self, desk: Any, request: Request, number: str) -> PublicationView:  # noqa: ARG002 - as it is called
        """A repeat of what was done."""
        key, scope = self._key(request), request.body.scope
        return PublicationView(
            kind=self.kind.name, key=key, scope=scope, version=int(number), unchanged=True, dry_run=False
        )

    def _draft_before(self, desk: Any, request: Request, _id: str) -> DraftView:
        """A repeat of a draft that was saved: as it is now."""
        documents, key = self.documents_of(desk), self._key(request)
        scope = documents.scope(request.body.scope)
        return show_draft(self.kind, key, scope, documents.draft(self.kind, key, scope))


def _place_of(scope: Scope) -> Place:
    return Place(scope.region, scope.store)


def _may_edit(request: Request) -> MayEdit:
    return lambda scope: request.reach.may_change(_place_of(scope))


def _position_in(whose: str, cursor: str) -> dict[str, Any] | None:
    """Where a history goes on; a cursor of another list is refused."""
    position = cursors.decode(cursor)
    if position is not None and position.pop("of", "") != whose:
        raise no_such_cursor()
    return position
