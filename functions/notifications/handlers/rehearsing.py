"""Rehearsing (发布前模拟): notice rules, or drafts of them, over the events of the last days, by the room's own steps,
a slice of a job at a time, the latest events first.

What hears, waits, bundles, takes back and sends here is what does in life: the desk's tables, carrier and clock are
others. The clock stands at each event, and jumps to what is due in between. Within a slice events share places under a
cap, digests, and what takes them back; slices don't.
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
from functions.notifications.rehearsal.report import added, report_of
from functions.notifications.rules.facts import facts_of
from functions.notifications.rules.rule_kind import NOTICE_RULES, Rule
from functions.notifications.sends.delivery import Send
from hub.contracts.events import Event
from hub.documents.documents import Documents
from hub.edge.auth import Principal
from hub.jobs.desk import JobDesk
from hub.jobs.jobs import Job
from hub.kernel.clock import parse_rfc3339
from hub.kernel.dataclass import dataclass
from hub.kernel.errors import Broken, HubError
from hub.rules import holds
from hub.store.sealing import Sealer

STEPS_LIMIT = 200_000
Rules = Mapping[str, Rule]


@dataclass
class Stage:
    """Rules on their way. acknowledged: when somebody said that they heard of what a rule told of an event, by
    (rule, event), as they really did."""

    rules: Rules
    acknowledged: Mapping[tuple[str, str], datetime]
    now: datetime
    steps: int = 0


@dataclass(frozen=True)
class Ruled:
    """A reading with nothing but its value."""

    value: Any


class StagedDocuments:
    """The rules that are rehearsed; settings are the tenant's."""

    def __init__(self, documents: Documents, rules: Rules) -> None:
        self.documents, self.rules = documents, {key: Ruled(rule) for key, rule in rules.items()}
        self.current_of: dict[tuple[str, str], Any] = {}

    def all(self, _kind: Any) -> Mapping[str, Ruled]:
        return self.rules

    def find(self, _kind: Any, key: str) -> Ruled | None:
        return self.rules.get(key)

    def current(self, kind: Any, key: str) -> Any:
        if (kind.name, key) not in self.current_of:
            self.current_of[kind.name, key] = self.documents.current(kind, key)
        return self.current_of[kind.name, key]


def rehearse_slice(jobs: JobDesk, job: Job, _principal: Principal) -> Job:
    """The job a slice of events further. Raises NotFound for a draft that is gone, Invalid for one that can't work."""
    desk: Desk = jobs.room.desk
    spec, left = job.spec, min(desk.events_a_slice, int(job.spec["events"]) - job.done)
    since, until = parse_rfc3339(str(spec["since"])), parse_rfc3339(str(spec["until"]))
    was, would_be = rules_of(desk, spec)
    events, place = desk.journal.newest(types_of(was, would_be), since, until, left, job.cursor)
    report = report_of(events, *(perform(desk, rules, events, until) for rules in (was, would_be)))
    done = job.done + len(events)
    over = not place or done >= int(spec["events"])
    cursor, state = ("", "done") if over else (place, "running")
    return job.move(state=state, cursor=cursor, done=done, report=added(job.report, report))


def rules_of(desk: Desk, spec: Mapping[str, Any]) -> tuple[Rules, Rules]:
    """What is played, as it is in force and as it would be: the rule and those that are drafted beside it, and all
    others that are in force where that is asked for. Raises NotFound, Invalid."""
    versions = {str(spec["rule"]): int(spec["version"])} | dict.fromkeys(spec["drafts"], 0)
    drafted = {key: drafted_rule(desk, key, version) for key, version in versions.items()}
    in_force = {key: reading.value for key, reading in desk.documents.all(NOTICE_RULES).items()}
    meant = {key: rule for key, rule in in_force.items() if spec["others"] or key in drafted}
    return _enabled(meant), _enabled({**meant, **drafted})


def types_of(*rules: Rules) -> list[str]:
    """Of which events these rules tell, or are taken back by."""
    known = [rule for each in rules for rule in each.values()]
    return sorted({r.document.event for r in known} | {cancel.event for r in known for cancel in r.cancels})


def perform(desk: Desk, rules: Rules, events: Sequence[Event], until: datetime) -> list[Send]:
    """What these rules would have sent of these events by `until`. Raises Broken for what does not come to an end."""
    if not rules or not events:
        return []
    stage = Stage(rules, _acknowledged(desk, rules, events), events[0].at)
    at_work = _set_up(desk, stage)
    for event in events:
        _let_pass(at_work, stage, event.at)
        with suppress(HubError):  # of a customer whom nobody knows, nobody is told
            hear(at_work, event)
    _let_pass(at_work, stage, until)
    return list(cast("StagedSends", at_work.sends).known.values())


def _enabled(rules: Rules) -> Rules:
    return {key: rule for key, rule in rules.items() if rule.document.enabled}


def _acknowledged(desk: Desk, rules: Rules, events: Sequence[Event]) -> dict[tuple[str, str], datetime]:
    acknowledged = {}
    for key, rule in rules.items():
        if rule.document.until_ack:
            about = [e.id for e in events if _type(e) == rule.document.event and holds(rule.when, facts_of(e))]
            moments = desk.waiting.acknowledgements(key, about)
            acknowledged.update({(key, event_id): at for event_id, at in moments.items()})
    return acknowledged


def _set_up(desk: Desk, stage: Stage) -> Desk:
    return replace(
        desk,
        documents=cast("Documents", StagedDocuments(desk.documents, stage.rules)),
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
    acks = sorted((at, *about) for about, at in stage.acknowledged.items() if stage.now < at <= until)
    while (due := desk.waiting.next_due()) <= until or acks:
        stage.steps += 1
        if stage.steps > STEPS_LIMIT:
            raise Broken("a rehearsal that does not come to an end", rules=len(stage.rules))
        if acks and acks[0][0] <= due:
            stage.now, key, event_id = acks.pop(0)
            desk.waiting.acknowledge(key, event_id, "", stage.now)
            continue
        stage.now = max(stage.now, due)
        for place in desk.waiting.due(stage.now):
            with suppress(HubError):
                do_due(desk, place, stage.now)
    stage.now = until


def drafted_rule(desk: Desk, key: str, version: int) -> Rule:
    """What is rehearsed: a version, or the draft (0). Raises NotFound, and Invalid for one that can't work."""
    if version:
        return desk.documents.version(NOTICE_RULES, key, version).value
    content = desk.documents.draft(NOTICE_RULES, key).content
    return desk.documents.lint(NOTICE_RULES, key, content).require().value


def _type(event: Event) -> str:
    return str(getattr(event, "type", ""))
