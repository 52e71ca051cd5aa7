"""Published flows (流程发布): versions that never change, a pointer to the current one, the machines behind."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from functions.tickets.flows.asl import compile_flow
from functions.tickets.flows.decisions import condition_problems
from functions.tickets.flows.flow import Flow, parse_flow
from functions.tickets.flows.machines import Machines
from functions.tickets.forms.work import form_problems
from functions.tickets.tables import RACES_LIMIT, Tables
from functions.tickets.ticket import catalogue
from functions.tickets.ticket.ticket import Stored
from hub.contracts.base import Moment
from hub.kernel.errors import Conflict, Invalid, NotFound, Problem, Retry

VERSIONS_LIMIT = 1000


class Current(Stored):
    """Which version new tickets take."""

    version: int


class Published(Stored):
    """One version of a flow. `document` is its JSON text; `content` hashes that, `digest` the compiled machine."""

    key: str
    version: int
    document: str
    content: str
    digest: str
    machine_arn: str
    published_at: Moment
    published_by: str

    @property
    def flow(self) -> Flow:
        return parse_flow(json.loads(self.document))


class Flows:
    """The flows of one tenant. partition, steps_function: what a machine's text is rendered with."""

    def __init__(self, tenant: str, tables: Tables, machines: Machines, partition: str, steps_function: str) -> None:
        self._tenant, self._tables, self._machines = tenant, tables, machines
        self._partition, self._steps_function = partition, steps_function
        self._read: dict[tuple[str, int], Published] = {}

    def current(self, key: str) -> Published | None:
        """The version that new tickets take; None when nothing is published under this key."""
        pointer = self._tables.find(f"flow#{key}", "current")
        return self.version(key, pointer.read(Current).version) if pointer else None

    def version(self, key: str, number: int) -> Published:
        """One version; it never changes, so it is read once. Raises NotFound."""
        if (key, number) not in self._read:
            record = self._tables.find(f"flow#{key}", _sort_key(number))
            if record is None:
                raise NotFound("no such flow", flow=key, version=number)
            self._read[key, number] = record.read(Published)
        return self._read[key, number]

    def versions(self, key: str) -> list[Published]:
        """All versions, the oldest first."""
        return [record.read(Published) for record in self._tables.all_of(f"flow#{key}", "v#", VERSIONS_LIMIT)]

    def publish(self, key: str, document: Mapping[str, Any], by: str, at: datetime) -> Published:
        """Publish a document under its key: the same content as an earlier version is that version again.

        The machine is made first, so a version always has one. Raises Invalid for an unsound document, Retry when
        others publish at the same time.
        """
        flow = require_publishable(key, document)
        compiled = compile_flow(flow)
        text = json.dumps(document, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
        arn = self._machines.create(
            f"hub-{self._tenant}-f-{compiled.digest[:12]}", compiled.rendered(self._partition, self._steps_function)
        )
        draft = Published(
            key=key,
            version=0,
            document=text,
            content=hashlib.sha256(text.encode()).hexdigest(),
            digest=compiled.digest,
            machine_arn=arn,
            published_at=at,
            published_by=by,
        )
        return self._store(draft)

    def _store(self, draft: Published) -> Published:
        for _ in range(RACES_LIMIT):
            try:
                return self._store_once(draft)
            except Conflict:
                continue
        raise Retry("too many publish this flow at once", flow=draft.key)

    def _store_once(self, draft: Published) -> Published:
        pk = f"flow#{draft.key}"
        versions = self.versions(draft.key)
        same = next((old for old in versions if old.content == draft.content), None)
        published = same or draft.but(version=len(versions) + 1)
        pointer = self._tables.find(pk, "current")
        current = Current(version=published.version)
        if same and pointer and pointer.read(Current) == current:
            return same
        moved = pointer.hold(current) if pointer else self._tables.new(pk, "current", current)
        added = () if same else (self._tables.new(pk, _sort_key(published.version), published),)
        self._tables.write_all(moved, *added)
        return published


def require_publishable(key: str, document: Mapping[str, Any]) -> Flow:
    """The flow of a document that tickets can follow to their end. Raises Invalid with pointers below /document."""
    try:
        flow = parse_flow(document)
        problems = [*condition_problems(flow), *form_problems(flow)]
        if flow.key != key:
            problems.append(Problem("/key", f"must be '{key}'"))
        if flow.ladder and not catalogue.ladder(flow.ladder):
            problems.append(Problem("/ladder", "no ladder has this name"))
        if problems:
            raise Invalid("the flow cannot be followed", problems=problems)
    except Invalid as wrong:
        placed = [Problem(f"/document{problem.pointer}", problem.rule) for problem in wrong.problems]
        raise Invalid(wrong.detail, problems=placed) from None
    return flow


def _sort_key(version: int) -> str:
    return f"v#{version:06d}"
