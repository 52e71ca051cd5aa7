"""Imports (导入): a file of rows, each one call of an operation by whoever asked, with their rights and its checks.

First every row is read, held against the operation's own model, and rehearsed by the operation itself: what it would
refuse is told with its row and column, and nothing is changed. Applied, each row has an Idempotency-Key of its own, so
that a slice which is done again, or a file that is sent again with its key, makes nothing twice.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Any, get_args
from urllib.parse import quote

from pydantic import ValidationError

from hub.edge.answers import invalid_from
from hub.edge.auth import Principal
from hub.edge.chinese import field_zh
from hub.edge.inside import Answered, Call
from hub.edge.routes import Route
from hub.jobs.desk import Importable, JobDesk
from hub.jobs.jobs import Job
from hub.jobs.lines import read_lines
from hub.jobs.sheets import Row, read_sheet
from hub.jobs.tables import body_of_row, body_schema, columns_into
from hub.kernel.dataclass import dataclass
from hub.kernel.errors import Conflict, Forbidden, Invalid, Problem, Retry

ROWS_A_SLICE = 100
PARAMETER = re.compile(r"{(\w+)}")
Outcome = dict[str, Any]


@dataclass(frozen=True)
class Plan:
    """What a row would do: the call, or why it can't be. as_row: the earlier row that says the same."""

    row: Row
    call: Call | None
    problems: tuple[Problem, ...] = ()
    as_row: int | None = None


def importable(desk: JobDesk, into: str) -> Importable:
    """What is imported under this name. Raises Invalid for nothing of the room's."""
    for known in desk.importables:
        if known.into == into:
            return known
    names = ", ".join(known.into for known in desk.importables)
    raise Invalid("no such import", problems=[Problem("/into", f"must be one of: {names}")])


def columns(desk: JobDesk, known: Importable) -> tuple[list[str], list[str]]:
    """The columns of its file, and which of them are needed."""
    route, ids = _route(desk, known), PARAMETER.findall(known.path)
    if known.list_of:
        return _fields_of_item(route, known)
    schema = body_schema(route.body) if route.body else {}
    named = [*ids, *(name for name in columns_into(schema) if name != "version")]
    return named, [*ids, *(name for name in schema.get("required", ()) if name in named)]


def require_role(desk: JobDesk, principal: Principal, known: Importable) -> None:
    """Raises Forbidden for who may not do by hand what each row would do."""
    route = _route(desk, known)
    if route.roles and not principal.has(*route.roles):
        raise Forbidden("your role does not allow this", needs="|".join(route.roles))


def plans(desk: JobDesk, known: Importable, content: bytes, file_format: str) -> list[Plan]:
    """What each row of a file would do. Raises Invalid for a file that can't be read."""
    seen: dict[tuple[str, ...], int] = {}
    if known.list_of:
        return [_plan_of_line(desk, known, row, seen) for row in read_lines(content)]
    return [_plan(desk, known, _renamed(known, row), seen) for row in read_sheet(content, file_format)]


def import_slice(desk: JobDesk, job: Job, principal: Principal) -> Job:
    """The job one slice further: checked first, then applied. Raises Forbidden, Invalid, Retry."""
    known = importable(desk, str(job.spec["into"]))
    planned = plans(desk, known, desk.files.get(upload_name(job.id)), str(job.spec["format"]))
    applies, due = job.phase == "apply", planned[job.done : job.done + ROWS_A_SLICE]
    do = partial(_apply, desk, job, principal) if applies else partial(_rehearse, desk, _route(desk, known), principal)
    outcomes = [do(plan) for plan in due]
    desk.table.put_rows(job.id, outcomes, desk.wall_now())
    done, counts = job.done + len(due), _added(job.counts, outcomes)
    if done < len(planned):
        return job.move(state="running", done=done, total=len(planned), counts=counts)
    return job.move(state="done" if applies else "previewed", done=done, total=len(planned), counts=counts)


def begin_applying(job: Job, *, with_findings: bool) -> Job:
    """A job that was previewed is to be applied. Again changes nothing. Raises Conflict for one that is not so far, and
    for one with findings unless that is meant."""
    if job.phase == "apply":
        return job
    if job.state != "previewed":
        raise Conflict("the job is not previewed yet", job=job.id, state=job.state)
    refused = job.counts.get("refused", 0)
    if refused and not with_findings:
        raise Conflict("some rows have findings: say with_findings to apply the others", job=job.id, refused=refused)
    return job.move(state="queued", phase="apply", counts={}, done=0)


def upload_name(job_id: str) -> str:
    """Where the file that came in lies."""
    return f"{job_id}/upload"


def _route(desk: JobDesk, known: Importable) -> Route:
    return next(r for r in desk.room.http_routes if (r.method, r.path) == (known.method, known.path))


def _renamed(known: Importable, row: Row) -> Row:
    """The row with the names of its columns as the operation has them: people write them in their own language."""
    cells = {known.labels.get(name.strip(), name.strip()): text for name, text in row.cells.items()}
    return replace(row, cells=cells)


