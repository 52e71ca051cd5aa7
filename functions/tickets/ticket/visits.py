"""Visits (节点经过): one passage through one node. Every end of one is written once, whoever brings it about. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime

from functions.tickets.dispatch.assignment import acknowledge_ticket, assign_ticket
from functions.tickets.flows.flow import RECEIVED, Flow, Human
from functions.tickets.flows.ways import BACK, levels
from functions.tickets.forms.work import add_report, spent
from functions.tickets.ticket.passage import close_ticket, go_on
from functions.tickets.ticket.signing import sign, verdict_of
from functions.tickets.ticket.ticket import Case, Move, Note, Ticket, Visit, require_open
from hub.contracts.tickets import WorkReport
from hub.kernel.clock import rfc3339
from hub.kernel.dataclass import dataclass
from hub.kernel.errors import Conflict, Forbidden, Invalid, Problem
from hub.kernel.ids import SYSTEM

ACCEPTED, DECLINED = "accepted", "declined"
SENT_BACK = "sent_back"
"""How a visit ends whose ticket is sent back (驳回): the only outcome that no document names."""
ACCEPT = "accept"
"""The key of the button 接单 on a card."""


@dataclass(frozen=True)
class Filled:
    """What was filled in on a node's form. plain: what travels; sealed: what is text; work: what the work took."""

    plain: Mapping[str, str]
    sealed: str = ""
    work: WorkReport | None = None


@dataclass(frozen=True)
class Answer:
    """What somebody says at a node. to: where they send it back. filled: on its form."""

    outcome: str
    report: WorkReport | None = None
    to: str = ""
    filled: Filled | None = None


def find_waiting(case: Case, node: str) -> Visit:
    """The visit of this node that waits. Raises Conflict, saying which nodes do wait and who ended this one last, or
    that the ticket is over."""
    visits = [visit for visit in case.waiting() if visit.node == node]
    if visits and case.ticket.is_open:
        return visits[-1]
    waiting = " ".join(visit.node for visit in case.waiting())
    ended = [v for v in case.visits.values() if v.node == node and v.outcome and case.ticket.goes_on_with(v.run)]
    facts = who_won(max(ended, key=lambda visit: visit.number)) if ended else {}
    detail = "this node waits for nobody" if case.ticket.is_open else "the ticket is over"
    raise Conflict(detail, node=node, waiting=waiting, state=case.ticket.state, **facts)


def who_won(visit: Visit) -> dict[str, str]:
    """Who ended a visit, how and when: what somebody hears who came too late."""
    at = rfc3339(visit.left_at) if visit.left_at else ""
    return {"visit": visit.id, "by": visit.actor, "outcome": visit.outcome, "at": at}


def complete_visit(
    case: Case, visit: Visit, answer: Answer, actor: str, at: datetime, flow: Flow | None = None
) -> Move:
    """End a visit that waits, or sign it. Whoever ends one of a ticket without an assignee takes the ticket.

    Anything but a decline takes the matter up: the ladder stops. Raises Conflict when it has ended already, or its run
    is over; Invalid for an outcome that the node does not have, a required field that is missing, one that its form
    does not have, or a node to which it can't be sent back.
    """
    if not _may_end(case, visit):
        raise Conflict("this visit has ended", **who_won(visit))
    edge = _back_to(case, visit, answer, flow)
    if not edge:
        _require_answer(visit, answer)
    if visit.signers and not edge:
        return go_on(case, _sign(case, visit, answer, actor, at), flow, at)
    ended = visit.but(outcome=answer.outcome, edge=edge or answer.outcome, actor=actor, left_at=at)
    return go_on(case, _ended(case, ended, answer, at), flow, at)


def _sign(case: Case, visit: Visit, answer: Answer, actor: str, at: datetime) -> Move:
    """Somebody signs; with the one that decides, the visit ends."""
    signed = sign(visit, actor, answer.outcome, at)
    verdict = verdict_of(signed)
    if verdict:
        return _ended(case, signed.but(outcome=verdict, edge=verdict, actor=actor, left_at=at), answer, at)
    note = Note("signed", actor, {"node": visit.node, "outcome": answer.outcome, "visit": visit.id})
    return Move(case.ticket.but(acknowledged_at=case.ticket.acknowledged_at or at), (note,), (signed,))


def _ended(case: Case, ended: Visit, answer: Answer, at: datetime) -> Move:
    report, actor = _work_of(answer), ended.actor
    fields = report.model_dump(mode="json", exclude_unset=True) if report else {}
    takes = not case.ticket.assignee and not ended.signers
    assigned = assign_ticket(case, actor, actor, at, quiet=True) if takes else Move(case.ticket)
    ticket = _after(assigned.ticket, ended, at)
    detail = {"node": ended.node, "outcome": ended.outcome, "visit": ended.id, **spent(report)}
    if ended.edge.startswith(BACK):
        detail["to"] = ended.edge.removeprefix(BACK)
    others = tuple(other for other in assigned.visits if other.id != ended.id)
    ended = ended.but(report=fields)
    if filled := answer.filled:
        ticket = ticket.but(fields={**ticket.fields, **filled.plain})
        ended = ended.but(answers=dict(filled.plain), answers_sealed=filled.sealed)
        detail["fields"] = " ".join(f"{name}={text}" for name, text in filled.plain.items())
    notes = (*assigned.notes, Note("completed", actor, {name: text for name, text in detail.items() if text}))
    return Move(add_report(ticket, report) if report else ticket, notes, (*others, ended))


