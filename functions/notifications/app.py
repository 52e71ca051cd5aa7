"""Notifications (通知): who hears what, when. Events ask; notice rules say who is told in which words, quiet hours,
caps and rosters when, and the channels that a tenant has by what.

The routes stand in api/, what the bus and the sweep call in handlers/; here is what calls what.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from functions.notifications.api import notices, rehearsals, surveys
from functions.notifications.desk import Desk
from functions.notifications.handlers.due import QUEUE, do_due, sweep_due
from functions.notifications.handlers.hearing import hear, keep, keep_all, take_receipt, take_tap
from functions.notifications.handlers.rehearsing import rehearse_slice
from functions.notifications.room import room
from functions.notifications.rules.facts import ASKABLE
from functions.notifications.rules.rule_kind import NOTICE_RULES, NOTICE_SETTINGS
from hub.contracts import events
from hub.contracts.events import Event
from hub.documents.routes import serve_documents
from hub.edge.bus import Change
from hub.jobs.desk import Task
from hub.jobs.routes import follow_job, serve_jobs

__all__ = ["forward", "notices", "rehearsals", "room", "surveys"]

TASKS = (Task(rehearsals.REHEARSAL, rehearse_slice),)
serve_documents(room, (NOTICE_RULES, NOTICE_SETTINGS), lambda desk: desk.documents)
serve_jobs(room, (), TASKS)

forward = room.forward


@room.events(
    *ASKABLE,
    *(
        "person.changed",
        "roster.changed",
        "customer.reachable",
        "card.tapped",
        "touchpoint.captured",
        "notice.receipted",
    ),
    ahead=keep_all,
)
def on_event(desk: Desk, event: Event) -> None:
    """The same event again changes nothing and tells nobody twice."""
    match event:
        case events.PersonChanged():
            desk.people.save_person(event)
        case events.RosterChanged():
            desk.people.save_roster(event, desk.now())
        case events.CustomerReachable():
            desk.people.save_customer(event)
        case events.CardTapped():
            take_tap(desk, event)
        case events.TouchpointCaptured() | events.NoticeReceipted():
            take_receipt(desk, event)
        case _:
            keep(desk, event)
            hear(desk, event)


@room.changes
def on_change(_desk: Desk, change: Change) -> None:
    """Of the room's own table nothing but jobs is followed: a rehearsal goes on."""
    follow_job(room, (), change, TASKS)


@room.queue(QUEUE)
def on_due(desk: Desk, body: dict[str, Any]) -> None:
    """One thing that is due, of many that were shared out."""
    do_due(desk, (str(body["pk"]), str(body["sk"])), desk.now())


@room.schedule("rate(1 minute)", name="sweep")
def sweep(desk: Desk, now: datetime) -> datetime | None:
    """Do what is due: see handlers/due.py."""
    return sweep_due(desk, now)
