"""Random contracts with marked leaves: every text and number in them is unique, and it is known what class it has."""

from __future__ import annotations

import importlib
import pkgutil
import random
import types
from collections.abc import Iterator
from datetime import UTC, date, datetime
from typing import Annotated, Any, Literal, TypeVar, Union, get_args, get_origin

from pydantic import AwareDatetime, BaseModel

import hub.contracts
from hub.contracts.base import Contract
from hub.contracts.classes import Classified, FieldClass, Keyed
from hub.edge.access.fields import fields_of

MOMENT = datetime(2026, 11, 23, 2, tzinfo=UTC)
DEPTH = 6


def all_contracts() -> list[type[Contract]]:
    """Every contract class of every module, by name."""
    for module in pkgutil.iter_modules(hub.contracts.__path__):
        importlib.import_module(f"hub.contracts.{module.name}")
    known = (cls for cls in _subclasses(Contract) if cls.__module__.startswith("hub.contracts."))
    return sorted(known, key=lambda cls: f"{cls.__module__}.{cls.__qualname__}")


def _subclasses(cls: type[Contract]) -> Iterator[type[Contract]]:
    for sub in cls.__subclasses__():
        yield sub
        yield from _subclasses(sub)


class Maker:
    """Makes contracts at random. `leaves`: marker → its class, None for a plain one."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)
        self.made = 0
        self.leaves: dict[str, FieldClass | None] = {}

    def make(self, model: type[BaseModel], outer: FieldClass | None = None, depth: int = 0) -> BaseModel:
        """A contract whose fields hold markers; `outer`: the class of the field that it lies in."""
        values: dict[str, Any] = {}
        for name, field in fields_of(model).items():
            mark = next((m for m in field.metadata if isinstance(m, Classified | Keyed)), None)
            if isinstance(mark, Keyed):
                values[name] = self._keyed(mark, values, outer)
            else:
                inner = mark.name if isinstance(mark, Classified) else None
                values[name] = self._value(field.annotation, outer or inner, depth)
        return model.model_construct(**values)

    def _keyed(self, mark: Keyed, values: dict[str, Any], outer: FieldClass | None) -> Any:
        if mark.by:
            self.leaves.pop(values[mark.by].strip("x"), None)
            values[mark.by] = self.random.choice([*mark.classes, "id_card"])
            return self._leaf(outer or mark.class_of(values[mark.by]))
        keys = [*mark.plain, *mark.classes, "mobile", "id_card", f"free_{self.random.randint(0, 9)}"]
        chosen = self.random.sample(keys, min(len(keys), 4))
        made: dict[str, Any] = {key: self._leaf(outer or mark.class_of(key)) for key in chosen}
        for key, inner in mark.inner.items():
            made[key] = [self._keyed(inner, {}, outer) for _ in range(self.random.randint(0, 2))]
        return made

    def _value(self, annotation: Any, cls: FieldClass | None, depth: int) -> Any:
        origin, arguments = get_origin(annotation), get_args(annotation)
        if origin is Annotated:
            mark = next((m for m in annotation.__metadata__ if isinstance(m, Classified)), None)
            return self._value(arguments[0], cls or (mark.name if mark else None), depth)
        if origin is Literal:
            return self.random.choice(arguments)
        if origin in (Union, types.UnionType):
            return self._value(self.random.choice(arguments), cls, depth)
        if origin in (tuple, list):
            return tuple(self._value(arguments[0], cls, depth + 1) for _ in range(self._many(depth)))
        if origin is dict:
            return {f"k{i}": self._value(arguments[1], cls, depth + 1) for i in range(self._many(depth))}
        if isinstance(annotation, type) and issubclass(annotation, BaseModel):
            return self.make(annotation, cls, depth + 1)
        return self._scalar(annotation, cls)

    def _scalar(self, annotation: Any, cls: FieldClass | None) -> Any:
        if annotation is bool:
            return self.random.random() < 0.5
        if annotation in (int, float):
            return annotation(self._leaf(cls).strip("x"))
        if annotation in (datetime, AwareDatetime):
            return MOMENT
        if annotation is date:
            return MOMENT.date()
        if annotation is type(None):
            return None
        assert annotation in (str, Any) or isinstance(annotation, TypeVar), annotation
        return self._leaf(cls)

    def _leaf(self, cls: FieldClass | None) -> str:
        self.made += 1
        number = f"77{self.made:05}77"
        self.leaves[number] = cls
        return f"x{number}x"

    def _many(self, depth: int) -> int:
        return 0 if depth >= DEPTH else self.random.randint(0, 2)
