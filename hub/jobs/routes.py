"""The HTTP routes of jobs, the same for every room, and what its stream says of them:

    serve_jobs(room, importables)        declares    POST /jobs/<room>/exports    POST /jobs/<room>/imports
                                                     GET  /jobs/<room>/imports    GET  /jobs/<room>/{job_id}
                                                     GET  …/{job_id}/rows         POST …/{job_id}/apply, /cancel
                                                     GET  …/{job_id}/file         GET  /jobs/<room>/files/{link}
    follow_job(room, importables, change)            the next slice of a job that moved

The room names `job` among what its stream follows. Models and files are for few requests, so a start leaves them out.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from hub.edge.bus import Change
from hub.edge.room import Room
from hub.jobs.desk import Importable, JobDesk

FOLLOWED = "job"


def serve_jobs(room: Room[Any], importables: Sequence[Importable] = ()) -> None:
    """Declare the routes of a room's jobs at /jobs/<room>, which is one of its paths."""

    def declare() -> None:
        from hub.jobs.operations import JobOperations  # only a request for jobs needs what they do, and its models

        JobOperations(JobDesk(room, tuple(importables))).declare()

    room.later(f"/jobs/{room.app_name}", declare)


def follow_job(room: Room[Any], importables: Sequence[Importable], change: Change) -> bool:
    """Do the next slice, if the change is of a job; says whether it was."""
    if change.sk != FOLLOWED or "#job#" not in change.pk:
        return False
    if change.kind != "REMOVE":
        from hub.jobs.work import work_on

        work_on(JobDesk(room, tuple(importables)), change.pk.rpartition("#")[2])
    return True
