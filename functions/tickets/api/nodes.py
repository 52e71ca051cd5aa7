"""What people do with a node beside completing it: hand it over, ask others too, tell what it waits for."""

from __future__ import annotations

from functions.tickets.api.cases import change_case
from functions.tickets.api.subjects import LEADERS, WORKERS, case_of
from functions.tickets.desk import Desk
from functions.tickets.flows.flow import Approval, Sign
from functions.tickets.room import room
from functions.tickets.ticket.signing import add_signers, hand_over
from functions.tickets.ticket.ticket import Case, Move
from functions.tickets.ticket.visits import find_waiting, take_event
from hub.contracts.flows import AddSigners, DelegateNode, TellEvent
from hub.contracts.tickets import TicketView
from hub.edge.requests import Request
from hub.kernel.errors import Forbidden, Invalid, Problem

SIGNERS = (*WORKERS, "finance")


@room.http(
    "POST",
    "/tickets/{ticket_id}/nodes/{node}/delegate",
    body=DelegateNode,
    answer=TicketView,
    roles=SIGNERS,
    scope="region",
    subject=case_of,
    dry_run=True,
    explain=LEADERS,
    summary="转交 · Hand a node over",
)
def delegate(desk: Desk, request: Request) -> TicketView:
    """Somebody else answers in one's place; a supervisor may hand over another's part."""
    body, actor, node = request.body, request.principal.sub, request.path["node"]
    person = body.person or actor
    _require_active(desk, (body.to,), "/to")

    def decide(case: Case) -> Move:
        visit = find_waiting(case, node)
        if person not in visit.awaits or (person != actor and not request.principal.has("supervisor")):
            raise Forbidden("not yours to hand over", assignee=" ".join(visit.awaits), you=actor)
        return hand_over(case, visit, person, body.to, actor)

    return change_case(desk, request, decide)


@room.http(
    "POST",
    "/tickets/{ticket_id}/nodes/{node}/signers",
    body=AddSigners,
    answer=TicketView,
    roles=SIGNERS,
    scope="region",
    subject=case_of,
    dry_run=True,
    summary="加签 · Ask more signers",
)
def sign_too(desk: Desk, request: Request) -> TicketView:
    """Ask others as well; who is asked may, or a supervisor. How many have to approve is reckoned anew."""
    body, actor, node = request.body, request.principal.sub, request.path["node"]
    _require_active(desk, body.people, "/people")

    def decide(case: Case) -> Move | None:
        visit = find_waiting(case, node)
        if actor not in visit.awaits and not request.principal.has("supervisor"):
            raise Forbidden("not yours to sign", assignee=" ".join(visit.awaits), you=actor)
        return add_signers(case, visit, _rule(desk, case, node), body.people, actor)

    return change_case(desk, request, decide)


@room.http(
    "POST",
    "/tickets/{ticket_id}/tell",
    body=TellEvent,
    answer=TicketView,
    roles=(*WORKERS, "integrator"),
    scope="region",
    subject=case_of,
    dry_run=True,
    summary="告知事件 · Tell what has happened",
)
def tell(desk: Desk, request: Request) -> TicketView:
    """What the ticket's flow waits for has come: it goes on. 409 where it waits for no such thing."""
    event, actor = request.body.event, request.principal.sub

    def decide(case: Case) -> Move:
        return take_event(case, event, actor, request.now, desk.catalogue.flow_of(case.ticket))

    return change_case(desk, request, decide)


def _rule(desk: Desk, case: Case, node_id: str) -> Sign:
    """How the node's signers decide."""
    node = desk.catalogue.flow_of(case.ticket).node(node_id)
    if not isinstance(node, Approval):
        return "all"
    return desk.catalogue.matrix(node.matrix, case.ticket).row_for(case.ticket).sign if node.matrix else node.sign


def _require_active(desk: Desk, people: tuple[str, ...], pointer: str) -> None:
    active = {person.id for person in desk.staff.people() if person.active}
    if not active.issuperset(people):
        raise Invalid("nobody", problems=[Problem(pointer, "must be active people")])
