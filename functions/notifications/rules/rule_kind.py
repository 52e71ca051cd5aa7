"""Notice rules and settings as documents: what is told to whom, and how; presets are what the hub tells by itself."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from functions.notifications.gateways.senders import GROUPS
from functions.notifications.rules.facts import ASKABLE, CARDS, schema_of
from hub.contracts.events import event_class
from hub.contracts.notifications import NoticeRule, NoticeSettings
from hub.documents.kinds import Finding, Kind, Proposal, preset_files
from hub.kernel.dataclass import dataclass
from hub.kernel.errors import Invalid, Problem
from hub.rules import Condition, parse_condition

PRESETS = Path(__file__).parents[1] / "presets"
SETTINGS_KEY = "settings"
EDITORS = ("supervisor",)
READERS = ("supervisor", "agent", "engineer", "store_manager", "viewer", "integrator")
DERIVED = frozenset({"amount", "type_name", "survey_url", "url"})
"""What words may say beside the event's own fields."""
_HOLE = re.compile(r"\{([a-z][a-z0-9_]*)\}")


@dataclass(frozen=True)
class Cancel:
    """A later event that takes a waiting notice back."""

    event: str
    same: str
    when: Condition


@dataclass(frozen=True)
class Rule:
    """A rule, ready to be asked."""

    document: NoticeRule
    when: Condition
    cancels: tuple[Cancel, ...]


def rule_of(document: NoticeRule) -> Rule:
    """What a document says. Raises Invalid naming each event, field and operator that there is not."""
    if document.event not in ASKABLE:
        raise Invalid("notice rule", problems=[_unknown("/event")])
    when = parse_condition(document.when, schema_of(document.event), "/when")
    return Rule(document, when, tuple(_cancels(document)))


def _cancels(document: NoticeRule) -> Iterator[Cancel]:
    for i, cancel in enumerate(document.cancel_if):
        if cancel.event not in ASKABLE:
            raise Invalid("notice rule", problems=[_unknown(f"/cancel_if/{i}/event")])
        schema = schema_of(cancel.event)
        yield Cancel(cancel.event, cancel.same, parse_condition(cancel.when, schema, f"/cancel_if/{i}/when"))


def lint_rule(proposal: Proposal[Rule], _context: Any) -> Iterable[Finding]:
    """What would never reach anybody, or say nothing."""
    document = proposal.value.document
    yield from _of_audience(document)
    yield from _of_words(document)
    for i, cancel in enumerate(document.cancel_if):
        lacking = [event for event in (document.event, cancel.event) if cancel.same not in _fields(event)]
        if lacking:
            yield Finding(f"/cancel_if/{i}/same", f"must be a field of {' and '.join(lacking)}")
    if document.cancel_if and not document.delay_seconds and document.audience.who == "customer":
        yield Finding("/delay_seconds", "what leaves at once is seldom taken back", "warning")


def _of_audience(document: NoticeRule) -> Iterator[Finding]:
    audience = document.audience
    if audience.who == "duty" and not audience.team:
        yield Finding("/audience/team", "must say whose roster")
    if audience.who == "people" and not audience.people:
        yield Finding("/audience/people", "must name somebody")
    if audience.who == "group" and document.until_ack:
        yield Finding("/until_ack", "a group acknowledges nothing")
    if audience.who != "customer":
        if document.survey:
            yield Finding("/survey", "is for customers")
        return
    if "customer_id" not in _fields(document.event):
        yield Finding("/audience/who", f"{document.event} names no customer")
    if document.until_ack:
        yield Finding("/until_ack", "a customer is told once")
    for i, line in enumerate(document.channels):
        if GROUPS & set(line):
            yield Finding(f"/channels/{i}", "a group robot tells no customer")


def _of_words(document: NoticeRule) -> Iterator[Finding]:
    if document.words is None:
        if document.event not in CARDS or document.audience.who == "customer":
            yield Finding("/words", "must be given: the hub has no card for this")
        return
    known = _fields(document.event) | DERIVED
    texts = {
        **{f"/words/title/{name}": text for name, text in document.words.title},
        **{f"/words/text/{name}": text for name, text in document.words.text},
        **{
            f"/{kind}/params/{name}": text
            for kind in ("sms", "official_account")
            for name, text in (getattr(document, kind).params.items() if getattr(document, kind) else ())
        },
    }
    for pointer, text in texts.items():
        for hole in _HOLE.findall(text):
            if hole not in known:
                yield Finding(pointer, f"{{{hole}}} must be one of: " + ", ".join(sorted(known)))


def _fields(event_type: str) -> frozenset[str]:
    return frozenset(event_class(event_type).model_fields)


def _unknown(pointer: str) -> Problem:
    return Problem(pointer, "must be one of: " + ", ".join(ASKABLE))


def presets() -> Mapping[str, Any]:
    """What the hub tells by itself, of the events that there are."""
    return {key: rule for key, rule in preset_files(PRESETS / "rules")().items() if rule["event"] in ASKABLE}


NOTICE_RULES = Kind[Rule](
    name="notice_rule",
    path="/notifications/rules",
    title="通知规则 · Notice rule",
    schema=NoticeRule,
    read=rule_of,
    lint=lint_rule,
    presets=presets,
    readers=READERS,
    editors=EDITORS,
)
NOTICE_SETTINGS = Kind[NoticeSettings](
    name="notice_settings",
    path="/notifications/settings",
    title="通知设置 · Notice settings",
    schema=NoticeSettings,
    presets=preset_files(PRESETS / "settings"),
    only=SETTINGS_KEY,
    readers=READERS,
    editors=EDITORS,
)
