"""What runs behind queues, streams, schedules and Step Functions: one record at a time, failures by record.

An error of any kind gives that record back to its queue; after the queue's limit it lies in the dead-letter queue,
where an alarm sees it. So nothing is lost, and one bad record never holds up the others.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError, ClientError

from hub.contracts.events import Event, parse_event
from hub.edge import aws, bus
from hub.edge.bus import Change
from hub.edge.logs import masked_facts
from hub.kernel.clock import rfc3339
from hub.kernel.errors import HubError, Retry

if TYPE_CHECKING:
    from hub.edge.room import Room

Failures = dict[str, list[dict[str, str]]]
AGAIN_AFTER_SECONDS = (2, 10, 60, 300, 600, 900, 900)
"""What passes quickly is done again quickly; an outage of half an hour is outlived before the dead-letter queue."""
LATEST_START_SECONDS = 30
"""A record is begun only with so much time left: a platform that hangs must not have the function killed amid a call,
when nobody can know what came of it."""


def events(room: Room, handler: Callable[[Event], None], batch: Mapping[str, Any], context: Any = None) -> Failures:
    """Contract events from the room's queue (EventBridge's envelope in each body)."""
    return _each(room, batch, lambda body: handler(parse_event(body["detail"])), context)


def changes(room: Room, handler: Callable[[Change], None], batch: Mapping[str, Any], context: Any = None) -> Failures:
    """Changes of the room's tables."""
    return _each(room, batch, lambda body: handler(Change(**body)), context)


def messages(
    room: Room, handler: Callable[[dict[str, Any]], None], batch: Mapping[str, Any], context: Any = None
) -> Failures:
    """Any other JSON messages."""
    return _each(room, batch, handler, context)


def task(room: Room, handler: Callable[[dict[str, Any]], dict[str, Any]], payload: dict[str, Any]) -> dict[str, Any]:
    """One Step Functions task. Errors pass through with their class names, after they are logged."""
    try:
        return handler(payload)
    except HubError as error:
        room.logger.warning(error.code, extra=masked_facts(error.facts))
        raise
    except Exception:
        room.logger.exception("task failed")
        raise


def scheduled(room: Room, handler: Callable[[datetime], datetime | None]) -> dict[str, Any]:
    """One scheduled run, told the business time. A handler may answer before when it has nothing to do unless its room
    is called: a stepped hub leaves those runs out, AWS ignores it."""
    rests_until = handler(room.now())
    return {"rests_until": rfc3339(rests_until)} if rests_until else {}


def _each(room: Room, batch: Mapping[str, Any], run: Callable[[dict[str, Any]], None], context: Any) -> Failures:
    failed: list[tuple[Mapping[str, Any], int]] = []
    # what was put back for want of time goes first, or it would come to its last attempt without ever being tried
    for record in sorted(batch["Records"], key=_attempt, reverse=True):
        if _too_late(context):
            failed.append((record, 0))
            continue
        try:
            run(json.loads(record["body"]))
        except HubError as error:
            room.logger.warning(error.code, extra={**masked_facts(error.facts), "detail": error.detail})
            failed.append((record, error.after_seconds if isinstance(error, Retry) else 0))
        except Exception:
            room.logger.exception("record failed", extra={"message_id": record["messageId"]})
            failed.append((record, 0))
    if failed:
        room.count("RecordsFailed", len(failed))
    for record, after_seconds in failed:
        _come_again(room, record, after_seconds)
    return {"batchItemFailures": [{"itemIdentifier": record["messageId"]} for record, _ in failed]}


def _too_late(context: Any) -> bool:
    """Whether the function has too little time left to begin another record."""
    left = getattr(context, "get_remaining_time_in_millis", None)
    return left is not None and int(left()) < LATEST_START_SECONDS * 1000


def _attempt(record: Mapping[str, Any]) -> int:
    """How often the queue has given the record, this time included."""
    return int(record.get("attributes", {}).get("ApproximateReceiveCount", 1))


def _come_again(room: Room, record: Mapping[str, Any], after_seconds: int) -> None:
    """Ask the queue to bring the record back after a while that grows with its attempts, and that a platform may ask
    to be longer; without this word it would come back when its visibility ends."""
    usual = AGAIN_AFTER_SECONDS[min(_attempt(record), len(AGAIN_AFTER_SECONDS)) - 1]
    delay = max(usual, min(after_seconds, AGAIN_AFTER_SECONDS[-1]))
    try:
        bus.delay_record(aws.client("sqs"), record, delay)
    except (ClientError, BotoCoreError) as error:
        room.logger.warning("redelivery not hastened", extra={"reason": type(error).__name__})
