"""Surveys (满意度调查): a customer's link shows what is asked; only a POST from it answers, for previewers
open links."""

from __future__ import annotations

from typing import Any

from functions.notifications.desk import Desk
from functions.notifications.room import room
from functions.notifications.sends.surveys import survey_answered
from hub.contracts.notifications import SurveyAnswer, SurveyView
from hub.edge.requests import Request
from hub.kernel.clock import parse_rfc3339
from hub.kernel.errors import Conflict, NotFound
from hub.kernel.ids import derived_id


@room.http("GET", "/notifications/surveys/{token}", summary="满意度调查 · What a customer is asked",
           answer=SurveyView, scope="public")  # fmt: skip
def read_survey(desk: Desk, request: Request) -> SurveyView:
    """Looking answers nothing."""
    survey = _survey(desk, request)
    return SurveyView(ticket_type=str(survey["ticket_type"]), score=survey.get("score"))


@room.http("POST", "/notifications/surveys/{token}", summary="提交评分 · A customer's score", body=SurveyAnswer,
           answer=SurveyView, scope="public")  # fmt: skip
def answer_survey(desk: Desk, request: Request) -> SurveyView:
    """One answer; the same again is answered alike, another is a conflict. Rules of the tickets room say what a low
    score calls for."""
    token, body, survey = request.path["token"], request.body, _survey(desk, request)
    ref = derived_id("cnt", request.now, "survey", token) if body.comment else ""
    if not desk.waiting.answer(token, body.score, ref, request.now):
        survey = _survey(desk, request)
        if survey.get("score") != body.score:
            raise Conflict("it is answered already", score=int(survey.get("score") or 0))
    else:
        survey = _survey(desk, request)
    if body.comment and survey["comment"]:
        desk.keep_content(survey["comment"], {"schema": 1, "kind": "text", "text": body.comment})
    at = parse_rfc3339(survey["answered_at"])
    desk.emit(survey_answered(desk.tenant, token, survey, body.score, str(survey["comment"]), at))
    return SurveyView(ticket_type=str(survey["ticket_type"]), score=body.score)


def _survey(desk: Desk, request: Request) -> dict[str, Any]:
    survey = desk.waiting.survey(request.path["token"])
    if survey is None:
        raise NotFound("no such survey")
    return survey
