"""notify (通知): let people know, all at once; nobody has to answer."""

from typing import Annotated

from pydantic import Field

from functions.tickets.actions.action import ActionType, Outcome, Result, Work
from functions.tickets.dispatch.dispatch import administrators
from functions.tickets.dispatch.selectors import Asker, Selector, select_people
from functions.tickets.ticket.ticket import Deed, Move, Note
from hub.contracts.base import Contract, Slug
from hub.kernel.ids import SYSTEM

DONE, NOBODY = "done", "nobody"


class NotifyParams(Contract):
    """Whom, and of what."""

    to: Annotated[tuple[Selector, ...], Field(min_length=1, max_length=20)] = Field(
        description="通知谁 · who is told: a team is all of its members who are on duty"
    )
    notice: Slug = Field(default="flow_notice", description="通知名 · what the notice rules know it by")


def notify(work: Work[NotifyParams]) -> Result:
    """Tell everybody whom the selectors mean, each once; where there is nobody, the administrators."""
    ticket, organisation = work.case.ticket, work.sources.organisation()
    asker = Asker(ticket, ticket.assignee, organisation, work.at)
    people = tuple(dict.fromkeys(p for selector in work.params.to for p in select_people(selector, asker)))
    recipients = people or administrators(organisation.people)
    deed = Deed(kind="notice", name=work.params.notice, recipients=recipients)
    note = Note("noticed", SYSTEM, {"key": work.params.notice, "recipients": " ".join(recipients)})
    return Result(DONE if people else NOBODY, Move(ticket, (note,)), {"recipients": " ".join(recipients)}, deed)


NOTIFY = ActionType(
    name="notify",
    zh="通知:同时告知若干人",
    en="Let people know, all at once",
    params=NotifyParams,
    outcomes=(
        Outcome(DONE, "已通知", "everybody is told"),
        Outcome(NOBODY, "无人可通知", "there was nobody: the administrators are told"),
    ),
    run=notify,
)
