"""Who sees a field (谁能看到): the same declarations and the same policy that every answer goes through, as a table."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from importlib import import_module
from pkgutil import iter_modules
from typing import get_args

from pydantic import BaseModel

import hub.contracts
from hub.contracts.base import Contract, Role
from hub.contracts.classes import CLASSES, FieldClass, Keyed
from hub.edge.access.fields import fields_of, mark_of
from hub.edge.access.policy import Policy, Verdict
from hub.kernel.dataclass import dataclass

ROLES: tuple[str, ...] = (*get_args(Role), "own", "guest", "break_glass")
PLAIN = "plain"
_FACT = re.compile(r"[a-z][a-z0-9_]{0,63}")


@dataclass(frozen=True)
class FieldSight:
    """One field of one contract: its class ("plain": none), and what each role sees of it."""

    field: str
    field_class: str
    roles: Mapping[str, Verdict]


def who_sees(word: str, policy: Policy, node: str = "", terminal: str = "pc") -> list[FieldSight]:
    """Every field that is meant: all of a class, else by its name wherever it stands or as `Contract.field`, else as a
    fact of that name. Empty when there is none."""
    meant = [*_meant(word, policy)] or [*_facts(word, policy)]
    return [
        FieldSight(f"{model.__name__}.{name}", field_class or PLAIN, _sight(field_class, policy, node, terminal))
        for model, name, field_class in meant
    ]


def contracts() -> list[type[Contract]]:
    """Every contract that there is, by name."""
    for module in iter_modules(hub.contracts.__path__):
        import_module(f"{hub.contracts.__name__}.{module.name}")
    known = {cls for cls in _below(Contract) if cls.__module__.startswith(f"{hub.contracts.__name__}.")}
    return sorted(known, key=lambda cls: (cls.__name__, cls.__module__))


def _meant(word: str, policy: Policy) -> Iterator[tuple[type[BaseModel], str, FieldClass | None]]:
    for model in contracts():
        for name in fields_of(model):
            mark = mark_of(model, name)
            own = word in (name, f"{model.__name__}.{name}") and word not in CLASSES
            if isinstance(mark, Keyed):
                for key in (*sorted(mark.plain), *sorted(mark.classes), "*"):
                    field_class = mark.class_of(key, policy.plain_facts)
                    if own or word == field_class or (word == key and word not in CLASSES):
                        yield model, f"{name}[{key}]", field_class
            elif own or (mark is not None and mark.name == word):
                yield model, name, mark.name if mark else None


def _facts(word: str, policy: Policy) -> Iterator[tuple[type[BaseModel], str, FieldClass | None]]:
    """A fact that no declaration names, in the fields that take any."""
    if word in CLASSES or not _FACT.fullmatch(word):
        return
    for model in contracts():
        for name in fields_of(model):
            mark = mark_of(model, name)
            if isinstance(mark, Keyed) and mark.tenant:
                yield model, f"{name}[{word}]", mark.class_of(word, policy.plain_facts)


def _sight(field_class: FieldClass | None, policy: Policy, node: str, terminal: str) -> dict[str, Verdict]:
    if field_class is None:
        return dict.fromkeys(ROLES, "full")
    return {role: policy.verdicts((role,), node, terminal)[field_class] for role in ROLES}


def _below(cls: type[Contract]) -> Iterable[type[Contract]]:
    for sub in cls.__subclasses__():
        yield sub
        yield from _below(sub)
