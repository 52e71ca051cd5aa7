"""What a contract's declaration says of its fields: their classes, where the thing belongs, and which fields can hold
more contracts. Read once a class and kept. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property, lru_cache
from typing import Annotated, Any, Literal, get_args, get_origin

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from hub.contracts.classes import CLASSES, UNKNOWN, Classified, FieldClass, Keyed, Located, Part
from hub.kernel.dataclass import dataclass

Mark = Classified | Keyed
OPEN = (Any, object, dict, list, tuple, set, frozenset)
"""Types that may hold anything, if nothing more is said of them; as may all that is no type at all (a TypeVar)."""


@dataclass(frozen=True)
class FieldPlan:
    """One field that needs a look: its mark (None: plain itself), and whether contracts may lie in it."""

    name: str
    mark: Mark | None
    holds_models: bool


@dataclass(frozen=True)
class ModelPlan:
    """The fields of a contract that need a look, and those that say where it belongs. `plain`: nothing to do at all.

    classes: all that its own fields may be of; who sees them all needs a look only at `nested`, the fields in which
    more contracts may lie.
    """

    fields: tuple[FieldPlan, ...]
    located: tuple[tuple[str, Part], ...]

    @property
    def plain(self) -> bool:
        return not self.fields

    @cached_property
    def nested(self) -> tuple[FieldPlan, ...]:
        return tuple(field for field in self.fields if field.holds_models and not isinstance(field.mark, Keyed))

    @cached_property
    def classes(self) -> frozenset[FieldClass]:
        return frozenset(name for field in self.fields for name in _classes_of(field.mark))


def _classes_of(mark: Mark | None) -> Iterator[FieldClass]:
    if isinstance(mark, Classified):
        yield mark.name
    elif isinstance(mark, Keyed):
        yield UNKNOWN
        yield from CLASSES if mark.stated else mark.classes.values()
        for inner in mark.inner.values():
            yield from _classes_of(inner)


@lru_cache(maxsize=4096)
def plan_of(model: type[BaseModel]) -> ModelPlan:
    """What is to be done with a contract's fields when it leaves the hub."""
    fields = []
    for name, field in fields_of(model).items():
        mark = mark_of(model, name)
        holds = _holds_marked(field.annotation, {model})
        if mark is not None or holds:
            fields.append(FieldPlan(name, mark, holds))
    located = tuple(
        (name, m.part) for name in model.model_fields for m in _metadata(model, name) if isinstance(m, Located)
    )
    return ModelPlan(tuple(fields), located)


def fields_of(model: type[BaseModel]) -> dict[str, FieldInfo]:
    """A contract's fields, with what their declaration could not name yet."""
    if not model.__pydantic_complete__:
        model.model_rebuild()
    return model.model_fields


def mark_of(model: type[BaseModel], name: str) -> Mark | None:
    """The mark of a contract's own field, however deep in its annotation it stands; None for a plain one."""
    return next((m for m in _metadata(model, name) if isinstance(m, Mark)), None)


def class_at(model: type[BaseModel], path: str) -> Mark | None:
    """The mark of a field by its name, with dots for what lies deeper; None for what is plain or no field."""
    name, _, rest = path.partition(".")
    if name not in fields_of(model):
        return None
    mark = mark_of(model, name)
    if mark is not None or not rest:
        return mark
    inner = (class_at(part, rest) for part in _models_in(fields_of(model)[name].annotation))
    return next((mark for mark in inner if mark is not None), None)


def _metadata(model: type[BaseModel], name: str) -> Iterator[Any]:
    field = fields_of(model)[name]
    yield from field.metadata
    yield from _marks(field.annotation)


def _marks(annotation: Any) -> Iterator[Any]:
    """The metadata that stands anywhere inside an annotation."""
    if get_origin(annotation) is Annotated:
        yield from annotation.__metadata__
        yield from _marks(annotation.__origin__)
        return
    for argument in get_args(annotation):
        yield from _marks(argument)


def _models_in(annotation: Any) -> Iterator[type[BaseModel]]:
    if isinstance(annotation, type) and not get_args(annotation):
        if issubclass(annotation, BaseModel):
            yield annotation
        return
    for argument in get_args(annotation):
        yield from _models_in(argument)


def _holds_marked(annotation: Any, seen: set[type[BaseModel]]) -> bool:
    """Whether something marked may lie in a value of this type; what says nothing of itself (Any) may hold anything."""
    if get_origin(annotation) is Literal or annotation is None:
        return False
    arguments = [argument for argument in get_args(annotation) if argument is not Ellipsis]
    if arguments:
        return any(_holds_marked(argument, seen) for argument in arguments)
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return _model_is_marked(annotation, seen)
    return not isinstance(annotation, type) or annotation in OPEN


def _model_is_marked(model: type[BaseModel], seen: set[type[BaseModel]]) -> bool:
    if model in seen:
        return False
    seen = seen | {model}
    if model is BaseModel or not fields_of(model):
        return model is BaseModel
    return any(
        mark_of(model, name) is not None or _holds_marked(field.annotation, seen)
        for name, field in fields_of(model).items()
    )
