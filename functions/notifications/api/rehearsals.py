"""A notice rule tried on what really happened, before it is published."""

from __future__ import annotations

from datetime import timedelta

from functions.notifications.desk import Desk
from functions.notifications.handlers.rehearsing import drafted_rule
from functions.notifications.room import room
from hub.contracts.jobs import JobView
from hub.contracts.notifications import RehearseRule
from hub.edge.requests import Request
from hub.jobs.routes import job_begun, start_job
from hub.kernel.clock import rfc3339

REHEARSAL = "rehearsal"


@room.http(
    "POST",
    "/notifications/rules/{key}/rehearse",
    body=RehearseRule,
    answer=JobView,
    status=202,
    roles=("administrator",),
    scope="tenant",
    replay=job_begun(room),
    summary="发布前模拟 · Rehearse a notice rule over the events of the last days",
)
def rehearse(desk: Desk, request: Request) -> JobView:
    """A job, whose report says what the draft (or `version`) would have sent beside what is in force: quiet hours,
    caps, digests, what was taken back and by which channels, in counts and the ten largest differences with links.
    Nothing is written but the report, nobody hears of it."""
    key, body = request.path["key"], request.body
    drafted_rule(desk, key, body.version)
    for other in body.drafts:
        drafted_rule(desk, other, 0)
    until = request.made_at or request.now
    span = {"since": rfc3339(until - timedelta(days=body.days)), "until": rfc3339(until)}
    spec = {
        "rule": key,
        "about": f"/notifications/rules/{key}",
        **span,
        **body.model_dump(mode="json", exclude={"days"}),
    }
    return start_job(room, request, REHEARSAL, spec)
