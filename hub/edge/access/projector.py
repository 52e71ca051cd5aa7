"""What leaves the hub (字段投影): one function for API answers, exports, events to others and texts on cards.

A contract is dumped as always, then whatever the viewer may not see in full is masked or taken out of the dump, each
part by the place where it belongs. What to look at is planned once a class, so plain contracts cost nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any, TypeGuard

from pydantic import BaseModel
from pydantic_core import to_json

from hub.contracts.classes import UNKNOWN, FieldClass, Keyed
from hub.edge.access.fields import FieldPlan, Mark, ModelPlan, plan_of
from hub.edge.access.masks import MASKABLE, masked_value
from hub.edge.access.policy import Policy, Verdict, Verdicts
from hub.edge.access.scope import Place, Reach, Way, reach_of
from hub.edge.auth import Principal


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
        by_way: Mapping[Way, tuple[str, ...]] = {
            "break_glass": (*self.roles, "break_glass"),
            "own": (*self.roles, "own"),
            "scope": self.roles,
            "guest": ("guest",),
        }
        way = self.reach.way(place)
        if way is None:
            return () if place.region or place.store or place.teams else self.roles
        return by_way[way]


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

    def model(self, model: BaseModel, dump: dict[str, Any], place: Place) -> None:
        plan = plan_of(type(model))
        if plan.plain:
            return
        place = _placed(model, plan, place)
        verdicts = self.policy.verdicts(self.viewer.roles_at(place), place.node, self.viewer.terminal)
        for field in plan.fields:
            if field.name in dump:
                self._field(model, field, dump, place, verdicts)

    def _field(
        self, model: BaseModel, field: FieldPlan, dump: dict[str, Any], place: Place, verdicts: Verdicts
    ) -> None:
        value = getattr(model, field.name)
        if isinstance(field.mark, Keyed) and not field.mark.by:
            self._keys(dump[field.name], field.mark, verdicts)
            return
        field_class = self._class_of(field.mark, getattr(model, field.mark.by) if _is_named(field.mark) else "")
        if self._judge(dump, field.name, field_class, verdicts) and field.holds_models:
            self._inside(value, dump[field.name], place)

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
        elif isinstance(value, Mapping):
            for part, dumped in zip(value.values(), dump.values(), strict=True):
                self._inside(part, dumped, place)
        elif isinstance(value, Iterable) and not isinstance(value, str | bytes):
            for part, dumped in zip(value, dump, strict=True):
                self._inside(part, dumped, place)


def _is_named(mark: Mark | None) -> TypeGuard[Keyed]:
    """Whether the key of the value stands in the field beside it."""
    return isinstance(mark, Keyed) and bool(mark.by)


def _placed(model: BaseModel, plan: ModelPlan, place: Place) -> Place:
    """Where this contract belongs: where the one around it does, but for what it says itself."""
    if not plan.located:
        return place
    said: dict[str, Any] = {"people": place.people, "teams": place.teams}
    for field, part in plan.located:
        value = getattr(model, field)
        if part in ("people", "teams"):
            many = (value,) if isinstance(value, str) else tuple(value or ())
            said[part] = (*said[part], *(name for name in many if name))
        elif value:
            said[part] = value
    return replace(place, **said)


def verdict_at(viewer: Viewer, policy: Policy, field_class: FieldClass, place: Place | None = None) -> Verdict:
    """Whether the viewer sees a class of field in full, masked or not at all: for those who would have to unseal it."""
    place = place or UNSAID
    return policy.verdicts(viewer.roles_at(place), place.node, viewer.terminal)[field_class]
