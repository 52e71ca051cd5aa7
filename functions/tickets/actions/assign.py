"""assign (派单): give the ticket to whoever fits best."""

from typing import Literal

from pydantic import Field

from functions.tickets.actions.action import ActionType, Outcome, Result, Work
from functions.tickets.dispatch.assignment import dispatch_ticket
from functions.tickets.dispatch.dispatch import Need, administrators, choose_person
from hub.contracts.base import Contract

DONE, SUPERVISOR, UNASSIGNED = "done", "supervisor", "unassigned"


class AssignParams(Contract):
    """Whom to choose from."""

    role: Literal["engineer", "agent", "store_manager"] = Field(
        default="engineer", description="人员角色 · the role that the person must hold"
    )


def assign(work: Work[AssignParams]) -> Result:
    """Weigh everybody of the role who has not declined, and assign the best. Nobody who fits, and nobody at all, are
    outcomes too: a flow that offers work for a time sends the first to a node that does not lapse."""
    ticket, organisation = work.case.ticket, work.sources.organisation()
    need = Need.of(ticket, work.params.role)
    dispatch = choose_person(need, organisation, work.at)
    person = organisation.find(dispatch.chosen)
    team = need.team or (person.teams[0] if person and person.teams else "")
    outcome = UNASSIGNED if not dispatch.chosen else SUPERVISOR if dispatch.fallback else DONE
    report = {"assignee": dispatch.chosen, "fallback": dispatch.fallback}
    move = dispatch_ticket(work.case, dispatch, team, work.at, administrators(organisation.people))
    return Result(outcome, move, report)


ASSIGN = ActionType(
    name="assign",
    zh="派单:按区域、技能、在班、路程与负荷选人",
    en="Dispatch: choose a person by region, skill, duty, way and load",
    params=AssignParams,
    outcomes=(
        Outcome(DONE, "已派单", "somebody who fits has the ticket"),
        Outcome(SUPERVISOR, "已转主管", "nobody fits or has room, so the region's supervisor has it"),
        Outcome(UNASSIGNED, "无人可派", "there is nobody at all"),
    ),
    run=assign,
)
