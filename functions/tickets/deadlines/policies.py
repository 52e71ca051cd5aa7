"""Policies (时效政策) as documents: which clocks a ticket has, what each has to be kept within, and whose hours count.
Pure."""

from collections.abc import Iterable
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field

from functions.tickets.context import Context
from functions.tickets.deadlines.calendars import CALENDARS, longest_seconds
from functions.tickets.deadlines.deadlines import Ladder, Step
from functions.tickets.deadlines.ladders import LADDERS, LONGEST_SECONDS
from functions.tickets.flows.flow import Title
from functions.tickets.ticket.clock import Measure
from hub.contracts.base import Contract, Priority, Slug
from hub.documents.kinds import Finding, Kind, Proposal, preset_files
from hub.kernel.calendar import BusinessCalendar
from hub.kernel.errors import Invalid, Problem

PRESETS = Path(__file__).parents[1] / "presets" / "policies"
Seconds = Annotated[int, Field(ge=1, le=LONGEST_SECONDS)]
Name = Slug | Annotated[str, Field(pattern="^$")]


class PolicyClock(Contract):
    """One clock, and what it measures:

    first_reply: from the customer's first message until they are answered; next_reply: while a customer who was
    answered waits for the next answer; node: while one of `nodes` waits for people (none named: any, once the matter
    was taken up, and the whole work of a ticket without a flow); resolution: from the opening until the end.

    seconds: what it has, by_priority where another priority has another. team: the department that answers for it.
    calendar: whose hours count, every hour if none is named. ladder: what happens around its end.
    """

    id: Slug
    title: Title
    measures: Measure
    seconds: Seconds
    by_priority: dict[Priority, Seconds] = Field(default={})
    nodes: Annotated[tuple[Slug, ...], Field(max_length=200)] = ()
    team: Name = ""
    calendar: Name = ""
    ladder: Name = ""

    def budget_seconds(self, priority: str) -> int:
        """What it has at this priority."""
        return dict(self.by_priority).get(priority, self.seconds)  # type: ignore[call-overload, no-any-return]


class Policy(Contract):
    """The clocks of a ticket beside its ladder's own. head_starts: by how many seconds an `urgent`, `high`, `normal` or
    `low` one, and one that is tagged `vip`, goes before those that have waited as long in a team's queue."""

    title: Title
    clocks: Annotated[tuple[PolicyClock, ...], Field(min_length=1, max_length=20)]
    head_starts: dict[Priority | Literal["vip"], Annotated[int, Field(ge=-604_800, le=604_800)]] = Field(default={})

    def clock(self, name: str) -> PolicyClock | None:
        """The clock of this name."""
        return next((clock for clock in self.clocks if clock.id == name), None)

    def for_node(self, node: str) -> PolicyClock | None:
        """The clock of a node: the first that names it, else the first that names none."""
        clocks = [clock for clock in self.clocks if clock.measures == "node"]
        named = (clock for clock in clocks if node in clock.nodes)
        return next(named, None) or next((clock for clock in clocks if not clock.nodes), None)


def policy_of(document: Policy) -> Policy:
    """The policy itself. Raises Invalid for two clocks of one name, and for nodes of a clock that measures none."""
    names = [clock.id for clock in document.clocks]
    problems = [Problem(f"/clocks/{i}/id", f"'{name}' is taken") for i, name in enumerate(names) if name in names[:i]]
    problems += [
        Problem(f"/clocks/{i}/nodes", "only for a clock that measures nodes")
        for i, clock in enumerate(document.clocks)
        if clock.nodes and clock.measures != "node"
    ]
    if problems:
        raise Invalid("the policy is not sound", problems=problems)
    return document


def lint_policy(proposal: Proposal[Policy], context: Context) -> Iterable[Finding]:
    """A clock by a ladder or a calendar that there is not would say nothing, or count the wrong hours; one that has
    more than its hours hold would never be due."""
    seen: list[tuple[str, tuple[str, ...]]] = []
    ladders, calendars = context.in_force(LADDERS), context.in_force(CALENDARS)
    for i, clock in enumerate(proposal.value.clocks):
        if clock.ladder and clock.ladder not in ladders:
            yield Finding(f"/clocks/{i}/ladder", "no ladder has this name")
        if clock.calendar and clock.calendar not in calendars:
            yield Finding(f"/clocks/{i}/calendar", "no calendar has this name")
        ladder = ladders.get(clock.ladder, Ladder())
        for finding in _weighed(clock, ladder.steps, calendars.get(clock.calendar, ladder.calendar)):
            yield Finding(f"/clocks/{i}{finding.pointer}", finding.rule, finding.severity)
        same = (clock.measures, clock.nodes)
        if same in seen and clock.measures in ("node", "next_reply", "first_reply"):
            yield Finding(f"/clocks/{i}/measures", "an earlier clock measures this already", "warning")
        seen.append(same)


def _weighed(clock: PolicyClock, steps: Iterable[Step], calendar: BusinessCalendar) -> Iterable[Finding]:
    """What it has, and when its rungs come, against the hours that count."""
    longest = longest_seconds(calendar)
    budgets = {"/seconds": clock.seconds, **{f"/by_priority/{name}": has for name, has in clock.by_priority.items()}}
    for pointer, has in budgets.items():
        if has > longest:
            yield Finding(pointer, f"must be at most {longest} with these hours")
    for step in steps:
        least = min(budgets.values())
        if step.left_seconds is not None and step.left_seconds >= least:
            rule = f"its rung '{step.name}' comes at once: {step.left_seconds} s are to be left, and it has {least}"
            yield Finding("/ladder", rule, "warning")
        if step.within(max(budgets.values())).after_seconds > longest:
            yield Finding("/ladder", f"its rung '{step.name}' is not reached with these hours", "warning")


POLICIES = Kind[Policy](
    name="policy",
    path="/tickets/policies",
    title="时效政策 · Deadline policy",
    schema=Policy,
    read=policy_of,
    lint=lint_policy,
    presets=preset_files(PRESETS),
    overlays=True,
    readers=("supervisor", "agent", "engineer", "store_manager", "viewer", "integrator"),
    editors=("supervisor",),
)
