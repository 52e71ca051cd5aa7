"""Decision tables: rules in order, one outcome (`first`) or all of them (`collect`).

{"key": "dispatch", "version": 3, "hit": "first",
 "schema": {"type": {"enum": ["repair", "install"]}, "region": "region"},
 "rules": [{"id": "sh-repair", "when": {"type": {"eq": "repair"}, "region": {"within": "310000"}},
            "then": {"queue": "repair-sh"}, "note": "上海维修"}],
 "default": {"queue": "front-desk"}}
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from typing import Any, Literal

from hub.kernel.dataclass import dataclass
from hub.kernel.errors import Invalid, Problem
from hub.rules.conditions import All, parse_condition
from hub.rules.index import Index
from hub.rules.schema import Schema, WrongValueError, child

MAX_RULES = 2000
MAX_NAME = 100

_KEYS = ("key", "version", "schema", "hit", "rules", "default")
_RULE_KEYS = ("id", "when", "then", "note")


@dataclass(frozen=True)
class Rule:
    """When the condition holds, `then` (any JSON) is the outcome; `note` is for the people who keep the
    table."""

    id: str
    when: All
    then: Any
    note: str = ""


@dataclass(frozen=True)
class Decision:
    """What a table said, and by which rules.

    rule_ids: the rule that was hit, or all of them in table order for `collect`; empty when none was.
    outcome: its `then`; for `collect` the list of them; the table's default when none was hit.
    """

    key: str
    version: int | str
    rule_ids: tuple[str, ...]
    outcome: Any

    @property
    def rule_id(self) -> str | None:
        """The (first) rule that was hit; None when the default answered."""
        return self.rule_ids[0] if self.rule_ids else None


@dataclass(frozen=True)
class DecisionTable:
    """A table, typed and compiled once. Make it with `parse`."""

    key: str
    version: int | str
    schema: Schema
    hit: Literal["first", "collect"]
    rules: tuple[Rule, ...]
    default: Any = None
    has_default: bool = False

    @classmethod
    def parse(cls, doc: Any, schema: Schema | None = None) -> DecisionTable:
        """From its JSON. `hit` is "first" if unsaid; a schema given here stands in for the document's own.

        Raises Invalid whose problems name every wrong place by JSON pointer.
        """
        if not isinstance(doc, dict):
            raise Invalid("table", problems=[Problem("", "must be an object")])
        problems = _header_problems(doc, schema is not None)
        schema = schema or _parse_schema(doc, problems)
        rules = _parse_rules(doc.get("rules"), schema, problems)
        if problems or schema is None:
            raise Invalid("table", problems=problems)
        hit: Literal["first", "collect"] = "collect" if doc.get("hit") == "collect" else "first"
        default = doc.get("default", [] if hit == "collect" else None)
        return cls(doc["key"], doc["version"], schema, hit, rules, default, "default" in doc)

    @cached_property
    def index(self) -> Index:
        """The rules as bit sets, made at the first decision."""
        return Index([rule.when for rule in self.rules])

    @cached_property
    def answers(self) -> dict[int | None, Decision]:
        """For `first`: position of the rule, or None for none, → the decision, made once."""
        made: dict[int | None, Decision] = {None: Decision(self.key, self.version, (), self.default)}
        for position, rule in enumerate(self.rules):
            made[position] = Decision(self.key, self.version, (rule.id,), rule.then)
        return made


def decide(table: DecisionTable, facts: Mapping[str, Any]) -> Decision:
    """The table's answer for these facts. Facts that the schema does not know are ignored.

    Raises Invalid, with a pointer to each, for facts that are not of their field's kind.
    """
    try:
        if table.hit == "first":
            return table.answers[table.index.first(facts)]
        rules = [table.rules[position] for position in table.index.hits(facts)]
    except (WrongValueError, TypeError):
        table.schema.refuse_wrong(facts)
        raise
    if not rules:
        return table.answers[None]
    return Decision(table.key, table.version, tuple(rule.id for rule in rules), [rule.then for rule in rules])


def _header_problems(doc: dict[str, Any], schema_given: bool) -> list[Problem]:
    known = [name for name in _KEYS if name != "schema" or not schema_given]
    problems = [Problem(child("", name), "must be one of: " + ", ".join(known)) for name in doc if name not in known]
    if not _is_name(doc.get("key")):
        problems.append(Problem("/key", f"must be a text of 1 to {MAX_NAME} characters"))
    version = doc.get("version")
    if not (_is_name(version) or (type(version) is int and version >= 1)):
        problems.append(Problem("/version", "must be a whole number from 1, or a text"))
    if doc.get("hit", "first") not in ("first", "collect"):
        problems.append(Problem("/hit", "must be one of: first, collect"))
    return problems


def _parse_schema(doc: dict[str, Any], problems: list[Problem]) -> Schema | None:
    try:
        return Schema.parse(doc.get("schema"), "/schema")
    except Invalid as wrong:
        problems.extend(wrong.problems)
        return None


def _parse_rules(doc: Any, schema: Schema | None, problems: list[Problem]) -> tuple[Rule, ...]:
    if not isinstance(doc, list) or len(doc) > MAX_RULES:
        problems.append(Problem("/rules", f"must be a list of at most {MAX_RULES} rules"))
        return ()
    rules, seen = [], set[str]()
    for position, item in enumerate(doc):
        pointer = child("/rules", position)
        if not isinstance(item, dict):
            problems.append(Problem(pointer, "must be an object"))
            continue
        problems.extend(_rule_problems(item, pointer, seen))
        when = _parse_when(item.get("when", {}), schema, pointer + "/when", problems)
        rules.append(Rule(str(item.get("id")), when, item.get("then"), str(item.get("note", ""))))
    return tuple(rules)


def _parse_when(doc: Any, schema: Schema | None, pointer: str, problems: list[Problem]) -> All:
    if schema is not None:
        try:
            return parse_condition(doc, schema, pointer)
        except Invalid as wrong:
            problems.extend(wrong.problems)
    return All(())


def _rule_problems(item: dict[str, Any], pointer: str, seen: set[str]) -> list[Problem]:
    rule = "must be one of: " + ", ".join(_RULE_KEYS)
    problems = [Problem(child(pointer, name), rule) for name in item if name not in _RULE_KEYS]
    identity = item.get("id")
    if not _is_name(identity):
        problems.append(Problem(pointer + "/id", f"must be a text of 1 to {MAX_NAME} characters"))
    elif identity in seen:
        problems.append(Problem(pointer + "/id", "must be unlike every other rule's"))
    else:
        seen.add(str(identity))
    if "then" not in item:
        problems.append(Problem(pointer + "/then", "is required"))
    if not isinstance(item.get("note", ""), str):
        problems.append(Problem(pointer + "/note", "must be text"))
    return problems


def _is_name(raw: Any) -> bool:
    return isinstance(raw, str) and 1 <= len(raw) <= MAX_NAME
