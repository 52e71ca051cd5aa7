"""Patrols (评价巡检) as documents: what reviews of a store complain about, counted, and the inspection that follows
every morning. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime, time, timedelta
from typing import Annotated, Any
from zoneinfo import ZoneInfo

from pydantic import Field

from functions.tickets.context import Context
from functions.tickets.flows.flow import Title
from functions.tickets.intake.occasion_kind import PRESETS
from functions.tickets.ticket.types import TICKET_TYPES
from hub.contracts.base import Contract, Priority, Slug
from hub.documents.kinds import Finding, Kind, Proposal
from hub.kernel.dataclass import dataclass
from hub.kernel.errors import Invalid, Problem
from hub.rules.conditions import All, holds, parse_condition
from hub.rules.schema import Schema


class Issue(Contract):
    """One thing that reviews complain about. when: which reviews do, by text, channel, region and rating."""

    id: Slug
    title: Title
    when: dict[str, Any]


class Patrol(Contract):
    """Every morning at `opens_at` a store whose reviews named an issue since the morning before gets a ticket of the
    type, with its issues, the most frequent first, `top` at most, each named `at_least` so often. A review may name
    several issues; among equals the one that stands first in the document is first."""

    title: Title
    type: Slug
    opens_at: Annotated[str, Field(pattern=r"^([01]\d|2[0-3]):[0-5]\d$")] = "07:00"
    top: Annotated[int, Field(ge=1, le=20)] = 10
    at_least: Annotated[int, Field(ge=1, le=1000)] = 1
    priority: Priority = "normal"
    enabled: bool = True
    issues: Annotated[tuple[Issue, ...], Field(min_length=1, max_length=100)]


@dataclass(frozen=True)
class ReadPatrol:
    """A patrol, the conditions of its issues parsed."""

    document: Patrol
    conditions: tuple[All, ...]

    def issues_of(self, facts: Mapping[str, object]) -> tuple[str, ...]:
        """What a review complains about."""
        pairs = zip(self.document.issues, self.conditions, strict=True)
        return tuple(issue.id for issue, when in pairs if holds(when, facts))

    def ranked(self, named: Iterable[Sequence[str]]) -> list[tuple[Issue, int]]:
        """The issues that were named, each with how often, as the ticket lists them. named: by each review."""
        counts = Counter(issue for each in named for issue in each)
        counted = [(issue, counts[issue.id]) for issue in self.document.issues]
        often = [(issue, count) for issue, count in counted if count >= self.document.at_least]
        return sorted(often, key=lambda pair: -pair[1])[: self.document.top]

    def opening_on(self, day: date, zone: ZoneInfo) -> datetime:
        """When it opens its tickets of that day."""
        return datetime.combine(day, time.fromisoformat(self.document.opens_at), zone)

    def last_opening(self, now: datetime, zone: ZoneInfo) -> datetime:
        """The latest one by now."""
        today = now.astimezone(zone).date()
        opening = self.opening_on(today, zone)
        return opening if opening <= now else self.opening_on(today - timedelta(days=1), zone)

    def next_opening(self, now: datetime, zone: ZoneInfo) -> datetime:
        """The first one after now."""
        last = self.last_opening(now, zone)
        return self.opening_on(last.astimezone(zone).date() + timedelta(days=1), zone)


def read_patrol(document: Patrol) -> ReadPatrol:
    """What a document says. Raises Invalid with the place of each condition that cannot be read."""
    schema = Schema.parse(PRESETS()["review"]["schema"])
    problems, conditions = list[Problem](), list[All]()
    for i, issue in enumerate(document.issues):
        try:
            conditions.append(parse_condition(issue.when, schema, f"/issues/{i}/when"))
        except Invalid as error:
            problems += error.problems
    if problems:
        raise Invalid("patrol", problems=problems)
    return ReadPatrol(document, tuple(conditions))


def lint_patrol(proposal: Proposal[ReadPatrol], context: Context) -> Iterable[Finding]:
    """A type that there is not could never be opened; an issue stands once, and asks for something."""
    patrol = proposal.value.document
    if patrol.type not in context.in_force(TICKET_TYPES):
        yield Finding("/type", "no ticket type has this name")
    ids = [issue.id for issue in patrol.issues]
    for i, issue in enumerate(patrol.issues):
        if ids.index(issue.id) != i:
            yield Finding(f"/issues/{i}/id", "stands twice")
        if not issue.when:
            yield Finding(f"/issues/{i}/when", "would count every review: it must ask for something")


PATROLS = Kind[ReadPatrol](
    name="review_patrol",
    path="/tickets/patrols",
    title="评价巡检 · Patrol by reviews",
    schema=Patrol,
    read=read_patrol,
    lint=lint_patrol,
    readers=("supervisor", "agent", "engineer", "store_manager", "viewer", "integrator"),
    editors=("supervisor",),
)
