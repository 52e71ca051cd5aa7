"""One endpoint's turn: what is due is sent, wave by wave, and what came of each wave is written in one transaction."""

from __future__ import annotations

import math
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import replace
from datetime import datetime

from functions.outbound.catalogue.versions import UNTOLD, can_tell
from functions.outbound.deliveries.calls import answer_of, judge_call
from functions.outbound.deliveries.deliveries import Attempt, Verdict, Waiting, judge
from functions.outbound.deliveries.turns import health_after, look_limit, pause_after, plan_wave, verdict_on
from functions.outbound.deliveries.turns_table import Turn
from functions.outbound.desk import Desk
from functions.outbound.endpoints.endpoints import Endpoint
from functions.outbound.handlers.hearing import call
from functions.outbound.handlers.posting import Letters, Outgoing, post
from functions.outbound.handlers.replaying import replay_page
from hub.contracts import events
from hub.contracts.envelope import Event
from hub.kernel.errors import Forbidden, HubError, Retry
from hub.kernel.ids import derived_id
from hub.store.table import Lost, Write

TURN_SECONDS = 20
"""So long a turn begins waves: with the last one's fifteen seconds it ends well before its function does."""
WAVES_LIMIT = 500
NOT_SEEN = Verdict("failed", reason="not-to-be-seen")
NOT_TOLD = Verdict("held", reason=UNTOLD)
QUEUE_DELAY_LIMIT_SECONDS = 900
"""A queue keeps a message back for so long; what is due later is found by the sweep."""


def take_turn(desk: Desk, endpoint_id: str) -> None:
    """Send what is due for an endpoint, unless somebody else is at it. Raises Retry."""
    turn = desk.turns.take(endpoint_id, desk.token(), desk.now())
    if turn is None:
        return
    try:
        _run(desk, turn)
    except HubError as error:
        with suppress(HubError):
            desk.turns.give_up(turn, desk.now())
        if isinstance(error, Lost):
            raise Retry("something of the endpoint was changed meanwhile", endpoint=endpoint_id) from None
        raise


def _run(desk: Desk, turn: Turn) -> None:
    ends_at, lease = time.monotonic() + TURN_SECONDS, turn.lease
    for _ in range(WAVES_LIMIT):
        if time.monotonic() >= ends_at:
            break
        endpoint = desk.endpoints.find(turn.endpoint_id)
        if endpoint is None:
            desk.turns.table.transact(desk.turns.drop(turn.endpoint_id))
            return
        if turn.notice or turn.replay:
            turn = _tell(desk, turn, endpoint) if turn.notice else replay_page(desk, turn)
            continue
        now = desk.now()
        plan = plan_wave(endpoint, turn.health, desk.deliveries.waiting(endpoint.id, look_limit(endpoint)), now)
        if plan.wave:
            turn = _send(desk, turn, endpoint, plan.wave, now)
            continue
        if desk.turns.release(turn, plan.next_at):
            _call_again(desk, endpoint.id, plan.next_at, now)
            return
        turn = desk.turns.read(endpoint.id)
        if turn.lease != lease:
            return
    desk.turns.give_up(turn, desk.now())
    call(desk, turn.endpoint_id)


def _call_again(desk: Desk, endpoint_id: str, next_at: datetime | None, now: datetime) -> None:
    seconds = math.ceil((next_at - now).total_seconds()) if next_at else QUEUE_DELAY_LIMIT_SECONDS + 1
    if seconds <= QUEUE_DELAY_LIMIT_SECONDS:
        call(desk, endpoint_id, max(0, seconds))


def _send(desk: Desk, turn: Turn, endpoint: Endpoint, wave: Sequence[Waiting], now: datetime) -> Turn:
    """Send a wave side by side, and write what came of it."""
    try:
        letters = Letters.of(desk, endpoint)
    except Forbidden:
        return _disable(desk, turn, endpoint, "owner-frozen", now)
    events = desk.deliveries.events(row.event_id for row in wave)
    outgoing = [letters.write(_in_time(events.get(row.event_id), now)) for row in wave]
    attempts = _post_all(desk, endpoint, outgoing, now)
    results = list(zip(wave, attempts, strict=True))
    tried = [attempt for attempt in attempts if attempt is not None]
    health = health_after(turn.health, tried, now, pause_after(endpoint, len(tried))) if tried else turn.health
    verdicts = [
        _verdict(desk, endpoint.schema_version, events.get(result[0].event_id), result, now) for result in results
    ]
    writes = _outcomes(desk, endpoint, [(*each, verdict) for each, verdict in zip(results, verdicts, strict=True)], now)
    if tried:
        writes.append(desk.statistics.add(endpoint.id, tried, now, desk.wall_now()))
    reason = verdict_on(health, tried, now)
    if reason:
        return _disable(desk, replace(turn, health=health), endpoint, reason, now, writes)
    return desk.turns.settle(turn, health, writes)


