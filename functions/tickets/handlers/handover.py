"""Handing over (交接班): when a shift begins, the open work of those whose shift is over goes to who is on, and each
of those hears of it once. Only rosters that say so hand over; the same event again finds less to do.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from functools import partial

from functions.tickets.desk import Desk
from functions.tickets.dispatch.assignment import assign_ticket
from functions.tickets.ticket.ticket import Case, Move
from hub.contracts import events
from hub.kernel.ids import SYSTEM, derived_id

HANDED_LIMIT = 500
"""Of one person so many tickets go at once; more stay, and their supervisor sees them."""


def take_shift(desk: Desk, event: events.ShiftStarted) -> None:
    """Give the team's open work to who is on duty, each ticket to whoever has got the fewest."""
    if event.replay or not event.hand_over or not event.on_duty:
        return
    cases: dict[str, list[Case]] = {}
    counts = Counter(dict.fromkeys(event.on_duty, 0))
    for ticket_id in list(_open_work(desk, event)):
        successor = min(event.on_duty, key=lambda person: (counts[person], event.on_duty.index(person)))
        case = desk.tickets.change(ticket_id, desk.now(), partial(_hand_over, event, successor))
        if case.ticket.assignee == successor:
            counts[successor] += 1
            cases.setdefault(successor, []).append(case)
    desk.emit(*(_handed_over(event, successor, moved) for successor, moved in cases.items()))


def _open_work(desk: Desk, event: events.ShiftStarted) -> Iterator[str]:
    """The open tickets of those whom the roster names and whose shift it is not."""
    for person in event.rostered:
        if person not in event.on_duty:
            for number, ticket_id in enumerate(desk.lists.open_of(person, desk.now())):
                if number >= HANDED_LIMIT:
                    break
                yield ticket_id


def _hand_over(event: events.ShiftStarted, successor: str, case: Case) -> Move | None:
    """Nobody is told of each: a digest says it. None for what is another team's, or somebody else's by now."""
    ticket = case.ticket
    off_duty = ticket.assignee in event.rostered and ticket.assignee not in event.on_duty
    if not ticket.is_open or not off_duty or ticket.team not in ("", event.team):
        return None
    return assign_ticket(case, successor, SYSTEM, event.at, quiet=True)


def _handed_over(event: events.ShiftStarted, successor: str, cases: list[Case]) -> events.ShiftHandedOver:
    ids = tuple(case.ticket.id for case in cases)
    return events.ShiftHandedOver(
        id=derived_id("evt", event.at, "shift.handed_over", event.id, successor, *ids),
        tenant=event.tenant,
        at=event.at,
        team=event.team,
        assignee=successor,
        ticket_ids=ids,
        tickets=len(ids),
        urgent=sum(case.ticket.priority == "urgent" for case in cases),
        overdue=sum(bool(case.rungs) and case.ticket.acknowledged_at is None for case in cases),
    )