def _plan(desk: JobDesk, known: Importable, row: Row, seen: dict[tuple[str, ...], int]) -> Plan:
    route, ids = _route(desk, known), PARAMETER.findall(known.path)
    missing = tuple(Problem(f"/{name}", "is required") for name in ids if name not in row.cells)
    rest = replace(row, cells={name: text for name, text in row.cells.items() if name not in ids})
    body, problems = body_of_row(rest, body_schema(route.body) if route.body else {}, desk.zone)
    problems = (*missing, *problems, *(() if problems else _model_problems(route, body)))
    if problems:
        return Plan(row, None, problems)
    facts = tuple(row.cells.get(name, "") for name in known.same_by)
    first = seen.setdefault(facts, row.number) if all(facts) and facts else row.number
    path = PARAMETER.sub(lambda name: quote(row.cells[name[1]], safe=""), known.path)
    return Plan(row, Call(known.method, path, body=body), as_row=None if first == row.number else first)


def _plan_of_line(desk: JobDesk, known: Importable, row: Row, seen: dict[tuple[str, ...], int]) -> Plan:
    """A line of JSON, as the only item of the operation's list; what can't be is told by its place in the line."""
    body = {known.list_of: [row.whole]}
    item = f"/{known.list_of}/0"
    problems = row.problems or _model_problems(_route(desk, known), body)
    if problems:
        return Plan(row, None, tuple(Problem(problem.pointer.removeprefix(item), problem.rule) for problem in problems))
    facts = tuple(row.cells.get(name, "") for name in known.same_by)
    first = seen.setdefault(facts, row.number) if all(facts) and facts else row.number
    return Plan(row, Call(known.method, known.path, body=body), as_row=None if first == row.number else first)


def _fields_of_item(route: Route, known: Importable) -> tuple[list[str], list[str]]:
    assert route.body is not None  # noqa: S101 - it is a list of this body
    item, *_ = get_args(route.body.model_fields[known.list_of].annotation)
    fields = item.model_fields
    return [*fields], [name for name, declared in fields.items() if declared.is_required()]


def _model_problems(route: Route, body: Mapping[str, Any]) -> tuple[Problem, ...]:
    if route.body is None:
        return ()
    try:
        route.body.model_validate(body)
    except ValidationError as error:
        return invalid_from(error).problems
    return ()


def _foreseen(plan: Plan) -> Outcome:
    if plan.problems:
        return _outcome(plan, "refused", problems=plan.problems)
    return _outcome(plan, "as_row" if plan.as_row else "ready")


def _rehearse(desk: JobDesk, route: Route, principal: Principal, plan: Plan) -> Outcome:
    """What would come of a row, by itself: rows that need an earlier one of the file are told so when applied."""
    if plan.call is None or plan.as_row or not route.dry_run:
        return _foreseen(plan)
    answered = desk.ask(principal, replace(plan.call, query={**plan.call.query, "dry_run": "1"}))
    if answered.status >= 500:
        raise Retry("a row could not be looked at just now", row=plan.row.number)
    return _foreseen(plan) if answered.good else _outcome(plan, "refused", problems=_refusals(answered))


def _apply(desk: JobDesk, job: Job, principal: Principal, plan: Plan) -> Outcome:
    if plan.call is None or plan.as_row:
        return _foreseen(plan)
    answered = desk.ask(principal, plan.call, key=f"{job.id}#{plan.row.number}")
    if answered.good:
        return _outcome(plan, "applied", made=_id_of(answered, plan))
    if answered.status >= 500:
        raise Retry("a row could not be applied just now", job=job.id, row=plan.row.number)
    return _outcome(plan, "refused", problems=_refusals(answered))


def _id_of(answered: Answered, plan: Plan) -> str:
    """Of what was made; a line of JSON says its own."""
    return str((answered.body or {}).get("id") or (plan.row.whole or {}).get("id", ""))


def _refusals(answered: Answered) -> tuple[Problem, ...]:
    body = answered.body or {}
    named = tuple(Problem(str(e["pointer"]), str(e["detail"])) for e in body.get("errors", ()))
    return named or (Problem("", str(body.get("detail") or body.get("title"))),)


def _outcome(plan: Plan, outcome: str, *, made: str = "", problems: Sequence[Problem] = ()) -> Outcome:
    return {
        "row": plan.row.number,
        "outcome": outcome,
        "as_row": plan.as_row,
        "id": made,
        "errors": [{"pointer": p.pointer, "detail": p.rule} for p in problems],
        "zh": [{"pointer": p.pointer, "detail": field_zh(p.rule)} for p in problems],
    }


def _added(counts: Mapping[str, int], outcomes: Sequence[Outcome]) -> dict[str, int]:
    added = dict(counts)
    for name in _names(outcomes):
        added[name] = added.get(name, 0) + 1
    return added


def _names(outcomes: Sequence[Outcome]) -> Iterator[str]:
    return (str(outcome["outcome"]) for outcome in outcomes)
