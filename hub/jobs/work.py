"""One slice of a job: what its queue calls, again and again, until it is over.

A slice that dies is brought back by the queue, and done again from where the job stands: nothing of it counts before
the job has moved. Of two at once one moves it, and the other's work was the same.

A task may divide its job into shards, which go on side by side, each by its own changes; the last one that is over has
the job go on.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import replace

from hub.edge.auth import Principal
from hub.jobs.desk import JobDesk
from hub.jobs.exports import export_slice
from hub.jobs.imports import import_slice
from hub.jobs.jobs import Job, Shard
from hub.kernel.errors import Conflict, Forbidden, Invalid, NotFound, Refuse, Retry, Unauthenticated

REFUSALS = (Forbidden, Invalid, NotFound, Unauthenticated)
MOVES = 20
"""So often a shard that is over tries to say so, while others do."""
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
    if job.waits:
        if desk.table.shard(job.id, job.shards - 1) is None:  # they begin in their order
            desk.table.begin_shards(job, desk.wall_now())
        return
    moved = _slice(desk, job)
    try:
        desk.table.move(moved, desk.wall_now())
    except Conflict:
        return  # somebody cancelled it, or did this slice as well


def work_on_shard(desk: JobDesk, job_id: str, number: int) -> None:
    """Do the next slice of a job's shard, if one is due. Raises Retry."""
    try:
        job, shard = desk.table.find(job_id), desk.table.shard(job_id, number)
    except NotFound:
        return
    task = desk.task(job.kind)
    if shard is None or task is None or task.run_shard is None or not job.waits or number in job.finished:
        return
    try:
        desk.principal_of(job)
        moved = task.run_shard(desk, job, shard)
    except REFUSALS as refused:
        why = _why(refused)
        _move(desk, job_id, lambda job: job.move(state="failed", why=why))
        return
    if moved.is_over:
        _move(desk, job_id, lambda job: _finished(job, moved))
    else:
        desk.table.move_shard(job_id, moved, desk.wall_now())


def _finished(job: Job, shard: Shard) -> Job | None:
    """The job with one more shard over; None where it is so already."""
    if shard.number in job.finished:
        return None
    return job.move(finished=sorted((*job.finished, shard.number)), done=job.done + shard.done)


def _move(desk: JobDesk, job_id: str, change: Callable[[Job], Job | None]) -> None:
    """Move a job that its other shards move as well. Raises Retry where they are quicker MOVES times."""
    for _ in range(MOVES):
        job = desk.table.find(job_id)
        moved = change(job) if job.works else None
        if moved is None:
            return
        with suppress(Conflict):
            desk.table.move(replace(moved, updated_at=desk.room.host.now()), desk.wall_now())
            return
    raise Retry("the job's other shards move it", job=job_id)


def _slice(desk: JobDesk, job: Job) -> Job:
    now = desk.room.host.now()
    try:
        task = desk.task(job.kind)
        moved = (task.run if task else SLICES[job.kind])(desk, job, desk.principal_of(job))
    except REFUSALS as refused:
        moved = job.move(state="failed", why=_why(refused))
    return replace(moved, step=job.step + 1, updated_at=now)


def _why(refused: Refuse) -> str:
    problems = getattr(refused, "problems", ())
    return "; ".join(f"{p.pointer}: {p.rule}" for p in problems) or refused.detail
