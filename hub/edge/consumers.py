"""What runs behind queues, streams, schedules and Step Functions: one record at a time, failures by record.

An error of any kind gives that record back to its queue; after the queue's limit it lies in the dead-letter queue,
where an alarm sees it. So nothing is lost, and one bad record never holds up the others.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from hub.contracts.envelope import Event
from hub.edge import bus
from hub.edge.bus import Change
from hub.edge.host import Host
from hub.edge.private import masked_facts
from hub.kernel.clock import rfc3339
from hub.kernel.errors import HubError, Retry

Failures = dict[str, list[dict[str, str]]]
AGAIN_AFTER_SECONDS = (2, 10, 60, 300, 600, 900, 900)
"""What passes quickly is done again quickly; an outage of half an hour is outlived before the dead-letter queue."""
LATEST_START_SECONDS = 30
"""A record is begun only with so much time left: a platform that hangs must not have the function killed amid a call,
when nobody can know what came of it."""


def events(host: Host, handler: Callable[[Event], None], batch: Mapping[str, Any], context: Any = None) -> Failures:
    """Contract events from the room's queue (EventBridge's envelope in each body)."""
    from hub.contracts.events import parse_event  # a room that hears events has them; the others start faster

    return _each(host, batch, lambda body: handler(parse_event(body["detail"])), context)


def changes(host: Host, handler: Callable[[Change], None], batch: Mapping[str, Any], context: Any = None) -> Failures:
    """Changes of the room's tables."""
    return _each(host, batch, lambda body: handler(Change(**body)), context)


def messages(
    host: Host, handler: Callable[[dict[str, Any]], None], batch: Mapping[str, Any], context: Any = None
) -> Failures:
    """Any other JSON messages."""
    return _each(host, batch, handler, context)


def task(host: Host, handler: Callable[[dict[str, Any]], dict[str, Any]], payload: dict[str, Any]) -> dict[str, Any]:
    """One Step Functions task. Errors pass through with their class names, after they are logged."""
    try:
        return handler(payload)
    except HubError as error:
        host.logger.warning(error.code, extra=masked_facts(error.facts))
        raise
    except Exception:
        host.logger.exception("task failed")
        raise


def scheduled(host: Host, handler: Callable[[datetime], datetime | None]) -> dict[str, Any]:
    """One scheduled run, told the business time. A handler may answer before when it has nothing to do unless its room
    is called: a stepped hub leaves those runs out, AWS ignores it."""
    rests_until = handler(host.now())
    return {"rests_until": rfc3339(rests_until)} if rests_until else {}


def _each(host: Host, batch: Mapping[str, Any], run: Callable[[dict[str, Any]], None], context: Any) -> Failures:
    failed: list[tuple[Mapping[str, Any], int]] = []
    # what was put back for want of time goes first, or it would come to its last attempt without ever being tried
    for record in sorted(batch["Records"], key=_attempt, reverse=True):
        if _too_late(context):
            failed.append((record, 0))
            continue
        try:
            run(json.loads(record["body"]))
        except HubError as error:
            host.logger.warning(error.code, extra={**masked_facts(error.facts), "detail": error.detail})
            failed.append((record, error.after_seconds if isinstance(error, Retry) else 0))
        except Exception:
            host.logger.exception("record failed", extra={"message_id": record["messageId"]})
            failed.append((record, 0))
    if failed:
        host.count("RecordsFailed", len(failed))
    for record, after_seconds in failed:
        _come_again(host, record, after_seconds)
    return {"batchItemFailures": [{"itemIdentifier": record["messageId"]} for record, _ in failed]}


def _too_late(context: Any) -> bool:
    """Whether the function has too little time left to begin another record."""
    left = getattr(context, "get_remaining_time_in_millis", None)
    return left is not None and int(left()) < LATEST_START_SECONDS * 1000


def _attempt(record: Mapping[str, Any]) -> int:
    """How often the queue has given the record, this time included."""
    return int(record.get("attributes", {}).get("ApproximateReceiveCount", 1))


def _come_again(host: Host, record: Mapping[str, Any], after_seconds: int) -> None:
    """Ask the queue to bring the record back after a while that grows with its attempts, and that a platform may ask
    to be longer; without this word it would come back when its visibility ends."""
    usual = AGAIN_AFTER_SECONDS[min(_attempt(record), len(AGAIN_AFTER_SECONDS)) - 1]
    delay = max(usual, min(after_seconds, AGAIN_AFTER_SECONDS[-1]))
    try:
        bus.delay_record(host.client("sqs"), record, delay)
    except HubError as error:
        host.logger.warning("redelivery not hastened", extra=masked_facts(error.facts))
