"""What takes longer than an answer may, as jobs: a draft is rehearsed, all open tickets of a flow are migrated."""

from __future__ import annotations

from datetime import timedelta

from functions.tickets.desk import Desk
from functions.tickets.flows.kind import FLOWS
from functions.tickets.handlers.repertoire import BESIDE
from functions.tickets.intake.kind import INTAKE_RULES
from functions.tickets.intake.kind import KEY as INTAKE
from functions.tickets.room import room
from hub.contracts.flows import MigrateAll, RehearseFlow, RehearseRules
from hub.contracts.jobs import JobView
from hub.documents.versions import PRESET
from hub.edge.requests import Request
from hub.jobs.routes import job_begun, start_job
from hub.kernel.clock import rfc3339
from hub.kernel.errors import Conflict

REHEARSAL, MIGRATION = "rehearsal", "migration"


@room.http(
    "POST",
    "/flows/{key}/rehearse",
    body=RehearseFlow,
    answer=JobView,
    status=202,
    roles=("administrator",),
    scope="tenant",
    replay=job_begun(room),
    summary="发布前模拟 · Rehearse a draft over the tickets of the last days",
)
def rehearse(desk: Desk, request: Request) -> JobView:
    """A job, whose report says in counts who would have had the tickets, what would have breached and what would have
    been sent, and the ten largest differences with links. Nothing is written but the report, nobody hears of it."""
    key, body = request.path["key"], request.body
    desk.documents.current(FLOWS, key)
    if body.version:
        desk.documents.version(FLOWS, key, body.version)
    else:
        desk.documents.draft(FLOWS, key)
    for name, kind in BESIDE.items():
        if named := getattr(body, name):
            desk.documents.draft(kind, named)
    if body.rules:
        desk.documents.draft(INTAKE_RULES, INTAKE)
    spec = {"flow": key, "about": f"/flows/{key}", **_span(request, body.days)}
    return start_job(room, request, REHEARSAL, {**spec, **body.model_dump(mode="json", exclude={"days"})})


@room.http(
    "POST",
    "/tickets/rules/rehearse",
    body=RehearseRules,
    answer=JobView,
    status=202,
    roles=("administrator",),
    scope="tenant",
    replay=job_begun(room),
    summary="受理规则的发布前模拟 · Rehearse the intake rules over the tickets of the last days",
)
def rehearse_rules(desk: Desk, request: Request) -> JobView:
    """As a flow's: each ticket that a message opened, of whatever flow, is read by the draft (or `version`) of the
    rules; what would be of another type follows that type's flow from its first node on."""
    body = request.body
    if body.version:
        desk.documents.version(INTAKE_RULES, INTAKE, body.version)
    else:
        desk.documents.draft(INTAKE_RULES, INTAKE)
    spec = {"flow": "", "about": "/tickets/rules", "rules": True, "rules_version": body.version}
    return start_job(room, request, REHEARSAL, {**spec, "tickets": body.tickets, **_span(request, body.days)})


def _span(request: Request, days: int) -> dict[str, str]:
    until = request.made_at or request.now
    return {"since": rfc3339(until - timedelta(days=days)), "until": rfc3339(until)}


@room.http(
    "POST",
    "/flows/{key}/migrate-all",
    body=MigrateAll,
    answer=JobView,
    status=202,
    roles=("administrator",),
    scope="tenant",
    replay=job_begun(room),
    summary="迁移全部在途工单 · Move all open tickets to another version",
)
def migrate_all(desk: Desk, request: Request) -> JobView:
    """A job that is previewed first: `GET /jobs/tickets/{id}/rows` says of each ticket what changes, at which node it
    stands then and when its clocks are due; `POST /jobs/tickets/{id}/apply` does it."""
    key, body = request.path["key"], request.body
    number = body.version or desk.documents.current(FLOWS, key).version
    if number == PRESET:
        raise Conflict("nothing is published yet", flow=key)
    desk.documents.version(FLOWS, key, number)
    spec = {"flow": key, "about": f"/flows/{key}", "version": number, "deadlines": body.deadlines}
    return start_job(room, request, MIGRATION, spec)
