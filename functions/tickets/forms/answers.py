"""Answers (填写内容): what somebody handed in, held against the form: what is asked of them is normalised and
validated, what is not asked is left out, whatever it was. Pure.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from functions.tickets.forms.compiled import CompiledForm
from functions.tickets.forms.linkage import UNASKED, is_true
from functions.tickets.forms.normalise import WrongAnswerError, read_answer
from functions.tickets.forms.value_schema import answer_problems
from hub.kernel.dataclass import dataclass
from hub.kernel.errors import Invalid, Problem

NO_SUCH_FIELD = "the form has no such field"
NAME_SHOWN = 100


@dataclass(frozen=True)
class Reading:
    """kept: field → answer, in the document's order. visible: the fields that were to be answered. problems: of what is
    wrong with them."""

    kept: Mapping[str, Any]
    visible: tuple[str, ...]
    problems: tuple[Problem, ...]


def read_answers(form: CompiledForm, raw: Mapping[str, Any], today: date) -> Mapping[str, Any]:
    """The answers as they are stored. today: a day of birth lies before it. Raises Invalid with the place of each that
    is missing, wrong, or of a field that there is not."""
    reading = look_at_answers(form, raw, today)
    if reading.problems:
        raise Invalid("some answers are wrong", problems=reading.problems)
    return reading.kept


def look_at_answers(form: CompiledForm, raw: Mapping[str, Any], today: date) -> Reading:
    """The same, with everything that is wrong beside what is not."""
    known, problems = dict[str, Any](), dict[str, Problem]()
    for name in form.order:
        if not is_true(form.conditions[name], known):
            known[name] = UNASKED
            continue
        known[name] = _answer(form, name, raw, today, problems)
        required = form.required[name]
        if known[name] is None and name not in problems and required is not None and is_true(required, known):
            problems[name] = Problem(f"/{name}", "is required")
    visible = tuple(field.id for field in form.document.fields if known[field.id] is not UNASKED)
    kept = {name: known[name] for name in visible if known[name] is not None}
    for problem in answer_problems(form.validator, kept):
        problems.setdefault(problem.pointer[1:], problem)
    wrong = [problems[name] for name in visible if name in problems]
    strangers = [Problem(f"/{name[:NAME_SHOWN]}", NO_SUCH_FIELD) for name in raw if name not in form.fields]
    return Reading(kept, visible, (*wrong, *strangers))


def _answer(form: CompiledForm, name: str, raw: Mapping[str, Any], today: date, problems: dict[str, Problem]) -> Any:
    """The answer, None where it is missing or wrong."""
    try:
        return read_answer(form.fields[name], raw.get(name), today)
    except WrongAnswerError as wrong:
        problems[name] = Problem(f"/{name}", str(wrong))
        return None
