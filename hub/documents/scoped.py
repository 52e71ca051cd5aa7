"""What lies over a document (各级覆盖): the overlays of regions and stores, and how they bear a change below."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import field, replace
from datetime import datetime
from typing import Any

from hub.documents.kinds import Kind
from hub.documents.linting import check, normal
from hub.documents.merge import Clash
from hub.documents.reading import Reader
from hub.documents.readings import Overlaid, Pins
from hub.documents.resolve import Layer, Resolved, lay, resolve
from hub.documents.scopes import Scope
from hub.documents.versions import PRESET, Line, Pointer, canonical
from hub.kernel.dataclass import dataclass
from hub.kernel.errors import Invalid, NotFound, Problem
from hub.kernel.regions import BASE

Json = Any
PROBLEMS_LIMIT = 50
"""So many places are told where a change below would break overlays."""


@dataclass(frozen=True)
class _Change:
    """New content of one scope, not published yet: the whole document in base, else an overlay over `below`."""

    scope: str
    content: Json
    below: Json = None
    seen: dict[str, tuple[tuple[Clash, ...], tuple[Problem, ...]]] = field(default_factory=dict)


class ScopedReader(Reader):
    """A Reader that knows what lies over a document."""

    def overlays(self, kind: Kind[Any], key: str) -> list[Overlaid]:
        """Every scope with an overlay in force, base's first regions before stores; SCOPES_LIMIT at most."""
        overlaid = []
        for scope, pins in self._overlaid(kind, key, self._now()):
            clashes = self.pinned(kind, key, pins).clashes.get(str(scope), ())
            overlaid.append(Overlaid(scope, pins[-1][1], pins, clashes))
        return overlaid

    def require_bearable(
        self, kind: Kind[Any], key: str, scope: Scope, content: Json, below: Json, at: datetime
    ) -> dict[str, tuple[Clash, ...]]:
        """Where overlays above `scope` clash with its new content, by their scopes. Raises Invalid, with the places,
        when a document that one of them makes could not work any more: whoever publishes decides what to do first."""
        if not kind.overlays or scope.store:
            return {}
        change = _Change(str(scope), content, below)
        clashes: dict[str, tuple[Clash, ...]] = {}
        problems: list[Problem] = []
        for other, pins in self._overlaid(kind, key, at):
            if str(scope) in other.chain()[:-1]:
                conflicts, wrong = self._borne(kind, key, other, pins, change)
                clashes |= {str(other): conflicts} if conflicts else {}
                problems += [Problem(problem.pointer, f"in {other}: {problem.rule}") for problem in wrong]
        if problems:
            raise Invalid("overlays could not work over it", problems=problems[:PROBLEMS_LIMIT])
        return clashes

    def _overlaid(self, kind: Kind[Any], key: str, at: datetime) -> Iterator[tuple[Scope, Pins]]:
        """The scopes with an overlay in force at `at`, and the pins of what they read then."""
        states = self._states(kind, key)
        self._preload(kind, states)
        for line in states:
            if line.scope == BASE:
                continue
            try:
                scope = self.scope(line.scope)
            except NotFound:
                continue  # a store that is gone
            lines = [Line(kind.name, key, name) for name in scope.chain()]
            own = {part: states[part] for part in lines if part in states}
            pins = self._pins(kind, own, max(at, *(pointer.moved_at for pointer in own.values())), None)
            if pins and pins[-1][0] == line.scope:
                yield scope, pins

    def _states(self, kind: Kind[Any], key: str) -> dict[Line, Pointer]:
        """Where every scope of a document stands, base first."""
        stored = self._table.scopes(kind.name, key) if kind.overlays else {}
        base = None if BASE in stored else self.pointer(kind, key)
        states = {**({BASE: base} if base else {}), **stored}
        return {Line(kind.name, key, scope): pointer for scope, pointer in states.items()}

    def _preload(self, kind: Kind[Any], states: Mapping[Line, Pointer]) -> None:
        """The overlays in force, read in batches: afterwards they are in the process."""
        pairs = [
            (line, switch.number)
            for line, pointer in states.items()
            for switch in pointer.plan[:1]
            if line.scope != BASE and switch.number
        ]
        missing = [(line, number) for line, number in pairs if ("version", line, number) not in self._cache]
        for (line, number), version in self._table.versions(missing).items():
            self._keep(kind, line, number, version)

    def _borne(
        self, kind: Kind[Any], key: str, scope: Scope, pins: Pins, change: _Change
    ) -> tuple[tuple[Clash, ...], tuple[Problem, ...]]:
        """How one scope's document bears a change below it; the same overlay over the same is looked at once."""
        own = self.stored(kind, Line(kind.name, key, str(scope)), pins[-1][1])
        name = canonical([pins[:-1], own.content, dict(own.over)])
        if name not in change.seen:
            layers = [self._layer(kind, key, layer, number) for layer, number in pins]
            resolved = self._changed(kind, scope, layers, change)
            checked = check(kind, key, resolved.content, self._context, scope)
            problems = tuple(Problem(finding.pointer, finding.rule) for finding in checked.errors)
            change.seen[name] = resolved.clashes.get(str(scope), ()), problems
        return change.seen[name]

    def _changed(self, kind: Kind[Any], scope: Scope, layers: list[Layer], change: _Change) -> Resolved:
        """The scope's document with the change in place of, or between, what is in force."""
        own = {layer.scope: layer for layer in layers}
        own[change.scope] = Layer(change.scope, PRESET, change.content, change.below)
        base, *overlays = [own[name] for name in scope.chain() if name in own]
        resolved = resolve([base])
        for layer in overlays:
            resolved = lay(resolved, layer)
            try:
                resolved = replace(resolved, content=normal(kind, resolved.content))
            except ValueError:
                break  # it does not parse: the check that follows says where
        return resolved
