"""Rehearsing (发布前模拟): a draft over the tickets of the last days, a slice of a job at a time.

Both what is in force and the draft are performed over the same histories, so what differs is the draft's doing. Within
a slice tickets meet each other, as work that people have; slices don't.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, TypeVar

from functions.tickets.deadlines.calendars import CALENDARS
from functions.tickets.deadlines.ladders import LADDERS
from functions.tickets.deadlines.policies import POLICIES, Policy
from functions.tickets.desk import Desk
from functions.tickets.flows.flow import Flow
from functions.tickets.flows.kind import FLOWS
from functions.tickets.handlers.stage import perform_script
from functions.tickets.intake.intake import intake_facts
from functions.tickets.intake.kind import INTAKE_RULES
from functions.tickets.intake.kind import KEY as INTAKE
from functions.tickets.rehearsal.differences import counts_of, differences, largest, row_of
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
BESIDE: tuple[Kind[Any], ...] = (POLICIES, CALENDARS)
"""What may be drafted beside the flow, each by its key."""
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
    read = _classified(desk, cases) if spec["rules"] else {}
    other = {
        each: after["priority"] for each, (before, after) in read.items() if before["priority"] != after["priority"]
    }
    draft = replace(_draft(desk, spec), priority=other)
    was, would_be = (perform_script(desk, script, histories, usual, until) for script in (_in_force(desk, spec), draft))
    counts = counts_of(was, would_be)
    for name in ("type", "priority") if spec["rules"] else ():
        counts[f"{name}_changed"] = sum(before[name] != after[name] for before, after in read.values())
    earliest = min((case.ticket.opened_at for case in cases), default=until)
    seconds = round((until - earliest).total_seconds())
    rows = [_with_type(row, read) for row in map(row_of, differences(was, would_be, until))]
    known = {row["ticket_id"] for row in rows}
    rows += [_of_type(ticket_id, read) for ticket_id in read if ticket_id not in known and _is_other(read[ticket_id])]
    return {"counts": counts, "largest": largest(rows, ()), "seconds": seconds}


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
    if spec["ladder"] and flow.ladder:
        script = replace(script, ladder=_drafted(desk, LADDERS, flow.ladder))
    names = {(kind.name, spec.get(kind.name) or ""): kind for kind in BESIDE}
    drafts = {(name, key): _drafted(desk, kind, key) for (name, key), kind in names.items() if key}
    policy: Policy | None = drafts.get((POLICIES.name, spec.get("policy") or ""))
    return replace(script, drafts=drafts, pins=_pins(desk, policy) if policy else {})


def _pins(desk: Desk, policy: Policy) -> dict[str, str]:
    """What a drafted policy names, as it is now: its tickets may have pinned none of it."""
    kinds: tuple[Kind[Any], ...] = (LADDERS, CALENDARS)
    pins: dict[str, str] = {}
    for kind in kinds:
        for key in {getattr(clock, kind.name) for clock in policy.clocks} - {""}:
            reading = desk.documents.find(kind, key)
            pins |= {f"{kind.name}/{key}": reading.pin} if reading else {}
    return pins


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


def _classified(desk: Desk, cases: list[Case]) -> dict[str, tuple[Mapping[str, Any], Mapping[str, Any]]]:
    """What the intake rules in force make of each ticket, and what their draft would."""
    tables = (desk.catalogue.intake_rules(), _drafted(desk, INTAKE_RULES, INTAKE))
    read = {}
    for case in cases:
        ticket = case.ticket
        text = desk.unseal_text(ticket.id, ticket.subject_sealed) if ticket.subject_sealed else ""
        facts = intake_facts(text, ticket.channel, ticket.entry, ticket.region)
        was, would_be = (_outcome(table, facts) for table in tables)
        read[ticket.id] = (was, would_be)
    return read


def _is_other(read: tuple[Mapping[str, Any], Mapping[str, Any]]) -> bool:
    return bool(read[0]["type"] != read[1]["type"])


def _with_type(row: dict[str, Any], read: Mapping[str, tuple[Mapping[str, Any], Mapping[str, Any]]]) -> dict[str, Any]:
    """The row, with the types that it was and would be read as, where rules are rehearsed."""
    if row["ticket_id"] not in read:
        return row
    before, after = read[row["ticket_id"]]
    was, would_be = {**row["was"], "type": before["type"]}, {**row["would_be"], "type": after["type"]}
    return {**row, "was": was, "would_be": would_be}


def _of_type(ticket_id: str, read: Mapping[str, tuple[Mapping[str, Any], Mapping[str, Any]]]) -> dict[str, Any]:
    """A ticket of which nothing but its type would be another: it would follow another flow."""
    row = {"ticket_id": ticket_id, "link": f"/tickets/{ticket_id}", "seconds": 0, "breaches": 0}
    return _with_type({**row, "was": {}, "would_be": {}}, read)


def _outcome(table: DecisionTable, facts: Mapping[str, object]) -> Mapping[str, Any]:
    outcome: Mapping[str, Any] = decide(table, facts).outcome
    return outcome
