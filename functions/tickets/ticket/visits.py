"""Visits (节点经过): one passage through one node. Every end of one is written once, whoever brings it about. Pure."""

from __future__ import annotations

from collections.abc import Set as AbstractSet
from datetime import datetime

from functions.tickets.dispatch.assignment import acknowledge_ticket, announce, assign_ticket, strand_ticket
from functions.tickets.flows.flow import AnyNode, Human
from functions.tickets.forms.work import add_report, spent, totals
from functions.tickets.ticket.ticket import Case, Move, Note, Ticket, Visit, require_open
from hub.contracts.tickets import WorkReport
from hub.kernel.errors import Conflict, Forbidden, Invalid, Problem
from hub.kernel.frozen import dataclass
from hub.kernel.ids import SYSTEM, hashed_id

ACCEPTED, DECLINED = "accepted", "declined"
ACCEPT = "accept"
"""The key of the button 接单 on a card."""


@dataclass(frozen=True)
class Arrival:
    """A run of the flow reaches a node, coming from the visit `previous`.

    rank: of the token, "<run>#<entered time>#<retry>": a larger one is newer. supervisor: who answers for the
    ticket's region, where the node asks for them. administrators: who hears of a visit that would wait for nobody.
    """

    node: AnyNode
    run: int
    previous: str
    token: str = ""
    rank: str = ""
    supervisor: str = ""
    administrators: tuple[str, ...] = ()

    def visit_id(self, ticket: Ticket) -> str:
        """The same for the same passage, however often it is told, and by whichever run that goes on with it."""
        run = ticket.root_run if ticket.goes_on_with(self.run) else self.run
        return hashed_id("vis", ticket.id, str(run), self.previous, self.node.id)


def require_run(ticket: Ticket, run: int) -> None:
    """Raises Conflict when the run is not the ticket's any more, or the ticket is over: such a step writes nothing."""
    if ticket.run != run or not ticket.is_open:
        raise Conflict("this run is over", ticket=ticket.id, run=run, current=ticket.run, state=ticket.state)


def enter_visit(case: Case, arrival: Arrival, at: datetime) -> Move | None:
    """The visit begins and waits; or it is there, and takes the token if that is newer.

    It waits for the ticket's assignee, or for the supervisor, who also takes a ticket that nobody has. None when there
    is nothing to write. Raises Conflict for an older run.
    """
    visit = case.visits.get(arrival.visit_id(case.ticket))
    if visit is not None:
        newer = arrival.rank >= visit.token_rank and arrival.token != visit.token
        reached = visit.but(run=arrival.run, token=arrival.token, token_rank=arrival.rank)
        return Move(case.ticket, (), (reached,)) if newer else None
    require_run(case.ticket, arrival.run)
    ticket, notes = case.ticket, tuple[Note, ...]()
    if arrival.supervisor and not ticket.assignee:
        assigned = assign_ticket(case, arrival.supervisor, SYSTEM, at)
        ticket, notes = assigned.ticket, assigned.notes
    visit = begin_visit(ticket, arrival, len(case.visits) + 1, at)
    if not visit.assignee and ticket.stranded_at is None:
        stranded = strand_ticket(ticket, arrival.administrators, at)
        ticket, notes = stranded.ticket, (*notes, *stranded.notes)
    entered = Note("entered", SYSTEM, {"node": visit.node, "visit": visit.id, "assignee": visit.assignee})
    return Move(announce(ticket, visit.assignee, visit.id, at), (*notes, entered), (visit,))


def begin_visit(ticket: Ticket, arrival: Arrival, number: int, at: datetime) -> Visit:
    """A visit as it begins."""
    node = arrival.node
    form = node if isinstance(node, Human) else None
    return Visit(
        id=arrival.visit_id(ticket),
        ticket_id=ticket.id,
        number=number,
        run=arrival.run,
        node=node.id,
        previous=arrival.previous,
        kind=node.kind,
        title_zh=node.title.zh,
        title_en=node.title.en,
        outcomes=tuple(form.outcomes) if form else (),
        form=tuple(field.id for field in form.fields) if form else (),
        required=tuple(field.id for field in form.fields if field.required) if form else (),
        assignee=arrival.supervisor or ticket.assignee if form else "",
        entered_at=at,
        token=arrival.token,
        token_rank=arrival.rank,
        customer_id=ticket.customer_id,
        ticket_type=ticket.type,
        region=ticket.region,
        store_id=ticket.store_id,
        currency=ticket.currency,
    )


def pass_visit(case: Case, arrival: Arrival, outcome: str, at: datetime, until: datetime | None = None) -> Visit:
    """A visit that waits for nobody: entered and left at once, by this outcome. Raises Conflict for an older run."""
    require_run(case.ticket, arrival.run)
    visit = begin_visit(case.ticket, arrival, len(case.visits) + 1, at)
    return visit.but(outcome=outcome, edge=outcome, actor=SYSTEM, left_at=at, until=until)


