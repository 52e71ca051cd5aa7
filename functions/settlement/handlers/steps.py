"""The steps of the settlement machine: open, post the windows, drain, settle shard by shard, close. Each may be done
again without effect."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Any

from functions.settlement.desk import Desk
from functions.settlement.handlers.settling import Settling
from functions.settlement.handlers.windows import post_windows, window_shards
from functions.settlement.runs.calendar_kind import CALENDARS, KEY
from functions.settlement.runs.calendars import period_at
from functions.settlement.runs.runs import MODES, Mode, Run, ShardResult, outcome_of
from functions.settlement.statements.statements import Progress, statement_id_of
from functions.settlement.tables import SEALS
from hub.kernel.errors import Conflict, Invalid, NotFound, Problem, Retry

PARTIES_A_PAGE = 100
Json = dict[str, Any]


def run_step(desk: Desk, payload: Json) -> Json:
    """{"op": one of STEPS, "run_id", "mode", …}: see each. Raises Invalid for any other."""
    step = STEPS.get(payload.get("op", ""))
    if step is None or payload.get("mode") not in MODES:
        rule = f"must be one of {', '.join(STEPS)}, in a mode that there is"
        raise Invalid("step", problems=[Problem("/op", rule)])
    return step(desk, payload, desk.now())


def open_run(desk: Desk, payload: Json, now: datetime) -> Json:
    """{"run_id", "mode"} → {"windows": [{"run_id", "mode", "windows", "cursor"}, …]}: one item a shard of windows that
    are to be worked out, none where that was done before.

    In mode close the period is cut off and sealed first, so nothing comes into it but what its windows come to. Raises
    Conflict for a period that is not over, or while an earlier one of its scope is open.
    """
    run, mode = _run(desk, payload["run_id"]), payload["mode"]
    require_possible(desk, run, mode, now)
    if mode == "close":
        run = _sealed(desk, run, now)
    elif mode in ("rehearse", "prove"):
        desk.runs.forget_shards(run.id, mode)
    shards = window_shards(desk, run) if mode == "rehearse" or run.state == "closing" else []
    item = {"run_id": run.id, "mode": mode, "cursor": {}}
    return {"windows": [{**item, "windows": shard} for shard in shards]}


def post_windows_step(desk: Desk, payload: Json, now: datetime) -> Json:
    """{"run_id", "mode", "windows": {"list", "shard", "number"}, "cursor"} → the same with the cursor to go on from,
    and "more". A rehearsal only adds up what would be posted."""
    run, mode = _run(desk, payload["run_id"]), payload["mode"]
    cursor = post_windows(desk, run, payload["windows"], payload["cursor"], now, dry=mode == "rehearse")
    if mode == "rehearse" and not cursor["more"]:
        desk.runs.store_shard(run.id, mode, ShardResult.of(cursor["result"]))
    more = cursor.pop("more")
    return {"run_id": run.id, "mode": mode, "windows": payload["windows"], "cursor": cursor, "more": more}


def drain_run(desk: Desk, payload: Json, now: datetime) -> Json:
    """{"run_id", "mode"} → {"shards": [{"run_id", "mode", "shard", "cursor"}, …]}: one item a shard with parties. In
    mode close nothing comes into the period from now on."""
    run, mode = _run(desk, payload["run_id"]), payload["mode"]
    if mode == "close" and run.state == "closing":
        desk.runs.drain(run.id)
        run = desk.runs.store(replace(run, state="drained", drained_at=now))
    shards = [shard for shard in range(SEALS) if desk.entries.parties(run.id, shard, "", 1)]
    return {"shards": [{"run_id": run.id, "mode": mode, "shard": shard, "cursor": {}} for shard in shards]}


def settle_shard(desk: Desk, payload: Json, now: datetime) -> Json:
    """{"run_id", "mode", "shard", "cursor"} → the same with the cursor to go on from, and "more". A cursor holds what
    the shard has come to, the party behind which it goes on, and how far into the next one it has read."""
    run, mode, shard = _run(desk, payload["run_id"]), payload["mode"], int(payload["shard"])
    answer = {"run_id": run.id, "mode": mode, "shard": shard}
    if desk.runs.shard(run.id, mode, shard):
        return {**answer, "cursor": {}, "more": False}
    cursor = payload["cursor"] or {"result": ShardResult(shard).document(), "after": "", "progress": None}
    after, lines_left = cursor["after"], desk.lines_a_step
    result = ShardResult.of(cursor["result"])
    progress = Progress.of(cursor["progress"]) if cursor["progress"] else None
    settling = Settling(desk.entries, desk.statements, desk.zone, run, mode, _sends(desk, run), now)
    while parties := desk.entries.parties(run.id, shard, after, PARTIES_A_PAGE):
        for party in parties:
            read = progress.lines if progress else 0
            if mode == "send":
                result = _sent(desk, run, party, result, now)
            elif lines_left > 0:
                statement, progress = settling.settle(party, progress, lines_left)
                lines_left -= progress.lines - read
                if statement is None:
                    break
                result = _counted(desk, result, statement, mode)
            else:
                break
            after, progress = party, None
        else:
            continue
        held = {"result": result.document(), "after": after, "progress": progress.document() if progress else None}
        return {**answer, "cursor": held, "more": True}
    desk.runs.store_shard(run.id, mode, result)
    return {**answer, "cursor": {}, "more": False}


def close_run(desk: Desk, payload: Json, now: datetime) -> Json:
    """{"run_id", "mode"} → {"run_id", "mode", "outcome"}. In mode close the run is closed for good, with the hash of
    all its statements. Raises Retry while a shard is not done."""
    run, mode = _run(desk, payload["run_id"]), payload["mode"]
    shards = desk.runs.shards(run.id, mode)
    done = {result.shard for result in shards}
    if any(shard not in done and desk.entries.parties(run.id, shard, "", 1) for shard in range(SEALS)):
        raise Retry("a shard is not done", run=run.id)
    outcome = outcome_of(shards)
    if mode == "prove":
        outcome["agrees"] = not outcome["wrong"] and outcome["hash"] == run.outcome.get("close", {}).get("hash")
    if mode != "close" or run.state != "closed":
        closed = replace(run, state="closed", closed_at=now) if mode == "close" else run
        run = desk.runs.store(replace(closed, outcome={**run.outcome, mode: {**outcome, "at": now.isoformat()}}))
    return {"run_id": run.id, "mode": mode, "outcome": run.outcome[mode]}


def require_possible(desk: Desk, run: Run, mode: Mode, now: datetime) -> None:
    """Raises Conflict where a run can not do this now, saying why."""
    if mode == "close" and run.state != "closed":
        if not is_over(desk, run, now):
            raise Conflict("the period is not over", run=run.id, ends=run.period.ends(desk.zone).isoformat())
        desk.runs.require_turn(run)
    if mode in ("prove", "send") and run.state != "closed":
        raise Conflict("the run is not closed", run=run.id, state=run.state)


def is_over(desk: Desk, run: Run, now: datetime) -> bool:
    """Whether a run's period may be closed: its days are over, or it is a batch that has its entries."""
    if now >= run.period.ends(desk.zone) or run.state != "open":
        return True
    rhythm = desk.documents.current(CALENDARS, KEY, at=now).value.of_region(run.period.scope)[1]
    return run.period.is_batch and 0 < rhythm.count <= desk.runs.posted(run.id)


