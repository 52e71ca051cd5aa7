"""The one condition language: JSON in, a typed tree out.

    {"type": {"eq": "repair"}, "region": {"within": "310000"}, "amount": {"gte": 100, "lt": 500},
     "any": [{"text": {"contains_any": ["不制冷", "坏了"]}}, {"skills": {"has": "refrigeration"}}],
     "not": {"channel": {"in": ["phone"]}}}

Fields and operators side by side all have to hold; a field that is not named may be anything, and `{}` always
holds. A missing fact satisfies only what says no (`ne`, `not_in`, `has_none`, `present: false`). There are no
regular expressions, so no text can make a rule slow.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from hub.kernel.dataclass import dataclass
from hub.kernel.errors import Invalid, Problem
from hub.kernel.regions import path
from hub.rules.schema import Field, Schema, WrongValueError, child, read_text

MAX_DEPTH = 8
MAX_CHECKS = 500
MAX_LIST = 1000

_EQUALITY = ("eq", "ne", "in", "not_in", "present")
_ORDER = ("gt", "gte", "lt", "lte")
OPERATORS: dict[str, tuple[str, ...]] = {
    "text": (*_EQUALITY, "contains_any", "contains_all"),
    "number": (*_EQUALITY, *_ORDER),
    "boolean": ("eq", "ne", "present"),
    "enum": _EQUALITY,
    "set": ("has", "has_any", "has_all", "has_none", "present"),
    "region": (*_EQUALITY, "within"),
    "time": (*_EQUALITY, *_ORDER),
}
"""Kind of field → its operators. `contains_*` ignore case; `within` takes one region or several."""

_LISTS = ("in", "not_in", "contains_any", "contains_all", "has_any", "has_all", "has_none")
_HOLD_WHEN_MISSING = ("ne", "not_in", "has_none")
_TESTS: dict[str, Callable[[Any, Any], bool]] = {
    "eq": lambda value, operand: value == operand,
    "ne": lambda value, operand: value != operand,
    "in": lambda value, operand: value in operand,
    "not_in": lambda value, operand: value not in operand,
    "present": lambda _value, operand: bool(operand),
    "gt": lambda value, operand: value > operand,
    "gte": lambda value, operand: value >= operand,
    "lt": lambda value, operand: value < operand,
    "lte": lambda value, operand: value <= operand,
    "contains_any": lambda value, operand: any(needle in value.casefold() for needle in operand),
    "contains_all": lambda value, operand: all(needle in value.casefold() for needle in operand),
    "has": lambda value, operand: not operand.isdisjoint(value),
    "has_any": lambda value, operand: not operand.isdisjoint(value),
    "has_all": lambda value, operand: operand <= value,
    "has_none": lambda value, operand: operand.isdisjoint(value),
    "within": lambda value, operand: not operand.isdisjoint(path(value)),
}


@dataclass(frozen=True)
class Check:
    """One operator on one field. `operand` is comparable, `doc` is how the rule wrote it, `pointer` is
    where."""

    field: Field
    op: str
    operand: Any
    doc: Any
    pointer: str

    def accepts(self, value: Any) -> bool:
        """Whether a value that its field has read, or None for a missing one, satisfies this check."""
        if value is None:
            return self.op in _HOLD_WHEN_MISSING or (self.op == "present" and not self.operand)
        return _TESTS[self.op](value, self.operand)


@dataclass(frozen=True)
class All:
    """Every part holds; no parts at all hold."""

    parts: tuple[Condition, ...]


@dataclass(frozen=True)
class AnyOf:
    """At least one part holds."""

    parts: tuple[Condition, ...]


@dataclass(frozen=True)
class Not:
    """The part does not hold."""

    part: Condition
    pointer: str


Condition = Check | All | AnyOf | Not


def parse_condition(doc: Any, schema: Schema, pointer: str = "") -> All:
    """A JSON condition, typed against `schema`.

    Raises Invalid that names every wrong place (unknown field or operator, wrong type, limit); each JSON
    pointer begins with `pointer`.
    """
    parser = _Parser(schema)
    condition = parser.condition(doc, pointer, MAX_DEPTH)
    if parser.checks > MAX_CHECKS:
        parser.problems.append(Problem(pointer, f"must have at most {MAX_CHECKS} checks"))
    if parser.problems:
        raise Invalid("condition", problems=parser.problems)
    return condition


def holds(condition: Condition, facts: Mapping[str, Any]) -> bool:
    """Whether `condition` is true of `facts`. Raises Invalid for a fact that is not of its field's kind."""
    match condition:
        case Check(field=field):
            return condition.accepts(read_fact(field, facts))
        case All(parts=parts):
            return all(holds(part, facts) for part in parts)
        case AnyOf(parts=parts):
            return any(holds(part, facts) for part in parts)
        case Not(part=part):
            return not holds(part, facts)


