"""The steps of the settlement machine: open, total page by page, close. Each may be done again without effect."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from functions.settlement.desk import Desk
from functions.settlement.runs.periods import Run, new_run, statement_id_of
from functions.settlement.statements.statements import LINES_LIMIT, Statement, make_statement
from hub.kernel.errors import Invalid, NotFound, Problem

PARTIES_A_PAGE = 25
LINES_A_PAGE = 1000
PARTS_LIMIT = 5
"""Statements of one party in one run; what is beyond stays due and is in the next run."""


def run_step(desk: Desk, payload: dict[str, Any]) -> dict[str, Any]:
    """{"op": "open" | "total" | "close", …}: see each. Raises Invalid for any other."""
    step = {"open": open_run, "total": total_page, "close": close_run}.get(payload.get("op", ""))
    if step is None:
        raise Invalid("step", problems=[Problem("/op", "must be one of: open, total, close")])
    return step(desk, payload, desk.now())


def open_run(desk: Desk, payload: dict[str, Any], now: datetime) -> dict[str, Any]:
    """{"op": "open", "run_id", "day"} → the run as it first opened. Raises Retry while another run is open."""
    run = new_run(desk.tenant, date.fromisoformat(payload["day"]), now, desk.zone)
    if run.id != payload["run_id"]:
        raise Invalid("run", problems=[Problem("/run_id", "must be the id of the day's run")])
    opened = desk.runs.open(run)
    return {"run_id": opened.id, "day": opened.day.isoformat(), "cut_off": opened.cut_off.isoformat(), "cursor": ""}


def total_page(desk: Desk, payload: dict[str, Any], now: datetime) -> dict[str, Any]:
    """{"op": "total", "run_id", "cursor"} → {"cursor", "more"}: statements of the next parties, 25 at most, fewer when
    they have more than LINES_A_PAGE lines. The first cursor is "" or null. A closed run has nothing more to total."""
    run = _run(desk, payload["run_id"])
    cursor = payload.get("cursor") or ""
    if run.closed_at:
        return {"cursor": cursor, "more": False}
    parties = desk.statements.parties_after(cursor, PARTIES_A_PAGE)
    settled = 0
    for party in parties:
        settled += settle_party(desk, run, party, now)
        if settled >= LINES_A_PAGE:
            return {"cursor": party, "more": True}
    return {"cursor": parties[-1] if parties else cursor, "more": len(parties) == PARTIES_A_PAGE}


def close_run(desk: Desk, payload: dict[str, Any], now: datetime) -> dict[str, Any]:
    """{"op": "close", "run_id"} → {"run_id", "state"}: from now on, what occurred before its cut-off comes late."""
    run = desk.runs.close(_run(desk, payload["run_id"]), now)
    return {"run_id": run.id, "state": "closed"}


def settle_party(desk: Desk, run: Run, party: str, now: datetime) -> int:
    """Put everything that is due to a party up to the run's cut-off into a statement, several when it is full.
    Answers how many lines that were."""
    settled = 0
    for part in range(PARTS_LIMIT):
        statement = _statement(desk, run, party, part, now)
        if statement is None:
            break
        desk.statements.settle(statement)
        settled += len(statement.lines)
        if len(statement.lines) < LINES_LIMIT:
            break
    return settled


def _statement(desk: Desk, run: Run, party: str, part: int, now: datetime) -> Statement | None:
    """What an earlier attempt stored counts; only without one is a statement made from what is due."""
    stored = desk.statements.find(party, statement_id_of(run, party, part))
    if stored is not None:
        return stored
    due = desk.statements.due_lines(party, run.cut_off)
    return desk.statements.store(make_statement(run, party, part, due, now)) if due else None


def _run(desk: Desk, run_id: str) -> Run:
    run = desk.runs.find(run_id)
    if run is None:
        raise NotFound("no such run", run=run_id)
    return run
