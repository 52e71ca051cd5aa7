"""Undoing (补偿回退): what a ticket's actions did is taken back, the last one first, each once."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from functions.tickets.actions.registry import run_action
from functions.tickets.desk import Desk
from functions.tickets.flows.asl import OVER
from functions.tickets.flows.flow import Action, Flow
from functions.tickets.ticket.ticket import Case, Move, Note, Visit, apply_move
from hub.kernel.ids import SYSTEM, hashed_id

ASKED = "asked"
"""How an undoing comes out that others do: nobody waits for it."""
UNDONE_LIMIT = 20
"""So many actions are taken back in one write."""


def undo_actions(desk: Desk, case: Case, flow: Flow, at: datetime) -> Move:
    """What takes the actions of the ticket's run back; each such step is a visit of its own, behind the action's."""
    move = Move(case.ticket)
    for visit in _to_undo(case, flow):
        move = _add(move, _undo(desk, apply_move(case, move), flow, visit, at))
    return move


def _to_undo(case: Case, flow: Flow) -> list[Visit]:
    known = {node.id: node for node in flow.nodes}
    done = [
        visit
        for visit in case.visits.values()
        if isinstance(node := known.get(visit.node), Action)
        and node.undo
        and visit.outcome
        and visit.edge != OVER
        and visit.kind == "action"
        and _undo_id(visit) not in case.visits
    ]
    return sorted(done, key=lambda visit: -visit.number)[:UNDONE_LIMIT]


def _undo_id(visit: Visit) -> str:
    return hashed_id("vis", visit.id, "undo")


def _undo(desk: Desk, case: Case, flow: Flow, visit: Visit, at: datetime) -> Move:
    node = flow.node(visit.node)
    assert isinstance(node, Action) and node.undo  # noqa: S101, PT018 - chosen so
    undo_id = _undo_id(visit)
    sources = desk.sources()
    result = run_action(node.undo.action, node.undo.params, case, visit_id=undo_id, at=at, sources=sources)
    step = visit.but(
        id=undo_id,
        number=len(case.visits) + 1,
        previous=visit.id,
        kind="undo",
        outcome=result.outcome or ASKED,
        until=result.until,
        edge=OVER,
        actor=SYSTEM,
        entered_at=at,
        left_at=at,
        report=result.report,
        deed=result.deed,
    )
    note = Note("undone", SYSTEM, {"node": visit.node, "action": node.undo.action, "outcome": step.outcome})
    return replace(result.move, notes=(*result.move.notes, note), visits=(*result.move.visits, step))


def _add(first: Move, second: Move) -> Move:
    visits = {visit.id: visit for visit in (*first.visits, *second.visits)}
    notes, rungs = (*first.notes, *second.notes), (*first.rungs, *second.rungs)
    return Move(second.ticket, notes, tuple(visits.values()), rungs, second.claims or first.claims)


def with_undo(desk: Desk, case: Case, flow: Flow | None, move: Move, at: datetime) -> Move:
    """The move, once what the actions did is taken back."""
    if flow is None:
        return move
    undone = undo_actions(desk, case, flow, at)
    kept = undone.ticket.but(state=move.ticket.state, outcome=move.ticket.outcome, closed_at=move.ticket.closed_at)
    return _add(undone, replace(move, ticket=kept))
