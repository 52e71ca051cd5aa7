"""Ladders (升级阶梯) as documents: what happens, step by step, when nobody takes a matter up. Pure."""

from collections.abc import Iterable
from itertools import pairwise
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field

from functions.tickets.actions.registry import action_problems
from functions.tickets.deadlines.calendars import DAY_SECONDS, DeadlineCalendar, calendar_of, longest_seconds
from functions.tickets.deadlines.deadlines import Audience, Ladder, Step
from functions.tickets.flows.flow import Title
from hub.contracts.base import Contract, NoticeChannel, Priority, Slug
from hub.documents.kinds import Finding, Kind, Proposal, preset_files
from hub.kernel.errors import Invalid, Problem

LONGEST_SECONDS = 400 * DAY_SECONDS
RUNG_ACTIONS = ("assign", "notify", "set_field", "tag")
"""Actions that need no node: what they do, they do to the ticket."""
PRESETS = Path(__file__).parents[1] / "presets" / "ladders"


class StepDocument(Contract):
    """One rung: these people hear of it after so many seconds of its clock, or when so many are left of what a policy
    gives it (0: when it is used up; negative: so many later), by `channel` first. `reassign` also makes the supervisor
    the assignee; `raise_to` gives the ticket this priority; `action` is done as a flow's node would do it."""

    id: Slug
    after_seconds: Annotated[int, Field(ge=1, le=LONGEST_SECONDS)] | None = None
    left_seconds: Annotated[int, Field(ge=-LONGEST_SECONDS, le=LONGEST_SECONDS)] | None = None
    audience: Audience
    channel: NoticeChannel | Literal[""] = ""
    reassign: bool = False
    raise_to: Priority | None = None
    action: Annotated[Slug, Field(json_schema_extra={"enum": list(RUNG_ACTIONS)})] | None = None
    params: dict[str, Any] = Field(default={})

    def step(self) -> Step:
        """As deadlines are reckoned with."""
        return Step(
            name=self.id,
            after_seconds=self.after_seconds or 0,
            audience=self.audience,
            reassign=self.reassign,
            left_seconds=self.left_seconds,
            channel=self.channel,
            raise_to=self.raise_to or "",
            action=self.action or "",
            params=self.params,
        )


class LadderDocument(Contract):
    """A ladder, from its first rung up. calendar: the hours in which its clock runs, where its policy names none; every
    hour, if none."""

    title: Title
    steps: Annotated[tuple[StepDocument, ...], Field(min_length=1, max_length=20)]
    calendar: DeadlineCalendar = Field(default_factory=DeadlineCalendar)


def ladder_of(document: LadderDocument) -> Ladder:
    """What deadlines are reckoned with. Raises Invalid for two rungs of one name (each fires once, by its name), for
    one that says not when, or twice, for hours that are none, and for a rung that they would not reach within the years
    that a calendar looks ahead."""
    names = [step.id for step in document.steps]
    problems = [Problem(f"/steps/{i}/id", f"'{name}' is taken") for i, name in enumerate(names) if name in names[:i]]
    try:
        calendar = calendar_of(document.calendar)
    except Invalid as error:
        places = [Problem("/calendar" + problem.pointer, problem.rule) for problem in error.problems]
        raise Invalid("the ladder is not sound", problems=places) from None
    longest = longest_seconds(calendar)
    for i, step in enumerate(document.steps):
        problems += [Problem(f"/steps/{i}{each.pointer}", each.rule) for each in _problems(step, longest)]
    if problems:
        raise Invalid("the ladder is not sound", problems=problems)
    return Ladder(tuple(step.step() for step in document.steps), calendar)


def _problems(step: StepDocument, longest: int) -> Iterable[Problem]:
    if (step.after_seconds is None) == (step.left_seconds is None):
        yield Problem("", "needs either after_seconds or left_seconds")
    if (step.after_seconds or 0) > longest:
        yield Problem("/after_seconds", f"must be at most {longest} with these hours")
    if step.action is not None and step.action not in RUNG_ACTIONS:
        yield Problem("/action", "must be one of: " + ", ".join(RUNG_ACTIONS))
    elif step.action is not None:
        yield from action_problems(step.action, step.params, {})


def lint_ladder(proposal: Proposal[Ladder], _context: Any) -> Iterable[Finding]:
    """A rung that comes before the one below it works, but is hardly meant."""
    steps = proposal.value.steps
    for i, (below, step) in enumerate(pairwise(steps), 1):
        if step.left_seconds is None and below.left_seconds is None and step.after_seconds <= below.after_seconds:
            yield Finding(f"/steps/{i}/after_seconds", f"comes no later than '{below.name}' before it", "warning")
        if None not in (step.left_seconds, below.left_seconds) and _left(step) >= _left(below):
            yield Finding(f"/steps/{i}/left_seconds", f"comes no later than '{below.name}' before it", "warning")


def _left(step: Step) -> int:
    return step.left_seconds or 0


LADDERS = Kind[Ladder](
    name="ladder",
    path="/tickets/ladders",
    title="升级阶梯 · Escalation ladder",
    schema=LadderDocument,
    read=ladder_of,
    lint=lint_ladder,
    presets=preset_files(PRESETS),
    overlays=True,
    readers=("supervisor", "agent", "engineer", "store_manager", "viewer", "integrator"),
    editors=("supervisor",),
)