def read_fact(field: Field, facts: Mapping[str, Any]) -> Any:
    """The fact's comparable value, None when it is missing. Raises Invalid with its pointer."""
    raw = facts.get(field.name)
    try:
        return None if raw is None else field.read(raw)
    except WrongValueError as wrong:
        raise Invalid("facts", problems=[Problem(child("", field.name), str(wrong))]) from None


class _Parser:
    """Walks one document and gathers every problem on its way."""

    def __init__(self, schema: Schema) -> None:
        self.schema = schema
        self.problems: list[Problem] = []
        self.checks = 0

    def condition(self, doc: Any, pointer: str, depth: int) -> All:
        if not isinstance(doc, dict) or depth == 0:
            rule = "must be an object" if depth else f"must nest at most {MAX_DEPTH} deep"
            self.problems.append(Problem(pointer, rule))
            return All(())
        parts: list[Condition] = []
        for name, inner in doc.items():
            place = child(pointer, name)
            if name in ("all", "any"):
                branches = self._branches(inner, place, depth)
                parts.append(All(branches) if name == "all" else AnyOf(branches))
            elif name == "not":
                parts.append(Not(self.condition(inner, place, depth - 1), place))
            else:
                parts.extend(self._checks(name, inner, place))
        return All(tuple(parts))

    def _branches(self, doc: Any, pointer: str, depth: int) -> tuple[Condition, ...]:
        if not isinstance(doc, list) or not 1 <= len(doc) <= MAX_LIST:
            self.problems.append(Problem(pointer, f"must be a list of 1 to {MAX_LIST} conditions"))
            return ()
        return tuple(self.condition(part, child(pointer, i), depth - 1) for i, part in enumerate(doc))

    def _checks(self, name: str, doc: Any, pointer: str) -> list[Check]:
        field = self.schema.fields.get(name)
        if field is None:
            self.problems.append(Problem(pointer, "must be one of the fields: " + ", ".join(self.schema.fields)))
            return []
        if not isinstance(doc, dict) or not doc:
            self.problems.append(Problem(pointer, 'must be an object of operators, e.g. {"eq": …}'))
            return []
        return [self._check(field, op, operand, child(pointer, op)) for op, operand in doc.items()]

    def _check(self, field: Field, op: str, doc: Any, pointer: str) -> Check:
        self.checks += 1
        operand = None
        if op not in OPERATORS[field.kind]:
            rule = f"must be an operator of {field.kind}: " + ", ".join(OPERATORS[field.kind])
            self.problems.append(Problem(pointer, rule))
        elif op in _LISTS or (op == "within" and isinstance(doc, list)):
            operand = self._list(field, op, doc, pointer)
        else:
            value = self._value(field, op, doc, pointer)
            operand = frozenset((value,)) if op in ("has", "within") else value
        return Check(field, op, operand, doc, pointer)

    def _list(self, field: Field, op: str, doc: Any, pointer: str) -> frozenset[Any]:
        if not isinstance(doc, list) or not 1 <= len(doc) <= MAX_LIST:
            self.problems.append(Problem(pointer, f"must be a list of 1 to {MAX_LIST} values"))
            return frozenset()
        return frozenset(self._value(field, op, item, child(pointer, i)) for i, item in enumerate(doc))

    def _value(self, field: Field, op: str, doc: Any, pointer: str) -> Any:
        try:
            if op == "present":
                return _read_flag(doc)
            if field.kind == "set" or op.startswith("contains"):
                return _read_needle(doc, fold=field.kind == "text")
            return field.read(doc)
        except WrongValueError as wrong:
            self.problems.append(Problem(pointer, str(wrong)))
            return None


def _read_flag(doc: Any) -> bool:
    if type(doc) is bool:
        return doc
    raise WrongValueError("must be true or false")


def _read_needle(doc: Any, fold: bool) -> str:
    text = read_text(doc)
    if not text:
        raise WrongValueError("must not be empty")
    return text.casefold() if fold else text
