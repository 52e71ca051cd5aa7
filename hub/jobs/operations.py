"""What the routes of jobs do, declared when the first request for one comes (hub.jobs.routes)."""

from __future__ import annotations

import base64
import binascii
from dataclasses import replace
from datetime import timedelta
from typing import Any

from hub.contracts.http import Page
from hub.contracts.jobs import (
    ApplyImport,
    FileView,
    ImportView,
    JobView,
    NewExport,
    NewImport,
    RowQuery,
    RowView,
)
from hub.edge import cursors
from hub.edge.access import Place, Subject
from hub.edge.answers import Raw, page
from hub.edge.requests import Request
from hub.edge.signed import read_signed, sign
from hub.jobs.desk import JobDesk
from hub.jobs.exports import file_name, try_export
from hub.jobs.imports import begin_applying, columns, importable, require_role, upload_name
from hub.jobs.jobs import Job, require_works, show_job
from hub.jobs.starting import start
from hub.kernel.dataclass import dataclass
from hub.kernel.errors import Conflict, Forbidden, Invalid, Problem, Unauthenticated
from hub.kernel.positions import no_such_cursor

LINK_SECONDS = 60
IMPORT_BODY_BYTES = 4_300_000
PAGES_LIMIT = 10


@dataclass(frozen=True)
class JobOperations:
    """One room's routes."""

    jobs: JobDesk

    def declare(self) -> None:
        """All of them, in the order of the reference; those of imports only where something can be imported."""
        at, room = f"/jobs/{self.jobs.room.app_name}", self.jobs.room
        own: dict[str, Any] = {"scope": "own", "overseers": ()}
        makes = own | {"subject": self._mine, "answer": JobView, "status": 202, "replay": self._made, "ability": "bulk"}
        about = own | {"subject": self._found, "answer": JobView}
        room.http("POST", f"{at}/exports", summary="导出列表 · Export a list", body=NewExport, **makes)(
            self.export_list
        )
        if self.jobs.importables:
            room.http("POST", f"{at}/imports", summary="导入文件 · Import a file", body=NewImport,
                      body_limit_bytes=IMPORT_BODY_BYTES, **makes)(self.import_file)  # fmt: skip
            room.http("GET", f"{at}/imports", summary="可导入的内容 · What can be imported", answer=Page[ImportView],
                      scope="tenant")(self.list_imports)  # fmt: skip
        room.http("GET", f"{at}/{{job_id}}", summary="任务进度 · How far a job is", **about)(self.read_job)
        room.http("GET", f"{at}/{{job_id}}/rows", summary="逐行结果 · What came of each row", query=RowQuery,
                  **{**about, "answer": Page[RowView]})(self.list_rows)  # fmt: skip
        if self.jobs.importables:
            again = {**about, "status": 202, "replay": self._again, "ability": "bulk"}
            room.http("POST", f"{at}/{{job_id}}/apply", summary="确认导入 · Apply an import", body=ApplyImport,
                      **again)(self.apply_import)  # fmt: skip
        room.http("POST", f"{at}/{{job_id}}/cancel", summary="取消任务 · Cancel a job", **about)(self.cancel_job)
        room.http("GET", f"{at}/{{job_id}}/file", summary="下载地址 · Where the file is", answer=FileView,
                  scope="tenant")(self.find_file)  # fmt: skip
        room.http("GET", f"{at}/files/{{link}}", summary="下载文件 · Fetch a file", scope="public")(self.fetch_file)

    # What is asked for.

    def export_list(self, _desk: Any, request: Request) -> JobView:
        """A list as you would see it, row by row, in a file: with your rights at the time when each row is read."""
        spec = request.body.model_dump(mode="json")
        try_export(self.jobs, request.principal, {**spec, "columns": request.body.columns})
        return show_job(self._start(request, "export", spec))

    def import_file(self, _desk: Any, request: Request) -> JobView:
        """Read and check a file. Each row is what one call of the operation would be, by you; the job is `previewed`
        once every row was looked at, and changes nothing before it is applied."""
        body: NewImport = request.body
        known = importable(self.jobs, body.into)
        require_role(self.jobs, request.principal, known)
        if body.format not in known.formats:
            raise Invalid("format", problems=[Problem("/format", f"must be one of: {', '.join(known.formats)}")])
        try:
            content = base64.b64decode(body.content, validate=True)
        except binascii.Error:
            raise Invalid("no file", problems=[Problem("/content", "must be the file in base64")]) from None
        self.jobs.files.put(upload_name(self._new_id(request)), content)
        return show_job(self._start(request, "import", {"into": body.into, "format": body.format}))

    def list_imports(self, _desk: Any, _request: Request) -> Page[ImportView]:
        """What the room takes from files, with its columns."""
        views = []
        for known in self.jobs.importables:
            named, needed = columns(self.jobs, known)
            views.append(ImportView(into=known.into, columns=named, required=needed, same_by=known.same_by))
        return page(views)

    # What there is.

    def read_job(self, _desk: Any, request: Request) -> JobView:
        """Ask again for as long as it is queued or running; the ETag spares you the body."""
        return show_job(request.subject)

    def list_rows(self, _desk: Any, request: Request) -> Page[RowView]:
        """Each row of a file with its outcome, in their order; of an import that is not applied yet, what would be."""
        query, after = request.query, _after(request)
        rows: list[dict[str, Any]] = []
        more = True
        for _ in range(PAGES_LIMIT):
            batch = self.jobs.table.rows(request.subject.id, query.limit + 1, after)
            more = len(batch) > query.limit
            for row in batch[: query.limit]:
                after = str(row.pop("sk"))
                if query.outcome in (None, row["outcome"]):
                    rows.append(row)
                if len(rows) == query.limit:
                    more = more or row["row"] != batch[-1]["row"]
                    break
            if not more or len(rows) == query.limit:
                break
        return page(map(RowView.model_validate, rows), {"list": "rows", "after": after} if more else None)

    def apply_import(self, _desk: Any, request: Request) -> JobView:
        """Apply what was previewed, an import or another. 409 while it is not, and where rows have findings unless
        `with_findings` says that the others shall be applied alone."""
        job: Job = request.subject
        task = self.jobs.task(job.kind)
        if task is None:
            require_role(self.jobs, request.principal, importable(self.jobs, str(job.spec.get("into"))))
        elif not request.principal.has(*task.roles):
            raise Forbidden("your role does not allow this", needs="|".join(task.roles))
        return show_job(self._keep(job, begin_applying(job, with_findings=request.body.with_findings), request))

    def cancel_job(self, _desk: Any, request: Request) -> JobView:
        """Stop a job. Rows that were applied stay applied; a job that is over is 409."""
        job: Job = request.subject
        if job.state == "cancelled":
            return show_job(job)
        require_works(job)
        return show_job(self._keep(job, job.move(state="cancelled"), request))

    # Its file.

    def find_file(self, _desk: Any, request: Request) -> FileView:
        """A link to the file of an export, good for a minute and once. 403 for anybody but its owner, and for them as
        well once their rights are others than when it was written: export it anew."""
        job = self.jobs.table.find(request.path["job_id"])
        if job.owner != request.principal.sub:
            raise Forbidden("the file is somebody else's", job=job.id)
        self._require_rights(job)
        if job.result is None:
            raise Conflict("the job has no file yet", job=job.id, state=job.state)
        ends_at = self.jobs.wall_now() + timedelta(seconds=LINK_SECONDS)
        link = sign(self.jobs.room.host.auth_keys(), "file", ends_at, job.id, request.randomness.hex())
        url = f"{request.base_url}/jobs/{self.jobs.room.app_name}/files/{link}"
        return FileView(name=str(job.result["name"]), url=url, ends_at=ends_at)

    def fetch_file(self, _desk: Any, request: Request) -> Raw:
        """Leads to the file itself. 401 for a link that is over, 403 once its owner's rights are others."""
        host, link = self.jobs.room.host, request.path["link"]
        job_id, _ = read_signed(host.auth_keys(), "file", link, self.jobs.wall_now())
        job = self.jobs.table.find(job_id)
        self._require_rights(job)
        if not self.jobs.table.spend(link, self.jobs.wall_now()):
            raise Unauthenticated("this link was used before: ask for a new one")
        return Raw(303, b"", "text/plain", {"Location": self.jobs.files.url(file_name(job))})

    def _require_rights(self, job: Job) -> None:
        if self.jobs.rights_now(self.jobs.principal_of(job)) != job.rights:
            raise Forbidden("your rights have changed since: export it anew", job=job.id)

    # How jobs begin and move.

    def _start(self, request: Request, kind: str, spec: dict[str, Any]) -> Job:
        return start(self.jobs, request, kind, spec)

    def _new_id(self, request: Request) -> str:
        return request.new_id("job")

    def _keep(self, seen: Job, moved: Job, request: Request) -> Job:
        if moved is seen:
            return seen
        moved = replace(moved, updated_at=request.now)
        self.jobs.table.move(moved, self.jobs.wall_now())
        return moved

    def _made(self, _desk: Any, _request: Request, job_id: str) -> JobView:
        return show_job(self.jobs.table.find(job_id))

    def _again(self, _desk: Any, request: Request, _job_id: str) -> JobView:
        return show_job(self.jobs.table.find(request.path["job_id"]))

    @staticmethod
    def _mine(_desk: Any, request: Request) -> Place:
        return Place(people=(request.principal.sub,))

    def _found(self, _desk: Any, request: Request) -> Subject:
        job = self.jobs.table.find(request.path["job_id"])
        return Subject(job, (Place(region=job.region, people=(job.owner,)),))


def _after(request: Request) -> str:
    """Behind which row a page begins. Raises Invalid for a foreign cursor."""
    position = cursors.decode(request.query.cursor)
    if position is None:
        return ""
    if position.get("list") != "rows" or not isinstance(position.get("after"), str):
        raise no_such_cursor()
    return str(position["after"])
