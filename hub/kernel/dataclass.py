"""Dataclasses that cost an import little.

The standard library compiles up to six methods for each dataclass, one by one, of which only `__init__` differs from
class to class. Here the others are written once, and `__init__` when the class's first instance is made: a room has
more than a hundred such classes, which were a quarter of its cold start, and a call needs a few of them. All else is
the standard library's: fields, `replace`, `asdict`, `match`, and how fast an instance is made.
(docs/adr/0035-lean-dataclasses.md has the figures.)
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from functools import partial
from operator import attrgetter
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from dataclasses import dataclass
else:

    def dataclass(cls: type | None = None, /, **options: Any) -> Any:
        """`dataclasses.dataclass`, lean with no options but `frozen`, `slots` and `kw_only`; else the very same. No
        field is `init=False`."""
        if options.keys() - {"frozen", "slots", "kw_only"}:
            return dataclasses.dataclass(cls, **options)
        return _lean(cls, **options) if cls else partial(_lean, **options)


__all__ = ["dataclass"]
_Fields = tuple[dataclasses.Field[Any], ...]


def _lean(plain: type, *, frozen: bool = False, slots: bool = False, kw_only: bool = False) -> type:
    written = {name for name, value in vars(plain).items() if value is not None}
    made: type = dataclasses.dataclass(init=False, eq=False, repr=False, slots=slots, kw_only=kw_only)(plain)
    fields = dataclasses.fields(made)
    compared = [field.name for field in fields if field.compare]
    hashed = [field.name for field in fields if (field.compare if field.hash is None else field.hash)]
    methods: dict[str, Callable[..., Any] | None] = {
        "__init__": _init_at_first(made, frozen),
        "__eq__": _eq,
        "__hash__": _hash if frozen else None,
        "__repr__": _repr,
        "__compared__": _values(compared),
        "__hashed__": _values(hashed),
    }
    if frozen:
        methods |= {"__setattr__": _refuse, "__delattr__": _refuse}
        if slots:
            methods["__setstate__"] = _restore
    for name in methods.keys() - written:
        setattr(made, name, methods[name])
    return made


def _init_at_first(cls: type, frozen: bool) -> Callable[..., None]:
    """What stands for `__init__` until the first instance of the class is made."""

    def init(self: Any, *values: Any, **named: Any) -> None:
        cls.__init__ = written = _init(cls, dataclasses.fields(cls), frozen)  # type: ignore[misc]
        written(self, *values, **named)

    return init


def _init(cls: type, fields: _Fields, frozen: bool) -> Callable[..., None]:
    """`__init__` with the class's parameters: what is not given is the default, or made by the factory."""
    names: dict[str, Any] = {"set_": object.__setattr__, "NOTHING": dataclasses.MISSING}
    positional, keywords, lines = list[str](), list[str](), list[str]()
    for number, field in enumerate(fields):
        if field.default_factory is not dataclasses.MISSING:
            names[f"make{number}"] = field.default_factory
            default, value = "=NOTHING", f"make{number}() if {field.name} is NOTHING else {field.name}"
        else:
            names[f"default{number}"] = field.default
            default = "" if field.default is dataclasses.MISSING else f"=default{number}"
            value = field.name
        (keywords if field.kw_only else positional).append(field.name + default)
        lines.append(f"set_(self, {field.name!r}, {value})" if frozen else f"self.{field.name} = {value}")
    if hasattr(cls, "__post_init__"):
        lines.append("self.__post_init__()")
    parameters = ["self", *positional, *(["*", *keywords] if keywords else [])]
    exec(f"def __init__({', '.join(parameters)}):\n " + "\n ".join(lines or ["pass"]), names)  # noqa: S102 - field names
    init: Callable[..., None] = names["__init__"]
    init.__qualname__ = f"{cls.__qualname__}.__init__"
    init.__annotations__ = {field.name: field.type for field in fields}
    return init


def _values(names: list[str]) -> Callable[[Any], object]:
    return attrgetter(*names) if names else type


def _eq(self: Any, other: Any) -> Any:
    if other.__class__ is not self.__class__:
        return NotImplemented
    return self.__compared__(self) == self.__compared__(other)


def _hash(self: Any) -> int:
    return hash(self.__hashed__(self))


def _repr(self: Any) -> str:
    shown = (f"{field.name}={getattr(self, field.name)!r}" for field in dataclasses.fields(self) if field.repr)
    return f"{self.__class__.__qualname__}({', '.join(shown)})"


def _refuse(_self: Any, name: str, _value: object = None) -> None:
    raise dataclasses.FrozenInstanceError(f"cannot change field {name!r}")


def _restore(self: Any, state: tuple[None, dict[str, Any]]) -> None:
    """What copy and pickle call for slots."""
    for name, value in state[1].items():
        object.__setattr__(self, name, value)