def _post_all(
    desk: Desk, endpoint: Endpoint, outgoing: Sequence[Outgoing | None], now: datetime
) -> list[Attempt | None]:
    """What came of each; None for what could not be written."""

    def send(letter: Outgoing | None) -> Attempt | None:
        return post(desk.fetch, endpoint.url, letter, now) if letter else None

    if len(outgoing) == 1:
        return [send(outgoing[0])]
    with ThreadPoolExecutor(max_workers=len(outgoing)) as pool:
        return list(pool.map(send, outgoing))


def _in_time(event: Event | None, now: datetime) -> Event | None:
    """The event, unless it is a call that nobody waits for any longer."""
    return None if isinstance(event, events.EndpointCalled) and now >= event.until else event


def _verdict(
    desk: Desk, version: int, event: Event | None, result: tuple[Waiting, Attempt | None], now: datetime
) -> Verdict:
    """What becomes of a delivery; whoever waits for a call's answer hears it first, so that none is lost. version: of
    the events' schema, as the endpoint has it."""
    row, attempt = result
    if not isinstance(event, events.EndpointCalled):
        is_untold = event is not None and not can_tell(event.schema_version, version)
        return judge(row, attempt) if attempt else NOT_TOLD if is_untold else NOT_SEEN
    verdict = judge_call(event, row, attempt) if attempt else NOT_SEEN
    if answer := answer_of(event, verdict, attempt, now):
        desk.emit(answer)
    return verdict


def _outcomes(
    desk: Desk, endpoint: Endpoint, results: Sequence[tuple[Waiting, Attempt | None, Verdict]], now: datetime
) -> list[Write]:
    """The writes that say what became of a wave."""
    wall, writes = desk.wall_now(), list[Write]()
    rows = desk.deliveries.read_many(row.delivery_id for row, _, _ in results)
    deliveries = {delivery.id: delivery for delivery in rows}
    for row, attempt, verdict in results:
        writes.append(desk.deliveries.drop_waiting(endpoint.id, row))
        delivery = deliveries.get(row.delivery_id)
        if delivery is None:
            continue
        changed = replace(
            delivery,
            state=verdict.state,
            reason=verdict.reason,
            attempts=delivery.attempts + (attempt is not None),
            delivered_at=now if verdict.state == "delivered" else delivery.delivered_at,
        )
        writes += desk.deliveries.record(changed, attempt, wall)
        if verdict.due:
            again = replace(row, due=verdict.due, tries=row.tries + 1, attempts=changed.attempts, tried_at=now)
            writes.append(desk.deliveries.put_waiting(endpoint.id, again, wall))
    return writes


def _disable(
    desk: Desk, turn: Turn, endpoint: Endpoint, reason: str, now: datetime, writes: Sequence[Write] = ()
) -> Turn:
    """Switch the endpoint off with what its last wave came to; somebody has to be told of it afterwards."""
    changes = {"state": "disabled", "reason": reason, "updated_at": now, "version": endpoint.version + 1}
    disabled = desk.endpoints.put_of(endpoint, endpoint.model_copy(update=changes))
    return desk.turns.settle(turn, turn.health, (*writes, disabled), notice=reason)


def _tell(desk: Desk, turn: Turn, endpoint: Endpoint) -> Turn:
    """Say on the bus that the endpoint was disabled: the same event however often it is said."""
    at = endpoint.updated_at
    event = events.EndpointDisabled(
        id=derived_id("evt", at, endpoint.id, turn.notice),
        tenant=desk.tenant,
        at=at,
        endpoint_id=endpoint.id,
        cause=turn.notice,
        owner=endpoint.owner,
    )
    desk.emit(event)
    return desk.turns.settle(turn, turn.health, notice="")
