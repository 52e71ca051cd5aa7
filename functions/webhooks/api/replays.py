"""Replays of many messages: asked for over HTTP or by a new mapping, done one by one behind the room's own queue."""

from __future__ import annotations

from typing import Any

from functions.webhooks.inbox.replays import from_position, is_meant, to_position
from functions.webhooks.mappings.mappings import WORD
from functions.webhooks.room import INTEGRATORS, room, tools
from hub.contracts.webhooks_reconcile import MassReplay, MassReplayAnswer
from hub.edge import cursors
from hub.edge.requests import Request
from hub.kernel.errors import Conflict, Invalid, NotFound, Problem

QUEUE = "replays"
PAGE = 100
PAGES_LIMIT = 30
"""A message is read in some 5 ms: a request ends well within its 29 seconds."""
AT_ONCE = 100
"""So many messages that waited for a mapping are queued in one run; the next run goes on."""


@room.http(
    "POST",
    "/webhooks/messages/replay",
    body=MassReplay,
    answer=MassReplayAnswer,
    status=202,
    roles=INTEGRATORS,
    summary="批量重放 · Publish many stored messages again, in the background; dry_run only counts them",
)
def replay_messages(request: Request) -> MassReplayAnswer:
    """Some at a time: go on with `next_cursor` until it is empty. Done twice it does no harm: events keep their ids."""
    try:
        ids, cursor = _search(request.body)
    except Invalid as error:
        problems = [Problem("/cursor", "must be the next_cursor of the answer before")]
        raise Invalid("no such cursor", problems=problems) from error
    if not request.body.dry_run:
        room.send(QUEUE, *({"message_id": one} for one in ids))
    return MassReplayAnswer(matched=len(ids), queued=0 if request.body.dry_run else len(ids), next_cursor=cursor)


@room.queue(QUEUE)
def run_replays(message: dict[str, Any]) -> None:
    """Replay a message; or queue what waited: for a mapping that moved, as the table's stream tells, or for a
    connection that is enabled again."""
    if "message_id" in message:
        _replay(str(message["message_id"]))
    elif "pk" in message:
        room.send("pulls", {"entity": "unmapped"})
        _queue_waiting(waiting(WORD, channel=str(message["pk"]).rpartition("#")[2]))
    else:
        _queue_waiting(MassReplay.model_validate(message["waiting"]))


def waiting(reason: str, **whose: str) -> MassReplay:
    """The messages that wait for this reason."""
    return MassReplay(state="quarantined", reason=reason, limit=AT_ONCE, **whose)


def _replay(message_id: str) -> None:
    try:
        tools().publisher.replay(message_id)
    except (NotFound, Conflict):
        return  # its ninety days are over; or its connection is disabled, and all of it follows when that is enabled


def _queue_waiting(wanted: MassReplay) -> None:
    """Queue them, and go on where there are more."""
    ids, more = _search(wanted)
    room.send(QUEUE, *({"message_id": one} for one in ids))
    if more:
        room.send(QUEUE, {"waiting": wanted.model_copy(update={"cursor": more}).model_dump(mode="json")})


def _search(wanted: MassReplay) -> tuple[list[str], str]:
    """Ids of the messages that are meant, `limit` at most, and the cursor from which the search goes on."""
    inbox, found = tools().inbox, list[str]()
    start, begun = from_position(cursors.decode(wanted.cursor), room.clock.wall_now())
    for _ in range(PAGES_LIMIT):
        page, end = inbox.list_waiting(wanted.state, begun, min(PAGE, wanted.limit - len(found)), start)
        read = (inbox.read(message_id) for message_id in page)
        found += [item.message_id for item in read if item and is_meant(item, wanted)]
        if end is None or len(found) >= wanted.limit:
            return found, cursors.encode(to_position(end, begun))
        start = end
    return found, cursors.encode(to_position(end, begun))
