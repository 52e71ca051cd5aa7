"""A notice rule tried on what really happened, before it is published."""

from __future__ import annotations

from datetime import timedelta

from functions.notifications.desk import Desk
from functions.notifications.handlers.rehearsing import drafted_rule, events_of, perform_rule
from functions.notifications.rehearsal.report import counts_of, largest
from functions.notifications.room import room
from functions.notifications.rules.rule_kind import NOTICE_RULES
from hub.contracts.notifications import NoticeRehearsal, RehearseRule
from hub.edge.requests import Request


@room.http(
    "POST",
    "/notifications/rules/{key}/rehearse",
    body=RehearseRule,
    answer=NoticeRehearsal,
    roles=("administrator",),
    scope="tenant",
    summary="发布前模拟 · Rehearse a notice rule over the events of the last days",
)
def rehearse(desk: Desk, request: Request) -> NoticeRehearsal:
    """What the draft (or `version`) would have sent beside what is in force: quiet hours, caps, digests, what was taken
    back and by which channels, in counts and the ten largest differences with links. Nothing is written, nobody hears
    of it. Rules are rehearsed one by one: others take no places under a cap."""
    key, body, until = request.path["key"], request.body, request.now
    draft = drafted_rule(desk, key, body.version)
    reading = desk.documents.find(NOTICE_RULES, key)
    in_force = reading.value if reading and reading.value.document.enabled else None
    events = events_of(desk, [draft, *filter(None, [in_force])], until - timedelta(days=body.days), until, body.events)
    was, would_be = (perform_rule(desk, key, rule, events, until) for rule in (in_force, draft))
    return NoticeRehearsal(
        events=len(events),
        since=events[0].at if events else None,
        counts=counts_of(was, would_be),
        largest=largest(events, was, would_be),
    )
