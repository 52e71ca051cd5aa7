"""What this room copies of what others keep: where stores lie, and whose a submission is."""

from __future__ import annotations

from functions.tickets.desk import Desk
from functions.tickets.dispatch.stores_table import StorePlace
from functions.tickets.intake.levels import CustomerLevel, level_notes, raised, tagged
from functions.tickets.intake.levels_table import find_level, keep_level
from functions.tickets.tables import RACES_LIMIT
from functions.tickets.ticket.ticket import Case, Move, Note
from hub.contracts import events
from hub.kernel.errors import Conflict, NotFound, Retry
from hub.kernel.ids import SYSTEM


def take_store(desk: Desk, event: events.StoreChanged) -> None:
    """Keep where a store lies, unless something newer is known."""
    position = event.position.model_dump_json() if event.position else ""
    place = {name: getattr(event, name) for name in ("store_id", "region", "version")}
    desk.stores.keep_store(StorePlace(**place, position=position))


def take_submitter(desk: Desk, event: events.SubmitterFound) -> None:
    """The submission, and its ticket, are this customer's, unless somebody said whose they are before."""
    for _ in range(RACES_LIMIT):
        try:
            submission, version = desk.submissions.find(event.submission_id)
            if not submission.customer_id:
                desk.items.write(desk.submissions.save(submission.but(customer_id=event.customer_id), version))
        except NotFound:
            return
        except (Conflict, Retry):
            continue
        break
    if event.ticket_id:
        level = find_level(desk.items, event.customer_id)
        desk.tickets.change(event.ticket_id, desk.now(), lambda case: _named(case, event, level))


def take_level(desk: Desk, event: events.CustomerLeveled) -> None:
    """Keep what a customer is to us, unless something newer is known."""
    keep_level(desk.items, event)


def _named(case: Case, event: events.SubmitterFound, level: CustomerLevel) -> Move | None:
    """Whose ticket it is turns out after it was opened: what they are to us counts from here."""
    if case.ticket.customer_id:
        return None
    priority = raised(case.ticket.priority, level)
    known = {"customer_id": event.customer_id, "identity_id": event.identity_id, "level": level.level}
    ticket = case.ticket.but(**known, priority=priority, tags=tagged(case.ticket.tags, level))
    return Move(ticket, (Note("customer", SYSTEM, {"kind": "form"}), *level_notes(case, level)))
