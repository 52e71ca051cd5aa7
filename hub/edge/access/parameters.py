"""What a request may ask about and write (查询参数, 可写字段): a field that is masked for somebody must not be told by
sorting, filtering, grouping or summing either, and who may not write a class may not send it. Pure."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Any

from pydantic import BaseModel

from hub.contracts.classes import UNKNOWN, Classified, FieldClass, Keyed
from hub.edge.access.fields import class_at, fields_of, mark_of
from hub.edge.access.policy import Policy, Verdicts
from hub.kernel.dataclass import dataclass
from hub.kernel.errors import Problem

NAME_LIMIT = 64
_FIELD = re.compile(r"[A-Za-z_][A-Za-z0-9_.]*")


@dataclass(frozen=True)
class Selects:
    """Metadata of a query field whose value names fields of a contract: `sort=-opened_at`, `metric=min(amount)`. Every
    name in the value is looked up in `model`; words that are no field of it (`min`, `desc`) are plain."""

    model: type[BaseModel]


def parameter_names(model: type[BaseModel] | None) -> tuple[str, ...]:
    """The parameters that a query's model declares, as they are sent."""
    return tuple(_parameters(model))


def unknown_parameters(known: Collection[str], sent: Iterable[str]) -> list[Problem]:
    """A problem for each parameter that is not among the known ones, saying which those are."""
    rule = f"is not a parameter here; known: {', '.join(known)}" if known else "is not a parameter: there are none here"
    return [Problem(f"query:{name[:NAME_LIMIT]}", rule) for name in sent if name not in known]


def hidden_parameters(
    model: type[BaseModel] | None, sent: Mapping[str, str], policy: Policy, verdicts: Verdicts
) -> list[Problem]:
    """A problem for each parameter that asks about a field which the viewer does not see in full: whatever its value,
    so that what exists and what does not are refused alike."""
    return [
        Problem(f"query:{parameter}", "asks about a field that you may not see")
        for parameter, name in _parameters(model).items()
        if model is not None
        and parameter in sent
        and any(verdicts[field_class] != "full" for field_class in _asked(model, name, sent[parameter], policy))
    ]


def unwritable_fields(
    body: BaseModel, writable: frozenset[FieldClass], policy: Policy, prefix: str = ""
) -> list[Problem]:
    """A problem for each field of a body that was sent, in all its parts, and is of a class that is not writable."""
    problems = []
    for name in sorted(body.model_fields_set):
        value = getattr(body, name)
        if any(written not in writable for written in _classes_in(mark_of(type(body), name), value, policy)):
            problems.append(Problem(f"{prefix}/{name}", "is not yours to write"))
        for step, inner in _inner(value):
            problems += unwritable_fields(inner, writable, policy, f"{prefix}/{name}{step}")
    return problems


def _parameters(model: type[BaseModel] | None) -> dict[str, str]:
    """The names of a query's parameters, and the fields that they fill."""
    return {field.alias or name: name for name, field in fields_of(model).items()} if model else {}


def _asked(model: type[BaseModel], name: str, value: str, policy: Policy) -> Iterator[FieldClass]:
    """The classes that a parameter asks about: its own, and those of the fields that its value names."""
    yield from _classes_in(mark_of(model, name), {}, policy)
    for selects in fields_of(model)[name].metadata:
        if isinstance(selects, Selects):
            for path in _FIELD.findall(value):
                mark = class_at(selects.model, path)
                key = path.rpartition(".")[2]
                yield from _classes_in(mark, {key: ""}, policy)


def _classes_in(mark: Classified | Keyed | None, value: Any, policy: Policy) -> Iterator[FieldClass]:
    if isinstance(mark, Classified):
        yield mark.name
    elif isinstance(mark, Keyed) and mark.by:
        yield UNKNOWN
    elif isinstance(mark, Keyed):
        classes = (mark.class_of(str(key), policy.plain_facts) for key in value or ())
        yield from (name for name in classes if name is not None)


def _inner(value: Any) -> Iterator[tuple[str, BaseModel]]:
    """The contracts right inside a value, each with its step of a JSON pointer."""
    if isinstance(value, BaseModel):
        yield "", value
    elif isinstance(value, Mapping):
        yield from ((f"/{key}", part) for key, part in value.items() if isinstance(part, BaseModel))
    elif isinstance(value, tuple | list):
        yield from ((f"/{i}", part) for i, part in enumerate(value) if isinstance(part, BaseModel))
