"""Customer levels as a document: from which spend on, and what that makes of somebody's tickets. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated, Any

from pydantic import Field

from functions.customers.levels.levels import PATH, Level
from functions.customers.levels.spend import CURRENCY
from hub.contracts.base import Amount, Contract, Label, Priority, Slug
from hub.documents.kinds import Finding, Kind, Proposal
from hub.kernel.money import Money

KEY = "levels"


class LevelRule(Contract):
    """One level. from_amount: who has spent so much, less what went back, has it."""

    id: Slug
    title: Label
    from_amount: Amount
    priority: Priority | None = Field(default=None, description="at least this is what their new tickets have")


class LevelsDocument(Contract):
    """A tenant's levels, in any order."""

    levels: Annotated[tuple[LevelRule, ...], Field(max_length=20)] = ()


def read_levels(document: LevelsDocument) -> tuple[Level, ...]:
    """As the room works with them. Raises Invalid."""
    return tuple(
        Level(rule.id, Money.parse(rule.from_amount, CURRENCY).amount_minor, rule.priority) for rule in document.levels
    )


def lint_levels(proposal: Proposal[tuple[Level, ...]], _context: Any) -> Iterable[Finding]:
    """Two of one name, or from one amount on, would be a matter of luck; one from nothing on says nothing."""
    ids, amounts = ([getattr(level, name) for level in proposal.value] for name in ("id", "from_minor"))
    for i, level in enumerate(proposal.value):
        if ids.index(level.id) != i:
            yield Finding(f"/levels/{i}/id", "stands twice")
        if amounts.index(level.from_minor) != i:
            yield Finding(f"/levels/{i}/from_amount", "another level begins there, too")
        if level.from_minor <= 0:
            yield Finding(f"/levels/{i}/from_amount", "must be more than 0")


LEVELS = Kind[tuple[Level, ...]](
    name="customer_levels",
    path=PATH,
    title="客户等级 · Customer levels",
    schema=LevelsDocument,
    read=read_levels,
    lint=lint_levels,
    presets=lambda: {KEY: {}},
    only=KEY,
    readers=("supervisor", "agent", "engineer", "finance", "store_manager", "viewer", "integrator"),
    editors=("supervisor",),
)
