"""Ladders (升级阶梯) as documents: what happens, step by step, when nobody takes a matter up. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import pairwise
from pathlib import Path
from typing import Annotated, Any

from pydantic import Field

from functions.tickets.deadlines.deadlines import Audience, Ladder, Step
from functions.tickets.flows.flow import Title
from hub.contracts.base import Contract, Slug
from hub.documents.kinds import Finding, Kind, Proposal, preset_files
from hub.kernel.errors import Invalid, Problem

LONGEST_SECONDS = 400 * 86_400
PRESETS = Path(__file__).parents[1] / "presets" / "ladders"


class StepDocument(Contract):
    """One rung: after so many seconds of the ticket's clock these people hear of it; `reassign` also makes the
    supervisor the assignee."""

    id: Slug
    after_seconds: Annotated[int, Field(ge=1, le=LONGEST_SECONDS)]
    audience: Audience
    reassign: bool = False


class LadderDocument(Contract):
    """A ladder, from its first rung up."""

    title: Title
    steps: Annotated[tuple[StepDocument, ...], Field(min_length=1, max_length=20)]


def ladder_of(document: LadderDocument) -> Ladder:
    """What deadlines are reckoned with. Raises Invalid for two rungs of one name: each fires once, by its name."""
    names = [step.id for step in document.steps]
    problems = [Problem(f"/steps/{i}/id", f"'{name}' is taken") for i, name in enumerate(names) if name in names[:i]]
    if problems:
        raise Invalid("the ladder is not sound", problems=problems)
    return tuple(Step(step.id, step.after_seconds, step.audience, step.reassign) for step in document.steps)


def lint_ladder(proposal: Proposal[Ladder], _context: Any) -> Iterable[Finding]:
    """A rung that comes before the one below it works, but is hardly meant."""
    steps = proposal.value
    for i, (below, step) in enumerate(pairwise(steps), 1):
        if step.after_seconds <= below.after_seconds:
            yield Finding(f"/steps/{i}/after_seconds", f"comes no later than '{below.name}' before it", "warning")


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
