"""A replay, a page at a time: what is to be sent again is put in line, and the search moves on with it."""

from __future__ import annotations

from functions.outbound.deliveries.deliveries_table import months_of
from functions.outbound.deliveries.replays import PAGE
from functions.outbound.deliveries.turns_table import Turn
from functions.outbound.desk import Desk
from hub.kernel.clock import rfc3339
from hub.store.table import Write


def replay_page(desk: Desk, turn: Turn) -> Turn:
    """One page, in one transaction; the turn without its replay once all is gone through. Raises Lost."""
    replay = turn.replay
    if replay is None:
        return turn
    steps = replay.steps(months_of((replay.since, replay.until)))
    if replay.step >= len(steps):
        return desk.turns.settle(turn, turn.health, replay=None)
    state, month = steps[replay.step]
    after = replay.after or rfc3339(replay.since)
    ids, place = desk.deliveries.oldest(turn.endpoint_id, state, month, after, rfc3339(replay.until), PAGE)
    meant = [delivery for delivery in desk.deliveries.read_many(ids) if replay.means(delivery)]
    events = desk.deliveries.events(delivery.event_id for delivery in meant)
    now, wall, writes = desk.now(), desk.wall_now(), list[Write]()
    for delivery in meant:
        event = events.get(delivery.event_id)
        if event is not None:
            writes += desk.deliveries.wait_again(delivery, event.at, now, wall, replay.id)
    return desk.turns.settle(turn, turn.health, writes, replay=replay.next_page(place))
