"""The bus: contract events out, and stream records to a room's own queue.

Neither the bus nor a queue carries bodies: of a changed item, binary and sealed attributes stay in the table.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any

from hub.contracts.envelope import Event
from hub.kernel.dataclass import dataclass
from hub.kernel.errors import Retry
from hub.store.faults import passing
from hub.store.items import plain_item

SOURCE = "hub"
BATCH = 10
"""PutEvents and SendMessageBatch both take at most ten entries a call."""
PACK_LIMIT = 10
PACK_LIMIT_BYTES = 60_000
"""So many events of one type, and so many bytes of them, are one entry: what is paid for is each 64 KB of one."""
BATCH_LIMIT_BYTES = 240_000
"""And at most 256 KB in all."""
IMAGE_LIMIT_BYTES = 100_000
ATTRIBUTE_LIMIT_BYTES = 1_000
"""Of an item that is too large for a queue, what it was before goes along in attributes up to this size."""
SEALED_PREFIX = "sealed:"


@dataclass(frozen=True)
class Change:
    """One change of one item, as a room's table's stream told it. Images lack binary and sealed attributes, and where
    they are too large for a queue, `new` is None (handlers read the item) and `old` lacks its large attributes: what
    an item was is told by the stream alone."""

    table: str
    kind: str
    pk: str
    sk: str
    new: Mapping[str, Any] | None
    old: Mapping[str, Any] | None


def put_events(client: Any, bus: str, events: Iterable[Event]) -> None:
    """Put contract events on the bus, those of one type in packs. Raises Retry when the bus took only some: the
    caller's queue tries again, and consumers recognise repeats by the events' ids."""
    entries = [
        {"EventBusName": bus, "Source": SOURCE, "DetailType": kind, "Detail": _detail(kind, pack)}
        for kind, pack in _packs(events)
    ]
    for chunk in _chunks(entries, "Detail"):
        with passing("the bus"):
            answer = client.put_events(Entries=chunk)
        if answer.get("FailedEntryCount"):
            raise Retry("the bus did not take every event", failed=answer["FailedEntryCount"])


def events_of(detail: Mapping[str, Any]) -> Sequence[Mapping[str, Any]]:
    """The events that the detail of a bus message holds: itself, or those of a pack."""
    return detail.get("pack") or (detail,)


def send(client: Any, queue_url: str, bodies: Iterable[Mapping[str, Any]], delay_seconds: int = 0) -> None:
    """Send JSON messages to a queue. Raises Retry when it did not take all: what was sent may be sent again."""
    texts = (json.dumps(body, separators=(",", ":")) for body in bodies)  # ASCII: some characters no queue takes
    entries = [{"Id": str(i), "MessageBody": text, "DelaySeconds": delay_seconds} for i, text in enumerate(texts)]
    for chunk in _chunks(entries, "MessageBody"):
        with passing("a queue"):
            answer = client.send_message_batch(QueueUrl=queue_url, Entries=chunk)
        if answer.get("Failed"):
            raise Retry("the queue did not take every message", failed=len(answer["Failed"]))


def for_another(name: str, body: Mapping[str, Any]) -> dict[str, Any]:
    """A message for the consumer `name` of a room, as another one's queue carries it."""
    return {"for": name, "body": body}


def delay_record(client: Any, record: Mapping[str, Any], seconds: int) -> None:
    """Let an SQS record that failed be seen again after `seconds`. Raises Retry."""
    if not queue_of(record):
        return
    with passing("a queue"):
        url = client.get_queue_url(QueueName=queue_of(record))["QueueUrl"]
        client.change_message_visibility(QueueUrl=url, ReceiptHandle=record["receiptHandle"], VisibilityTimeout=seconds)


def send_back(client: Any, record: Mapping[str, Any], body: Mapping[str, Any], delay_seconds: int = 0) -> None:
    """Send a message into the queue that a record came from, as a new one. Raises Retry."""
    with passing("a queue"):
        url = client.get_queue_url(QueueName=queue_of(record))["QueueUrl"]
    send(client, url, (body,), delay_seconds)


def change_of(record: Mapping[str, Any]) -> Change:
    """A DynamoDB stream record as a Change."""
    stream = record["dynamodb"]
    new, old = _image(stream.get("NewImage")), _image(stream.get("OldImage"))
    if len(json.dumps([new, old])) > IMAGE_LIMIT_BYTES:
        new, old = None, _small(old)
    table = str(record["eventSourceARN"]).split(":table/", 1)[-1].split("/", 1)[0]
    keys = stream["Keys"]
    return Change(table, record["eventName"], keys["pk"]["S"], keys["sk"]["S"], new, old)


def queue_of(record: Mapping[str, Any]) -> str:
    """The queue that an SQS record came from; "" where it says none."""
    arn = str(record.get("eventSourceARN", ""))
    return arn.rsplit(":", 1)[-1] if arn.startswith("arn:") else ""


def _packs(events: Iterable[Event]) -> Iterator[tuple[str, list[str]]]:
    """Events as JSON, by their types, so many together as one entry holds."""
    by_type: dict[str, list[str]] = {}
    for event in events:
        kind, text = type_of(event), event.model_dump_json()
        pack = by_type.setdefault(kind, [])
        if pack and (len(pack) == PACK_LIMIT or len("".join((*pack, text)).encode()) > PACK_LIMIT_BYTES):
            yield kind, pack
            pack = by_type[kind] = []
        pack.append(text)
    yield from by_type.items()


def _detail(kind: str, pack: Sequence[str]) -> str:
    """One event as it is; several as `{"type": …, "pack": [event, …]}`."""
    return pack[0] if len(pack) == 1 else f'{{"type":"{kind}","pack":[{",".join(pack)}]}}'


def _image(image: Mapping[str, Any] | None) -> dict[str, Any] | None:
    if image is None:
        return None
    open_values = plain_item({name: value for name, value in image.items() if "B" not in value})
    return {name: _plain(value) for name, value in open_values.items() if not _is_sealed(value)}


def _small(image: Mapping[str, Any] | None) -> dict[str, Any] | None:
    """What of an image is small."""
    if image is None:
        return None
    return {name: value for name, value in image.items() if len(json.dumps(value)) <= ATTRIBUTE_LIMIT_BYTES}


def _is_sealed(value: Any) -> bool:
    return isinstance(value, str) and value.startswith(SEALED_PREFIX)


def _plain(value: Any) -> Any:
    """DynamoDB's types as JSON's: whole Decimals to int, others to text, sets to sorted lists, bytes dropped."""
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else str(value)
    if isinstance(value, Mapping):
        return {str(k): _plain(v) for k, v in value.items() if not _is_sealed(v)}
    if isinstance(value, set | frozenset):
        return sorted(_plain(item) for item in value)
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    return None if isinstance(value, bytes) else value


def _chunks(entries: Sequence[dict[str, Any]], body: str) -> Iterator[list[dict[str, Any]]]:
    """The entries in order, so many at once as one call takes by number and by the bytes of their bodies."""
    chunk: list[dict[str, Any]] = []
    size = 0
    for entry in entries:
        entry_bytes = len(entry[body].encode())
        if chunk and (len(chunk) == BATCH or size + entry_bytes > BATCH_LIMIT_BYTES):
            yield chunk
            chunk, size = [], 0
        chunk.append(entry)
        size += entry_bytes
    if chunk:
        yield chunk


def type_of(event: Event) -> str:
    """Which event it is: `ticket.opened`, say."""
    return str(event.type)  # type: ignore[attr-defined] # each concrete event has its literal `type`
