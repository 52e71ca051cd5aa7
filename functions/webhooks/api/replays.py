"""Replays of many messages over HTTP: counted, and queued to be done in the background."""

from __future__ import annotations

from functions.webhooks.desk import Desk
from functions.webhooks.handlers.payloads import ReplayMessage, body_of
from functions.webhooks.room import INTEGRATORS, room
from hub.contracts.webhooks_reconcile import MassReplay, MassReplayAnswer
from hub.edge.requests import Request
from hub.kernel.errors import Invalid, Problem


@room.http(
    "POST",
    "/webhooks/messages/replay",
    body=MassReplay,
    answer=MassReplayAnswer,
    status=202,
    roles=INTEGRATORS,
    scope="tenant",
    summary="批量重放 · Publish many stored messages again, in the background; dry_run only counts them",
)
def replay_messages(desk: Desk, request: Request) -> MassReplayAnswer:
    """Some at a time: go on with `next_cursor` until it is empty. Done twice it does no harm: events keep their ids."""
    try:
        ids, cursor = desk.inbox.replays.search(request.body)
    except Invalid as error:
        problems = [Problem("/cursor", "must be the next_cursor of the answer before")]
        raise Invalid("no such cursor", problems=problems) from error
    if not request.body.dry_run:
        desk.send("replays", *(body_of(ReplayMessage(message_id=each)) for each in ids))
    return MassReplayAnswer(matched=len(ids), queued=0 if request.body.dry_run else len(ids), next_cursor=cursor)
