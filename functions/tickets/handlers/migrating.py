"""Migrating (迁移): all open tickets of a flow go over to another version, as a job: previewed first, a row each, and
then applied, each ticket once. A ticket that has moved on since its preview is planned anew.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any, Literal, cast

from functions.tickets.deadlines.keeping import re_evaluated
from functions.tickets.deadlines.views import show_clocks
from functions.tickets.desk import Desk
from functions.tickets.flows.kind import FLOWS
from functions.tickets.ticket.lists_table import Position
from functions.tickets.ticket.migration import Deadlines, Plan, Rung, Target, plan_migration
from functions.tickets.ticket.ticket import Case, Move, Ticket
from hub.contracts.flows import PlannedRung, PlanView
from hub.contracts.tickets import TicketQuery
from hub.edge import cursors
from hub.edge.access import reach_of
from hub.edge.access.listing import within
from hub.edge.auth import Principal
from hub.edge.chinese import field_zh
from hub.jobs.desk import JobDesk
from hub.jobs.jobs import Job

TICKETS_A_SLICE = 50
APPLY = "apply"
SHOWN_CHANGES = ("title_zh", "title_en", "outcomes", "form", "required")
"""What of a visit follows its node in the new version."""


def migrate_slice(jobs: JobDesk, job: Job, principal: Principal) -> Job:
    """The job fifty open tickets further. Raises NotFound for a version that is gone."""
    desk: Desk = jobs.room.desk
    query = TicketQuery(state="open", limit=TICKETS_A_SLICE)
    scope, begin = within(reach_of(principal)), cursors.decode(job.cursor)
    listed, position = desk.lists.page(query, scope, lambda _: True, job.created_at, begin)
    rows = [_row(desk, job, case) for case in listed if _concerns(job, case)]
    numbered = [{**row, "row": job.done + i} for i, row in enumerate(rows, start=1)]
    jobs.table.put_rows(job.id, numbered, jobs.wall_now())
    counts = dict(job.counts)
    for row in rows:
        counts[row["outcome"]] = counts.get(row["outcome"], 0) + 1
    return _moved(job, counts, len(rows), position)


def _moved(job: Job, counts: Mapping[str, int], rows: int, position: Position | None) -> Job:
    done = job.done + rows
    if position is not None:
        return job.move(state="running", cursor=cursors.encode(position), done=done, counts=counts)
    if job.phase == APPLY:
        return job.move(state="done", cursor="", done=done, counts=counts)
    return job.move(state="previewed", cursor="", done=0, total=done, counts=counts)


def _concerns(job: Job, case: Case) -> bool:
    """Whether the ticket goes over; one that has by this very job, in a slice that is done again, counts as well."""
    ticket, spec = case.ticket, job.spec
    if (ticket.flow_key, ticket.is_open) != (spec["flow"], True):
        return False
    return ticket.flow_version != spec["version"] or _is_migrated(job, ticket)


def _is_migrated(job: Job, ticket: Ticket) -> bool:
    here = ticket.flow_version == job.spec["version"]
    return here and job.phase == APPLY and ticket.run_at is not None and ticket.run_at >= job.created_at


def _row(desk: Desk, job: Job, listed: Case) -> dict[str, Any]:
    """What becomes of one ticket; in a preview nothing does."""
    if _is_migrated(job, listed.ticket):
        return {"outcome": "applied", "as_row": None, "id": listed.ticket.id, "errors": [], "zh": [], "detail": {}}
    case = desk.tickets.case(listed.ticket.id)
    view = migrate_ticket(desk, case, job.spec, job.owner, apply=job.phase == APPLY)
    problems = [{"pointer": "", "detail": view.reason}] if view.reason else []
    return {
        "outcome": {"refused": "refused", "migrated": "applied", "planned": "ready"}[view.state],
        "as_row": None,
        "id": view.ticket_id,
        "errors": problems,
        "zh": [{"pointer": "", "detail": field_zh(view.reason)}] if problems else [],
        "detail": view.model_dump(mode="json", exclude={"ticket_id", "state", "reason"}),
    }


def migrate_ticket(desk: Desk, case: Case, spec: Mapping[str, Any], actor: str, *, apply: bool) -> PlanView:
    """The plan for one ticket, done if it is to be."""
    key, version, now = str(spec["flow"]), int(spec["version"]), desk.now()
    flow = desk.documents.version(FLOWS, key, version).value
    views: list[PlanView] = []

    def decide(current: Case) -> Move | None:
        ladder = desk.catalogue.ladder_of(current.ticket)
        there = Target(flow, version, *desk.catalogue.ladder_now(flow.ladder or "", current.ticket.region))
        deadlines = cast("Deadlines", spec["deadlines"])
        plan = plan_migration(current, ladder, there, deadlines, actor, now)
        move = plan.move
        if move is not None and deadlines == "re_evaluate":
            move = replace(move, ticket=_by_policy(desk, move.ticket, now))
        views.append(_show(desk, current, plan, move, "migrated" if apply else "planned", now))
        return move

    if apply:
        desk.tickets.change(case.ticket.id, now, decide, seen=case)
    else:
        decide(case)
    return views[-1]


def _by_policy(desk: Desk, ticket: Ticket, now: datetime) -> Ticket:
    """The ticket with its other clocks by the policy that its region has now."""
    pins = desk.catalogue.policy_pins(ticket.policy, ticket.region)
    policy = desk.catalogue.policy_of(ticket.but(pins=pins))
    return re_evaluated(ticket, policy, pins, desk.catalogue.terms_of(ticket), now) if policy else ticket


def _show(
    desk: Desk, case: Case, plan: Plan, move: Move | None, state: Literal["migrated", "planned"], now: datetime
) -> PlanView:
    """As people see it: its clocks are those that the very write would leave."""
    after = desk.tickets.foresee(case, move, now) if move else case
    before_clocks, after_clocks = (
        show_clocks(each, desk.catalogue.terms_of(each.ticket), now) for each in (case, after)
    )
    return PlanView(
        ticket_id=plan.ticket_id,
        state="refused" if plan.why_not else state,
        reason=plan.why_not,
        from_version=plan.from_version,
        to_version=plan.to_version,
        node=plan.node,
        node_after=" ".join(visit.node for visit in after.waiting()),
        changes=_changes(case, after),
        clocks_before=tuple(clock for clock in before_clocks if clock.ended_at is None),
        clocks_after=tuple(clock for clock in after_clocks if clock.ended_at is None),
        rungs_before=_rungs(plan.before),
        rungs_after=_rungs(plan.after),
    )


def _changes(case: Case, after: Case) -> tuple[str, ...]:
    """What of the ticket and of where it stands is another then, by name."""
    now = {visit.id: visit for visit in after.waiting()}
    pairs = [(visit, now[visit.id]) for visit in case.waiting() if visit.id in now]
    of_visit = {name for was, will in pairs for name in SHOWN_CHANGES if getattr(was, name) != getattr(will, name)}
    of_ticket = {
        name
        for name in ("flow_version", "ladder", "ladder_pin", "pins")
        if getattr(case.ticket, name) != getattr(after.ticket, name)
    }
    return tuple(sorted(of_visit | of_ticket))


def _rungs(rungs: Iterable[Rung]) -> tuple[PlannedRung, ...]:
    return tuple(PlannedRung(rung=rung.name, due_at=rung.due_at, fired=rung.fired) for rung in rungs)