def closes_by_count(desk: Desk, now: datetime) -> bool:
    """Whether any scope does, so that each hour may have something to close."""
    return any(r.every == "count" for r in desk.documents.current(CALENDARS, KEY, at=now).value.rhythms.values())


def full_batches(desk: Desk, now: datetime) -> list[Run]:
    """The batches that have their entries and whose turn it is, of the scopes that close by count: one whose scope
    closed by the month until now waits for that month."""
    rhythms = desk.documents.current(CALENDARS, KEY, at=now).value.rhythms
    firsts = (period_at(scope, rhythm, now, desk.zone) for scope, rhythm in rhythms.items() if rhythm.every == "count")
    newest = (desk.runs.newest_batch(first) for first in firsts)
    return [run for run in newest if run and run.state == "open" and is_over(desk, run, now) and _is_next(desk, run)]


def _is_next(desk: Desk, run: Run) -> bool:
    try:
        desk.runs.require_turn(run)
    except Conflict:
        return False
    return True


def _sealed(desk: Desk, run: Run, now: datetime) -> Run:
    """The run with its period cut off and sealed; due from now on, should its machine stop on its way."""
    if run.state == "open":
        run = desk.runs.store(replace(run, state="closing", cut_off=now, due_at=min(run.due_at, now)))
    if run.state == "closing":
        desk.runs.seal(run.id)
    return run


def _counted(desk: Desk, result: ShardResult, statement: Any, mode: Mode) -> ShardResult:
    """The shard with this statement; one whose hash a proof finds to be another is named."""
    if not statement.lines:
        return result
    counted = result.with_statement(statement.lines, statement.totals, statement.hash)
    if mode != "prove":
        return counted
    stored = desk.statements.find(statement.id)
    is_same = stored is not None and stored.hash == statement.hash
    return counted if is_same else replace(counted, wrong=(*counted.wrong, statement.id))


def _sent(desk: Desk, run: Run, party: str, result: ShardResult, now: datetime) -> ShardResult:
    """A draft is sent to its party; what was sent already stays as it is."""
    statement = desk.statements.find(statement_id_of(run.id, party, run.period.ends(desk.zone)))
    if statement is None or statement.state != "draft":
        return result
    desk.statements.change(statement, replace(statement, state="sent", sent_at=now))
    return result.with_statement(statement.lines, statement.totals, statement.hash)


def _sends(desk: Desk, run: Run) -> bool:
    """Whether the statements of this scope are sent as soon as they are made."""
    calendar = desk.documents.current(CALENDARS, KEY).value
    return calendar.of_region(run.period.scope)[1].sends


def _run(desk: Desk, run_id: str) -> Run:
    run = desk.runs.find(run_id)
    if run is None:
        raise NotFound("no such run", run=run_id)
    return run


STEPS = {
    "open": open_run,
    "windows": post_windows_step,
    "drain": drain_run,
    "settle": settle_shard,
    "close": close_run,
}
