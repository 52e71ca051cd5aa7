"""What runs behind queues, streams, schedules and Step Functions: one record at a time, failures by record.

An error of any kind gives that record back to its queue; after the queue's limit it lies in the dead-letter queue,
where an alarm sees it. So nothing is lost, and one bad record never holds up the others.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any

from hub.contracts.events import Event, parse_event
from hub.edge.bus import Change
from hub.edge.logs import masked_facts
from hub.kernel.errors import HubError

if TYPE_CHECKING:
    from hub.edge.room import Room

Failures = dict[str, list[dict[str, str]]]


def events(room: Room, handler: Callable[[Event], None], batch: Mapping[str, Any]) -> Failures:
    """Contract events from the room's queue (EventBridge's envelope in each body)."""
    return _each(room, batch, lambda body: handler(parse_event(body["detail"])))


def changes(room: Room, handler: Callable[[Change], None], batch: Mapping[str, Any]) -> Failures:
    """Changes of the room's tables."""
    return _each(room, batch, lambda body: handler(Change(**body)))


def messages(room: Room, handler: Callable[[dict[str, Any]], None], batch: Mapping[str, Any]) -> Failures:
    """Any other JSON messages."""
    return _each(room, batch, handler)


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


def scheduled(room: Room, handler: Callable[[datetime], None]) -> dict[str, Any]:
    """One scheduled run, told the business time."""
    handler(room.now())
    return {}


def _each(room: Room, batch: Mapping[str, Any], run: Callable[[dict[str, Any]], None]) -> Failures:
    failed = []
    for record in batch["Records"]:
        try:
            run(json.loads(record["body"]))
        except HubError as error:
            room.logger.warning(error.code, extra={**masked_facts(error.facts), "detail": error.detail})
            failed.append({"itemIdentifier": record["messageId"]})
        except Exception:
            room.logger.exception("record failed", extra={"message_id": record["messageId"]})
            failed.append({"itemIdentifier": record["messageId"]})
    return {"batchItemFailures": failed}
