"""Rehearsing (发布前模拟): a draft over the tickets of the last days, a slice of a job at a time.

Both what is in force and the draft are performed over the same histories, so what differs is the draft's doing. Within
a slice tickets meet each other, as work that people have; slices don't.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, TypeVar

from functions.tickets.deadlines.ladders import LADDERS
from functions.tickets.desk import Desk
from functions.tickets.flows.flow import Flow
from functions.tickets.flows.kind import FLOWS
from functions.tickets.handlers.stage import perform_script
from functions.tickets.intake.intake import intake_facts
from functions.tickets.intake.kind import INTAKE_RULES
from functions.tickets.intake.kind import KEY as INTAKE
from functions.tickets.rehearsal.differences import counts_of, differences, largest
from functions.tickets.rehearsal.history import history_of, usual_time
from functions.tickets.rehearsal.performance import Script
from functions.tickets.ticket.lists_table import Position
from functions.tickets.ticket.ticket import Case
from hub.contracts.tickets import TicketQuery
from hub.documents.kinds import Kind
from hub.edge import cursors
from hub.edge.access import reach_of
from hub.edge.access.listing import within
from hub.edge.auth import Principal
from hub.jobs.desk import JobDesk
from hub.jobs.jobs import Job
from hub.kernel.clock import parse_rfc3339
from hub.rules import DecisionTable, decide

Value = TypeVar("Value")
TICKETS_A_SLICE = 100
PAGES_A_SLICE = 5


def rehearse_slice(jobs: JobDesk, job: Job, principal: Principal) -> Job:
    """The job a hundred tickets further. Raises NotFound for a draft that is gone."""
    desk: Desk = jobs.room.desk
    cases, position = _cases(desk, job, principal)
    report = _add(job.report, rehearse(desk, job.spec, cases))
    done = job.done + len(cases)
    over = position is None or done >= int(job.spec["tickets"])
    cursor = "" if over or position is None else cursors.encode(position)
    return job.move(state="done" if over else "running", cursor=cursor, done=done, report=report)


def rehearse(desk: Desk, spec: Mapping[str, Any], cases: list[Case]) -> dict[str, Any]:
    """What the draft would have changed of these tickets."""
    until = parse_rfc3339(str(spec["until"]))
    histories = {case.ticket.id: history_of(case) for case in cases}
    usual = usual_time(cases)
    was, would_be = (
        perform_script(desk, script, histories, usual, until) for script in (_in_force(desk, spec), _draft(desk, spec))
    )
    counts = counts_of(was, would_be)
    if spec["rules"]:
        counts |= _classified(desk, cases)
    earliest = min((case.ticket.opened_at for case in cases), default=until)
    seconds = round((until - earliest).total_seconds())
    return {"counts": counts, "largest": largest((), differences(was, would_be, until)), "seconds": seconds}


def _add(report: Mapping[str, Any], more: Mapping[str, Any]) -> dict[str, Any]:
    counts = dict(report.get("counts", {}))
    for name, number in more["counts"].items():
        counts[name] = counts.get(name, 0) + number
    rows = [*report.get("largest", ()), *more["largest"]]
    seconds = max(int(report.get("seconds", 0)), more["seconds"])
    return {**report, "counts": counts, "largest": largest(rows, ()), "seconds": seconds}


def _in_force(desk: Desk, spec: Mapping[str, Any]) -> Script:
    reading = desk.documents.current(FLOWS, str(spec["flow"]))
    return _script(desk, reading.value, reading.version)


def _draft(desk: Desk, spec: Mapping[str, Any]) -> Script:
    key, version = str(spec["flow"]), int(spec["version"])
    flow = desk.documents.version(FLOWS, key, version).value if version else _drafted(desk, FLOWS, key)
    script = _script(desk, flow, version)
    if not spec["ladder"] or not flow.ladder:
        return script
    return replace(script, ladder=_drafted(desk, LADDERS, flow.ladder))


def _script(desk: Desk, flow: Flow, version: int) -> Script:
    key, pin, ladder = desk.catalogue.ladder_now(flow.ladder or "", "base")
    return Script(flow, max(version, 1), key, pin, ladder)


def _drafted(desk: Desk, kind: Kind[Value], key: str) -> Value:
    """What the draft of a document says. Raises NotFound, and Invalid for one that can't work any more."""
    content = desk.documents.draft(kind, key).content
    return desk.documents.lint(kind, key, content).require().value


def _cases(desk: Desk, job: Job, principal: Principal) -> tuple[list[Case], Position | None]:
    """The next tickets of the flow, the newest first, with all that happened to them."""
    spec, left = job.spec, min(TICKETS_A_SLICE, int(job.spec["tickets"]) - job.done)
    since, until = parse_rfc3339(str(spec["since"])), parse_rfc3339(str(spec["until"]))
    position: Position | None = cursors.decode(job.cursor)
    scope = within(reach_of(principal))
    rows: list[Case] = []
    for _ in range(PAGES_A_SLICE):
        query = TicketQuery(limit=left - len(rows))
        page, position = desk.lists.page(query, scope, lambda _: True, until, position)
        if page and page[-1].ticket.opened_at < since:
            position = None
        rows += [case for case in page if case.ticket.flow_key == spec["flow"] and case.ticket.opened_at >= since]
        if position is None or len(rows) >= left:
            break
    return [desk.tickets.case(case.ticket.id) for case in rows], position


def _classified(desk: Desk, cases: list[Case]) -> dict[str, int]:
    """Of how many tickets the intake rules' draft would make others than those in force."""
    tables = (desk.catalogue.intake_rules(), _drafted(desk, INTAKE_RULES, INTAKE))
    counts = {"type_changed": 0, "priority_changed": 0}
    for case in cases:
        ticket = case.ticket
        text = desk.unseal_text(ticket.id, ticket.subject_sealed) if ticket.subject_sealed else ""
        facts = intake_facts(text, ticket.channel, ticket.entry, ticket.region)
        was, would_be = (_outcome(table, facts) for table in tables)
        counts["type_changed"] += was["type"] != would_be["type"]
        counts["priority_changed"] += was["priority"] != would_be["priority"]
    return counts


def _outcome(table: DecisionTable, facts: Mapping[str, object]) -> Mapping[str, Any]:
    outcome: Mapping[str, Any] = decide(table, facts).outcome
    return outcome