def find_waiting(case: Case, node: str) -> Visit:
    """The visit of this node that waits. Raises Conflict, saying which nodes do wait, or that the ticket is over."""
    require_open(case)
    visits = [visit for visit in case.waiting() if visit.node == node]
    if not visits:
        waiting = " ".join(visit.node for visit in case.waiting())
        raise Conflict("this node waits for nobody", node=node, waiting=waiting, state=case.ticket.state)
    return visits[-1]


def complete_visit(
    case: Case, visit: Visit, outcome: str, actor: str, at: datetime, report: WorkReport | None = None
) -> Move:
    """End a visit that waits. Whoever ends one of a ticket without an assignee takes the ticket.

    Anything but a decline takes the matter up: the ladder stops. Raises Conflict when it has ended already, or its run
    is over; Invalid for an outcome that the node does not have, a required field that is missing, or one that its form
    does not have.
    """
    if not _may_end(case, visit):
        raise Conflict("this visit has ended", visit=visit.id, outcome=visit.outcome, actor=visit.actor)
    _require_answer(visit, outcome, report.model_fields_set if report else frozenset())
    fields = report.model_dump(mode="json", exclude_unset=True) if report else {}
    ended = visit.but(outcome=outcome, edge=outcome, actor=actor, left_at=at, report=fields)
    assigned = Move(case.ticket) if case.ticket.assignee else assign_ticket(case, actor, actor, at, quiet=True)
    ticket = _after(assigned.ticket, ended, at)
    note = Note("completed", actor, {"node": visit.node, "outcome": outcome, "visit": visit.id, **spent(report)})
    others = tuple(other for other in assigned.visits if other.id != visit.id)
    return Move(add_report(ticket, report) if report else ticket, (*assigned.notes, note), (*others, ended))


def complete_node(
    case: Case, node: str, outcome: str, actor: str, at: datetime, report: WorkReport | None = None, *, leads: bool
) -> Move:
    """Somebody ends the visit of this node that waits: its assignee, or whoever `leads`. Raises Forbidden for anybody
    else, Conflict when the node waits for nobody, and what `complete_visit` raises."""
    visit = find_waiting(case, node)
    if visit.assignee != actor and not leads:
        raise Forbidden("not your visit", assignee=visit.assignee, you=actor)
    return complete_visit(case, visit, outcome, actor, at, report)


def close_by_hand(case: Case, outcome: str, actor: str, at: datetime) -> Move:
    """Somebody closes a ticket that follows no flow. Raises Conflict when it is over, or its flow closes it."""
    require_open(case)
    if case.ticket.flow_version:
        raise Conflict("its flow closes it", flow=case.ticket.flow_key, version=case.ticket.flow_version)
    return close_ticket(case, outcome, actor, at)


def close_ticket(case: Case, outcome: str, actor: str, at: datetime, visits: tuple[Visit, ...] = ()) -> Move:
    """The work is done: the ticket is closed with this outcome."""
    ticket = case.ticket.but(state="closed", outcome=outcome, closed_at=at)
    return Move(ticket, (Note("closed", actor, {"outcome": outcome, **totals(ticket)}),), visits)


def tap_card(case: Case, visit_id: str, actor: str, key: str, at: datetime) -> Move:
    """A button pressed on a card: 接单 (`accept`), or an outcome by its name.

    Only the visit's assignee's counts: it ends the visit, or, where a node has nothing to accept, takes the matter up.
    Any other is remembered as refused, unless it repeats what its presser has answered already.
    """
    visit, outcome = case.visits.get(visit_id), ACCEPTED if key == ACCEPT else key
    refused = Move(case.ticket, (Note("refused tap", actor, {"visit": visit_id, "key": key}),))
    if visit is None:
        return refused
    if not _may_end(case, visit):
        return Move(case.ticket) if (visit.actor, visit.outcome) == (actor, outcome) else refused
    if visit.assignee != actor or visit.required:
        return refused
    if outcome in visit.outcomes:
        return complete_visit(case, visit, outcome, actor, at)
    return (acknowledge_ticket(case, actor, at) or Move(case.ticket)) if key == ACCEPT else refused


def _may_end(case: Case, visit: Visit) -> bool:
    """Whether the visit waits, and what follows from its end would still be done: its run is the ticket's."""
    return visit.waits and case.ticket.is_open and case.ticket.goes_on_with(visit.run)


def _require_answer(visit: Visit, outcome: str, filled: AbstractSet[str]) -> None:
    problems = [Problem(f"/fields/{name}", "is required") for name in visit.required if name not in filled]
    if visit.form is not None:
        problems += [Problem(f"/fields/{name}", "is not asked for here") for name in sorted(filled - {*visit.form})]
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
