"""Exports (导出): a list, read to its end as its owner would see it now, and written into a file.

A slice reads a few pages through the list's own operation and puts their rows beside the others; the last one writes
the file. Where the owner's rights are others than the slice before had, it begins anew: no row stays that they would
not see.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from pydantic import BaseModel

from hub.edge.access.fields import class_at
from hub.edge.access.projector import Viewer, verdict_at
from hub.edge.auth import Principal
from hub.edge.inside import Answered, Call
from hub.edge.routes import Route
from hub.jobs.desk import JobDesk
from hub.jobs.jobs import Job
from hub.jobs.sheets import write_csv, write_xlsx
from hub.jobs.tables import columns_of, flat
from hub.kernel.errors import Forbidden, Invalid, Problem, Retry

PAGES_A_SLICE = 5
PAGE_ROWS = 200
ROWS_LIMIT = 50_000
TYPES = {"csv": "text/csv; charset=utf-8", "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"}


def list_route(desk: JobDesk, path: str) -> Route:
    """The list that an export names. Raises Invalid for what is no list of the room."""
    for route in (route for route in desk.room.http_routes if (route.method, route.path) == ("GET", path)):
        paged = route.query is not None and "cursor" in route.query.model_fields
        if paged and not route.is_public and _row_model(route):
            return route
    raise Invalid("no such list", problems=[Problem("/list", "must be the path of one of the room's lists")])


def try_export(desk: JobDesk, principal: Principal, spec: Mapping[str, Any]) -> None:
    """Whether the list can be read as asked, before anything is begun. Raises Invalid, Forbidden."""
    route = list_route(desk, spec["list"])
    if {"limit", "cursor"} & set(spec["query"]):
        raise Invalid("no such filter", problems=[Problem("/query", "is read to its end: no limit, no cursor")])
    response = _page(desk, principal, spec, "", 1)
    if not response.good:
        raise refusal_of(response, "/query/")
    _require_columns(desk, principal, route, spec["columns"])


def export_slice(desk: JobDesk, job: Job, principal: Principal) -> Job:
    """The job one slice further, or done. Raises Forbidden, Invalid, Retry."""
    rights = desk.rights_now(principal)
    if rights != job.rights:
        job = replace(job, rights=rights, cursor="", parts=0, done=0)
    rows: list[Any] = []
    cursor = job.cursor
    for _ in range(PAGES_A_SLICE):
        response = _page(desk, principal, job.spec, cursor, PAGE_ROWS)
        if not response.good:
            raise refusal_of(response, "/query/")
        rows += response.body["data"]
        cursor = response.body["next_cursor"]
        if not cursor:
            break
    if job.done + len(rows) > ROWS_LIMIT:
        raise Invalid("too many rows", problems=[Problem("/query", f"must leave at most {ROWS_LIMIT} rows")])
    desk.files.put(_part(job, job.parts), json.dumps(rows, ensure_ascii=False).encode())
    job = job.move(state="running", cursor=cursor, parts=job.parts + 1, done=job.done + len(rows))
    return job if cursor else _finished(desk, job)


def file_name(job: Job) -> str:
    """Where the file lies."""
    return f"{job.id}/export.{job.spec['format']}"


def refusal_of(response: Answered, prefix: str = "") -> Exception:
    """A refused call from inside as the job's own error."""
    body = response.body or {}
    detail = str(body.get("detail") or body.get("title") or "refused")
    if response.status >= 500:
        return Retry(detail)
    if response.status == 422:
        named = body.get("errors", ())
        return Invalid(detail, [Problem(prefix + str(e["pointer"]).partition(":")[2], e["detail"]) for e in named])
    return Forbidden(detail)


def _page(desk: JobDesk, principal: Principal, spec: Mapping[str, Any], cursor: str, limit: int) -> Answered:
    query = {**spec["query"], "limit": str(limit), **({"cursor": cursor} if cursor else {})}
    return desk.ask(principal, Call("GET", spec["list"], query))


def _finished(desk: JobDesk, job: Job) -> Job:
    """The parts as one file."""
    model = _row_model(list_route(desk, job.spec["list"])) or BaseModel
    parts = (json.loads(desk.files.get(_part(job, number))) for number in range(job.parts))
    rows = [dict(flat(row)) for part in parts for row in part]
    columns = columns_of(rows, model, job.spec["columns"])
    write = write_xlsx if job.spec["format"] == "xlsx" else write_csv
    content, name = write(columns, rows), file_name(job)
    shown_as = f"{job.spec['list'].strip('/').replace('/', '-')}-{job.created_at:%Y%m%d}.{job.spec['format']}"
    desk.files.put(name, content, TYPES[job.spec["format"]], shown_as)
    result = {"name": shown_as, "rows": len(rows), "bytes": len(content)}
    return replace(job, state="done", result=result, total=len(rows))


def _part(job: Job, number: int) -> str:
    return f"{job.id}/part-{number:05d}.json"


def _row_model(route: Route) -> type[BaseModel] | None:
    fields = getattr(route.answer, "model_fields", {})
    if "data" not in fields or "next_cursor" not in fields:
        return None
    (row, *_) = getattr(fields["data"].annotation, "__args__", (None,))
    return row if isinstance(row, type) and issubclass(row, BaseModel) else None


def _require_columns(desk: JobDesk, principal: Principal, route: Route, chosen: tuple[str, ...]) -> None:
    """Raises Invalid for a column that there is not, or that its asker does not see: alike, since a name that works
    would tell that there is something."""
    viewer, policy, model = Viewer.of(principal), desk.room.host.read_policy(), _row_model(route)
    problems = []
    for index, column in enumerate(chosen):
        name = column.partition(".")[0]
        mark = class_at(model, column) if model else None
        hidden = getattr(mark, "name", None)
        if (
            model is None
            or name not in model.model_fields
            or (hidden and verdict_at(viewer, policy, hidden, None) == "hidden")
        ):
            problems.append(Problem(f"/columns/{index}", "must be a column of the list that you may see"))
    if problems:
        raise Invalid("no such column", problems=problems)
