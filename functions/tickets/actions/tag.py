"""tag (打标签): put words on the ticket, or take them off."""

from typing import Annotated

from pydantic import Field

from functions.tickets.actions.action import ActionType, Outcome, Result, Work
from functions.tickets.ticket.ticket import Move, Note
from hub.contracts.base import Contract, Slug
from hub.kernel.ids import SYSTEM

DONE = "done"
TAGS_LIMIT = 50


class TagParams(Contract):
    """Which words."""

    add: Annotated[tuple[Slug, ...], Field(max_length=20)] = Field(default=(), description="加上 · put on")
    remove: Annotated[tuple[Slug, ...], Field(max_length=20)] = Field(default=(), description="去掉 · taken off")


def tag(work: Work[TagParams]) -> Result:
    """Each word stands on a ticket once; of more than fifty the latest stay."""
    ticket, params = work.case.ticket, work.params
    kept = [word for word in dict.fromkeys((*ticket.tags, *params.add)) if word not in params.remove]
    tags = tuple(kept[-TAGS_LIMIT:])
    if tags == ticket.tags:
        return Result(DONE, Move(ticket))
    return Result(DONE, Move(ticket.but(tags=tags), (Note("tagged", SYSTEM, {"tag": " ".join(tags)}),)))


TAG = ActionType(
    name="tag",
    zh="打标签",
    en="Put words on the ticket, or take them off",
    params=TagParams,
    outcomes=(Outcome(DONE, "已完成", "they are on it"),),
    run=tag,
)
