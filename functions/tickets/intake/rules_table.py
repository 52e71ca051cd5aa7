"""The tenant's intake rules (受理规则): the preset until it publishes its own; each change is a new version."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any, get_args

from functions.tickets.tables import Tables
from functions.tickets.ticket import catalogue
from functions.tickets.ticket.ticket import Stored
from hub.contracts.base import Moment
from hub.contracts.events import Priority
from hub.kernel.errors import Conflict, Invalid, Problem
from hub.rules import DecisionTable, lint

PRESET_VERSION = 1


class Rulebook(Stored):
    """One version of the intake rules. `document` is a decision table's JSON text, its `version` this one."""

    version: int
    document: str
    published_at: Moment | None = None
    published_by: str = ""

    @property
    def table(self) -> DecisionTable:
        return DecisionTable.parse(json.loads(self.document))


PRESET = Rulebook(version=PRESET_VERSION, document=json.dumps(catalogue.intake_document(), ensure_ascii=False))


class Rules:
    """The intake rules of one tenant."""

    def __init__(self, tables: Tables) -> None:
        self._tables = tables

    def current(self) -> Rulebook:
        """The rules that new messages are read by."""
        record = self._tables.find("rules", "intake")
        return record.read(Rulebook) if record else PRESET

    def publish(self, document: Mapping[str, Any], seen_version: int | None, by: str, at: datetime) -> Rulebook:
        """Make this document the rules, as the next version.

        Raises Invalid for a table that does not parse, whose outcomes name no ticket, or with a rule that can never
        decide; Conflict when the rules are not at `seen_version` any more.
        """
        record = self._tables.find("rules", "intake")
        now = record.read(Rulebook) if record else PRESET
        if seen_version is not None and seen_version != now.version:
            raise Conflict("the rules have changed since", yours=seen_version, current=now.version)
        version = now.version + 1
        text = json.dumps(require_sound({**document, "version": version}), ensure_ascii=False)
        book = Rulebook(version=version, document=text, published_at=at, published_by=by)
        self._tables.write_all(record.hold(book) if record else self._tables.new("rules", "intake", book))
        return book


def require_sound(document: dict[str, Any]) -> dict[str, Any]:
    """The document, if it is a table that opens tickets. Raises Invalid with pointers below /document."""
    try:
        table = DecisionTable.parse(document)
    except Invalid as wrong:
        problems = [Problem("/document" + problem.pointer, problem.rule) for problem in wrong.problems]
        raise Invalid("the rules do not parse", problems=problems) from None
    outcomes = {f"/document/rules/{i}/then": rule.then for i, rule in enumerate(table.rules)}
    outcomes["/document/default"] = table.default
    problems = [problem for pointer, then in outcomes.items() for problem in _wrong(pointer, then)]
    problems += _foreign_facts(document["schema"])
    places = {rule.id: i for i, rule in enumerate(table.rules)}
    for finding in lint(table).shadowed if not problems else ():
        others = ", ".join(finding.rule_ids[1:])
        rule = f"can never decide: {others} take all of it" if others else "can never hold"
        problems.append(Problem(f"/document/rules/{places[finding.rule_ids[0]]}", rule))
    if problems:
        raise Invalid("these rules would go wrong", problems=problems)
    return document


def _wrong(pointer: str, then: Any) -> list[Problem]:
    """What is wrong with an outcome: it names a type and a priority that exist, perhaps a skill and a topic."""
    if not isinstance(then, dict):
        return [Problem(pointer, 'must be an object: {"type": …, "priority": …}')]
    known = {"type": catalogue.type_keys(), "priority": get_args(Priority)}
    problems = [
        Problem(f"{pointer}/{name}", "must be one of: " + ", ".join(values))
        for name, values in known.items()
        if then.get(name) not in values
    ]
    texts = [name for name in ("skill", "topic") if not isinstance(then.get(name, ""), str)]
    return problems + [Problem(f"{pointer}/{name}", "must be text") for name in texts]


def _foreign_facts(schema: Mapping[str, Any]) -> list[Problem]:
    """Fields that no message has, or that are read as something else: they would refuse the message itself."""
    known = catalogue.intake_document()["schema"]
    rule = "must be one of: " + ", ".join(f"{name} ({kind})" for name, kind in known.items())
    return [Problem(f"/document/schema/{name}", rule) for name, kind in schema.items() if known.get(name) != kind]
