"""What follows from a change of the room's tables, as their streams tell it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from functions.webhooks.desk import Desk
from functions.webhooks.handlers.payloads import ReadUnmapped, ReplayWaiting, body_of
from functions.webhooks.inbox.replays import waiting
from functions.webhooks.mappings.mappings import WORD
from functions.webhooks.orders.orders import AFTER_SALE_SORT, events_of
from functions.webhooks.orders.orders import SORT as ORDER
from functions.webhooks.room import IMPORTS, room
from hub.contracts.envelope import Event
from hub.documents.items import line_of_pointer
from hub.edge.bus import Change
from hub.jobs.routes import follow_job
from hub.store.inbox import SORT as MESSAGE

forward = room.forward


def publish_new(desk: Desk, changes: Sequence[Change]) -> set[int]:
    """New messages of a batch are published together; the positions of those that are done."""
    new = {nth: change.pk.rpartition("#")[2] for nth, change in enumerate(changes) if _is_new_message(change)}
    if len(new) < 2:
        return set()
    done = desk.inbox.publisher.publish_together(tuple(dict.fromkeys(new.values())))
    return {nth for nth, message_id in new.items() if message_id in done}


def _is_new_message(change: Change) -> bool:
    return (change.sk, change.kind) == (MESSAGE, "INSERT")


@room.changes_together(publish_new)
def on_change(desk: Desk, change: Change) -> Sequence[Event]:
    """Do what follows from it, by what changed. That something is gone asks for nothing."""
    if change.kind == "REMOVE" or follow_job(room, IMPORTS, change):
        return ()
    if line := line_of_pointer(change.pk, change.sk):
        _replay_waiting(desk, line.key)
        return ()
    return FOLLOW_UPS[change.sk](desk, change)


def _publish(desk: Desk, change: Change) -> Sequence[Event]:
    """A message is new."""
    if _is_new_message(change):
        desk.inbox.publisher.publish(change.pk.rpartition("#")[2])
    return ()


def _announce(desk: Desk, change: Change) -> Sequence[Event]:
    """An order or after-sale is another than it was."""
    new = change.new or desk.orders.table.find(change.pk.rpartition("#")[2])  # an image too large for a queue
    return tuple(events_of(change.sk, new, change.old))


def _replay_waiting(desk: Desk, channel: str) -> None:
    """Another version of a channel's mapping is in force: what waited for one is read again."""
    desk.send("pulls", body_of(ReadUnmapped()))
    desk.send("replays", body_of(ReplayWaiting(criteria=waiting(WORD, channel=channel))))


FOLLOW_UPS: Mapping[str, Callable[[Desk, Change], Sequence[Event]]] = {
    MESSAGE: _publish,
    ORDER: _announce,
    AFTER_SALE_SORT: _announce,
}
"""By the sort key of what changed."""