def _work_of(answer: Answer) -> WorkReport | None:
    """What the work took, as its fields and the form say together."""
    if answer.filled is None or answer.filled.work is None:
        return answer.report
    reports = (answer.report or WorkReport(), answer.filled.work)
    return WorkReport(**{name: getattr(each, name) for each in reports for name in each.model_fields_set})


def complete_node(
    case: Case,
    node: str,
    answer: Answer,
    actor: str,
    at: datetime,
    *,
    leads: bool,
    flow: Flow | None = None,
    teams: tuple[str, ...] = (),
) -> Move:
    """Somebody ends the visit of this node that waits: whoever is asked, or whoever `leads`; of a queue a member of its
    team. Where several sign, only they may. Raises Forbidden for anybody else, Conflict when the node waits for nobody,
    and what `complete_visit` raises."""
    visit = find_waiting(case, node)
    require_turn(visit, actor, leads=leads, teams=teams, case=case)
    return complete_visit(case, visit, answer, actor, at, flow)


def require_turn(
    visit: Visit, actor: str, *, leads: bool, teams: tuple[str, ...] = (), case: Case | None = None
) -> None:
    """Whether it is for somebody to say, as `complete_node`. Raises Forbidden; Conflict for who has signed already, and
    for whose own visit of the node, as `case` has it, is over: it has passed on to somebody else."""
    theirs = actor in visit.awaits or (visit.queue and visit.queue in teams)
    if visit.signers and actor in {signature.person for signature in visit.signatures}:
        raise Conflict("you have signed already", visit=visit.id)
    if not theirs and (visit.signers or not leads):
        if case and (over := _passed_on(case, visit, actor)):
            raise Conflict("this visit has ended", **who_won(over))
        raise Forbidden("not your visit", assignee=" ".join(visit.awaits) or visit.queue, you=actor)


def _passed_on(case: Case, visit: Visit, actor: str) -> Visit | None:
    """Their own last visit of the node, which is over."""
    mine = [
        other
        for other in case.visits.values()
        if (other.node, other.assignee) == (visit.node, actor) and other.outcome and case.ticket.goes_on_with(other.run)
    ]
    return max(mine, key=lambda other: other.number, default=None)


def outcome_problems(visit: Visit, outcome: str) -> list[Problem]:
    """What is wrong with an outcome: the node does not have it."""
    if outcome in (*visit.outcomes, SENT_BACK):
        return []
    return [Problem("/outcome", "must be one of: " + ", ".join(visit.outcomes))]


def end_by_itself(case: Case, visit: Visit, outcome: str, at: datetime, flow: Flow) -> Move | None:
    """What was waited for has come, or its time is up. None when somebody was faster, or its run is over."""
    if not _may_end(case, visit):
        return None
    note = Note("completed", SYSTEM, {"node": visit.node, "outcome": outcome, "visit": visit.id})
    ended = visit.but(outcome=outcome, edge=outcome, actor=SYSTEM, left_at=at)
    ticket = _after(case.ticket, ended, at) if outcome == DECLINED and visit.assignee else case.ticket
    return go_on(case, Move(ticket, (note,), (ended,)), flow, at)


def take_event(case: Case, event: str, actor: str, at: datetime, flow: Flow) -> Move:
    """What somebody tells of the ticket has happened: the visits that wait for it end. Raises Conflict where none
    does, saying what is waited for."""
    visits = [visit for visit in case.waiting() if visit.event == f"{event}#{case.ticket.id}"]
    if not visits or not case.ticket.is_open:
        waiting = " ".join(visit.event.partition("#")[0] for visit in case.waiting() if visit.event)
        raise Conflict("nothing waits for this", event=event, waiting=waiting, state=case.ticket.state)
    note = Note("told", actor, {"event": event})
    ended = tuple(visit.but(outcome=RECEIVED, edge=RECEIVED, actor=actor, left_at=at) for visit in visits)
    return go_on(case, Move(case.ticket, (note,), ended), flow, at)


def hear(case: Case, move: Move, event: str, at: datetime, flow: Flow | None) -> Move:
    """The move, and the end of what waits for this event of the ticket."""
    ended = tuple(
        visit.but(outcome=RECEIVED, edge=RECEIVED, actor=SYSTEM, left_at=at)
        for visit in case.waiting()
        if visit.event == f"{event}#{case.ticket.id}"
    )
    return go_on(case, replace(move, visits=(*move.visits, *ended)), flow, at) if ended else move


def close_by_hand(case: Case, outcome: str, actor: str, at: datetime) -> Move:
    """Somebody closes a ticket that follows no flow. Raises Conflict when it is over, or its flow closes it."""
    require_open(case)
    if case.ticket.flow_version:
        raise Conflict("its flow closes it", flow=case.ticket.flow_key, version=case.ticket.flow_version)
    return close_ticket(case, outcome, actor, at)


