"""The sweep: looks after what is due by its key, which in good health is nothing. Doing it again, or at the same time
elsewhere, does no harm.

A ticket is due a little after something should have happened to it; a person a little after they changed, since their
work, or work that waits for nobody, may now be somebody else's.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

from functions.tickets.deadlines.stuck import (
    SILENCE,
    SLACK,
    adopt_ticket,
    is_overdue,
    share_of,
    silent_since,
)
from functions.tickets.desk import Desk
from functions.tickets.dispatch.dispatch import Organisation, Person
from functions.tickets.handlers.effects import perform
from functions.tickets.handlers.listing import relist_page
from functions.tickets.handlers.patrols import open_patrol
from functions.tickets.handlers.planned import open_planned
from functions.tickets.handlers.steps import handover, ring, wake
from functions.tickets.plans.patrols_table import PATROL
from functions.tickets.plans.plans_table import MARK
from functions.tickets.tables import LOOK, UNOWNED
from functions.tickets.ticket.outbox import start_flow
from functions.tickets.ticket.runs import resume_run
from functions.tickets.ticket.ticket import Case, Move, Ticket
from hub.kernel.errors import HubError, Retry
from hub.store.due import due_by, next_due
from hub.store.table import Key

EVERY_MINUTES = 5
DUE_LIMIT = 1000
"""Of each shard so many are known at once."""


def sweep_tickets(desk: Desk, now: datetime) -> datetime:
    """Look after what is due; answers when something will be next, as things stand. Raises Retry, after all, when
    some could not be looked after."""
    items, more = desk.items, relist_page(desk, now)
    due = due_by(items.table, items.tenant, LOOK, now, DUE_LIMIT)
    if not due:
        return now if more else next_due(items.table, items.tenant, LOOK)
    organisation, failed = desk.staff.organisation(), []
    for key in share_of(due, int(now.timestamp()) // (60 * EVERY_MINUTES)):
        try:
            _look_after(desk, key, organisation, now)
        except (HubError, ValueError):  # one that can't be helped holds up no other
            failed.append(key[0].rpartition("#")[2])
    if failed:
        raise Retry("not everything could be looked after", first=failed[0], failed=len(failed))
    return now


def _look_after(desk: Desk, key: Key, organisation: Organisation, now: datetime) -> None:
    kind, _, person_id = key[1].partition("#")
    if kind == MARK:
        open_planned(desk, key[0].rpartition("#")[2], now)
    elif kind == PATROL:
        patrol, _, store_id = key[0].partition(f"#{PATROL}#")[2].partition("#")
        open_patrol(desk, patrol, store_id, now)
    elif kind == "person":
        _look_after_work(desk, organisation.find(person_id), organisation, now)
    else:
        _look_after_ticket(desk, desk.tickets.case(key[0].rpartition("#")[2]), now)


def _look_after_ticket(desk: Desk, case: Case, now: datetime) -> None:
    ticket = case.ticket
    if is_overdue(case, desk.catalogue.terms_of(ticket), now, desk.in_business(SLACK)):
        _wake(desk, ticket)
    for visit in case.waiting():
        if visit.until and visit.until + desk.in_business(SLACK) < now:
            ring(desk, {"ticket": ticket.id, "run": ticket.run, "generation": visit.id, "wakes": 0})
    if since := silent_since(case):
        _go_on(desk, case, now, now - since)
    elif ticket.is_open and (desk.tickets.look_at(case) or now) > now:
        desk.tickets.change(ticket.id, now, lambda current: Move(current.ticket))  # its moment moved with its ladder


def _wake(desk: Desk, ticket: Ticket) -> None:
    """Do what the ticket's escalation should have done, and let the next generation go on with it."""
    live = {"ticket": ticket.id, "run": ticket.run, "generation": ticket.generation, "wakes": 0}
    if wake(desk, live)["next"] != "done":
        handover(desk, live)


def _go_on(desk: Desk, case: Case, now: datetime, silence: timedelta) -> None:
    """Start the run again under its name, which changes nothing if it did start; after a long silence, the next run."""
    if silence > desk.in_business(SILENCE):
        desk.tickets.change(case.ticket.id, now, lambda current: _resume(desk, case, current, now))
    elif silence > desk.in_business(SLACK):
        perform(desk, start_flow(case.ticket))


def _resume(desk: Desk, seen: Case, case: Case, now: datetime) -> Move | None:
    """The next run, unless the ticket has moved since it was seen."""
    return resume_run(case, desk.catalogue.flow_of(case.ticket), now) if case.version == seen.version else None


def _look_after_work(desk: Desk, person: Person | None, organisation: Organisation, now: datetime) -> None:
    """Give what somebody left behind to their supervisor; whoever came may be the one that other work waits for. Who
    leaves something that nobody can take yet stays due."""
    if person is None:
        return
    if person.active:
        rows = desk.items.table.get_many(due_by(desk.items.table, desk.items.tenant, UNOWNED, now, DUE_LIMIT))
        _adopt_all(desk, (str(row["body"]["ticket_id"]) for row in rows), organisation, now)
    elif not _adopt_all(desk, desk.lists.open_of(person.id, now), organisation, now):
        return
    desk.staff.looked_after(person)


def _adopt_all(desk: Desk, ticket_ids: Iterable[str], organisation: Organisation, now: datetime) -> bool:
    """Whether all of them have an owner now."""
    cases = [
        desk.tickets.change(ticket_id, now, lambda case: adopt_ticket(case, organisation, now))
        for ticket_id in ticket_ids
    ]
    return all(organisation.has_owner(case.ticket.assignee) for case in cases if case.ticket.is_open)
