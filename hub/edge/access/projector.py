"""What leaves the hub (字段投影): one function for API answers, exports, events to others and texts on cards.

A contract is dumped as always, then whatever the viewer may not see in full is masked or taken out of the dump, each
part by the place where it belongs. What to look at is planned once a class, so plain contracts cost nothing.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import field
from typing import Any

from pydantic import BaseModel
from pydantic_core import to_json

from hub.contracts.classes import UNKNOWN, FieldClass, Keyed
from hub.edge.access.fields import FieldPlan, Mark, ModelPlan, plan_of
from hub.edge.access.masks import MASKABLE, masked_value
from hub.edge.access.policy import FULL, Policy, Verdict, Verdicts
from hub.edge.access.scope import Place, Reach, reach_of
from hub.edge.auth import Principal
from hub.kernel.dataclass import dataclass


@dataclass(frozen=True)
class Viewer:
    """Whoever looks: their roles, how far they reach, and on which terminal. reach None: one to whom things are sent
    rather than shown (a webhook's receiver, a card's recipient), by roles alone."""

    roles: tuple[str, ...]
    reach: Reach | None = None
    terminal: str = "pc"

    @classmethod
    def of(cls, principal: Principal, terminal: str = "pc") -> Viewer:
        """The viewer behind a principal."""
        return cls(principal.roles, reach_of(principal), terminal)

    def roles_at(self, place: Place) -> tuple[str, ...]:
        """The roles that count at a place; none for what is out of reach. Of what nobody says where it belongs, and
        which is read by leave of its route alone, all of them."""
        if self.reach is None:
            return self.roles
        way = self.reach.way(place)
        if way is None:
            return () if place.region or place.store or place.teams else self.roles
        if way == "guest":
            return ("guest",)
        return self.roles if way == "scope" else (*self.roles, way)


UNSAID = Place(region="")
"""Where an answer belongs that does not say."""

PUBLIC = Viewer(roles=())
"""One who never signed in."""


def project(answer: BaseModel, viewer: Viewer, policy: Policy, place: Place | None = None) -> Any:
    """The JSON value (dicts, lists, texts, numbers) of a contract as the viewer may see it. place: where the whole
    belongs; parts that say so themselves (`Located` fields) belong where they say."""
    dump = answer.model_dump(mode="json")
    _Projection(viewer, policy).model(answer, dump, place or UNSAID)
    return dump


def project_json(answer: BaseModel, viewer: Viewer, policy: Policy, place: Place | None = None) -> str:
    """The same as JSON text."""
    if plan_of(type(answer)).plain:
        return answer.model_dump_json()
    return to_json(project(answer, viewer, policy, place)).decode()


@dataclass(frozen=True)
class _Projection:
    viewer: Viewer
    policy: Policy
    known: dict[Place, tuple[Verdicts, frozenset[FieldClass]]] = field(default_factory=dict)

    def model(self, model: BaseModel, dump: dict[str, Any], place: Place) -> None:
        """Take out of the dump of a contract what is not for the viewer."""
        plan = plan_of(type(model))
        if plan.plain:
            return
        if plan.located:
            place = _placed(model, plan, place)
        verdicts, full = self._verdicts(place)
        for part in plan.nested if plan.classes <= full else plan.fields:
            if part.name in dump:
                self._field(model, part, dump, place, verdicts)

    def _verdicts(self, place: Place) -> tuple[Verdicts, frozenset[FieldClass]]:
        """What is seen at a place, and which classes of it in full."""
        if place not in self.known:
            verdicts = self.policy.verdicts(self.viewer.roles_at(place), place.node, self.viewer.terminal)
            self.known[place] = verdicts, frozenset(name for name in verdicts if verdicts[name] == FULL)
        return self.known[place]

    def _field(self, model: BaseModel, part: FieldPlan, dump: dict[str, Any], place: Place, verdicts: Verdicts) -> None:
        mark = part.mark
        if isinstance(mark, Keyed) and not mark.by:
            self._keys(dump[part.name], _stated(model, mark), verdicts)
            return
        field_class = self._class_of(mark, getattr(model, mark.by) if isinstance(mark, Keyed) else "")
        if self._judge(dump, part.name, field_class, verdicts) and part.holds_models:
            self._inside(getattr(model, part.name), dump[part.name], place)

    def _keys(self, dump: dict[str, Any], mark: Keyed, verdicts: Verdicts) -> None:
        """An object of an allowlist, and the objects inside it that have one of their own."""
        for key in list(dump or ()):
            inner = mark.inner.get(key)
            if inner is None:
                self._judge(dump, key, self._class_of(mark, key), verdicts)
                continue
            parts = dump[key] if isinstance(dump[key], list) else [dump[key]]
            if not all(isinstance(part, dict) for part in parts):
                self._judge(dump, key, UNKNOWN, verdicts)
                continue
            for part in parts:
                self._keys(part, inner, verdicts)

    def _class_of(self, mark: Mark | None, key: str) -> FieldClass | None:
        if isinstance(mark, Keyed):
            return mark.class_of(key, self.policy.plain_facts)
        return mark.name if mark else None

    @staticmethod
    def _judge(dump: dict[str, Any], name: str, field_class: FieldClass | None, verdicts: Verdicts) -> bool:
        """Masks the value, or takes it out. Whether it stays as it is."""
        verdict = verdicts[field_class] if field_class else "full"
        if verdict == "full":
            return True
        value = dump.pop(name)
        if verdict == "masked" and isinstance(value, MASKABLE):
            dump[name] = masked_value(value, field_class or UNKNOWN)
        return False

    def _inside(self, value: Any, dump: Any, place: Place) -> None:
        """Contracts that lie in a value, each beside its part of the dump: both have the same order."""
        if isinstance(value, BaseModel):
            self.model(value, dump, place)
        elif isinstance(value, dict):
            for part, dumped in zip(value.values(), dump.values(), strict=True):
                self._inside(part, dumped, place)
        elif not isinstance(value, str | bytes) and isinstance(value, Iterable):
            for part, dumped in zip(value, dump, strict=True):
                self._inside(part, dumped, place)


def _stated(model: BaseModel, mark: Keyed) -> Keyed:
    """The allowlist of a field, as the contract states it where it does."""
    return mark.as_stated(getattr(model, mark.stated)) if mark.stated else mark


def _placed(model: BaseModel, plan: ModelPlan, place: Place) -> Place:
    """Where this contract belongs: where the one around it does, but for what it says itself."""
    parts: dict[str, Any] = dict(vars(place))
    for name, part in plan.located:
        value = getattr(model, name)
        if part in ("people", "teams"):
            many = (value,) if isinstance(value, str) else tuple(value or ())
            parts[part] = (*parts[part], *(known for known in many if known and known not in parts[part]))
        elif value:
            parts[part] = value
    return Place(**parts)


def verdict_at(viewer: Viewer, policy: Policy, field_class: FieldClass, place: Place | None = None) -> Verdict:
    """Whether the viewer sees a class of field in full, masked or not at all: for those who would have to unseal it."""
    place = place or UNSAID
    return policy.verdicts(viewer.roles_at(place), place.node, viewer.terminal)[field_class]