def tap_card(case: Case, visit_id: str, actor: str, key: str, at: datetime, flow: Flow | None = None) -> Move:
    """A button pressed on a card: 接单 (`accept`), or an outcome by its name.

    Only of whom it asks counts: it ends the visit or signs it, or, where a node has nothing to accept, takes the matter
    up. Any other is remembered as refused, with who was faster, unless it repeats what its presser has answered.
    """
    visit, outcome = case.visits.get(visit_id), ACCEPTED if key == ACCEPT else key
    refused = Move(case.ticket, (Note("refused tap", actor, _refusal(visit, visit_id, key)),))
    if visit is None:
        return refused
    if (actor, outcome) in {(s.person, s.verdict) for s in visit.signatures}:
        return Move(case.ticket)
    if not _may_end(case, visit):
        return Move(case.ticket) if (visit.actor, visit.outcome) == (actor, outcome) else refused
    if actor not in visit.awaits or visit.required or visit.form_key:
        return refused
    if outcome in visit.outcomes:
        return complete_visit(case, visit, Answer(outcome), actor, at, flow)
    return (acknowledge_ticket(case, actor, at) or Move(case.ticket)) if key == ACCEPT else refused


def _refusal(visit: Visit | None, visit_id: str, key: str) -> dict[str, str]:
    """What the trail says of a tap that changes nothing."""
    detail = {"visit": visit_id, "key": key}
    return detail | ({"by": visit.actor, "outcome": visit.outcome} if visit and visit.outcome else {})


def _may_end(case: Case, visit: Visit) -> bool:
    """Whether the visit waits, and what follows from its end would still be done: its run is the ticket's."""
    return visit.waits and case.ticket.is_open and case.ticket.goes_on_with(visit.run)


def _back_to(case: Case, visit: Visit, answer: Answer, flow: Flow | None) -> str:
    """The edge by which the ticket is sent back, "" where it is not."""
    if answer.outcome != SENT_BACK or SENT_BACK in visit.outcomes:
        if answer.to:
            raise Invalid("it goes on from here", problems=[Problem("/to", "only with outcome 'sent_back'")])
        return ""
    node = flow.node(visit.node) if flow else None
    if flow is None or not isinstance(node, Human) or not node.back:
        raise Invalid("no way back", problems=[Problem("/outcome", "must be one of: " + ", ".join(visit.outcomes))])
    nodes = _passed_before(case, visit, flow)
    if answer.to not in nodes:
        raise Invalid("no such way back", problems=[Problem("/to", "must be one of: " + ", ".join(nodes))])
    return f"{BACK}{answer.to}"


def _passed_before(case: Case, visit: Visit, flow: Flow) -> list[str]:
    """The persons' nodes that the ticket has passed before this visit, in the same branch, the first one first."""
    placed = levels(flow)
    earlier = (
        other.node
        for other in sorted(case.visits.values(), key=lambda each: each.number)
        if other.outcome and other.fork == visit.fork and other.number < visit.number
    )
    people = (node for node in dict.fromkeys(earlier) if placed.get(node) == placed.get(visit.node))
    return [node for node in people if isinstance(flow.node(node), Human)]


def needs_form(visit: Visit, outcome: str) -> bool:
    """Whether the visit's form has to be filled in: not by whoever turns it down, or sends it back."""
    return bool(visit.form_key) and outcome not in (DECLINED, SENT_BACK)


def _require_answer(visit: Visit, answer: Answer) -> None:
    outcome, filled = answer.outcome, answer.report.model_fields_set if answer.report else frozenset[str]()
    problems = [Problem(f"/fields/{name}", "is required") for name in visit.required if name not in filled]
    if visit.form is not None:
        problems += [Problem(f"/fields/{name}", "is not asked for here") for name in sorted(filled - {*visit.form})]
    if needs_form(visit, outcome) and answer.filled is None:
        problems.append(Problem("/answers", "is required"))
    if outcome not in visit.outcomes:
        problems.insert(0, Problem("/outcome", "must be one of: " + ", ".join(visit.outcomes)))
    if problems:
        raise Invalid("this does not answer the node", problems=problems)


def _after(ticket: Ticket, ended: Visit, at: datetime) -> Ticket:
    """What the end of a visit means for its ticket."""
    if ended.outcome == DECLINED:
        return _put_down(ticket).but(declined=tuple(dict.fromkeys((*ticket.declined, ended.assignee or ended.actor))))
    ticket = ticket.but(acknowledged_at=ticket.acknowledged_at or at)
    return ticket.but(accepted_at=ticket.accepted_at or at) if ended.outcome == ACCEPTED else ticket


def _put_down(ticket: Ticket) -> Ticket:
    """Nobody has the matter in hand any more: where somebody had, the ladder goes on, by the next generation."""
    if ticket.acknowledged_at is None:
        return ticket
    return ticket.but(acknowledged_at=None, generation=ticket.generation + 1)
