"""Migration (迁移): an open ticket goes on by another version of its flow. Pure.

It stays at its node, by the same visit, entered when it was; nobody is asked again. `keep`: its deadlines are those
that it was opened with. `re_evaluate`: those of the new version, reckoned from when its clock began: what was consumed
stays consumed, and a rung that has fired fires no second time.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Literal

from functions.tickets.deadlines.clocks import clock_of, handling_watch, keep
from functions.tickets.deadlines.deadlines import Ladder, by_calendar
from functions.tickets.flows.flow import Flow, Human
from functions.tickets.flows.ways import levels
from functions.tickets.ticket.clock import HANDLING
from functions.tickets.ticket.ticket import Case, Move, Note, Ticket, Visit, apply_move
from hub.kernel.dataclass import dataclass

Deadlines = Literal["keep", "re_evaluate"]


@dataclass(frozen=True)
class Target:
    """What a ticket goes over to. ladder, pin: the ladder's name and version, where deadlines are reckoned anew."""

    flow: Flow
    version: int
    ladder_key: str
    ladder_pin: str
    ladder: Ladder


@dataclass(frozen=True)
class Rung:
    """A rung of a ticket's ladder: when it is due (None: the clock stands), and whether it has fired."""

    name: str
    due_at: datetime | None
    fired: bool


@dataclass(frozen=True)
class Plan:
    """What migration would do to a ticket. why_not: words, where it can't be. node: where it stands, before and
    after."""

    ticket_id: str
    from_version: int
    to_version: int
    node: str
    why_not: str
    before: tuple[Rung, ...]
    after: tuple[Rung, ...]
    move: Move | None


def plan_migration(case: Case, ladder: Ladder, target: Target, deadlines: Deadlines, actor: str, at: datetime) -> Plan:
    """What it would do to this ticket, and the move that does it."""
    anew = deadlines == "re_evaluate"
    waiting, why_not = case.waiting(), _why_not(case, target.flow)
    move = None if why_not else _migrated(case, waiting[-1], target, actor, at, anew=anew)
    if move and anew:
        move = replace(move, ticket=_by_ladder(move.ticket, ladder, target, at))
    before = rungs_of(case, ladder)
    after = rungs_of(apply_move(case, move), target.ladder if anew else ladder) if move else before
    node = " ".join(visit.node for visit in waiting)
    return Plan(case.ticket.id, case.ticket.flow_version, target.version, node, why_not, before, after, move)


def rungs_of(case: Case, ladder: Ladder) -> tuple[Rung, ...]:
    """The rungs of a ladder as this ticket's clock would meet them."""
    watch = handling_watch(case, ladder)
    fired = {rung.name: rung.due_at for rung in case.rungs.values() if not rung.clock}
    runs = watch.clock.since is not None
    due = {step.name: watch.reaches(step.after_seconds) if runs else None for step in ladder.steps}
    return tuple(Rung(name, fired.get(name) or moment, name in fired) for name, moment in due.items())


def _by_ladder(ticket: Ticket, ladder: Ladder, target: Target, at: datetime) -> Ticket:
    """The ticket with its ladder's clock by the other one from now on; what it consumed by its old hours it has."""
    kept = ticket.clock(HANDLING)
    if kept is None:
        return ticket
    moved = keep(kept, by_calendar(clock_of(kept, ladder.calendar), target.ladder.calendar, at))
    pins = {"ladder": target.ladder_key, "ladder_pin": target.ladder_pin}
    moved = moved.but(**pins).given(target.ladder.budget_seconds, at)
    return ticket.but(clocks=tuple(moved if clock.id == kept.id else clock for clock in ticket.clocks))


def _why_not(case: Case, flow: Flow) -> str:
    waiting = case.waiting()
    if not case.ticket.is_open:
        return "工单已结束 · it is over"
    if not waiting:
        return "正在流转，请稍后再试 · it is on its way: try again"
    if any(visit.fork for visit in waiting) or len(waiting) > 1:
        return "处于并行分支内，汇合后方可迁移 · inside a parallel: once its branches have joined"
    node = next((node for node in flow.nodes if node.id == waiting[0].node), None)
    if node is None or node.kind != waiting[0].kind or levels(flow).get(node.id):
        return f"新版本没有这个节点 · the new version has no such node: {waiting[0].node}"
    return ""


def _migrated(case: Case, visit: Visit, target: Target, actor: str, at: datetime, *, anew: bool) -> Move:
    ticket = case.ticket
    node = target.flow.node(visit.node)
    moved = ticket.but(
        flow_version=target.version,
        run=ticket.run + 1,
        first_run=ticket.root_run,
        run_at=at,
        resume_at=visit.node,
        resume_after=visit.previous,
        generation=1,
        ladder=target.ladder_key if anew else ticket.ladder,
        ladder_pin=target.ladder_pin if anew else ticket.ladder_pin,
    )
    if isinstance(node, Human):
        form = tuple(field.id for field in node.fields)
        required = tuple(field.id for field in node.fields if field.required)
        visit = visit.but(outcomes=tuple(node.outcomes), form=form, required=required)
    kept = visit.but(token="", token_rank="", title_zh=node.title.zh, title_en=node.title.en)
    detail = {"version": f"{ticket.flow_version}→{target.version}", "node": visit.node}
    detail |= {"deadlines": "re_evaluate" if anew else "keep"}
    return Move(moved, (Note("migrated", actor, detail),), (kept,))
