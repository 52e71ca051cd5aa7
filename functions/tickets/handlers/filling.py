"""Filling in (节点表单): what somebody answers at a node, by the node's form in the version that it had when they were
asked. What of it the work took is reported as such; numbers and choices are the ticket's, texts stay sealed.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from pydantic import ValidationError

from functions.tickets.desk import Desk
from functions.tickets.forms.answers import read_answers
from functions.tickets.forms.fields import to_text
from functions.tickets.forms.kind import FORMS
from functions.tickets.forms.submission import ticket_fields
from functions.tickets.forms.work import REPORTED
from functions.tickets.handlers.submitting import day_of
from functions.tickets.ticket.ticket import Case, Visit
from functions.tickets.ticket.visits import Filled
from hub.contracts.tickets import WorkReport
from hub.kernel.errors import Invalid, Problem


def read_node_form(desk: Desk, case: Case, visit: Visit, raw: Mapping[str, Any], now: datetime) -> Filled | None:
    """What was filled in on the form of a node, by the version that it had when its visit began; None for a node
    without one. Raises Invalid, pointing at each of `/answers` that is missing or wrong."""
    if not visit.form_key:
        problems = [Problem(f"/answers/{name}", "is not asked for here") for name in raw]
        if problems:
            raise Invalid("the node has no form", problems=problems)
        return None
    form = desk.documents.pinned(FORMS, visit.form_key, visit.form_pin).value
    try:
        answers = read_answers(form, raw, day_of(desk, now))
        work = WorkReport.model_validate({name: answers[name] for name in REPORTED if name in answers})
    except ValidationError as wrong:
        rules = [Problem("/" + "/".join(map(str, each["loc"])), each["msg"]) for each in wrong.errors()]
        raise Invalid("what the work took", problems=[_below_answers(rule) for rule in rules]) from None
    except Invalid as wrong:
        raise Invalid(wrong.detail, problems=[_below_answers(problem) for problem in wrong.problems]) from None
    plain, texts = ticket_fields(form, {name: answers[name] for name in answers if name not in REPORTED})
    sealed = desk.seal_text(case.ticket.id, to_text(texts)) if texts else ""
    return Filled(plain, sealed, work if work.model_fields_set else None)


def _below_answers(problem: Problem) -> Problem:
    return Problem(f"/answers{problem.pointer}", problem.rule)
