"""The HTTP routes of jobs, the same for every room, and what its stream says of them:

    serve_jobs(room, importables, tasks) declares    POST /jobs/<room>/exports    POST /jobs/<room>/imports
                                                     GET  /jobs/<room>/imports    GET  /jobs/<room>/{job_id}
                                                     GET  …/{job_id}/rows         POST …/{job_id}/apply, /cancel
                                                     GET  …/{job_id}/file         GET  /jobs/<room>/files/{link}
    follow_job(room, importables, change, tasks)     the next slice of a job that moved
    start_job(room, request, kind, spec)             a job of one of the room's own tasks, for a route to answer

The room names `job` among what its stream follows, which is what shards of jobs begin with, too. Models and files are
for few requests, so a start leaves them out.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from hub.edge.bus import Change
from hub.edge.requests import Request
from hub.edge.room import Room
from hub.jobs.desk import Importable, JobDesk, Task

if TYPE_CHECKING:
    from hub.contracts.jobs import JobView

FOLLOWED = "job"


def serve_jobs(room: Room[Any], importables: Sequence[Importable] = (), tasks: Sequence[Task] = ()) -> None:
    """Declare the routes of a room's jobs at /jobs/<room>, which is one of its paths."""

    def declare() -> None:
        from hub.jobs.operations import JobOperations  # only a request for jobs needs what they do, and its models

        JobOperations(JobDesk(room, tuple(importables), tuple(tasks))).declare()

    room.later(f"/jobs/{room.app_name}", declare)


def follow_job(room: Room[Any], importables: Sequence[Importable], change: Change, tasks: Sequence[Task] = ()) -> bool:
    """Do the next slice, if the change is of a job; says whether it was."""
    _, of_job, job_id = change.pk.rpartition("#job#")
    if not of_job or not change.sk.startswith(FOLLOWED):
        return False
    if change.kind != "REMOVE":
        from hub.jobs.work import work_on, work_on_shard

        desk, number = JobDesk(room, tuple(importables), tuple(tasks)), change.sk.rpartition("#")[2]
        if change.sk == FOLLOWED:
            work_on(desk, job_id)
        else:
            work_on_shard(desk, job_id, int(number))
    return True


def start_job(room: Room[Any], request: Request, kind: str, spec: Mapping[str, Any]) -> JobView:
    """Begin a job of one of the room's tasks; the same request again answers the same job."""
    from hub.jobs.jobs import show_job  # as above
    from hub.jobs.starting import start

    return show_job(start(JobDesk(room), request, kind, spec))


def put_file(room: Room[Any], name: str, content: bytes) -> None:
    """Lay a file down for a job that is about to begin."""
    JobDesk(room).files.put(name, content)


def job_begun(room: Room[Any]) -> Callable[[Any, Request, str], JobView]:
    """The `replay` of a route that starts a job."""
    return lambda _desk, _request, job_id: find_job(room, job_id)


def find_job(room: Room[Any], job_id: str) -> JobView:
    """A job as it is by now: what a repeat of the request that began it is answered. Raises NotFound."""
    from hub.jobs.jobs import show_job  # as above

    return show_job(JobDesk(room).table.find(job_id))
