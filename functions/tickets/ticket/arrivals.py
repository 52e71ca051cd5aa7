"""Arrivals (到达节点): how a visit begins, and who is asked. Pure."""

from __future__ import annotations

from datetime import datetime

from functions.tickets.dispatch.assignment import announce, assign_ticket, strand_ticket
from functions.tickets.flows.flow import AnyNode, Human
from functions.tickets.ticket.ticket import Case, Move, Note, Ticket, Visit
from hub.kernel.dataclass import dataclass
from hub.kernel.errors import Conflict
from hub.kernel.ids import SYSTEM, hashed_id


@dataclass(frozen=True)
class Awaited:
    """Who or what a visit waits for. person: in the place of the ticket's assignee; queue: a team, any of whose members
    may take it; signers, need, in_turn: as `Visit` has them; event: what is waited for; until, late: when it is over by
    itself, and how. form_key, form_pin: the form that ends it. administrators: who hears of a visit that would wait
    for nobody."""

    person: str = ""
    queue: str = ""
    signers: tuple[str, ...] = ()
    need: int = 0
    in_turn: bool = False
    event: str = ""
    until: datetime | None = None
    late: str = ""
    form_key: str = ""
    form_pin: str = ""
    administrators: tuple[str, ...] = ()


@dataclass(frozen=True)
class Arrival:
    """A run of the flow reaches a node, coming from the visit `previous`, in the branch of `fork`.

    rank: of the token, "<run>#<entered time>#<retry>": a larger one is newer.
    """

    node: AnyNode
    run: int
    previous: str
    token: str = ""
    rank: str = ""
    fork: str = ""
    awaits: Awaited = Awaited()

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

    It waits for the ticket's assignee, or for whom the node asks, who also takes a ticket that nobody has. None when
    there is nothing to write. Raises Conflict for an older run.
    """
    visit = case.visits.get(arrival.visit_id(case.ticket))
    if visit is not None:
        newer = arrival.rank >= visit.token_rank and arrival.token != visit.token
        reached = visit.but(run=arrival.run, token=arrival.token, token_rank=arrival.rank)
        return Move(case.ticket, (), (reached,)) if newer else None
    require_run(case.ticket, arrival.run)
    ticket, notes = case.ticket, tuple[Note, ...]()
    if arrival.awaits.person and not ticket.assignee:
        assigned = assign_ticket(case, arrival.awaits.person, SYSTEM, at)
        ticket, notes = assigned.ticket, assigned.notes
    visit = with_news(case, arrival, begin_visit(ticket, arrival, len(case.visits) + 1, at))
    if visit.is_orphan and ticket.stranded_at is None:
        stranded = strand_ticket(ticket, arrival.awaits.administrators, at)
        ticket, notes = stranded.ticket, (*notes, *stranded.notes)
    detail = {"node": visit.node, "visit": visit.id, "assignee": " ".join(visit.signers) or visit.assignee}
    entered = Note("entered", SYSTEM, detail)
    return Move(announce(ticket, visit.assignee, visit.id, at), (*notes, entered), (visit,))


def begin_visit(ticket: Ticket, arrival: Arrival, number: int, at: datetime) -> Visit:
    """A visit as it begins."""
    node, awaits = arrival.node, arrival.awaits
    form = node if isinstance(node, Human) else None
    personal = form is not None and not awaits.signers and not awaits.queue
    return Visit(
        id=arrival.visit_id(ticket),
        ticket_id=ticket.id,
        number=number,
        run=arrival.run,
        node=node.id,
        previous=arrival.previous,
        fork=arrival.fork,
        kind=node.kind,
        title_zh=node.title.zh,
        title_en=node.title.en,
        outcomes=tuple(form.outcomes) if form else (),
        form=tuple(field.id for field in form.fields) if form else (),
        required=tuple(field.id for field in form.fields if field.required) if form else (),
        assignee=awaits.person or ticket.assignee if personal else "",
        queue=awaits.queue,
        signers=awaits.signers,
        need=awaits.need,
        in_turn=awaits.in_turn,
        event=awaits.event,
        until=awaits.until,
        late=awaits.late,
        form_key=awaits.form_key,
        form_pin=awaits.form_pin,
        entered_at=at,
        token=arrival.token,
        token_rank=arrival.rank,
        customer_id=ticket.customer_id,
        ticket_type=ticket.type,
        priority=ticket.priority,
        region=ticket.region,
        store_id=ticket.store_id,
        currency=ticket.currency,
    )


def with_news(case: Case, arrival: Arrival, visit: Visit) -> Visit:
    """The visit with what its customer is told of it: at the ticket's first passage through the node."""
    news = arrival.node.arrival
    if news is None or any(before.node == visit.node for before in case.visits.values()):
        return visit
    return visit.but(news_zh=news.zh, news_en=news.en)


def pass_visit(case: Case, arrival: Arrival, outcome: str, at: datetime, until: datetime | None = None) -> Visit:
    """A visit that waits for nobody: entered and left at once, by this outcome. Raises Conflict for an older run."""
    require_run(case.ticket, arrival.run)
    visit = with_news(case, arrival, begin_visit(case.ticket, arrival, len(case.visits) + 1, at))
    return visit.but(outcome=outcome, edge=outcome, actor=SYSTEM, left_at=at, until=until)
