"""Rehearsing (发布前模拟): a draft over the tickets of the last days, a slice of a job at a time.

Both what is in force and the draft are performed over the same histories, so what differs is the draft's doing. Within
a slice tickets meet each other, as work that people have; slices don't.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from functions.tickets.desk import Desk
from functions.tickets.handlers.repertoire import Repertoire, drafted, drafts_of, pins_of
from functions.tickets.handlers.stage import perform
from functions.tickets.intake.intake import intake_facts, is_of_rules
from functions.tickets.intake.kind import INTAKE_RULES
from functions.tickets.intake.kind import KEY as INTAKE
from functions.tickets.intake.occasion_kind import PRESETS as OCCASIONS
from functions.tickets.rehearsal.differences import counts_of, differences, largest, row_of
from functions.tickets.rehearsal.history import history_of, usual_time
from functions.tickets.rehearsal.performance import Play, Reading
from functions.tickets.ticket.lists_table import Position
from functions.tickets.ticket.ticket import Case, Ticket
from hub.contracts.tickets import TicketQuery
from hub.edge import cursors
from hub.edge.access import reach_of
from hub.edge.access.listing import within
from hub.edge.auth import Principal
from hub.jobs.desk import JobDesk
from hub.jobs.jobs import Job
from hub.kernel.clock import parse_rfc3339
from hub.rules import decide

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
    readings = _readings(desk, spec, cases) if spec["rules"] else {}
    repertoire, drafts = Repertoire.of(desk, spec), drafts_of(desk, spec)
    flowing = [case.ticket for case in cases if case.ticket.flow_version]
    scripts = {ticket.id: repertoire.drafted(ticket, readings.get(ticket.id)) for ticket in flowing}
    after = {ticket_id: script for ticket_id, script in scripts.items() if script is not None}
    before = {ticket.id: repertoire.in_force(ticket) for ticket in flowing if ticket.id in after}
    histories = {case.ticket.id: history_of(case) for case in cases if case.ticket.id in after}
    usual = usual_time(cases)
    was = perform(desk, Play(before), histories, usual, until)
    would_be = perform(desk, Play(after, drafts, pins_of(desk, drafts)), histories, usual, until)
    unplayed = [case.ticket for case in cases if case.ticket.id not in after]
    counts = {**counts_of(was, would_be), "unplayed": len(unplayed)}
    for name in ("type", "priority") if spec["rules"] else ():
        counts[f"{name}_changed"] = sum(reading.differs_in(name) for reading in readings.values())
    rows = list(map(row_of, differences(was, would_be, until)))
    rows += [_by_hand(ticket, readings[ticket.id]) for ticket in unplayed if _is_other(readings.get(ticket.id))]
    earliest = min((case.ticket.opened_at for case in cases), default=until)
    return {"counts": counts, "largest": largest(rows), "seconds": round((until - earliest).total_seconds())}


def _add(report: Mapping[str, Any], more: Mapping[str, Any]) -> dict[str, Any]:
    counts = dict(report.get("counts", {}))
    for name, number in more["counts"].items():
        counts[name] = counts.get(name, 0) + number
    rows = [*report.get("largest", ()), *more["largest"]]
    seconds = max(int(report.get("seconds", 0)), more["seconds"])
    return {**report, "counts": counts, "largest": largest(rows), "seconds": seconds}


def _cases(desk: Desk, job: Job, principal: Principal) -> tuple[list[Case], Position | None]:
    """The next tickets of the flow, of any where only rules are rehearsed, the newest first, with all that happened to
    them."""
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
        rows += [case for case in page if case.ticket.opened_at >= since and _is_meant(spec, case.ticket)]
        if position is None or len(rows) >= left:
            break
    return [desk.tickets.case(case.ticket.id) for case in rows], position


def _is_meant(spec: Mapping[str, Any], ticket: Ticket) -> bool:
    return ticket.flow_key == spec["flow"] if spec["flow"] else is_of_rules(ticket, OCCASIONS())


def _readings(desk: Desk, spec: Mapping[str, Any], cases: list[Case]) -> dict[str, Reading]:
    """How the intake rules in force read each ticket that a message opened, and how the rehearsed ones would."""
    version = int(spec.get("rules_version", 0))
    in_force = desk.catalogue.intake_rules()
    other = (
        desk.documents.version(INTAKE_RULES, INTAKE, version).value if version else drafted(desk, INTAKE_RULES, INTAKE)
    )
    readings = {}
    for ticket in (case.ticket for case in cases if is_of_rules(case.ticket, OCCASIONS())):
        text = desk.unseal_text(ticket.id, ticket.subject_sealed) if ticket.subject_sealed else ""
        facts = intake_facts(text, ticket.channel, ticket.entry, ticket.region)
        readings[ticket.id] = Reading(decide(in_force, facts).outcome, decide(other, facts).outcome)
    return readings


def _is_other(reading: Reading | None) -> bool:
    return reading is not None and reading.differs_in("type")


def _by_hand(ticket: Ticket, reading: Reading) -> dict[str, Any]:
    """A ticket that is of another type, where the one or the other has no flow: there is nothing to play."""
    row = {"ticket_id": ticket.id, "link": f"/tickets/{ticket.id}", "seconds": 0, "breaches": 0}
    return {**row, "was": {"type": ticket.type}, "would_be": {"type": reading.would_be["type"]}}
