"""What is sent: an event in the shape of CloudEvents 1.0 (structured, JSON), and the headers around it. Pure."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

from functions.outbound.signing import sign
from hub.contracts.envelope import Event

SUBJECTS = (
    *("ticket_id", "order_id", "after_sale_id", "review_id", "subject_id", "item_no", "customer_id", "message_id"),
    *("person_id", "member_id", "endpoint_id", "glass_id", "execution", "team", "connection_id"),
)
"""The fields that say what an event is about, the most telling first."""
AGENT = "scrm-hub"


def subject_of(event: Event) -> str:
    """The id of the thing that an event is about: what order is kept by. Its own id where it is about none."""
    values = (getattr(event, name, "") for name in SUBJECTS)
    return next((str(value) for value in values if value), event.id)


def body_of(event: Event, data: Mapping[str, Any], subject: str) -> dict[str, Any]:
    """The body. data: the event as its receiver may see it, in the version that it is told in."""
    name = str(event.type)  # type: ignore[attr-defined] # each concrete event has its literal `type`
    return {
        "specversion": "1.0",
        "id": event.id,
        "source": f"urn:scrm-hub:{event.tenant}",
        "type": name,
        "subject": subject,
        "time": data["at"],
        "datacontenttype": "application/json",
        "dataschema": f"urn:scrm-hub:event:{name}:{data.get('schema_version', event.schema_version)}",
        "data": dict(data),
    }


def encode(body: Mapping[str, Any]) -> bytes:
    """The bytes that are signed and sent."""
    return json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode()


def headers_of(
    message_id: str, timestamp: int, body: bytes, secrets: Iterable[str], *, private_key: str = ""
) -> dict[str, str]:
    """Standard Webhooks' headers, and what the body is. timestamp: real time of the attempt, in epoch seconds."""
    return {
        "content-type": "application/json",
        "user-agent": AGENT,
        "webhook-id": message_id,
        "webhook-timestamp": str(timestamp),
        "webhook-signature": sign(message_id, timestamp, body, secrets, private_key),
    }
