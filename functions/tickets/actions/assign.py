"""assign (派单): give the ticket to whoever fits best."""

from typing import Literal

from pydantic import Field

from functions.tickets.actions.action import ActionType, Outcome, Result, Work
from functions.tickets.dispatch.assignment import dispatch_ticket
from functions.tickets.dispatch.dispatch import Need, administrators, choose_person
from hub.contracts.base import Contract

DONE, UNASSIGNED = "done", "unassigned"


class AssignParams(Contract):
    """Whom to choose from."""

    role: Literal["engineer", "agent", "store_manager"] = Field(
        default="engineer", description="人员角色 · the role that the person must hold"
    )


def assign(work: Work[AssignParams]) -> Result:
    """Weigh everybody of the role who has not declined, and assign the best. Nobody at all is an outcome too."""
    ticket, organisation = work.case.ticket, work.sources.organisation()
    need = Need(ticket.region, ticket.skill, work.params.role, excluded=ticket.declined)
    dispatch = choose_person(need, organisation, work.at)
    person = organisation.find(dispatch.chosen)
    team = person.teams[0] if person and person.teams else ""
    outcome = DONE if dispatch.chosen else UNASSIGNED
    report = {"assignee": dispatch.chosen, "fallback": dispatch.fallback}
    move = dispatch_ticket(work.case, dispatch, team, work.at, administrators(organisation.people))
    return Result(outcome, move, report)


ASSIGN = ActionType(
    name="assign",
    zh="派单:按区域、技能、在班与负荷选人",
    en="Dispatch: choose a person by region, skill, duty and load",
    params=AssignParams,
    outcomes=(
        Outcome(DONE, "已派单", "somebody has the ticket, a supervisor where nobody fits"),
        Outcome(UNASSIGNED, "无人可派", "there is nobody at all"),
    ),
    run=assign,
)
