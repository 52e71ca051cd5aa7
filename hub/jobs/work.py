"""One slice of a job: what its queue calls, again and again, until it is over.

A slice that dies is brought back by the queue, and done again from where the job stands: nothing of it counts before
the job has moved. Of two at once one moves it, and the other's work was the same.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

from hub.edge.auth import Principal
from hub.jobs.desk import JobDesk
from hub.jobs.exports import export_slice
from hub.jobs.imports import import_slice
from hub.jobs.jobs import Job
from hub.kernel.errors import Conflict, Forbidden, Invalid, NotFound, Unauthenticated

Slice = Callable[[JobDesk, Job, Principal], Job]
SLICES: Mapping[str, Slice] = {"export": export_slice, "import": import_slice}


def work_on(desk: JobDesk, job_id: str) -> None:
    """Do the job's next slice, if one is due. Raises Retry."""
    try:
        job = desk.table.find(job_id)
    except NotFound:
        return
    if not job.works:
        return
    moved = _slice(desk, job)
    try:
        desk.table.move(moved, desk.wall_now())
    except Conflict:
        return  # somebody cancelled it, or did this slice as well


def _slice(desk: JobDesk, job: Job) -> Job:
    now = desk.room.host.now()
    try:
        task = desk.task(job.kind)
        moved = (task.run if task else SLICES[job.kind])(desk, job, desk.principal_of(job))
    except (Forbidden, Invalid, NotFound, Unauthenticated) as refused:
        problems = getattr(refused, "problems", ())
        why = "; ".join(f"{p.pointer}: {p.rule}" for p in problems) or refused.detail
        moved = job.move(state="failed", why=why)
    return replace(moved, step=job.step + 1, updated_at=now)
