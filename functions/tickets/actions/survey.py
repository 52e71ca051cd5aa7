"""survey (满意度调查): ask the customer what they think, while their ticket goes on."""

from functions.tickets.actions.action import ActionType, Outcome, Result, Work
from functions.tickets.ticket.ticket import Deed, Move, Note
from hub.contracts.base import Contract
from hub.kernel.ids import SYSTEM

DONE = "done"
SURVEY_NAME = "survey"


class SurveyParams(Contract):
    """Nothing: the words and the channel are the notice rule's, `survey_on_the_way`."""


def survey(work: Work[SurveyParams]) -> Result:
    """`flow.told` says it; the rule `survey_on_the_way`, once it is switched on, sends the link."""
    note = Note("said", SYSTEM, {"event": SURVEY_NAME})
    return Result(DONE, Move(work.case.ticket, (note,)), {}, Deed(kind="event", name=SURVEY_NAME))


SURVEY = ActionType(
    name="survey",
    zh="满意度调查",
    en="Ask the customer what they think",
    params=SurveyParams,
    outcomes=(Outcome(DONE, "已发起", "the notice rule `survey_on_the_way` sends it"),),
    run=survey,
)
