"""Reading documents: what is in force now or was then, one version, all of a kind.

A read costs a pointer, strongly consistent, and at most one item more however long the history is: versions never
change and are kept in the process. A scope with overlays costs the pointers on its way, in one batch. Who reads many
for one answer asks `held`: one item says whether any document of the room moved since the pointers were read.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import field, replace
from datetime import datetime
from threading import local
from typing import Any, TypeVar

from hub.documents.cache import Cache
from hub.documents.kinds import Kind
from hub.documents.linting import normal, propose
from hub.documents.readings import Pins, Reading, over_pins, pins_of
from hub.documents.resolve import Layer, Resolved, lay, resolve
from hub.documents.scopes import TENANT, Scope, parse_scope
from hub.documents.versions import PRESET, Line, Move, Past, Pointer, Version
from hub.documents.versions_table import KEYS_LIMIT, VersionsTable
from hub.kernel.dataclass import dataclass
from hub.kernel.effective import BEGINNING, Record, Switch, in_force, planned
from hub.kernel.errors import Broken, Invalid, NotFound
from hub.kernel.regions import BASE
from hub.store.table import Item, Table

Json = Any
Value = TypeVar("Value")
CACHE_BYTES = 8_000_000
"""Of JSON text; parsed it takes about ten times that."""
STANDING_LIMIT = 20_000
"""So many pointers are kept."""


@dataclass
class Standing:
    """Where documents stand as long as none moves. stamp: of the last move of any."""

    stamp: str | None
    pointers: dict[Line, Pointer | None] = field(default_factory=dict)
    keys: dict[str, list[str]] = field(default_factory=dict)


def nowhere(store_id: str) -> str | None:  # noqa: ARG001 - the signature
    """A room that knows no stores."""
    return None


class Reader:
    """The documents of one tenant in one room's table.

    now: business time. context: what the kinds' lint, published and legacy get. region_of: the region of a store by its
    id, None where there is no such store.
    """

    def __init__(
        self,
        table: Table,
        tenant: str,
        now: Callable[[], datetime],
        context: Any = None,
        region_of: Callable[[str], str | None] = nowhere,
    ) -> None:
        self._table = VersionsTable(table, tenant)
        self._now, self._context, self._region_of = now, context, region_of
        self._cache = Cache(CACHE_BYTES)
        self._standing, self._holding = Standing(None), local()

    @contextmanager
    def held(self) -> Iterator[None]:
        """Inside, in this thread, all that is in force is as it was when it was first asked: nothing that moves
        meanwhile is seen, and what is known is not read again while nothing moved. Not for who publishes."""
        if getattr(self._holding, "by", None) is not None:
            yield
            return
        self._holding.by = []
        try:
            yield
        finally:
            self._holding.by = None

    def _held(self) -> Standing | None:
        """What is known of where documents stand, None outside of `held`."""
        by: list[Standing] | None = getattr(self._holding, "by", None)
        if by is None:
            return None
        if not by:
            stamp = self._table.stamp()  # read before any pointer is: one that moves in between has another stamp then
            if self._standing.stamp != stamp or len(self._standing.pointers) > STANDING_LIMIT:
                self._standing = Standing(stamp)
            by.append(self._standing)
        return by[0]

    def scope(self, text: str) -> Scope:
        """The scope of a written one. Raises NotFound where there is none."""
        region, store_id = parse_scope(text)
        if not store_id:
            return Scope(region)
        where = self._region_of(store_id)
        if where is None:
            raise NotFound("no such scope", scope=text)
        return Scope(where, store_id)

    def current(
        self,
        kind: Kind[Value],
        key: str,
        scope: Scope = TENANT,
        *,
        at: datetime | None = None,
        known_at: datetime | None = None,
    ) -> Reading[Value]:
        """What is in force in a scope now, or was at `at` as known at `known_at` (hub.kernel.effective). Raises
        NotFound when nothing is."""
        reading = self.find(kind, key, scope, at=at, known_at=known_at)
        if reading is None:
            raise NotFound("no such document", kind=kind.name, key=key[:64])
        return reading

    def find(
        self,
        kind: Kind[Value],
        key: str,
        scope: Scope = TENANT,
        *,
        at: datetime | None = None,
        known_at: datetime | None = None,
    ) -> Reading[Value] | None:
        """As `current`, but None when nothing is in force."""
        lines = [Line(kind.name, key, name) for name in self._chain(kind, scope)]
        pins = self._pins(kind, self._pointers(kind, lines), at, known_at)
        return self.pinned(kind, key, pins) if pins else None

    def version(self, kind: Kind[Value], key: str, number: int) -> Reading[Value]:
        """One version of base. Raises NotFound."""
        return self.pinned(kind, key, ((BASE, number),))

    def version_in(self, kind: Kind[Value], key: str, number: int, scope: Scope) -> Reading[Value]:
        """One version of a scope, laid over what is below it today; 0 of a region or store is no overlay. Raises
        NotFound."""
        if scope == TENANT:
            return self.version(kind, key, number)
        own = ((str(scope), number),) if number else ()
        return self.pinned(kind, key, self._below(kind, key, scope) + own)

    def pinned(self, kind: Kind[Value], key: str, pins: Pins | str) -> Reading[Value]:
        """A reading by its pins, or by its `pin`: the same for ever. Raises NotFound."""
        exact = pins_of(pins) if isinstance(pins, str) else pins

        def make() -> tuple[Reading[Value], int]:
            resolved, size = self._resolved(kind, key, exact)
            try:
                value = propose(kind, key, resolved.content).value
            except Invalid as error:
                raise Broken("a stored document does not parse", kind=kind.name, key=key, why=str(error)) from error
            base = self.stored(kind, Line(kind.name, key, BASE), exact[0][1])
            return Reading(key, exact, value, resolved.content, base, resolved.origins, resolved.clashes), size

        return self._cache.get(("reading", kind.name, key, exact), make)

    def all(
        self,
        kind: Kind[Value],
        scope: Scope = TENANT,
        *,
        keys: Sequence[str] | None = None,
        at: datetime | None = None,
        known_at: datetime | None = None,
    ) -> dict[str, Reading[Value]]:
        """What is in force of a whole kind, KEYS_LIMIT at most, or of some keys of it: one query and a batch of
        pointers."""
        keys = self._keys(kind) if keys is None else keys
        chain = self._chain(kind, scope)
        pointers = self._pointers(kind, [Line(kind.name, key, name) for key in keys for name in chain])
        readings = {}
        for key in keys:
            own = {line: pointer for line, pointer in pointers.items() if line.key == key}
            if pins := self._pins(kind, own, at, known_at):
                readings[key] = self.pinned(kind, key, pins)
        return readings

    def _keys(self, kind: Kind[Any]) -> list[str]:
        standing = self._held()
        if standing is None:
            return self.keys(kind)
        if kind.name not in standing.keys:
            standing.keys[kind.name] = self.keys(kind)
        return standing.keys[kind.name]

    def keys(self, kind: Kind[Any], after: str = "", limit: int = KEYS_LIMIT) -> list[str]:
        """The keys of a kind in order: what ships with the hub, and what ever had a draft or a version."""
        legacy = kind.legacy(self._context).keys() if kind.legacy else ()
        shipped = {key for key in (*kind.presets(), *legacy) if key > after}
        return sorted(shipped | {*self._table.keys(kind.name, after, limit)})[:limit]

    def moves(self, kind: Kind[Any], key: str, scope: Scope = TENANT) -> list[Move]:
        """Every move of a scope's pointer, oldest first."""
        past = self._past(kind, key, scope)
        return [*(past.moves if past else ()), *self._table.moves(Line(kind.name, key, str(scope)))]

    def page_of_moves(
        self, kind: Kind[Any], key: str, scope: Scope, start: Item | None, limit: int
    ) -> tuple[list[Move], dict[str, Any] | None]:
        """A page of moves, the newest first, and where the next starts; what was stored before documents were comes
        with the last page. Raises Invalid for a foreign `start`."""
        moves, position = self._table.page_of_moves(Line(kind.name, key, str(scope)), start, limit)
        past = self._past(kind, key, scope) if position is None else None
        return [*moves, *reversed(past.moves if past else ())], position

    def pointer(self, kind: Kind[Any], key: str, scope: Scope = TENANT) -> Pointer | None:
        """Where a scope stands; None where nothing of it ever was."""
        line = Line(kind.name, key, str(scope))
        return self._pointers(kind, [line]).get(line)

    def _below(self, kind: Kind[Any], key: str, scope: Scope, start: datetime | None = None) -> Pins:
        """The pins of what lies below a region or store now, or at `start` if that is to come; none of base."""
        if scope == TENANT:
            return ()
        lines = [Line(kind.name, key, name) for name in self._chain(kind, scope)[:-1]]
        at = start if start and start > self._now() else None
        pins = self._pins(kind, self._pointers(kind, lines), at, None) if lines else ()
        if not pins:
            raise NotFound("no such document", kind=kind.name, key=key[:64])
        return pins

    def _chain(self, kind: Kind[Any], scope: Scope) -> tuple[str, ...]:
        return scope.chain() if kind.overlays else (BASE,)

    def _pointers(self, kind: Kind[Any], lines: Sequence[Line]) -> dict[Line, Pointer]:
        """Where the lines stand that stand anywhere, in their order; by its past or its preset where none is stored."""
        standing = self._held()
        if standing is None:
            return self._read_pointers(kind, lines)
        if missing := [line for line in lines if line not in standing.pointers]:
            read = self._read_pointers(kind, missing)
            standing.pointers.update((line, read.get(line)) for line in missing)
        return {line: pointer for line in lines if (pointer := standing.pointers[line])}

    def _read_pointers(self, kind: Kind[Any], lines: Sequence[Line]) -> dict[Line, Pointer]:
        if len(lines) == 1:
            single = self._table.pointer(lines[0])
            stored = {lines[0]: single} if single else {}
        else:
            stored = self._table.pointers(lines)
        states = {line: stored.get(line) or self._unmoved(kind, line) for line in lines}
        return {line: pointer for line, pointer in states.items() if pointer}

    def _unmoved(self, kind: Kind[Any], line: Line) -> Pointer | None:
        if line.scope != BASE:
            return None
        if past := self._past(kind, line.key, TENANT):
            return past.pointer
        return Pointer(plan=(Switch(BEGINNING, PRESET),), stored=False) if line.key in kind.presets() else None

    def _pins(
        self, kind: Kind[Any], pointers: Mapping[Line, Pointer], at: datetime | None, known_at: datetime | None
    ) -> Pins:
        """The versions in force, base first; none where base has none."""
        numbers = {line.scope: self._number(kind, line, pointer, at, known_at) for line, pointer in pointers.items()}
        if numbers.get(BASE) is None:
            return ()
        return tuple((scope, n) for scope, n in numbers.items() if n is not None and (n != PRESET or scope == BASE))

    def _number(
        self, kind: Kind[Any], line: Line, pointer: Pointer, at: datetime | None, known_at: datetime | None
    ) -> int | None:
        valid_at = at or max(self._now(), pointer.moved_at)
        known = known_at or valid_at
        if min(valid_at, known) >= pointer.moved_at:
            return planned(pointer.plan, valid_at)
        move = self._table.move_at(line, known)
        if move and valid_at >= move.recorded_at:
            return planned(move.plan, valid_at)
        return in_force(self._records(kind, line, self._table.moves(line) if move else ()), valid_at, known)

    def _records(self, kind: Kind[Any], line: Line, moves: Iterable[Move]) -> list[Record]:
        """A line's whole timeline: what ships, what was stored before, and the moves."""
        base = line.scope == BASE
        shipped = [Record(PRESET, BEGINNING)] if base and line.key in kind.presets() else []
        past = self._past(kind, line.key, TENANT) if base else None
        return shipped + [move.record for move in (*(past.moves if past else ()), *moves)]

    def _past(self, kind: Kind[Any], key: str, scope: Scope) -> Past | None:
        return kind.legacy(self._context).past(key) if kind.legacy and scope == TENANT else None

    def _resolved(self, kind: Kind[Any], key: str, pins: Pins) -> tuple[Resolved, int]:
        def make() -> tuple[tuple[Resolved, int], int]:
            *below, (scope, number) = pins
            layer = self._layer(kind, key, scope, number)
            resolved = lay(self._resolved(kind, key, tuple(below))[0], layer) if below else resolve([layer])
            if below:
                resolved = replace(resolved, content=_normal(kind, key, resolved.content))
            size = len(json.dumps(resolved.content))
            return (resolved, size), size

        return self._cache.get(("resolved", kind.name, key, pins), make)

    def _layer(self, kind: Kind[Any], key: str, scope: str, number: int) -> Layer:
        version = self.stored(kind, Line(kind.name, key, scope), number)
        if scope == BASE:
            return Layer(scope, number, version.content)
        return Layer(scope, number, version.content, self._resolved(kind, key, over_pins(version.over))[0].content)

    def stored(self, kind: Kind[Any], line: Line, number: int) -> Version:
        """A version with its content by the kind's schema of today."""

        return self._cache.get(
            ("version", line, number), lambda: _read_by(kind, line, self._read_version(kind, line, number))
        )

    def _keep(self, kind: Kind[Any], line: Line, number: int, version: Version) -> None:
        """Keep a version that was read otherwise."""
        self._cache.get(("version", line, number), lambda: _read_by(kind, line, version))

    def _read_version(self, kind: Kind[Any], line: Line, number: int) -> Version:
        if number == PRESET and line.scope == BASE and line.key in kind.presets():
            return Version(PRESET, kind.presets()[line.key], kind.schema_version)
        if number > PRESET and (version := self._table.version(line, number)):
            return version
        past = self._past(kind, line.key, TENANT) if line.scope == BASE else None
        for version in past.versions if past else ():
            if version.number == number:
                return version
        raise NotFound("no such version", kind=line.kind, key=line.key[:64], scope=line.scope, version=number)


def _read_by(kind: Kind[Any], line: Line, version: Version) -> tuple[Version, int]:
    """A stored version by the kind's schema of today, and its size."""
    content = version.content
    if version.schema < kind.schema_version:
        content = kind.upcast(version.schema, content)
    if line.scope == BASE:
        content = _normal(kind, line.key, content)
    return replace(version, content=content), len(json.dumps(content))


def _normal(kind: Kind[Any], key: str, content: Json) -> Json:
    try:
        return normal(kind, content)
    except ValueError as error:
        raise Broken("a stored document does not parse", kind=kind.name, key=key) from error
