"""Children (子工单): tickets that a flow opens and waits for. Each is opened once, and tells its parent once."""

from __future__ import annotations

from contextlib import suppress

from functions.tickets.desk import Desk
from functions.tickets.flows.flow import Call
from functions.tickets.handlers.reception import open_case
from functions.tickets.intake.intake import BY_FLOW, Classification, Opening
from functions.tickets.ticket.family import adopt_child, follow_parent
from functions.tickets.ticket.ticket import Case, Move, Ticket, Visit
from functions.tickets.ticket.visits import end_by_itself
from hub.kernel.errors import Conflict, NotFound
from hub.kernel.ids import SYSTEM, derived_id


def open_child(desk: Desk, visit: Visit) -> None:
    """Open the ticket that this visit of a `call` waits for, or that its action wants: about the same matter. Opened
    before, it is there."""
    parent = desk.tickets.case(visit.ticket_id).ticket
    if visit.deed:
        open_linked(desk, parent, visit.deed.name, visit.id)
        return
    node = desk.catalogue.flow_of(parent).node(visit.node)
    if isinstance(node, Call):
        open_linked(desk, parent, node.type, visit.id, visit_id=visit.id)


def open_linked(
    desk: Desk,
    parent: Ticket,
    type_key: str,
    fact: str,
    *,
    visit_id: str = "",
    hangs: bool = False,
    depends: bool = False,
) -> Case:
    """A ticket beside another, once a fact, as it is then. visit_id: the visit that waits for it; hangs: it is closed
    with the other, or, where it `depends` on it, begins then."""
    ticket_id = derived_id("tkt", parent.opened_at, fact)
    texts = desk.unseal_text(parent.id, parent.subject_sealed) if parent.subject_sealed else ""
    opening = Opening(
        ticket_id=ticket_id,
        customer_id=parent.customer_id,
        region=parent.region,
        link="",
        at=desk.now(),
        store_id=parent.store_id,
        placed_by=parent.placed_by or "default",  # type: ignore[arg-type]
        home_region=parent.home_region,
        home_store=parent.home_store,
        channel=parent.channel,
        sealed=desk.seal_text(ticket_id, texts),
        replay=parent.replay,
        identity_id=parent.identity_id,
        order_id=parent.order_id,
        order_no=parent.order_no,
        amount_minor=parent.amount_minor,
        amount_currency=parent.amount_currency,
        parent_id=parent.id,
        parent_visit=visit_id,
        blocked_by=parent.id if depends else "",
    )
    links = (desk.tickets.hangs_on(ticket_id, parent.id),) if hangs else ()
    try:
        child = open_case(desk, Classification(type_key, parent.priority, BY_FLOW), opening, SYSTEM, "", *links)
    except Conflict:
        child = desk.tickets.case(ticket_id)
    if hangs:
        _mark_linked(desk, parent.id)
    return child


def link_child(desk: Desk, child: Case, parent: Ticket, actor: str) -> Case:
    """An open ticket hangs on another from now on. Raises Conflict where it can't."""

    def decide(case: Case) -> Move | None:
        return adopt_child(case, parent, actor)

    hangs = desk.tickets.hangs_on(child.ticket.id, parent.id)
    linked = desk.tickets.change(child.ticket.id, desk.now(), decide, extra=(hangs,), seen=child)
    _mark_linked(desk, parent.id)
    return linked


def _mark_linked(desk: Desk, ticket_id: str) -> None:
    def decide(case: Case) -> Move | None:
        return None if case.ticket.linked else Move(case.ticket.but(linked=True))

    desk.tickets.change(ticket_id, desk.now(), decide)


def tell_children(desk: Desk, parent: Ticket) -> None:
    """The ticket on which others hang is over: each of them begins, or is closed with its outcome."""

    def decide(case: Case) -> Move | None:
        return follow_parent(case, parent, desk.now())

    for ticket_id in desk.tickets.children(parent.id):
        desk.tickets.change(ticket_id, desk.now(), decide)


def tell_parent(desk: Desk, child: Ticket) -> None:
    """The ticket that a visit waits for is closed: its outcome is how the visit ends."""

    def decide(case: Case) -> Move | None:
        visit = case.visits.get(child.parent_visit)
        if visit is None:
            return None
        return end_by_itself(case, visit, child.outcome, desk.now(), desk.catalogue.flow_of(case.ticket))

    with suppress(NotFound):
        desk.tickets.change(child.parent_id, desk.now(), decide)
