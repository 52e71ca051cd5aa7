"""Rehearsing (发布前模拟): a notice rule, or a draft of it, over the events of the last days, by the room's own steps.

What hears, waits, bundles, takes back and sends here is what does in life: the desk's tables, carrier and clock are
others. The clock stands at each event, and jumps to what is due in between.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import datetime
from typing import Any, cast

from functions.notifications.desk import Desk
from functions.notifications.handlers.due import do_due
from functions.notifications.handlers.hearing import hear
from functions.notifications.handlers.stage import Bare, StagedCarrier, StagedPeople, StagedSends, StagedWaiting
from functions.notifications.rules.facts import facts_of
from functions.notifications.rules.rule_kind import NOTICE_RULES, Rule
from functions.notifications.sends.delivery import Send
from hub.contracts.events import Event
from hub.documents.documents import Documents
from hub.kernel.errors import Broken, HubError
from hub.kernel.frozen import dataclass
from hub.rules import holds
from hub.store.sealing import Sealer

STEPS_LIMIT = 200_000


@dataclass
class Stage:
    """One rule on its way. acknowledged: when somebody said that they heard of an event, as they really did."""

    key: str
    rule: Rule
    acknowledged: Mapping[str, datetime]
    now: datetime
    steps: int = 0


@dataclass(frozen=True)
class Ruled:
    """A reading with nothing but its value."""

    value: Any


class StagedDocuments:
    """The one rule that is rehearsed; settings are the tenant's."""

    def __init__(self, documents: Documents, key: str, rule: Rule) -> None:
        self.documents, self.rules = documents, {key: Ruled(rule)}
        self.current_of: dict[tuple[str, str], Any] = {}

    def all(self, _kind: Any) -> Mapping[str, Ruled]:
        return self.rules

    def find(self, _kind: Any, key: str) -> Ruled | None:
        return self.rules.get(key)

    def current(self, kind: Any, key: str) -> Any:
        if (kind.name, key) not in self.current_of:
            self.current_of[kind.name, key] = self.documents.current(kind, key)
        return self.current_of[kind.name, key]


def events_of(desk: Desk, rules: Sequence[Rule], since: datetime, until: datetime, limit: int) -> list[Event]:
    """What happened that these rules are about, and what takes their notices back, in its order: the latest so many,
    the same number of each type."""
    types = {rule.document.event for rule in rules} | {cancel.event for rule in rules for cancel in rule.cancels}
    events = [
        event for each in sorted(types) for event in desk.journal.newest(each, since, until, -(-limit // len(types)))
    ]
    return sorted(events, key=lambda event: (event.at, event.id))


def perform_rule(desk: Desk, key: str, rule: Rule | None, events: Sequence[Event], until: datetime) -> list[Send]:
    """What this rule would have sent of these events by `until`; None: there is none. Raises Broken for one that does
    not come to an end."""
    if rule is None or not events:
        return []
    about = [e.id for e in events if _type(e) == rule.document.event and holds(rule.when, facts_of(e))]
    acknowledged = desk.waiting.acknowledgements(key, about) if rule.document.until_ack else {}
    stage = Stage(key, rule, acknowledged, events[0].at)
    at_work = _set_up(desk, stage)
    for event in events:
        _let_pass(at_work, stage, event.at)
        with suppress(HubError):  # of a customer whom nobody knows, nobody is told
            hear(at_work, event)
    _let_pass(at_work, stage, until)
    return list(cast("StagedSends", at_work.sends).known.values())


def _set_up(desk: Desk, stage: Stage) -> Desk:
    return replace(
        desk,
        documents=cast("Documents", StagedDocuments(desk.documents, stage.key, stage.rule)),
        sends=StagedSends(),
        waiting=StagedWaiting(),
        people=StagedPeople(desk.people),
        carrier=StagedCarrier(desk.carrier),
        sealer=cast("Sealer", Bare()),
        now=lambda: stage.now,
        emit=lambda *_events: None,
        share=lambda *_bodies: None,
    )


def _let_pass(desk: Desk, stage: Stage, until: datetime) -> None:
    """Everything that is due on the way is done at its very second."""
    acks = sorted((at, event_id) for event_id, at in stage.acknowledged.items() if stage.now < at <= until)
    while (due := desk.waiting.next_due()) <= until or acks:
        stage.steps += 1
        if stage.steps > STEPS_LIMIT:
            raise Broken("a rehearsal that does not come to an end", rule=stage.key)
        if acks and acks[0][0] <= due:
            stage.now, event_id = acks.pop(0)
            desk.waiting.acknowledge(stage.key, event_id, "", stage.now)
            continue
        stage.now = max(stage.now, due)
        for key in desk.waiting.due(stage.now):
            with suppress(HubError):
                do_due(desk, key, stage.now)
    stage.now = until


def drafted_rule(desk: Desk, key: str, version: int) -> Rule:
    """What is rehearsed: a version, or the draft (0). Raises NotFound, and Invalid for one that can't work."""
    if version:
        return desk.documents.version(NOTICE_RULES, key, version).value
    content = desk.documents.draft(NOTICE_RULES, key).content
    return desk.documents.lint(NOTICE_RULES, key, content).require().value


def _type(event: Event) -> str:
    return str(getattr(event, "type", ""))
