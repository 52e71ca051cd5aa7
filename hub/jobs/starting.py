"""How a job begins: as an item of its room's table, whose stream does the rest."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from hub.edge.auth import epoch_at
from hub.edge.requests import Request
from hub.jobs.desk import JobDesk
from hub.jobs.jobs import Job, claims_of


def start(desk: JobDesk, request: Request, kind: str, spec: Mapping[str, Any]) -> Job:
    """A job for whoever asks; the same request again is the same job."""
    at = request.made_at or request.now
    job = Job(
        id=request.new_id("job"),
        kind=kind,
        owner=request.principal.sub,
        claims=claims_of(request.principal, epoch_at(desk.wall_now())),
        spec=spec,
        created_at=at,
        updated_at=at,
        region=request.principal.region,
    )
    return desk.table.start(job, desk.wall_now())
